"""Rows' own vectors as one matrix, validated row by row."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.data.tables.source_table import SourceTable, list_names
from explorer.data.tables.values import count
from explorer.data.vector_columns import (
    ALL,
    VectorColumn,
    looks_like_vectors,
    number_columns,
    numbers_in,
    vector_columns,
)
from explorer.errors import ColumnError, TooLargeError, VectorError
from explorer.settings import settings

_UNPACKED = 4  # vectors can take this many times the limit on file size
_STEP_ROWS = 8_192
_FIX = "Correct the row, or leave it out."


def vectors_of(
    source: SourceTable, column: VectorColumn, *, keep: NDArray[np.bool_] | None = None
) -> NDArray[np.float32]:
    """The vectors of a table's rows.

    Args:
        source: The table.
        column: One of `vector_columns`.
        keep: True for the rows wanted, shape (rows,); all rows when None. Other rows are not checked.

    Returns:
        float32, shape (rows wanted, dims).

    Raises:
        ColumnError: There is no such column, or it does not hold vectors.
        VectorError: A row has no vector, one of another length, or a number that is null, NaN or infinite.
        TooLargeError: They take more memory than the host allows.
    """
    if keep is not None and keep.all():
        keep = None
    rows = source.source_rows if keep is None else source.source_rows[keep]
    if column is ALL:
        matrix = _from_columns(source, rows, keep)
    else:
        where = f'{source.name}, column "{column}"'
        load = source.vectors.get(column)
        lists = _column(source, column) if load is None else load()
        if keep is not None:
            lists = lists.filter(pa.array(keep))
        matrix = _from_texts(lists, rows, where) if load is None else _from_lists(lists, rows, where)
    for start in range(0, len(matrix), _STEP_ROWS):
        finite = np.isfinite(matrix[start : start + _STEP_ROWS]).all(axis=1)
        if not finite.all():
            row = rows[start + int(np.argmin(finite))]
            raise VectorError(
                "The vector holds NaN, infinity, or a number too large for float32.",
                where=f"{source.name}, row {row:,}",
                fix=_FIX,
            )
    return matrix


def with_texts(
    source: SourceTable, column: VectorColumn | None, texts: SourceTable
) -> tuple[SourceTable, str]:
    """Combine the texts of one table with the vectors of another, row by row.

    Args:
        source: The table with the vectors.
        column: Their column; None if there is only one candidate.
        texts: A table with the same number of rows.

    Returns:
        The table of texts with the vectors added, and the name of their column in it.

    Raises:
        ColumnError: No column or several columns hold vectors, or the tables differ in rows.
        VectorError: As for `vectors_of`.
        TooLargeError: As for `vectors_of`.
    """
    if column is None:
        found = vector_columns(source)
        if len(found) != 1:
            listed = list_names([place if isinstance(place, str) else place.value for place in found])
            raise ColumnError(
                f"Several columns hold vectors: {listed}." if found else "No column holds vectors.",
                where=source.name,
                fix="Name the column of vectors."
                if found
                else "A vector is a list of numbers in one cell, or one row of a table of numbers.",
            )
        column = found[0]
    rows, sampled = source.table.num_rows, source.total_rows > source.table.num_rows
    if rows != texts.table.num_rows or (
        sampled and not np.array_equal(source.source_rows, texts.source_rows)
    ):
        raise ColumnError(
            f"There are {source.total_rows:,} vectors and {texts.total_rows:,} texts.",
            where=source.name,
            fix="Give one text for each vector, in the same order."
            if source.total_rows != texts.total_rows
            else "Both are over the limit on rows; put them into one table, or ask the host to raise "
            "EXPLORER_MAX_ROWS.",
        )
    matrix = vectors_of(source, column)
    name = column if isinstance(column, str) else column.value
    lists = pa.chunked_array([pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel()), matrix.shape[1])])
    joined = dataclasses.replace(
        texts,
        name=source.name,
        vectors={name: lambda: lists},
        notes=(*source.notes, f"Texts are those of {texts.name}.", *texts.notes),
    )
    return joined, name


def _column(source: SourceTable, name: str) -> pa.ChunkedArray:
    names = source.table.column_names
    if name not in names:
        raise ColumnError(
            f'There is no column "{name}".',
            where=source.name,
            fix=f"The columns are: {list_names([*source.vectors, *names])}.",
        )
    column = source.table[name]
    if not looks_like_vectors(column):
        found = [place for place in vector_columns(source) if isinstance(place, str)]
        raise ColumnError(
            "The column does not hold vectors, which are lists of numbers of one length.",
            where=f'{source.name}, column "{name}"',
            fix=f"Choose one of: {list_names(found)}." if found else "None of its columns holds vectors.",
        )
    return column


def _from_lists(lists: pa.ChunkedArray, rows: NDArray[np.int64], where: str) -> NDArray[np.float32]:
    if lists.null_count:
        raise _missing(where, rows[pc.index(pc.is_null(lists), True).as_py()])
    lengths = pc.list_value_length(lists).to_numpy()
    dims = int(lengths[0]) if len(lengths) else 0
    if (lengths != dims).any():
        other = int(np.argmax(lengths != dims))
        raise _ragged(where, rows[other], int(lengths[other]), dims)
    matrix = _empty(len(lists), dims, where)
    start = 0
    for chunk in lists.chunks:
        values = pc.list_flatten(chunk)
        if values.null_count:
            raise _missing(where, rows[start + pc.index(pc.is_null(values), True).as_py() // dims])
        numbers = values.cast(pa.float32(), safe=False).to_numpy()
        matrix[start : start + len(chunk)] = numbers.reshape(len(chunk), dims)
        start += len(chunk)
    return matrix


def _from_texts(texts: pa.ChunkedArray, rows: NDArray[np.int64], where: str) -> NDArray[np.float32]:
    matrix: NDArray[np.float32] | None = None
    at = 0
    for chunk in texts.chunks:
        for text in chunk.to_pylist():
            if text is None or not text.strip():
                raise _missing(where, rows[at])
            try:
                numbers = numbers_in(text)
            except (TypeError, ValueError, RecursionError):
                raise VectorError(
                    f"This is not a list of numbers: {text:.60}.",
                    where=f"{where}, row {rows[at]:,}",
                    fix=_FIX,
                ) from None
            if matrix is None:
                matrix = _empty(len(texts), len(numbers), where)
            if len(numbers) != matrix.shape[1]:
                raise _ragged(where, rows[at], len(numbers), matrix.shape[1])
            with np.errstate(over="ignore"):  # `vectors_of` reports overflow to infinity
                matrix[at] = numbers
            at += 1
    return _empty(0, 1, where) if matrix is None else matrix


def _from_columns(
    source: SourceTable, rows: NDArray[np.int64], keep: NDArray[np.bool_] | None
) -> NDArray[np.float32]:
    names = number_columns(source)
    if not names:
        raise ColumnError(
            "Not all columns of the table are numbers, so they are not dimensions of vectors.",
            where=source.name,
            fix="Name the column that holds the vectors.",
        )
    matrix = _empty(len(rows), len(names), source.name)
    for dimension, name in enumerate(names):
        column = source.table[name]
        if keep is not None:
            column = column.filter(pa.array(keep))
        where = f'{source.name}, column "{name}"'
        if pa.types.is_string(column.type):
            column = _parsed(column, rows, where)
        if column.null_count:
            raise _missing(where, rows[pc.index(pc.is_null(column), True).as_py()])
        matrix[:, dimension] = column.cast(pa.float32(), safe=False).to_numpy()
    return matrix


def _parsed(column: pa.ChunkedArray, rows: NDArray[np.int64], where: str) -> pa.ChunkedArray:
    trimmed = pc.utf8_trim_whitespace(column)
    trimmed = pc.if_else(pc.equal(trimmed, ""), None, trimmed)
    try:
        return trimmed.cast(pa.float32())
    except pa.ArrowInvalid:
        wrong = _first_refused(trimmed)
        value = trimmed[wrong].as_py()
        raise VectorError(
            f"This is not a number: {value:.60}.",
            where=f"{where}, row {rows[wrong]:,}",
            fix="Write numbers with a decimal point and no commas." if "," in value else _FIX,
        ) from None


def _first_refused(column: pa.ChunkedArray) -> int:
    """The first position in a column whose text Arrow cannot parse as a number."""
    start, end = 0, len(column)
    while end - start > 1:
        middle = (start + end) // 2
        try:
            column.slice(start, middle - start).cast(pa.float32())
        except pa.ArrowInvalid:
            end = middle
        else:
            start = middle
    return start


def _empty(rows: int, dims: int, where: str) -> NDArray[np.float32]:
    """Allocate the matrix, if its size is within the limit."""
    if dims == 0:
        raise VectorError("The vectors have no numbers.", where=where, fix="Choose another column.")
    size_mb, most = rows * dims * 4 / 1e6, _UNPACKED * settings().max_file_mb
    if size_mb > most:
        raise TooLargeError(
            f"{count(rows, 'vector')} of {dims:,} dimensions: {size_mb:,.0f} MB; the limit is {most:,} MB.",
            where=where,
            fix="Keep fewer rows, or ask the host to raise EXPLORER_MAX_FILE_MB.",
        )
    return np.empty((rows, dims), dtype=np.float32)


def _missing(where: str, row: int) -> VectorError:
    return VectorError("A number or the whole vector is missing.", where=f"{where}, row {row:,}", fix=_FIX)


def _ragged(where: str, row: int, length: int, dims: int) -> VectorError:
    return VectorError(
        f"The vector has {length:,} dimensions and earlier ones have {dims:,}.",
        where=f"{where}, row {row:,}",
        fix=_FIX,
    )
