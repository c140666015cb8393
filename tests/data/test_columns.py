from __future__ import annotations

import datetime

import pyarrow as pa
import pytest

from explorer.data.columns import (
    check_label_column,
    check_text_column,
    guess_label,
    guess_text,
    text_columns,
)
from explorer.data.formats.files import read_file
from explorer.data.formats.lines import read_lines
from explorer.data.python import from_arrow, from_columns
from explorer.errors import ColumnError, EmptyDataError
from tests.data.failing import failure

SENTENCES = ["The lock does not close.", "Where is my parcel?", "I was charged twice.", "How do I pair it?"]


def _csv(text: str):
    return read_file(text.encode(), "rows.csv")


def _table(**columns):
    return from_columns(columns, "rows")


@pytest.mark.parametrize(
    "name",
    [
        "text",
        "body",
        "question",
        "description",
        "gloss",
        "content",
        "message",
        "review",
        "Text",
        "ticket_body",
    ],
)
def test_a_telling_name_makes_the_text_column(name):
    source = _table(customer=["Anna Maria Lopez", "Bo Berg", "Cy Dee", "Di Ek"], **{name: SENTENCES})
    assert guess_text(source) == name


def test_without_a_telling_name_the_longest_varied_prose_is_the_text():
    source = _table(
        key=[f"{number:064x}" for number in range(4)],
        url=[f"https://example.com/a/long/path/to/some/page/{number}" for number in range(4)],
        kind=["some kind of thing that is always the same"] * 4,
        what=SENTENCES,
    )
    assert guess_text(source) == "what"


def test_a_longer_description_beats_a_title():
    source = _table(title=["A short title"] * 4, description=SENTENCES)
    assert guess_text(source) == "description"


def test_a_question_beats_its_longer_answer():
    source = _table(question=SENTENCES, answer=[f"{text} {text} {text}" for text in SENTENCES])
    assert guess_text(source) == "question"


def test_text_in_a_script_without_spaces_counts_as_prose():
    source = _table(id=["a1-b2-c3-d4", "e5-f6-g7-h8"], col=["我的包裹在哪里？", "门锁打不开怎么办？"])
    assert guess_text(source) == "col"


def test_camel_case_names_are_read_as_words():
    source = _table(
        customerName=["Anna Lopez", "Bo Berg", "Cy Dee", "Di Ek"], reviewBody=["ok", "no", "hm", "so"]
    )
    assert guess_text(source) == "reviewBody"


def test_columns_that_cannot_be_text_are_never_guessed():
    source = _csv('description,text,what\n1,,"some words"\n2.5,,"more words"\n')
    assert guess_text(source) == "what"
    assert text_columns(source) == ["what"]


def test_a_table_without_text_lists_what_its_columns_hold():
    error = failure(ColumnError, guess_text, _csv("id,price,gap\n1,2.50,\n2,3.50,\n"))
    assert error.what == "No column holds text. The columns are: id (numbers), price (numbers), gap " + (
        "(nothing, every cell is empty)."
    )
    assert error.where == "rows.csv"


def test_a_table_of_empty_cells_is_empty_data():
    error = failure(EmptyDataError, guess_text, _csv('text,label\n,\n"  ",\n'))
    assert error.what == "There are rows, but every cell is empty."


WHEN = datetime.datetime(2024, 5, 1, 12)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([19.99, 5.0], "numbers, not text: 19.99"),
        ([None, 7], "numbers, not text: 7"),
        ([True, False], "true/false values, not text: True"),
        ([WHEN.date(), None], "dates or times, not text: 2024-05-01"),
        ([WHEN, None], "dates or times, not text: 2024-05-01 12:00:00"),
        ([WHEN.time(), None], "dates or times, not text: 12:00:00"),
        ([datetime.timedelta(days=1), None], "durations, not text: 1 day, 0:00:00"),
        ([["a"], []], 'lists or records, not text: ["a"]'),
        ([{"k": 1}, None], 'lists or records, not text: {"k": 1}'),
        ([None, None], "nothing, every cell is empty, not text"),
        (["", " "], "nothing, every cell is empty, not text"),
    ],
)
def test_a_typed_column_that_is_no_text_is_refused_with_an_example(values, said):
    source = _table(text=["some words", "more words"], chosen=values)
    error = failure(ColumnError, check_text_column, source, "chosen")
    assert error.what.startswith(f"The column holds {said}")
    assert error.where == 'rows, column "chosen"'
    assert error.fix == "Choose one of: text."


def test_the_example_names_its_row_in_the_source():
    source = _csv("text,n\nsome words,\nmore words,007\nlast words,8\n")
    error = failure(ColumnError, check_text_column, source, "n")
    assert error.what == "The column holds numbers, not text: 007 in row 2."


def test_a_long_example_is_cut():
    source = _table(text=["some words"], chosen=[list(range(100))])
    what = failure(ColumnError, check_text_column, source, "chosen").what
    assert what.endswith("… in row 1.")
    assert len(what) < 140


@pytest.mark.parametrize("number", ["7", "-1.5", "+3", "1,234.50", "1.234,50", "1e5", ".5", " 42 ", "6E-3"])
def test_plain_numbers_in_a_text_file_are_numbers(number):
    source = _csv(f'text,n\nsome words,"{number}"\nmore words,\n')
    assert "holds numbers" in failure(ColumnError, check_text_column, source, "n").what


@pytest.mark.parametrize("text", ["7 days", "NaN", "1-2", "v1.5", "10%", "12:30", "e5", "+"])
def test_what_is_more_than_a_number_is_text(text):
    source = _csv(f'text,n\nsome words,"{text}"\nmore words,7\n')
    check_text_column(source, "n")
    assert "n" in text_columns(source)


def test_one_text_late_in_a_long_column_of_numbers_makes_it_text():
    numbers = "".join(f"w,{number}\n" for number in range(5_000))
    check_text_column(_csv(f"text,n\n{numbers}w,unknown\n"), "n")
    failure(ColumnError, check_text_column, _csv(f"text,n\n{numbers}"), "n")


def test_digits_are_text_where_the_source_says_they_are_text():
    check_text_column(_table(code=["007", "42"]), "code")
    check_text_column(read_file(b'{"code": "007"}', "rows.jsonl"), "code")


def test_lines_of_numbers_are_no_texts():
    assert "holds numbers" in failure(ColumnError, check_text_column, read_lines("1\n2\n3"), "text").what


def test_a_missing_column_lists_those_that_are_there():
    source = _csv("id,body\n1,some words\n")
    for error in (
        failure(ColumnError, check_text_column, source, "text"),
        failure(ColumnError, check_label_column, source, "text", "body"),
    ):
        assert error.what == 'There is no column "text".'
        assert error.where == "rows.csv"
        assert error.fix == "The columns are: id, body."


def _labelled(rows: int = 40, **columns):
    return _table(text=[f"sentence number {row}" for row in range(rows)], **columns)


def _cycle(values, rows: int = 40):
    return [values[row % len(values)] for row in range(rows)]


@pytest.mark.parametrize(
    "name",
    ["label", "class", "category", "queue", "topic", "mood", "lexname", "intent", "Label", "topic_name"],
)
def test_a_telling_name_makes_the_label_column(name):
    source = _labelled(status=_cycle(["open", "closed"]), **{name: _cycle(["x", "y", "z"])})
    assert guess_label(source, "text") == name


def test_an_unnamed_column_of_few_repeating_words_can_be_the_label():
    assert guess_label(_labelled(status=_cycle(["open", "closed"])), "text") == "status"


@pytest.mark.parametrize(
    "values",
    [
        ["always the same"],
        [f"value {row}" for row in range(40)],
        [f"value {row}" for row in range(30)],
        [None, None, None, "x", "y"],
        ["", "", " ", "x", "y"],
        ["a text far too long to be a label, for a label is a word or two, not a sentence", "b"],
        [["a"], ["b"]],
        [1.5, 2.5],
        [datetime.date(2024, 1, 1), datetime.date(2024, 1, 2)],
    ],
)
def test_columns_that_do_not_label_are_not_guessed(values):
    assert guess_label(_labelled(label=_cycle(values)), "text") is None


def test_more_than_a_hundred_values_are_no_labels():
    rows = 1_000
    assert guess_label(_labelled(rows, label=_cycle([f"v{n}" for n in range(100)], rows)), "text") == "label"
    assert guess_label(_labelled(rows, label=_cycle([f"v{n}" for n in range(101)], rows)), "text") is None


def test_numbers_and_truth_values_label_only_under_a_telling_name():
    assert guess_label(_labelled(year=_cycle([1999, 2000])), "text") is None
    assert guess_label(_labelled(rating=_cycle([1, 2, 3])), "text") == "rating"
    assert guess_label(_labelled(label=_cycle([1.0, None, 0.0])), "text") == "label"
    assert guess_label(_labelled(label=_cycle([True, False])), "text") == "label"
    assert guess_label(_labelled(seen=_cycle([True, False])), "text") is None


def test_numbers_in_a_text_file_label_under_a_telling_name():
    rows = "".join(f"sentence {row},{row % 2},{row % 3}\n" for row in range(20))
    assert guess_label(_csv(f"text,year,class\n{rows}"), "text") == "class"


def test_the_text_column_is_never_the_label():
    assert guess_label(_labelled(label=_cycle(["x", "y"])), "label") is None


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ("text", "The text column cannot also be the label column."),
        ("tags", 'The column holds lists or records, which cannot label rows: ["a"] in row 1.'),
        ("gap", "The column holds nothing, every cell is empty, which cannot label rows."),
    ],
)
def test_a_label_that_cannot_label_is_refused(label, said):
    source = _table(text=["some words"], tags=[["a"]], gap=pa.nulls(1))
    error = failure(ColumnError, check_label_column, source, label, "text")
    assert error.what == said
    assert error.where == f'rows, column "{label}"'
    assert error.fix == "Choose another column, or no label."


def test_wordnet_is_guessed_right(shared_data):
    source = read_file(shared_data / "wordnet.parquet", "wordnet.parquet")
    assert guess_text(source) == "gloss"
    assert guess_label(source, "gloss") == "lexname"


def test_a_table_of_zero_length_strings_in_arrow_is_known_as_empty():
    source = from_arrow(pa.table({"a": ["", None], "b": ["x y", "z"]}), "rows")
    assert guess_text(source) == "b"
