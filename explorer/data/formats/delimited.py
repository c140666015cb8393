"""Delimited text, CSV and TSV; every value stays exactly as written."""

from __future__ import annotations

import contextlib
import csv
import io
import threading
from collections.abc import Iterator
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from explorer.data.formats.blocks import Encoding, Source, utf8_blocks
from explorer.data.formats.decode import detect_encoding
from explorer.data.formats.sampling import Row, TextFile, draw, drawn_note
from explorer.data.formats.splitting import Records
from explorer.data.tables.budget import Budget
from explorer.data.tables.source_table import SourceTable, TableBuilder, check_name, check_width
from explorer.data.tables.values import chunked, count
from explorer.errors import EmptyDataError, UnreadableFileError
from explorer.jobs.progress import OnProgress
from explorer.settings import settings

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_SAMPLE_BYTES = 1 << 16
_BATCH_ROWS = 8_192
_BATCH_BYTES = 4_000_000
_SPACES = b"\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f "  # a row with one field of only these is blank


def read_delimited(
    data: Source,
    name: str,
    *,
    kind: str,
    seed: int = 0,
    encoding: str | None = None,
    on_progress: OnProgress | None = None,
) -> SourceTable:
    """Read a CSV or TSV file with a header row; above the limit on rows, a random sample in file order.

    Args:
        data: The file.
        name: Its name, for messages.
        kind: "csv", whose delimiter is detected by consistency, or "tsv".
        seed: As in `read_file`.
        encoding: As in `read_file`.
        on_progress: As in `read_file`.

    Raises:
        EmptyDataError: The file is empty, or has only a header.
        UnreadableFileError: Rows of differing length, a quote never closed, NUL bytes.
        TooLargeError: Too many columns, too long a cell, or too much text.
    """
    found = detect_encoding(data, name, encoding)
    notes = list(found.notes)

    def table(quoting: Literal[0, 3]) -> _Table:
        quotes = quoting == csv.QUOTE_MINIMAL
        spaces = _SPACES.replace(delimiter.encode(), b"")
        file = TextFile(
            data, name, found, lambda: Records(delimiter, quotes=quotes), spaces, on_progress=on_progress
        )
        return _Table(file, delimiter, quoting, seed)

    with _any_cell_length():
        delimiter = "\t" if kind == "tsv" else _guess_delimiter(data, found)
        if kind == "csv" and delimiter != ",":
            notes.append(f"Columns are separated by {_DELIMITERS[delimiter]}.")
        try:
            read = table(csv.QUOTE_MINIMAL)
        except UnreadableFileError as error:
            if delimiter != "\t":
                raise
            # Many TSV files are written without quoting; the same number of tabs on each line proves it.
            try:
                read = table(csv.QUOTE_NONE)
            except UnreadableFileError:
                raise error from None
            notes.append("Quotes are read as plain characters, because they do not enclose values.")
    if len(read.numbers) < read.total:
        notes.insert(0, drawn_note(len(read.numbers), read.total, seed))
    builder = TableBuilder(name, kind)
    builder.note(*notes)
    for label, data in read.columns:
        builder.add(label, data)
    return builder.finish(source_rows=read.numbers, total_rows=read.total, encoding=found.codec)


class _Table:
    """The table read from a file.

    Attributes:
        columns: Names and values.
        numbers: The 1-based position of each row among all rows.
        total: Number of all rows.
    """

    def __init__(self, file: TextFile, delimiter: str, quoting: Literal[0, 3], seed: int) -> None:
        self._delimiter = delimiter
        self._quoting = quoting
        self._name = file.name
        self._file = file
        first = next(self._records(file.rows()), None)
        if first is None:
            file.count()  # raises if there is no row because a quote is never closed
            raise EmptyDataError("There is nothing in the file.", where=file.name)
        row, header = first
        check_width(len(header), file.name)
        for label in header:
            check_name(label, file.name)
        body = file.after(row, file.blank if len(header) > 1 else b"\r\n")
        total = body.count().filled
        drawn = draw(total, settings().max_rows, seed)
        self.columns, kept = self._read(header, body.rows(drawn), total)
        # Rows of non-ASCII spaces are only now known to be blank.
        all_read = len(drawn) == total
        self.total = int(kept.sum()) if all_read else total
        self.numbers = np.arange(1, self.total + 1) if all_read else drawn[kept] + 1

    def _read(
        self, header: list[str], rows: Iterator[Row], total: int
    ) -> tuple[list[tuple[str, pa.ChunkedArray]], NDArray[np.bool_]]:
        """The columns, and which of the drawn rows they contain."""
        chunks: list[list[pa.Array]] = [[] for _ in header]
        budget = Budget(self._name)
        batch: list[list[str]] = []
        kept: list[bool] = []
        first_ragged: tuple[int, int] | None = None
        ragged = 0
        size = 0
        for row, record in self._records(rows):
            good = len(record) == len(header)
            kept.append(good)
            if good:
                batch.append(record)
            elif len(record) > 1 or record[0].strip():  # else a blank line
                first_ragged = first_ragged or (row.line, len(record))
                ragged += 1
            size += len(row.data)
            if len(batch) == _BATCH_ROWS or size > _BATCH_BYTES:
                _move(batch, chunks, budget)
                size = 0
        _move(batch, chunks, budget)
        if first_ragged is not None:
            drawn = len(kept) if len(kept) < total else None
            raise _ragged_error(*first_ragged, ragged, drawn, len(header), self._name)
        columns = [pa.chunked_array(chunk, pa.string()) for chunk in chunks]
        return list(zip(header, columns, strict=True)), np.array(kept, dtype=bool)

    def _records(self, rows: Iterator[Row]) -> Iterator[tuple[Row, list[str]]]:
        """The fields of each row."""
        at: list[Row] = []

        def texts() -> Iterator[str]:
            for row in rows:
                at[:] = [row]
                yield row.data.decode()

        reader = csv.reader(texts(), delimiter=self._delimiter, quoting=self._quoting, strict=True)
        try:
            for record in reader:
                yield at[0], record
        except csv.Error as error:
            self._file.count()  # raises with the line, if a quote is never closed
            line = at[0].line + len(Records(self._delimiter).line_breaks(at[0].data.rstrip(b"\r\n")))
            raise _closed_quote_error(f"{self._name}, line {line:,}") from error


def _move(rows: list[list[str]], chunks: list[list[pa.Array]], budget: Budget) -> None:
    """Move the rows into another Arrow chunk per column, so that few Python strings exist at a time."""
    if not rows:
        return
    for chunk, values in zip(chunks, zip(*rows, strict=True), strict=True):
        data = chunked(pa.array(values, pa.string()))
        budget.spend(data.nbytes)
        chunk.extend(data.chunks)
    rows.clear()


def _ragged_error(
    line: int, fields: int, ragged: int, drawn: int | None, width: int, name: str
) -> UnreadableFileError:
    """The error for rows of another length; `drawn` is the number of rows checked, None for all."""
    others = f" {ragged:,} rows in all differ from the header." if ragged > 1 else ""
    if drawn is not None:
        others = f" Of the {drawn:,} rows drawn at random, {ragged:,} differ from the header."
    return UnreadableFileError(
        f"This row has {count(fields, 'field')} and the header has {width:,}.{others}",
        where=f"{name}, line {line:,}",
        fix="Name the file .txt if it has one text per line, or put quotes around texts with commas."
        if width == 1
        else "Give every row the same number of fields, with quotes around values containing the delimiter.",
    )


def _closed_quote_error(where: str) -> UnreadableFileError:
    return UnreadableFileError(
        "There is text after a closing quote.",
        where=where,
        fix='Write "" for a quote that is part of a quoted text.',
    )


def _guess_delimiter(data: Source, encoding: Encoding) -> str:
    """The delimiter that splits the header and gives most of the first rows the same number of fields."""
    head = next(utf8_blocks(data, encoding), b"")[:_SAMPLE_BYTES]
    sample = head.decode(errors="ignore")
    best, best_score = ",", (-1.0, 0)
    for delimiter in _DELIMITERS:
        try:
            rows = [row for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if row]
        except csv.Error:
            continue
        width = len(rows[0]) if rows else 0
        if width < 2:
            continue
        body = rows[1:]
        agreement = sum(len(row) == width for row in body) / len(body) if body else 0.0
        if (agreement, width) > best_score:
            best, best_score = delimiter, (agreement, width)
    return best


_limit_lock = threading.Lock()
_limit_users = 0
_limit_before = 0


@contextlib.contextmanager
def _any_cell_length() -> Iterator[None]:
    """Lift the csv module's field limit, so that a long cell is measured instead of raising there.

    The limit is global to the process: the first reader lifts it and the last one, in any thread,
    restores it.
    """
    global _limit_users, _limit_before
    with _limit_lock:
        if _limit_users == 0:
            _limit_before = csv.field_size_limit(2**31 - 1)
        _limit_users += 1
    try:
        yield
    finally:
        with _limit_lock:
            _limit_users -= 1
            if _limit_users == 0:
                csv.field_size_limit(_limit_before)
