from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

import explorer
from explorer.data.added_rows import add_rows
from explorer.data.opening import open_corpus
from explorer.errors import DataError, TooLargeError
from explorer.share.export import rows_table
from explorer.splitting import split_passages
from tests.drawn_images import Drawing
from tests.image_archives import drawn_png


def file_of(tmp_path, name, content):
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    return path


@pytest.fixture
def mails(tmp_path):
    content = "body,queue,price\nWhere is my money?,a,1\n,b,2\nHello,a,3\n"
    return open_corpus(file_of(tmp_path, "mails.csv", content), text="body", label="queue")


@pytest.fixture
def asked(tmp_path):
    content = "question,topic,by\nHow are you?,x,Z\nHello,y,\n"
    return open_corpus(file_of(tmp_path, "asked.csv", content), text="question", label="topic")


VALUES = st.one_of(
    st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=6),
    st.lists(st.none() | st.floats(allow_nan=False), min_size=1, max_size=6),
    st.lists(st.none() | st.booleans(), min_size=1, max_size=6),
    st.lists(st.none() | st.text(st.characters(codec="utf-8"), max_size=5), min_size=1, max_size=6),
    st.lists(st.none() | st.dates(), min_size=1, max_size=6),
)
NAMES = st.sampled_from(["text", "title", "label", "n", "m", "source_file", "source_file (2)"])


@st.composite
def corpora(draw):
    """Rows with a text column of any name, perhaps labels, and columns of any types."""
    rows = draw(st.integers(1, 6))
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    table = {}
    for name in names[1:]:
        values = draw(VALUES)
        table[name] = [values[row % len(values)] for row in range(rows)]
    table[names[0]] = [draw(st.sampled_from(["one", "two", "three", "", " "])) for _ in range(rows - 1)] + [
        "last"
    ]
    labels = [name for name in names[1:] if any(value is not None and value != "" for value in table[name])]
    label = draw(st.none() | st.sampled_from(labels)) if labels else None
    try:
        return open_corpus(table, text=names[0], label=label)
    except DataError:
        return open_corpus(table, text=names[0], label=None)


def plain(value):
    """A value without regard to its type: a column of two types is text."""
    if value is None:
        return ""
    if isinstance(value, bool | date):
        return str(value).lower()
    for number in (float,) if isinstance(value, float) else (int, float):
        try:
            return number(value)
        except (ValueError, OverflowError):
            continue
    return value


@given(corpora(), corpora())
def test_rows_are_those_of_both_the_old_ones_first_and_keep_their_values(old, new):
    both = add_rows(old, new)
    assert len(both) == len(old) + len(new)
    assert both.texts == old.texts + new.texts
    assert both.source_rows.tolist() == [*old.source_rows, *new.source_rows]
    assert (both.total_rows, both.empty_rows) == (
        old.total_rows + new.total_rows,
        old.empty_rows + new.empty_rows,
    )
    files = both.table[both.file_column].to_pylist()
    assert files == ["columns"] * len(old) + ["columns (2)"] * len(new)
    for name in old.table.column_names:
        before = [plain(value) for value in old.table[name].to_pylist()]
        assert [plain(value) for value in both.table[name].to_pylist()[: len(old)]] == before, name
    # Every value of an added row is somewhere in it.
    for row in range(len(new)):
        values = [plain(value) for value in both.row(len(old) + row).values()]
        assert all(plain(value) in values for value in new.row(row).values() if value is not None)
    if old.label is not None and new.label is not None:
        assert [plain(label) for label in both.labels or []] == [
            plain(label) for label in [*(old.labels or []), *(new.labels or [])]
        ]


def test_text_and_label_go_by_what_they_are_and_other_columns_by_name(mails, asked):
    both = add_rows(mails, asked)
    assert both.name == "mails.csv + asked.csv"
    assert (both.text, both.label) == ("body", "queue")
    assert both.texts == ["Where is my money?", "Hello", "How are you?", "Hello"]
    assert both.labels == ["a", "a", "x", "y"]
    assert both.table.column_names == ["body", "queue", "price", "by", "source_file"]
    assert both.row(0) == {
        "body": "Where is my money?",
        "queue": "a",
        "price": "1",
        "by": None,
        "source_file": "mails.csv",
    }
    assert both.row(2)["price"] is None
    assert (both.row(2)["by"], both.row(2)["source_file"]) == ("Z", "asked.csv")
    assert both.source_rows.tolist() == [1, 3, 1, 2]
    assert (
        "2 rows of asked.csv follow the first 2; 1 of them repeats a text of the rows before." in both.notes
    )
    assert 'Column "question" of asked.csv is "body" here.' in both.notes
    assert both.repeated == 1


def test_labels_of_added_rows_are_kept_where_the_rows_before_have_none(asked):
    lines = open_corpus(["one", "two"])
    both = add_rows(lines, asked)
    assert (both.label, both.labels) == ("topic", ["", "", "x", "y"])


def test_a_third_file_is_told_from_one_of_the_same_name(mails, asked):
    three = add_rows(add_rows(mails, asked), mails)
    assert three.name == "mails.csv + 2 more"
    assert three.table["source_file"].to_pylist() == [
        *["mails.csv"] * 2,
        *["asked.csv"] * 2,
        *["mails.csv (2)"] * 2,
    ]
    assert three.source_rows.tolist() == [1, 3, 1, 2, 1, 3]
    assert three.table.column_names.count("source_file") == 1
    assert '"mails.csv (2)" is another "mails.csv".' in three.notes
    nested = add_rows(mails, add_rows(asked, mails))
    assert nested.table["source_file"].to_pylist() == three.table["source_file"].to_pylist()


@pytest.mark.parametrize(
    ("old", "new", "values", "said"),
    [
        ([1, 2], [0.5, None], [1.0, 2.0, 0.5, None], ""),
        ([1, 2], ["3", "soon"], ["1", "2", "3", "soon"], "numbers in columns and text in columns"),
        ([True, False], [1, 0], ["true", "false", "1", "0"], "true/false values in columns and numbers"),
        ([2**60 + 1, 0], [0.5, 1], [str(2**60 + 1), "0", "0.5", "1"], "int64 in columns and double"),
        ([None, None], [date(2024, 1, 2), None], [None, None, date(2024, 1, 2), None], ""),
        ([date(2024, 1, 2)] * 2, ["x", "y"], ["2024-01-02"] * 2 + ["x", "y"], "dates or times in columns"),
    ],
)
def test_types_that_differ_become_text_only_where_no_type_holds_both(old, new, values, said):
    one = open_corpus({"text": ["a", "b"], "v": old}, text="text", label=None)
    other = open_corpus({"text": ["c", "d"], "v": new}, text="text", label=None)
    both = add_rows(one, other)
    assert both.table["v"].to_pylist() == values
    told = [note for note in both.notes if "is text now" in note]
    assert [said in note for note in told] == [True] * bool(said)


def test_columns_with_the_name_of_another_role_are_renamed_and_joined_columns_stay_beside_the_text():
    old = open_corpus({"title": ["T"], "body": ["B"]}, text=["title", "body"])
    new = open_corpus({"body": ["only a body"], "title + body": ["something else"]}, text="body", label=None)
    both = add_rows(old, new)
    assert both.texts == ["T\n\nB", "only a body"]
    assert both.row(1) == {
        "title + body": "only a body",
        "title": None,
        "body": "only a body",
        "title + body (2)": "something else",
        "source_file": "columns (2)",
    }
    assert 'Column "title + body" of columns is called "title + body (2)" here.' in both.notes


def test_notes_say_which_file_they_are_about():
    sample = open_corpus("medicare-faq")
    both = add_rows(sample, open_corpus(["one"]))
    assert both.sample is None
    assert not both.source
    assert any(note.startswith("medicare-faq: Source: ") and "Licence: " in note for note in both.notes)
    assert both.queries == sample.queries


def test_files_of_rows_are_in_exports_and_messages(mails, asked):
    both = add_rows(mails, asked)
    exported = rows_table(both, [3, 0], {})
    assert exported["source_file"].to_pylist() == ["asked.csv", "mails.csv"]
    assert exported["source_row"].to_pylist() == [2, 1]
    assert both.row_name(3) == "row 4 (row 2 of asked.csv)"
    assert mails.row_name(1) == "row 2"


def test_only_new_texts_are_encoded(mails, asked, tiny_model):
    explorer.embed(mails, str(tiny_model))
    report = explorer.embed(add_rows(mails, asked), str(tiny_model)).report
    assert (report.rows, report.encoded, report.cached) == (4, 1, 2)  # "Hello" is in both files


def test_the_limit_on_rows_holds_for_the_sum(mails, asked, bound):
    bound("EXPLORER_MAX_ROWS", 4)
    assert len(add_rows(mails, asked)) == 4
    bound("EXPLORER_MAX_ROWS", 3)
    with pytest.raises(TooLargeError, match=r"asked\.csv: Together there are 4 rows; up to 3"):
        add_rows(mails, asked)


def test_the_limit_on_memory_holds_for_the_sum(bound):
    bound("EXPLORER_MAX_FILE_MB", 1)
    one, other = (open_corpus([letter * 900_000, letter * 300_000]) for letter in "ab")
    with pytest.raises(TooLargeError, match="over 2 MB"):
        add_rows(one, other)


def test_rows_with_vectors_are_refused(mails):
    own = open_corpus({"text": ["a"], "vector": [[1.0] * 64]}, vectors="vector")
    for pair in ((own, mails), (mails, own)):
        with pytest.raises(DataError, match="vectors of their own"):
            add_rows(*pair)


def test_passages_are_refused_and_what_was_put_together_is_split_with_its_files(mails, asked):
    both = add_rows(mails, asked)
    passages = split_passages(both, None, size=2)
    assert len(passages) > len(both)
    assert passages.whole is both
    assert passages.table["source_file"][len(passages) - 1].as_py() == "asked.csv"
    assert passages.row_name(len(passages) - 1) == f"row {len(passages)} (row 2 of asked.csv)"
    for pair in ((passages, mails), (mails, passages)):
        with pytest.raises(DataError, match="passages"):
            add_rows(*pair)


def test_images_keep_their_rows_among_rows_of_texts(tmp_path):
    folder = tmp_path / "drawn"
    folder.mkdir()
    for colour in ("red", "blue"):
        (folder / f"{colour}.png").write_bytes(drawn_png(Drawing("star", colour), 20))
    texts, images = open_corpus(["one", "two"]), open_corpus(folder)
    after, before = add_rows(texts, images), add_rows(images, texts)
    assert [item if isinstance(item, str) else item.name for item in after.items] == [
        *("one", "two", "blue.png", "red.png")
    ]
    assert [item if isinstance(item, str) else item.name for item in before.items] == [
        *("blue.png", "red.png", "one", "two")
    ]
    again = add_rows(after, images)
    assert again.item_keys[2:4] == again.item_keys[4:]
    assert any("2 of them repeat an image or a text of the rows before." in note for note in again.notes)
