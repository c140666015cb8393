import csv
import io

import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

import explorer
from explorer.data.formulas import restore
from explorer.share.export import csv_file, parquet_file, rows_table

FORMULAS = ["=1+1", "+49 30 1234", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1", "'=1", "'tis", "plain", ""]


def read(content: bytes) -> list[dict[str, str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_rows_come_in_the_order_asked_with_what_was_found_first():
    corpus = explorer.open_corpus(
        {"text": ["a, b", "", 'say "hi"\nthere', "007"], "score": ["x", "y", "z", "w"]},
        text="text",
        label=None,
    )
    rows = read(csv_file(rows_table(corpus, [2, 0, 2], {"score": [0.5, 0.25, 1.0]})))
    assert list(rows[0]) == ["score", "row", "source_row", "text", "score (corpus)"]
    assert [row["text"] for row in rows] == ["007", "a, b", "007"]
    assert [row["row"] for row in rows] == ["3", "1", "3"]
    assert [row["source_row"] for row in rows] == ["4", "1", "4"]
    assert [row["score"] for row in rows] == ["0.5", "0.25", "1"]
    assert [row["score (corpus)"] for row in rows] == ["w", "x", "w"]


@pytest.mark.parametrize("own", [("row (corpus)", "row"), ("row", "row (corpus)")])
def test_no_column_takes_the_place_of_another(own):
    corpus = explorer.open_corpus(
        {"text": ["a"], own[0]: [own[0]], own[1]: [own[1]]}, text="text", label=None
    )
    (row,) = rows_table(corpus, [0], {}).to_pylist()
    assert row["row"] == 1
    assert row["row (corpus)"] == "row (corpus)"
    assert row["row (corpus 2)"] == "row"


@given(
    st.lists(st.sampled_from(["x", "x (corpus)", "x (corpus 2)", "row", "row (corpus)"]), unique=True),
    st.lists(st.sampled_from(["x", "x (corpus)", "y"]), unique=True),
)
def test_every_column_is_there_under_a_name_of_its_own(own, found):
    corpus = explorer.open_corpus({"text": ["a"]} | {name: [name] for name in own}, text="text", label=None)
    table = rows_table(corpus, [0], {name: ["found"] for name in found})
    assert len(table.column_names) == len(set(table.column_names)) == len(own) + len(found) + 3
    values = [value for (value,) in table.to_pydict().values()]
    assert all(values.count(name) == 1 for name in own)


def test_texts_come_out_exactly_unless_they_could_be_formulas():
    texts = ['say "hi"\nthere', "NA", "null", "1e5", "שלום", "1+1", " padded "]
    corpus = explorer.open_corpus(texts)
    assert [row["text"] for row in read(csv_file(rows_table(corpus, range(len(texts)), {})))] == texts


def test_no_cell_or_header_is_a_formula_and_all_can_be_restored():
    table = {"text": FORMULAS[:-1], "=A1": FORMULAS[1:], "number": range(-5, 5)}
    corpus = explorer.open_corpus(table, text="text", label=None)
    found = rows_table(
        corpus, range(len(corpus)), {"query": ["=cmd"] * len(corpus), "score": [-0.5] * len(corpus)}
    )
    rows = read(csv_file(found))
    cells = [*rows[0], *(cell for row in rows for cell in row.values())]
    assert {cell for cell in cells if cell[:1] in set("=+-@\t\r＝")} == {"-0.5", *map(str, range(-5, 0))}
    assert [row["query"] for row in rows] == ["'=cmd"] * len(corpus)
    texts = [row["text"] for row in read(csv_file(found, exact=True))]
    assert [restore(row["text"]) for row in rows] == texts
    assert [restore(name) for name in rows[0]] == found.column_names


def test_exact_csv_and_parquet_have_every_text_as_it_is():
    corpus = explorer.open_corpus({"text": FORMULAS[:-1], "=A1": FORMULAS[:-1]}, text="text", label=None)
    table = rows_table(corpus, range(len(corpus)), {})
    expected = table.column("text").to_pylist()
    assert "=1+1" in expected
    rows = read(csv_file(table, exact=True))
    assert [row["text"] for row in rows] == expected == [row["=A1"] for row in rows]
    assert pyarrow.parquet.read_table(io.BytesIO(parquet_file(table))).equals(table)


def test_no_rows_are_a_header():
    corpus = explorer.open_corpus(["a"])
    assert read(csv_file(rows_table(corpus, [], {}))) == []
