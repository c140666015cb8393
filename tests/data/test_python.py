from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.data.corpus_from_table import make_corpus
from explorer.data.python import from_arrow, from_columns, from_data_frame, from_texts, is_data_frame
from explorer.errors import ColumnError, EmptyDataError, UnreadableFileError
from tests.data.failing import failure


@given(st.lists(st.text(), min_size=1), st.booleans())
def test_texts_are_taken_exactly_even_if_they_are_digits(texts, as_tuple):
    source = from_texts(tuple(texts) if as_tuple else texts, "texts")
    assert source.table.to_pydict() == {"text": texts}
    assert source.kind == "python"


def test_none_and_nan_in_a_list_are_empty_rows():
    source = from_texts(["a", None, float("nan"), pd.NA, "b"], "texts")
    corpus = make_corpus(source)
    assert corpus.texts == ["a", "b"]
    assert corpus.source_rows.tolist() == [1, 5]
    assert (corpus.total_rows, corpus.empty_rows) == (5, 3)


@pytest.mark.parametrize("value", [5, 2.5, True, b"x", ["x"], {"text": "x"}, np.int64(3)])
def test_what_is_no_string_is_named_by_its_position(value):
    error = failure(ColumnError, from_texts, ["a", None, value, 7], "texts")
    assert error.where == "texts, position 2"
    assert error.what == f"This is {value!r}, a {type(value).__name__}, not a string."
    assert "dict of columns" in error.fix


def test_an_empty_list_is_empty_data():
    assert failure(EmptyDataError, from_texts, [], "texts").what == "The list of texts is empty."


def test_lone_surrogates_in_texts_are_replaced_with_a_note():
    source = from_texts(["half \ud83d", "whole"], "texts")
    assert source.table["text"].to_pylist() == ["half �", "whole"]
    assert "lone surrogate" in source.notes[0]


def test_columns_keep_their_types():
    source = from_columns(
        {
            "text": ["a", None],
            "n": np.array([1, 2]),
            "when": [datetime.date(2024, 5, 1), None],
            "series": pd.Series([1.5, None]),
            "arrow": pa.array(["x", "y"]),
            "texts": np.array(["x", "y"]),
            5: (True, False),
        },
        "columns",
    )
    assert source.table.to_pydict() == {
        "text": ["a", None],
        "n": [1, 2],
        "when": [datetime.date(2024, 5, 1), None],
        "series": [1.5, None],
        "arrow": ["x", "y"],
        "texts": ["x", "y"],
        "5": [True, False],
    }


@pytest.mark.parametrize("values", [["a", 5], ["a", None, 5], [5, "a"], [True, 1], [["a"], "b"]])
def test_a_column_of_mixed_values_names_the_first_that_differs(values):
    error = failure(ColumnError, from_columns, {"text": values}, "columns")
    assert error.where == f'columns, column "text", position {len(values) - 1}'
    assert error.what.startswith(
        f"This is {values[-1]!r}, a {type(values[-1]).__name__}; earlier values are "
    )


def test_numbers_beyond_64_bits_and_lone_surrogates_in_columns_become_text_with_a_note():
    source = from_columns({"n": [2**70, None], "s": ["\ud800", None]}, "columns")
    assert source.table.to_pydict() == {"n": [str(2**70), None], "s": ["�", None]}
    assert len(source.notes) == 2


@pytest.mark.parametrize("values", ["abc", 5, None, np.zeros((2, 2)), b"abc", (x for x in "ab")])
def test_a_column_that_is_no_list_is_refused(values):
    error = failure(ColumnError, from_columns, {"text": ["a"], "bad": values}, "columns")
    assert error.where == 'columns, column "bad"'
    assert "not a list of values" in error.what


def test_columns_of_different_length_are_refused_with_their_lengths():
    error = failure(ColumnError, from_columns, {"text": ["a", "b"], "label": ["x"]}, "columns")
    assert error.what == "The columns differ in length: text has 2, label has 1."


def test_no_columns_and_no_rows_are_empty_data():
    failure(EmptyDataError, from_columns, {}, "columns")
    assert "no rows" in failure(EmptyDataError, from_columns, {"text": []}, "columns").what


def test_a_data_frame_is_known_without_importing_pandas(monkeypatch):
    assert is_data_frame(pd.DataFrame())
    assert not is_data_frame([1])
    monkeypatch.delitem(__import__("sys").modules, "pandas")
    assert not is_data_frame({"a": [1]})


def test_a_data_frame_keeps_types_and_its_missing_texts_are_empty_rows():
    frame = pd.DataFrame(
        {
            "text": ["a", None, float("nan"), " ", "b"],
            "label": pd.Categorical(["x", "y", None, "x", "y"]),
            "n": [1, None, 3, 4, 5],
            "big": pd.array([1, None, 3, 4, 5], dtype="Int64"),
            "when": pd.to_datetime(["2024-05-01", None, None, None, "2024-05-02"]),
        },
        index=[10, 20, 30, 40, 50],
    )
    corpus = make_corpus(from_data_frame(frame, "data frame"), text="text", label="n")
    assert corpus.texts == ["a", "b"]
    assert corpus.labels == ["1", "5"]
    assert corpus.source_rows.tolist() == [1, 5]
    assert (corpus.total_rows, corpus.empty_rows) == (5, 3)
    assert corpus.row(1) == {
        "text": "b",
        "label": "y",
        "n": 5.0,
        "big": 5,
        "when": datetime.datetime(2024, 5, 2),
    }


def test_object_columns_of_mixed_values_become_text_with_a_note():
    frame = pd.DataFrame({"text": pd.Series(["a", 5, None, 2.5, float("nan")], dtype=object)})
    source = from_data_frame(frame, "data frame")
    assert source.table["text"].to_pylist() == ["a", "5", None, "2.5", None]
    assert "kept as text" in source.notes[0]


def test_lists_and_records_in_a_data_frame_become_json_text():
    frame = pd.DataFrame({"text": ["a", "b"], "tags": [["x"], None], "raw": [b"x", b"y"]})
    source = from_data_frame(frame, "data frame")
    assert source.table.to_pydict() == {"text": ["a", "b"], "tags": ['["x"]', None]}
    assert source.nested == {"tags"}
    assert any('"raw" is left out' in note for note in source.notes)


def test_a_data_frame_with_repeated_and_numbered_columns_is_taken():
    frame = pd.DataFrame([["a", "b", "c"]], columns=["text", "text", 0])
    assert from_data_frame(frame, "df").table.column_names == ["text", "text (2)", "0"]


def test_a_data_frame_of_every_string_type_is_text():
    for kind in (object, "str", "string", pd.ArrowDtype(pa.large_string())):
        frame = pd.DataFrame({"text": pd.Series(["a", None], dtype=kind)})
        assert from_data_frame(frame, "df").table["text"].to_pylist() == ["a", None]


def test_an_empty_data_frame_is_empty_data():
    failure(EmptyDataError, from_data_frame, pd.DataFrame(), "df")
    failure(EmptyDataError, from_data_frame, pd.DataFrame({"text": []}), "df")


def test_an_arrow_table_is_taken_and_whatever_becomes_one():
    table = pa.table({"text": pa.array(["a", "b"]).dictionary_encode(), "n": [1, 2]})

    class Frame:
        def __arrow_c_stream__(self, requested_schema=None):
            return table.__arrow_c_stream__(requested_schema)

    for source in (table, Frame()):
        read = from_arrow(source, "table").table
        assert read.to_pydict() == {"text": ["a", "b"], "n": [1, 2]}
        assert read.schema.field("text").type == pa.string()


def test_extension_types_are_taken_as_what_they_store():
    table = pa.table({"text": ["a"], "json": pa.array(['{"k": 1}'], pa.json_(pa.string()))})
    assert from_arrow(table, "table").table["json"].to_pylist() == ['{"k": 1}']


def test_an_arrow_table_of_bytes_or_of_broken_text_is_refused():
    error = failure(ColumnError, from_arrow, pa.table({"raw": [b"x"]}), "table")
    assert error.what == "No column can be shown as text."
    broken = pa.StringArray.from_buffers(
        1, pa.py_buffer(np.array([0, 1], np.int32).tobytes()), pa.py_buffer(b"\xff")
    )
    error = failure(UnreadableFileError, from_arrow, pa.table({"bad": broken}), "table")
    assert error.where == 'table, column "bad"'
