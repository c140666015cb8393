"""JSON Lines, and JSON arrays of objects."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from explorer.data.formats.blocks import Encoding, Source, utf8_blocks
from explorer.data.formats.decode import detect_encoding
from explorer.data.formats.objects import Objects
from explorer.data.formats.sampling import Row, TextFile, draw, drawn_note
from explorer.data.formats.splitting import Items, Lines
from explorer.data.tables.source_table import SourceTable, TableBuilder
from explorer.errors import EmptyDataError, UnreadableFileError
from explorer.jobs.progress import OnProgress
from explorer.settings import settings

_BLANK = b" \t\r\n"
_LINES = functools.partial(Lines, any_ending=False)
_MAX_DIGITS = 4_000  # Python refuses to parse longer whole numbers


def read_json(
    data: Source,
    name: str,
    *,
    kind: str,
    seed: int = 0,
    encoding: str | None = None,
    on_progress: OnProgress | None = None,
) -> SourceTable:
    """Read one object per line, or an array of objects; above the limit on rows, a random sample in order.

    Keys become columns. A missing key is null; lists and records become JSON text, except for long lists
    of numbers, which are kept as vectors; mixed types in one column become text.

    Args:
        data: The file.
        name: Its name, for messages.
        kind: "jsonl" or "json"; the contents decide which of the two forms is read.
        seed: As in `read_file`.
        encoding: As in `read_file`.
        on_progress: As in `read_file`.

    Raises:
        EmptyDataError: The file is empty.
        UnreadableFileError: Broken JSON, or a value that is not an object.
        TooLargeError: Too many columns, too long a cell, or too much text.
    """
    found = detect_encoding(data, name, encoding)
    is_array = _first_byte(data, found) == b"["
    split = Items if is_array else _LINES
    file = TextFile(data, name, found, split, _BLANK, text=False, on_progress=on_progress)
    reader = _Array(file) if is_array else _JsonLines(file)
    if reader.total == 0:
        raise EmptyDataError("There is nothing in the file.", where=name)
    numbers = draw(reader.total, settings().max_rows, seed)
    builder = TableBuilder(name, kind)
    if len(numbers) < reader.total:
        builder.note(drawn_note(len(numbers), reader.total, seed))
    builder.note(*found.notes)
    objects = Objects(name, builder.budget)
    decoder = json.JSONDecoder(object_pairs_hook=objects.object_of, parse_int=_whole_number)
    for row in reader.rows(numbers):
        place, value = reader.value(row, decoder)
        try:
            objects.add(place, value, len(row.data))
        except RecursionError as error:  # a depth that can be parsed may be too deep to write
            raise _broken(error, f"{name}, {place}") from None
    objects.fill(builder)
    return builder.finish(source_rows=numbers + 1, total_rows=reader.total, encoding=found.codec)


class _JsonLines:
    """One object per line; blank lines are skipped."""

    def __init__(self, file: TextFile) -> None:
        self._file = file
        self.total = file.count().filled

    def rows(self, numbers: NDArray[np.int64]) -> Iterator[Row]:
        """The lines with these numbers."""
        return self._file.rows(numbers)

    def value(self, row: Row, decoder: json.JSONDecoder) -> tuple[str, object]:
        """The position of the line, and its value."""
        place = f"line {row.line:,}"
        try:
            return place, decoder.decode(row.data.decode())
        except (ValueError, RecursionError) as error:
            if self._is_one_value():
                raise UnreadableFileError(
                    "The file holds one JSON object, not rows.",
                    where=self._file.name,
                    fix="Write one object per line, or an array of objects: [{...}, {...}].",
                ) from None
            raise _broken(error, f"{self._file.name}, {place}") from None

    def _is_one_value(self) -> bool:
        """Whether the first bracket or brace of the file closes on a later line, and nothing follows."""
        items = Items()
        for block in utf8_blocks(self._file.data, self._file.encoding):
            items.feed(block)
            if items.text_after:
                return False
        return items.ended > 1


class _Array:
    """The items of an array, one at a time, so that the whole array never exists as Python objects."""

    def __init__(self, file: TextFile) -> None:
        self._file = file
        items = file.count().splitter
        assert isinstance(items, Items)  # noqa: S101 - what the file was made with
        self._items = items
        self.total = items.commas + 1
        if self.total == 1 and items.ended and self._item(1) == "":
            self.total = 0

    def rows(self, numbers: NDArray[np.int64]) -> Iterator[Row]:
        """The items with these numbers; afterwards, check that the array ended correctly.

        Raises:
            UnreadableFileError: The array is not closed, or something follows it.
        """
        yield from self._file.rows(numbers + 1, every=True)  # the first piece is the bracket that opens it
        if self._items.text_after:
            raise UnreadableFileError(
                "More text follows after the end of the array.",
                where=f"{self._file.name}, line {self._items.text_after:,}",
                fix="Write a single array, or one object per line.",
            )
        if not self._items.ended:
            position = self.total
            if self._items.depth == 1 and self._item(self.total):  # the last one is whole
                position += 1
            raise UnreadableFileError(
                "The array is not closed: the file ends too early.",
                where=f"{self._file.name}, item {position:,} (line {self._items.line:,})",
                fix="It may be incomplete. Copy it again, or close the array with ].",
            )

    def value(self, row: Row, decoder: json.JSONDecoder) -> tuple[str, object]:
        """The position of the item, and its value."""
        text = _trimmed(row)
        start = len(text) - len(text.lstrip(_BLANK.decode()))
        number = row.number
        try:
            value, end = decoder.raw_decode(text, start)
            rest = text[end:].lstrip(_BLANK.decode())
            if rest:
                number += 1
                raise json.JSONDecodeError("Expecting ',' delimiter", text, len(text) - len(rest))
        except (ValueError, RecursionError) as error:
            before = error.lineno - 1 if isinstance(error, json.JSONDecodeError) else 0
            where = f"{self._file.name}, item {number:,} (line {row.line + before:,})"
            raise _broken(error, where, " of the item" if before == 0 else "") from None
        return f"item {number:,}", value

    def _item(self, number: int) -> str:
        row = next(self._file.rows(np.array([number]), every=True), None)
        return "" if row is None else _trimmed(row).strip(_BLANK.decode())


def _trimmed(row: Row) -> str:
    """An item without the comma or bracket after it."""
    text = row.data.decode()
    return text[:-1] if text.endswith((",", "]")) else text


def _broken(error: Exception, where: str, within: str = "") -> UnreadableFileError:
    if isinstance(error, json.JSONDecodeError):
        problem = error.msg[0].lower() + error.msg[1:].removesuffix(" at")
        what = f"This is not valid JSON: {problem} at character {error.colno:,}{within}."
    elif isinstance(error, RecursionError):
        what = "The JSON is nested too deeply to be read."
    else:
        what = f"This is not valid JSON: {error}."
    return UnreadableFileError(what, where=where, fix="Correct it there, or leave the row out.")


def _first_byte(data: Source, encoding: Encoding) -> bytes:
    for block in utf8_blocks(data, encoding):
        if text := block.lstrip(_BLANK):
            return text[:1]
    return b""


def _whole_number(digits: str) -> int | str:
    """The number, or its digits as text if Python would refuse to parse it."""
    return int(digits) if len(digits) <= _MAX_DIGITS else digits
