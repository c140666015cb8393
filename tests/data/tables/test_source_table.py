from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.data.tables.source_table import MAX_COLUMNS, TableBuilder, list_names, unique_names
from explorer.data.tables.values import NESTED
from explorer.errors import ColumnError, EmptyDataError, TooLargeError
from tests.data.failing import failure


def _column(*values):
    return pa.chunked_array([pa.array(values, pa.string())])


def _built(*columns, name="t.csv", kind="csv"):
    builder = TableBuilder(name, kind)
    for column in columns:
        builder.add(*column)
    return builder


def test_names_that_are_there_and_unique_stay():
    assert unique_names(["id", "body", "Straße"]) == (["id", "body", "Straße"], [])


def test_repeated_and_missing_names_change_with_a_note():
    names, notes = unique_names(["a", "a", "", "a", " "])
    assert names == ["a", "a (2)", "column 3", "a (3)", "column 5"]
    assert notes == [
        'Column 2, named "a", is called "a (2)" here.',
        'Column 3, named "", is called "column 3" here.',
        'Column 4, named "a", is called "a (3)" here.',
        'Column 5, named "", is called "column 5" here.',
    ]


def test_a_new_name_never_takes_one_that_is_there():
    assert unique_names(["a", "a", "a (2)"])[0] == ["a", "a (3)", "a (2)"]
    assert unique_names(["", "column 1"])[0] == ["column 1 (2)", "column 1"]


@pytest.mark.slow
@given(st.lists(st.one_of(st.sampled_from(["", " ", "a", "a (2)", "column 1"]), st.text(max_size=4))))
def test_names_are_always_unique_trimmed_and_there(raw):
    names, _ = unique_names(raw)
    assert len(names) == len(raw) == len(set(names))
    assert all(name and name == name.strip() for name in names)
    assert unique_names(names) == (names, [])


def test_remarks_become_notes_under_the_name_the_column_got():
    builder = _built(("a", _column("x")), ("a", _column("y"), [NESTED]), kind="json")
    builder.note("First.")
    source = builder.finish()
    assert source.notes == (
        "First.",
        'Column 2, named "a", is called "a (2)" here.',
        'Column "a (2)": lists or records, kept as JSON text.',
    )
    assert source.nested == {"a (2)"}
    assert source.source_rows.tolist() == [1]
    assert source.total_rows == 1


def test_no_rows_names_the_columns_and_no_columns_says_so():
    error = failure(EmptyDataError, _built(("a", _column()), ("b", _column())).finish)
    assert str(error) == "t.csv: There are columns (a, b) but no rows."
    assert failure(EmptyDataError, _built().finish).what == "There are no columns."


def test_columns_left_out_are_noted_in_their_turn_and_a_table_of_no_other_says_why():
    builder = TableBuilder("t", "json")
    builder.note("First.")
    builder.leave_out("raw", "it holds raw bytes")
    builder.note("Last.")
    error = failure(ColumnError, builder.finish)
    assert (error.what, error.fix) == (
        "No column can be shown as text.",
        'Column "raw" is left out: it holds raw bytes.',
    )
    builder.add("a", _column("x"))
    assert builder.finish().notes == ("First.", error.fix, "Last.")


def test_a_table_of_vectors_alone_counts_its_rows():
    builder = TableBuilder("t", "json")
    builder.leave_out(" v ", "it is long", lambda: pa.chunked_array([[[1.0, 2.0], [3.0, 4.0]]]))
    source = builder.finish()
    assert source.table.to_pydict() == {"row": [1, 2]}
    assert list(source.vectors) == ["v"]


def test_too_many_columns_are_refused():
    columns = [(f"c{number}", _column("x")) for number in range(MAX_COLUMNS + 1)]
    error = failure(TooLargeError, _built(*columns, name="wide.csv").finish)
    assert "2,001 columns" in error.what
    assert error.where == "wide.csv"
    assert len(_built(*columns[:-1]).finish().table.column_names) == MAX_COLUMNS


def test_a_cell_over_the_bound_is_named_by_row_and_column(bound):
    bound("EXPLORER_MAX_CELL_CHARS", 5)
    columns = [("a", _column("12345", "é" * 5)), ("b", _column(None, "123456"))]
    error = failure(TooLargeError, _built(*columns).finish)
    assert error.where == 't.csv, row 2, column "b"'
    assert error.what == "A cell holds 6 characters; up to 5 are read."
    assert "EXPLORER_MAX_CELL_CHARS" in error.fix


def test_long_lists_of_names_are_cut():
    assert list_names(["a", "b"]) == "a, b"
    assert list_names([str(number) for number in range(1012)]).endswith("10, 11 and 1,000 more")
