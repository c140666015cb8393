"""Delimited text: CSV and TSV, where every value stays exactly the text it is."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import io
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

from explorer.data.decode import Encoding, checked_lines, detect_encoding, open_text
from explorer.data.table import SourceTable, check_width, source_table
from explorer.data.values import Column, count
from explorer.errors import EmptyDataError, UnreadableFileError

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
_SAMPLE_CHARS = 1 << 16
_BATCH_ROWS = 8_192


def read_delimited(content: bytes, name: str, *, kind: str, encoding: str | None = None) -> SourceTable:
    """Read a CSV or TSV file with a header row.

    Args:
        content: The file.
        name: Its name, for messages.
        kind: "csv", whose delimiter is found by consistency, or "tsv".
        encoding: As in `read_file`.

    Raises:
        EmptyDataError: Nothing in it, or a header alone.
        UnreadableFileError: Rows of differing length, a quote never closed, NUL bytes.
        TooLargeError: Too many columns or too long a cell.
    """
    found = detect_encoding(content, name, encoding)
    notes = list(found.notes)
    with _any_cell_length():
        delimiter = "\t" if kind == "tsv" else _guess_delimiter(content, found)
        if kind == "csv" and delimiter != ",":
            notes.append(f"Columns are separated by {_DELIMITERS[delimiter]}.")
        file = _File(content, found, name, delimiter)
        try:
            columns = _parse(file)
        except UnreadableFileError as error:
            if delimiter != "\t":
                raise
            columns = _parse_unquoted(file, error)
            notes.append("Quotes are read as plain characters: they enclose nothing in this file.")
    return source_table(name, kind, columns, notes=notes, encoding=found.codec)


@dataclass(frozen=True)
class _File:
    content: bytes
    encoding: Encoding
    name: str
    delimiter: str
    quotes: bool = True


def _parse_unquoted(file: _File, first_error: UnreadableFileError) -> list[tuple[str, Column]]:
    """Read tabs without quoting, as many TSV files are written; as many tabs on each line prove it."""
    try:
        return _parse(dataclasses.replace(file, quotes=False))
    except UnreadableFileError:
        raise first_error from None


def _parse(file: _File) -> list[tuple[str, Column]]:
    records = _records(file)
    header = next((record for _, record in records if len(record) > 1 or record[0].strip()), [])
    if not header:
        raise EmptyDataError("There is nothing in the file.", where=file.name)
    check_width(len(header), file.name)
    width = len(header)
    chunks: list[list[pa.Array]] = [[] for _ in header]
    rows: list[list[str]] = []
    ragged: list[tuple[int, int]] = []
    for line, record in records:
        if len(record) == width:
            rows.append(record)
        elif len(record) > 1 or record[0].strip():  # else a blank line
            ragged.append((line, len(record)))
        if len(rows) == _BATCH_ROWS:
            _move(rows, chunks)
    _move(rows, chunks)
    if ragged:
        raise _ragged_error(ragged, width, file.name)
    columns = [Column(pa.chunked_array(chunk, pa.string())) for chunk in chunks]
    return list(zip(header, columns, strict=True))


def _move(rows: list[list[str]], chunks: list[list[pa.Array]]) -> None:
    """Turn the rows into one more Arrow chunk a column, so that few Python strings live at a time."""
    if not rows:
        return
    for chunk, values in zip(chunks, zip(*rows, strict=True), strict=True):
        data = pa.array(values, pa.string())
        chunk.extend(data.chunks if isinstance(data, pa.ChunkedArray) else [data])
    rows.clear()


def _records(file: _File) -> Iterator[tuple[int, list[str]]]:
    """Each record that is not an empty line, with the line it starts on."""
    seen: list[str] = []  # the lines of the record at hand
    quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if file.quotes else csv.QUOTE_NONE
    with open_text(file.content, file.encoding) as stream:
        lines = _remembered(checked_lines(stream, file.name), seen)
        reader = csv.reader(lines, delimiter=file.delimiter, quoting=quoting, strict=True)
        while True:
            first_line = reader.line_num + 1
            seen.clear()
            try:
                record = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                if "end of data" in str(error):
                    opened = first_line + _lines_before_open_quote("".join(seen), file.delimiter)
                    raise _open_quote_error(f"{file.name}, line {opened:,}") from error
                raise _closed_quote_error(f"{file.name}, line {reader.line_num:,}") from error
            if record:
                yield first_line, record


def _remembered(lines: Iterator[str], seen: list[str]) -> Iterator[str]:
    for line in lines:
        seen.append(line)
        yield line


def _ragged_error(ragged: list[tuple[int, int]], width: int, name: str) -> UnreadableFileError:
    line, fields = ragged[0]
    others = f" {len(ragged):,} rows in all differ from the header." if len(ragged) > 1 else ""
    return UnreadableFileError(
        f"This row has {count(fields, 'field')} and the header has {width:,}.{others}",
        where=f"{name}, line {line:,}",
        fix="Name the file .txt if it is one text a line, or put quotes around texts with commas."
        if width == 1
        else "Give every row as many fields, with quotes around values that hold the delimiter.",
    )


def _open_quote_error(where: str) -> UnreadableFileError:
    return UnreadableFileError(
        "A quote is opened here and never closed.",
        where=where,
        fix='Close it with ", or write "" for a quote that is part of the text.',
    )


def _closed_quote_error(where: str) -> UnreadableFileError:
    return UnreadableFileError(
        "Text goes on after a closing quote.",
        where=where,
        fix='Write "" for a quote that is part of a quoted text.',
    )


def _lines_before_open_quote(record: str, delimiter: str) -> int:
    """Line breaks before the field that never ends: it comes after the last field that does."""
    mark = re.escape(delimiter)
    field = re.compile(rf'(?:"[^"]*+(?:""[^"]*+)*+"|[^"{mark}\r\n][^{mark}\r\n]*+|){mark}')
    end = 0
    while match := field.match(record, end):
        end = match.end()
    return len(re.findall(r"\r\n|\r|\n", record[:end]))


def _guess_delimiter(content: bytes, encoding: Encoding) -> str:
    """The delimiter that splits the header and gives most of the first rows as many fields."""
    with open_text(content, encoding) as stream:
        sample = stream.read(_SAMPLE_CHARS)
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
    """Lift the csv module's field limit, so that a long cell is measured rather than cut off.

    The limit belongs to the whole process: the first reader lifts it and the last one, in
    whatever thread, puts it back.
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
