"""Parquet files."""

from __future__ import annotations

import functools
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from explorer.data.class_labels import class_names, named
from explorer.data.plain import is_list_of_numbers, left_out, plain_columns
from explorer.data.table import SourceTable, check_width, source_table
from explorer.data.values import Column, ReadColumn
from explorer.errors import TooLargeError, UnreadableFileError
from explorer.settings import settings

_BATCH_ROWS = 16_384
_HEAD_ROWS = 1_000
_UNPACKED = 4  # a compressed file may grow by this much over the bound on files


def read_parquet(data: bytes | Path, name: str, *, seed: int = 0) -> SourceTable:
    """Read a Parquet file; of a file over the bound on rows, a random part in its order.

    Args:
        data: The file's bytes, or where it lies.
        name: Its name, for messages.
        seed: What draws the rows.

    Raises:
        UnreadableFileError: Not Parquet, incomplete or damaged.
        ColumnError: Every column holds raw bytes.
        EmptyDataError: No column or no row.
        TooLargeError: Too many columns, too long a cell, or too much once unpacked.
    """
    _check_ends(data, name)
    try:
        with pq.ParquetFile(data if isinstance(data, Path) else pa.BufferReader(data)) as file:
            check_width(len(file.schema_arrow), name)
            skipped = _skipped(file)
            total = file.metadata.num_rows
            rows = _draw(total, settings().max_rows, seed)
            table = _read_rows(file, rows, _others(file, skipped), name)
            lists = [field.name for field in file.schema_arrow if is_list_of_numbers(field.type)]
            classes = class_names(file.schema_arrow)
    except (pa.ArrowException, OSError, ValueError) as error:  # ValueError: names that are not UTF-8
        raise damaged(error, name) from error
    skips = [f'Column "{column}" is left out: {reason}.' for column, reason in skipped.items()]
    vectors: dict[str, ReadColumn] = {
        column: functools.partial(_read_vectors, data, rows, column, name)
        for column in lists
        if column in skipped
    }
    data_columns: list[pa.ChunkedArray | Column] = [
        named(values, classes[column]) if column in classes else values
        for column, values in zip(table.column_names, table.columns, strict=True)
    ]
    if data_columns or not vectors:
        columns, notes, longer = plain_columns(table.column_names, data_columns, name, notes=skips)
    else:
        columns, notes, longer = [], skips, {}
    if len(rows) < total:
        notes.insert(0, f"{len(rows):,} of {total:,} rows were read, drawn at random (seed {seed}).")
    return source_table(
        name,
        "parquet",
        columns,
        notes=notes,
        source_rows=rows + 1,
        total_rows=total,
        vectors=vectors | longer,
    )


def damaged(error: Exception, name: str) -> UnreadableFileError:
    """What to say of a file that pyarrow cannot read."""
    reason = (str(error).splitlines() or ["no reason given"])[0]
    return UnreadableFileError(
        f"The Parquet file is damaged or incomplete ({reason}).", where=name, fix="Copy or download it again."
    )


def _check_ends(data: bytes | Path, name: str) -> None:
    """A Parquet file begins and ends with its mark; the end is what an interrupted copy lacks."""
    if isinstance(data, Path):
        with data.open("rb") as stream:
            head = stream.read(4)
            stream.seek(-min(4, data.stat().st_size), 2)
            tail = stream.read(4)
    else:
        head, tail = data[:4], data[-4:]
    if head == b"PARE":
        raise UnreadableFileError(
            "The Parquet file is encrypted.", where=name, fix="Write it again without encryption."
        )
    if head != b"PAR1":
        raise UnreadableFileError(
            "This is not a Parquet file, though its name ends in .parquet.",
            where=name,
            fix="Check how it was written, or give it the ending of what it is.",
        )
    if tail != b"PAR1":
        raise UnreadableFileError(
            "The Parquet file is incomplete: its end is missing.",
            where=name,
            fix="Copy or download it again.",
        )


def _skipped(file: pq.ParquetFile) -> dict[str, str]:
    """Columns not worth unpacking, and why, judged by type and by the first rows.

    The file's own account of column sizes would be cheaper, but where it is damaged pyarrow ends the process.
    """
    reasons = {field.name: left_out(field.type) for field in file.schema_arrow}
    nested = [field.name for field in file.schema_arrow if field.type.num_fields and not reasons[field.name]]
    head = next(file.iter_batches(batch_size=_HEAD_ROWS, columns=nested), None) if nested else None
    if head is not None:
        for field, values in zip(head.schema, head.columns, strict=True):
            reasons[field.name] = left_out(field.type, values.nbytes / max(len(values), 1))
    return {name: reason for name, reason in reasons.items() if reason}


def _others(file: pq.ParquetFile, skipped: Collection[str]) -> list[str]:
    return [field.name for field in file.schema_arrow if field.name not in skipped]


def _read_vectors(data: bytes | Path, rows: NDArray[np.int64], column: str, name: str) -> pa.ChunkedArray:
    """A column of lists of numbers, read when it is chosen: most people never do."""
    try:
        with pq.ParquetFile(data if isinstance(data, Path) else pa.BufferReader(data)) as file:
            return _read_rows(file, rows, [column], name)[column]
    except (pa.ArrowException, OSError, ValueError) as error:
        raise damaged(error, name) from error


def _read_rows(file: pq.ParquetFile, rows: NDArray[np.int64], columns: list[str], name: str) -> pa.Table:
    """The rows asked for, unpacked batch by batch so that the others never pile up."""
    most = _UNPACKED * settings().max_file_mb * 1_000_000
    schema = pa.schema([field for field in file.schema_arrow if field.name in columns])
    batches: list[pa.RecordBatch] = []
    start = unpacked = 0
    for batch in file.iter_batches(
        batch_size=_BATCH_ROWS, columns=columns if len(columns) < len(file.schema_arrow) else None
    ):
        end = start + len(batch)
        first, last = np.searchsorted(rows, (start, end))
        if last - first < len(batch):
            batch = batch.take(pa.array(rows[first:last] - start))
        batches.append(batch)
        start, unpacked = end, unpacked + batch.nbytes
        if unpacked > most:
            raise TooLargeError(
                f"Unpacked, the file is over {most // 1_000_000:,} MB.",
                where=name,
                fix="Keep fewer rows or columns, or let the host raise EXPLORER_MAX_FILE_MB.",
            )
    if start != file.metadata.num_rows:
        raise pa.ArrowInvalid(f"{start:,} of {file.metadata.num_rows:,} rows are there")
    return pa.Table.from_batches(batches, schema=batches[0].schema if batches else schema)


def _draw(total: int, most: int, seed: int) -> NDArray[np.int64]:
    """The 0-based rows to read, in order: all, or `most` of them without replacement."""
    if total <= most:
        return np.arange(total, dtype=np.int64)
    return np.sort(np.random.default_rng(seed).choice(total, most, replace=False, shuffle=False))
