"""Saved spaces as CSV, and vectors alone as in the tutorials: a column for each dimension, with its number.

Before the dimensions come the columns of the rows, after them one whose first cell has the facts. Numbers,
dates and texts are written so that all of them come back, and so that no spreadsheet runs a cell:

- A text that a spreadsheet could run gets an apostrophe; see `explorer.data.formulas`.
- A missing value is an empty cell. An empty text is an apostrophe, and a text of only apostrophes gets one
  more.
- A time with a zone is written in UTC, and a duration as a number, in its unit.
"""

from __future__ import annotations

import dataclasses
from typing import IO, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from explorer.data.formulas import neutralise, restore
from explorer.data.records import DamagedFileError
from explorer.data.space_files.facts import columns_of, damaged, read_facts, too_many_rows
from explorer.data.space_files.saved_table import VECTORS, SavedTable, free_name, pieces, vector_list
from explorer.data.tables.source_table import MAX_COLUMNS, SourceTable
from explorer.errors import DataError, TooLargeError
from explorer.settings import settings

FACTS = "explorer_space"
_BOM = b"\xef\xbb\xbf"  # spreadsheets need it to read UTF-8
_INSTEAD = "Save the space as Parquet."


def check_csv(table: pa.Table, dims: int, where: str) -> None:
    """Raise an error for a space that CSV cannot hold.

    Args:
        table: Its columns.
        dims: The dimensions of its vectors.
        where: What messages call it.

    Raises:
        TooLargeError: There would be more columns than are read.
        DataError: A text or a name has a NUL character, or a column has the name of that with the facts.
    """
    if table.num_columns + dims + 1 > MAX_COLUMNS:
        raise TooLargeError(
            f"CSV needs a column for each of {dims:,} dimensions; up to {MAX_COLUMNS:,} columns are read.",
            where=where,
            fix=_INSTEAD,
        )
    if FACTS in map(neutralise, table.column_names):
        raise DataError(f'A column is called "{FACTS}", as that of the facts is.', where=where, fix=_INSTEAD)
    for field in table.schema:
        is_text = pa.types.is_string(field.type)
        if "\0" in field.name:
            raise DataError(
                "The name of a column has a NUL character, which CSV cannot hold.", where=where, fix=_INSTEAD
            )
        if is_text and pc.any(pc.match_substring(table[field.name], "\0")).as_py():
            what = "A text has a NUL character, which CSV cannot hold."
            raise DataError(what, where=f'{where}, column "{field.name}"', fix=_INSTEAD)


def write_csv(saved: SavedTable, sink: BinaryIO) -> None:
    """Write a space, some rows at a time.

    Raises:
        TooLargeError: As `check_csv`, or the facts do not fit in a cell.
        DataError: As `check_csv`.
    """
    dims, names = saved.vectors.shape[1], saved.table.column_names
    check_csv(saved.table, dims, saved.name)
    if len(saved.facts) > settings().max_cell_chars:
        raise TooLargeError(
            "What made these vectors does not fit in a cell of a CSV file.", where=saved.name, fix=_INSTEAD
        )
    taken = {*map(neutralise, names), FACTS}
    prefix = ""
    while taken & {f"{prefix}{place}" for place in range(dims)}:
        prefix += "_"
    header = [*map(neutralise, names), *(f"{prefix}{place}" for place in range(dims)), FACTS]
    sink.write(_BOM)
    for start, stop in saved.pieces():
        rows = saved.table.slice(start, stop - start)
        facts = pa.array([saved.facts if start == 0 else None, *[None] * (stop - start - 1)], pa.string())
        columns = [_cells(rows[name]) for name in names]
        columns += [pa.array(saved.vectors[start:stop, place]) for place in range(dims)]
        options = pa.csv.WriteOptions(include_header=start == 0)
        pa.csv.write_csv(pa.table([*columns, facts], names=header), sink, options)


def write_vectors(
    vectors: NDArray[np.float32], sink: IO[bytes], *, delimiter: str = ",", header: bool = True
) -> None:
    """Write vectors, shape (rows, dims), alone: what `pd.DataFrame(vectors).to_csv(index=False)` writes.

    Numbers have as many digits as float32 needs to be read back bit for bit.
    """
    names = [str(place) for place in range(vectors.shape[1])]
    for start, stop in pieces(vectors):
        columns = [pa.array(vectors[start:stop, place]) for place in range(len(names))]
        options = pa.csv.WriteOptions(
            include_header=header and start == 0,
            delimiter=delimiter,
            quoting_style="none",
            quoting_header="none",
        )
        pa.csv.write_csv(pa.table(columns, names=names), sink, options)


def from_csv(read: SourceTable) -> SourceTable:
    """The saved space that a CSV file holds; the table itself if it is another one.

    Args:
        read: The file as any table of texts.

    Raises:
        UnreadableFileError: It is a saved space, and damaged, cut short or from a newer Explorer.
        TooLargeError: It has more rows than may be opened.
    """
    if read.table.column_names[-1] != FACTS:
        return read
    if read.total_rows > read.table.num_rows:  # perhaps without the row of the facts
        raise too_many_rows(read.total_rows, read.name)
    facts = read.table[FACTS][0].as_py() or ""
    try:
        columns = columns_of(read_facts(facts, read.name))
        dims = read.table.num_columns - len(columns) - 1
        if dims < 1:
            raise DamagedFileError("its vectors are missing")
        cells = [read.table.column(place) for place in range(len(columns))]
        table = pa.table(
            [_values(column, kind) for column, kind in zip(cells, columns.values(), strict=True)],
            names=list(columns),
        )
        vectors = _matrix(read.table, len(columns), dims)
    except (DamagedFileError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise damaged(str(error).splitlines()[0], read.name) from error
    column = free_name(VECTORS, set(columns))
    return dataclasses.replace(read, table=table, vectors={column: lambda: vectors}, facts=facts)


def _cells(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as the texts of its cells."""
    kind = column.type
    if pa.types.is_string(kind):
        return pa.chunked_array([pa.array(map(_cell, column.to_pylist()), pa.string())])
    if pa.types.is_duration(kind):
        column = column.cast(pa.int64())
    elif pa.types.is_timestamp(kind):
        column = column.cast(pa.timestamp(kind.unit))
    return column.cast(pa.string())


def _cell(text: str | None) -> str | None:
    if text is None:
        return None
    return f"'{text}" if not text.strip("'") else neutralise(text)


def _values(cells: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """The values that `_cells` wrote."""
    if pa.types.is_string(kind):
        return pa.chunked_array([pa.array(map(_text, cells.to_pylist()), pa.string())])
    filled = pc.if_else(pc.equal(cells, ""), None, cells)
    if pa.types.is_null(kind):
        return pa.chunked_array([pa.nulls(len(cells))])
    if pa.types.is_duration(kind):
        return filled.cast(pa.int64()).cast(kind)
    if pa.types.is_timestamp(kind):
        return filled.cast(pa.timestamp(kind.unit)).cast(pa.int64()).cast(kind)
    if pa.types.is_time(kind):  # which Arrow reads from no text; from midnight of day 0, it is a moment
        moments = pc.binary_join_element_wise("1970-01-01", filled, " ").cast(pa.timestamp(kind.unit))
        return moments.cast(pa.int64()).cast(pa.int32() if kind.bit_width == 32 else pa.int64()).cast(kind)
    return filled.cast(kind)


def _text(cell: str | None) -> str | None:
    if not cell:
        return None
    return cell[1:] if not cell.strip("'") else restore(cell)


def _matrix(table: pa.Table, first: int, dims: int) -> pa.ChunkedArray:
    """The columns of the dimensions as one column of lists of float32."""
    matrix = np.empty((table.num_rows, dims), dtype=np.float32)
    for place in range(dims):
        matrix[:, place] = table.column(first + place).cast(pa.float32()).to_numpy()
    return pa.chunked_array([vector_list(matrix)])
