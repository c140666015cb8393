from __future__ import annotations

import json

import pyarrow as pa
import pytest

from explorer.data.formats.files import read_file
from explorer.data.python import from_arrow
from explorer.data.vector_columns import ALL, number_columns, vector_columns
from explorer.data.vector_matrix import vectors_of
from explorer.errors import VectorError


def test_long_lists_among_other_values_stay_text():
    values = [[0.5] * 48] * 6 + ["none"]
    lines = [
        json.dumps({"body": f"text number {row}", "embedding": value}) for row, value in enumerate(values)
    ]
    source = read_file("\n".join(lines).encode(), "rows.jsonl")
    assert json.loads(source.table["embedding"][0].as_py()) == values[0]
    assert vector_columns(source) == []


def test_a_table_of_nothing_but_numbers_is_one_vector_a_row():
    source = read_file(b"x,y\n1,2\n3,4.5\n", "points.csv")
    assert vector_columns(source) == [ALL]
    assert number_columns(source) == ["x", "y"]


def test_a_first_column_that_counts_the_rows_is_no_dimension():
    source = from_arrow(pa.table({"": [0, 1, 2], "x": [0.5, 1.5, 2.5], "y": [1.0, 2.0, 3.0]}), "points")
    assert number_columns(source) == ["x", "y"]


def test_a_column_of_words_or_a_single_one_of_numbers_makes_no_vectors():
    assert vector_columns(read_file(b"x,name\n1,a\n2,b\n", "t.csv")) == []
    assert vector_columns(read_file(b"x\n1.5\n2.5\n", "t.csv")) == []


def test_short_lists_of_one_length_are_vectors_and_those_of_several_are_not():
    assert vector_columns(read_file(b'a,v\nx y,"[1, 2]"\nz w,"[3 4]"\n', "t.csv")) == ["v"]
    assert vector_columns(read_file(b'a,v\nx y,"[1, 2]"\nz w,"[1]"\n', "t.csv")) == []


@pytest.mark.parametrize("cell", ["[1.2.3, 2]", "[1, -, 2]", "[1-2]", "[1e, 2]", "[.]"])
def test_lists_that_only_look_like_numbers_are_no_vectors(cell):
    assert vector_columns(read_file(f'a,v\nx y,"{cell}"\nz w,"{cell}"\n'.encode(), "t.csv")) == []


@pytest.mark.parametrize("digits", [400, 5_000])
@pytest.mark.parametrize("wrong", [0, 1])
def test_a_number_of_very_many_digits_is_too_large(digits, wrong):
    rows = ["[1, 2]", "[3, 4]"]
    rows[wrong] = f"[{'9' * digits}, 2]"
    source = read_file("".join(["a,v\n", *(f'x y,"{row}"\n' for row in rows)]).encode(), "t.csv")
    assert vector_columns(source) == ["v"]
    with pytest.raises(VectorError, match="too large") as caught:
        vectors_of(source, "v")
    assert caught.value.where == f"t.csv, row {wrong + 1}"
