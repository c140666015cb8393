import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from explorer.comparison.judging.judgement_columns import JudgementColumns, PairColumns, guess_content
from explorer.comparison.judging.judgement_files import BadLine, read_judgements, read_pairs, read_queries
from explorer.data.formats.files import read_file
from explorer.data.opening import open_corpus, read_table
from explorer.errors import ColumnError, EmptyDataError, TooLargeError, UnknownCorpusError
from explorer.settings import settings

TEXTS = ["a parcel is late", "the camera is offline", "please cancel my order", "where is my invoice"]
CORPUS = open_corpus(
    {"text": TEXTS, "ticket": ["T-1", "T-2", "T-3", "T-3"], "label": ["a", "b", "a", "b"]}, text="text"
)
LINES = [
    {"query": "late parcel", "row": 1, "grade": 2},
    {"query": "late parcel", "row": 2, "grade": 0},
    {"query": "broken camera", "row": 2, "grade": 1},
]
GRADES = ({0: 2, 1: 0}, {1: 1})


def csv_bytes(lines, separator=","):
    names = list(lines[0])
    rows = [names, *([str(line[name]) for name in names] for line in lines)]
    return "\n".join(separator.join(row) for row in rows).encode()


def parquet_bytes(lines):
    sink = pa.BufferOutputStream()
    pyarrow.parquet.write_table(pa.Table.from_pylist(lines), sink)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("j.csv", csv_bytes(LINES)),
        ("j.tsv", csv_bytes(LINES, "\t")),
        ("j.jsonl", "\n".join(json.dumps(line) for line in LINES).encode()),
        ("j.parquet", parquet_bytes(LINES)),
    ],
)
def test_each_format_gives_the_same_judgements(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    for source in (tmp_path / name, str(tmp_path / name), read_file(data, name)):
        read = read_judgements(source, CORPUS)
        assert read.content.queries == ("late parcel", "broken camera")
        assert read.content.ids == ("1", "2")
        assert read.content.grades == GRADES
        assert read.content.inclusion is None
        assert read.columns == JudgementColumns(row="row", query="query", grade="grade")
        assert (read.lines, read.bad, read.examples) == (3, 0, ())


def test_data_frames_and_columns_are_read():
    columns = {name: [line[name] for line in LINES] for name in LINES[0]}
    for source in (pd.DataFrame(LINES), columns):
        assert read_judgements(source, CORPUS).content.grades == GRADES


def test_numbers_from_zero_are_noticed_and_can_be_given():
    source = {"query": ["x", "x"], "row": [0, 3], "grade": [1, 1]}
    read = read_judgements(source, CORPUS)
    assert read.columns.first_row == 0
    assert read.content.grades == ({0: 1, 3: 1},)
    given = JudgementColumns(row="row", query="query", first_row=0)
    source = {"query": ["x"], "row": [3]}
    assert read_judgements(source, CORPUS, columns=given).content.grades == ({3: 1},)
    assert read_judgements(source, CORPUS).content.grades == ({2: 1},)


def test_rows_are_named_by_a_key_column():
    source = {"question": ["x", "x", "x"], "doc_id": ["T-1", "T-2", "T-3"], "relevance": [1, 0, 1]}
    read = read_judgements(source, CORPUS)
    assert read.columns == JudgementColumns("doc_id", "question", None, "relevance", "ticket")
    assert read.content.grades == ({0: 1, 1: 0},)
    assert read.examples == (BadLine(3, 'more than one row is named "T-3"'),)


def test_rows_are_named_by_their_texts():
    read = read_judgements({"query": ["x", "y"], "document": TEXTS[1:3], "score": [1, 0]}, CORPUS)
    assert read.columns.key == "text"
    assert read.content.grades == ({1: 1}, {2: 0})


def test_columns_without_usual_names_are_guessed_by_content():
    source = {"frage": ["late", "camera", "order"], "nr": [1, 2, 4], "wert": [1, 0, 1]}
    read = read_judgements(source, CORPUS)
    assert read.columns == JudgementColumns(row="nr", query="frage", grade="wert")
    assert read.content.grades == ({0: 1}, {1: 0}, {3: 1})


def test_bad_lines_are_counted_with_number_and_reason():
    lines = [
        ("late", "1", "1"),
        ("late", "9", "1"),
        ("late", "two", "1"),
        ("late", "2", "good"),
        ("late", "2", "0.5"),
        ("late", "2", "5000"),
        ("", "2", "1"),
        ("late", "1", "0"),
        ("late", "1", "1.0"),
    ]
    query, row, grade = (list(column) for column in zip(*lines, strict=True))
    read = read_judgements({"query": query, "row": row, "grade": grade}, CORPUS)
    assert read.content.grades == ({0: 1},)
    assert (read.lines, read.bad) == (9, 7)
    assert [(bad.number, bad.reason) for bad in read.examples] == [
        (2, 'there is no row "9"'),
        (3, 'there is no row "two"'),
        (4, 'the grade "good" is not a whole number'),
        (5, 'the grade "0.5" is not a whole number'),
        (6, "the grade is not from −1,000 to 1,000"),
        (7, "the query is empty"),
        (8, "an earlier line judges the same query and row otherwise"),
    ]


def test_only_the_first_bad_lines_are_kept():
    source = {"query": ["x"] * 101, "row": [1, *[99] * 100], "grade": [1] * 101}
    read = read_judgements(source, CORPUS)
    assert read.bad == 100
    assert len(read.examples) == 20


def test_nothing_usable_is_an_error_with_the_first_reason():
    with pytest.raises(EmptyDataError, match='Line 1: there is no row "77"'):
        read_judgements({"query": ["x"], "row": [77], "grade": [1]}, CORPUS)


QRELS = b"7 0 1 2\n7 0 2 0\n\n9\t0\t2\t1\n9 0 2\n"
QUERIES = {"id": ["7", "9"], "text": ["late parcel", "broken camera"]}


@pytest.mark.parametrize("name", ["test.qrels", "qrels", "qrels.txt"])
def test_qrels_are_read_with_the_texts_from_another_file(tmp_path, name):
    (tmp_path / name).write_bytes(QRELS)
    read = read_judgements(tmp_path / name, CORPUS, queries=QUERIES)
    assert read.content.ids == ("7", "9")
    assert read.content.queries == ("late parcel", "broken camera")
    assert read.content.grades == GRADES
    assert read.examples == (BadLine(5, "it does not have four fields: query id, 0, row, grade"),)


def test_qrels_as_tsv_without_a_header_keep_their_first_line():
    qrels = read_file(b"0\t0\t1\t0\n0\t0\t2\t1\n", "qrels.tsv")
    queries = read_file(b"0\tlate parcel\n5\tunused\n", "queries.tsv")
    read = read_judgements(qrels, CORPUS, queries=queries)
    assert read.content.queries == ("late parcel",)
    assert read.content.grades == ({0: 0, 1: 1},)


def test_beir_files_are_read():
    qrels = read_file(b"query-id\tcorpus-id\tscore\nq1\tT-2\t1\nq2\tT-1\t1\n", "test.tsv")
    queries = {"_id": ["q1"], "text": ["broken camera"]}
    read = read_judgements(qrels, CORPUS, queries=queries)
    assert read.columns == JudgementColumns("corpus-id", None, "query-id", "score", "ticket")
    assert read.content.grades == ({1: 1},)
    assert read.examples == (BadLine(2, 'the query "q2" has no text'),)


def test_a_query_keeps_one_text_and_one_probability():
    source = {
        "query_id": ["a", "a", "a"],
        "query": ["x", "y", "x"],
        "row": [1, 2, 3],
        "grade": [1, 1, 1],
        "inclusion": ["0.5", "0.5", "0.25"],
    }
    read = read_judgements(source, CORPUS)
    assert read.content.inclusion == (0.5,)
    assert [bad.reason for bad in read.examples] == [
        "the query has another text in an earlier line",
        "the query has another inclusion probability in an earlier line",
    ]


def test_ids_with_spaces_are_numbered():
    source = {"query_id": ["first one", "b"], "query": ["x", "y"], "row": [1, 2]}
    assert read_judgements(source, CORPUS).content.ids == ("1", "2")


def test_a_file_that_was_sampled_is_refused(monkeypatch):
    monkeypatch.setenv("EXPLORER_MAX_ROWS", "2")
    settings.cache_clear()
    with pytest.raises(TooLargeError, match="3 lines; up to 2"):
        read_judgements(read_file(csv_bytes(LINES), "j.csv"), CORPUS)


def test_missing_columns_and_files_are_clear_errors(tmp_path):
    with pytest.raises(ColumnError, match="No column names queries"):
        read_judgements({"row": [1, 2], "grade": [1, 0]}, CORPUS)
    with pytest.raises(ColumnError, match='no column "relevant"'):
        read_judgements(
            {"query": ["x"], "row": [1]}, CORPUS, columns=JudgementColumns("row", "query", grade="relevant")
        )
    with pytest.raises(UnknownCorpusError):
        read_judgements(tmp_path / "missing.csv", CORPUS)


def test_pairs_are_two_texts_and_a_score():
    source = {
        "id": [1, 2, 3, 4],
        "sentence1": ["a man eats", "a dog runs", "", "x"],
        "sentence2": ["a man is eating", "a cat sits", "y", "z"],
        "score": ["4.5", "0.2", "1", "high"],
    }
    read = read_pairs(source)
    assert read.columns == PairColumns("sentence1", "sentence2", "score")
    assert read.content.first == ("a man eats", "a dog runs")
    assert read.content.second == ("a man is eating", "a cat sits")
    assert read.content.scores == (4.5, 0.2)
    assert [bad.reason for bad in read.examples] == ["a text is empty", 'the score "high" is not a number']
    swapped = read_pairs(source, columns=PairColumns("sentence2", "sentence1", "score"))
    assert swapped.content.first == read.content.second


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"a": ["one text"], "score": [1]}, "two columns of text"),
        ({"a": ["one text"], "b": ["another text"]}, "one of numbers"),
    ],
)
def test_pairs_without_their_columns_are_refused(source, message):
    with pytest.raises(ColumnError, match=message):
        read_pairs(source)


def test_pairs_without_a_number_are_refused():
    with pytest.raises(EmptyDataError, match="No line of it can be used"):
        read_pairs({"a": ["one text"], "b": ["another text"], "score": ["nan"]})


@pytest.mark.parametrize(
    ("names", "score"),
    [
        (("sentence1", "sentence2"), "similarity"),
        (("Text_A", "Text_B"), "label"),
        (("question1", "question2"), "is_duplicate"),
    ],
)
def test_columns_named_as_a_pair_come_before_longer_texts_and_other_numbers(names, score):
    long = ["a long text that somebody wrote in reply to the question"] * 3
    source = {"id": [7, 8, 9], "answer": long, names[1]: ["a b", "b c", "c d"], "text": long,
              names[0]: ["e f", "g h", "i j"], score: [1, 0, 1]}  # fmt: skip
    assert read_pairs(source).columns == PairColumns(*names, score)


def test_labels_of_pairs_are_1_or_0_in_several_writings():
    words = ["1", "0", "1.0", "True", "FALSE", " 0 ", "2", "yes", ""]
    source = {"a": ["a b"] * 9, "b": ["c d"] * 9, "label": words}
    read = read_pairs(source, labelled=True)
    assert read.content.scores == (1, 0, 1, 1, 0, 0)
    assert [bad.reason for bad in read.examples] == [
        'the label "2" is neither 1 nor 0', 'the label "yes" is neither 1 nor 0',
        'the label "" is neither 1 nor 0',
    ]  # fmt: skip
    assert read_pairs({**source, "label": [True, False] * 4 + [True]}, labelled=True).content.scores[:2] == (
        1,
        0,
    )


def test_a_column_of_true_and_false_holds_labels_whatever_it_is_called():
    source = {"same": ["true", "False"], "a": ["one text", "a text"], "b": ["another text", "no text"]}
    read = read_pairs(source, labelled=True)
    assert read.columns == PairColumns("a", "b", "same")
    assert read.content.scores == (1, 0)


def test_all_missing_columns_of_pairs_are_named():
    source = {"a": ["one text"], "b": ["another text"], "score": [1]}
    with pytest.raises(ColumnError, match=r"no columns first, second\. The columns are: a, b, score"):
        read_pairs(source, columns=PairColumns("first", "second", "score"))


def test_the_rows_of_a_corpus_can_be_pairs():
    corpus = open_corpus({"question1": ["a b", "c d"], "question2": ["e f", "g h"], "score": [0.5, 1]})
    assert read_pairs(corpus).content.first == ("a b", "c d")


def test_queries_are_kept_once_and_in_order():
    read = read_queries(["late parcel", "", "broken camera", "late parcel"])
    assert read.content == ("late parcel", "broken camera")
    assert (read.lines, read.bad) == (4, 1)
    assert read.examples == (BadLine(2, "the query is empty"),)
    assert read_queries({"q": ["x y"], "z": ["a b"]}, column="z").content == ("a b",)


def test_the_content_of_a_file_is_guessed():
    assert guess_content(read_file(csv_bytes(LINES), "j.csv")) == "judgements"
    pairs = {"sentence1": ["a b c"], "sentence2": ["d e f"], "score": [0.5]}
    assert guess_content(read_table(pairs)) == "pairs"
    assert guess_content(read_table(["late parcel", "broken camera"])) == "queries"
