"""JSON Lines, and JSON arrays of objects."""

from __future__ import annotations

import array
import functools
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from explorer.data.decode import Encoding, detect_encoding, open_text
from explorer.data.table import SourceTable, check_width, list_names, source_table
from explorer.data.values import Column, ReadColumn, as_text, chunked, column_of, count, text_column
from explorer.errors import EmptyDataError, TooLargeError, UnreadableFileError

_KINDS = {list: "a list", str: "text", int: "a number", float: "a number", bool: "true or false"}
_VECTOR_LENGTH = 32  # longer lists of numbers, of 8 bytes each, are vectors, as in Parquet
_BLANK = " \t\r\n"
_MAX_CELLS = 50_000_000  # a few bytes a row can name a key each, and every row then has all of them
_MAX_DIGITS = 4_000  # Python refuses to parse longer whole numbers


def read_json(content: bytes, name: str, *, kind: str, encoding: str | None = None) -> SourceTable:
    """Read one object a line, or an array of objects.

    Keys become columns. A key that an object lacks is null there; lists and records become JSON
    text, except for long lists of numbers, which are kept as vectors; values of several kinds in
    one column become text.

    Args:
        content: The file.
        name: Its name, for messages.
        kind: "jsonl" or "json"; the contents decide which of the two forms is read.
        encoding: As in `read_file`.

    Raises:
        EmptyDataError: Nothing in it.
        UnreadableFileError: Broken JSON, or something that is not an object.
        TooLargeError: Too many columns or too long a cell.
    """
    found = detect_encoding(content, name, encoding)
    rows = _Rows(name)
    objects = _items if _first_char(content, found) == "[" else _lines
    for place, value in objects(content, found, name, rows.decoder):
        try:
            rows.add(place, value)
        except RecursionError as error:  # depth that can just be read may be too deep to write
            raise _broken(error, f"{name}, {place}") from None
    if rows.count == 0:
        raise EmptyDataError("There is nothing in the file.", where=name)
    columns = rows.columns()
    notes = (*found.notes, *rows.notes())
    return source_table(name, kind, columns, notes=notes, vectors=rows.vectors(), encoding=found.codec)


class _Rows:
    """Objects turned into columns as they come."""

    def __init__(self, name: str) -> None:
        self.count = 0
        self.decoder = json.JSONDecoder(object_pairs_hook=self._object, parse_int=_whole_number)
        self._name = name
        self._values: dict[str, list[Any]] = {}
        self._nested: set[str] = set()
        self._absent: dict[str, int] = {}
        self._repeated = ""

    def add(self, place: str, value: object) -> None:
        """Take one object; `place` says where it stands."""
        if not isinstance(value, dict):
            raise UnreadableFileError(
                f"This is {_KINDS.get(type(value), 'null')}, not an object.",
                where=f"{self._name}, {place}",
                fix='Each row is an object with its columns as keys: {"text": "...", "label": "..."}.',
            )
        for key, item in value.items():
            if key not in self._values:
                check_width(len(self._values) + 1, self._name)
            column = self._values.setdefault(key, [])
            if len(column) < self.count:
                self._pad(key)
            if isinstance(item, dict | list):
                self._nested.add(key)
                item = _packed(item)
            column.append(item)
        self.count += 1

    def columns(self) -> list[tuple[str, Column]]:
        """The columns, in the order in which their keys first came."""
        if self.count * len(self._values) > _MAX_CELLS:
            raise TooLargeError(
                f"{self.count:,} rows with {len(self._values):,} different keys make too large a table.",
                where=self._name,
                fix="Keep the keys that most rows have.",
            )
        for key, column in self._values.items():
            if len(column) < self.count:
                self._pad(key)
        vectors = set(self._vector_keys())
        return [(key, self._column(key)) for key in self._values if key not in vectors]

    def vectors(self) -> dict[str, ReadColumn]:
        """The columns of long lists of numbers, in which a row may lack its list; call it after `columns`."""
        return {key: functools.partial(_lists, self._values[key]) for key in self._vector_keys()}

    def _vector_keys(self) -> list[str]:
        return [
            key
            for key in self._values
            if key in self._nested
            and all(item is None or isinstance(item, array.array) for item in self._values[key])
        ]

    def notes(self) -> list[str]:
        """What a reader should know about keys; call it after `columns`."""
        notes = [
            f'Column "{key}" is left out: its lists of numbers are too long to read, as those of vectors are.'
            for key in self._vector_keys()
        ]
        absent = [
            f'"{key}" in {count(self._absent[key], "row")}' for key in self._values if key in self._absent
        ]
        if absent:
            notes.append(f"Keys that some rows lack are empty there: {list_names(absent)}.")
        if self._repeated:
            notes.append(f'Some objects have a key twice, such as "{self._repeated}"; the last value counts.')
        return notes

    def _column(self, key: str) -> Column:
        if key not in self._nested:
            return column_of(self._values[key])
        column = text_column([as_text(_unpacked(value)) for value in self._values[key]])
        return Column(column.data, ("lists or records, kept as JSON text", *column.remarks), nested=True)

    def _pad(self, key: str) -> None:
        missing = self.count - len(self._values[key])
        self._absent[key] = self._absent.get(key, 0) + missing
        self._values[key].extend([None] * missing)

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values = dict(pairs)
        if len(values) < len(pairs) and not self._repeated:
            keys = [key for key, _ in pairs]
            self._repeated = next(key for key in keys if keys.count(key) > 1)
        return values


def _packed(value: dict[str, Any] | list[Any]) -> array.array[float] | str | None:
    """A long list of numbers as its 8-byte numbers, which is smaller than its text; else JSON text."""
    if (
        isinstance(value, list)
        and len(value) > _VECTOR_LENGTH
        and set(map(type, value)) in ({float}, {int, float})
    ):
        try:
            return array.array("d", value)
        except OverflowError:
            return as_text(value)
    return as_text(value)


def _unpacked(value: object) -> object:
    return value.tolist() if isinstance(value, array.array) else value


def _lists(values: list[array.array[float] | None]) -> pa.ChunkedArray:
    ends = np.cumsum([0] + [0 if value is None else len(value) for value in values])
    numbers = np.concatenate([np.frombuffer(value) for value in values if value is not None])
    absent = pa.array([value is None for value in values])
    return chunked(pa.LargeListArray.from_arrays(pa.array(ends), pa.array(numbers), mask=absent))


def _lines(
    content: bytes, encoding: Encoding, name: str, decoder: json.JSONDecoder
) -> Iterator[tuple[str, object]]:
    """Each line's value; blank lines are passed over."""
    with open_text(content, encoding, newline="\n") as stream:
        for number, line in enumerate(stream, 1):
            if not line.strip(_BLANK):
                continue
            place = f"line {number:,}"
            try:
                value = decoder.decode(line)
            except (ValueError, RecursionError) as error:
                if _is_one_value(content, encoding, decoder):
                    raise _not_rows_error(name) from None
                raise _broken(error, f"{name}, {place}") from None
            yield place, value


def _items(
    content: bytes, encoding: Encoding, name: str, decoder: json.JSONDecoder
) -> Iterator[tuple[str, object]]:
    """Each item of an array, one at a time, so that the whole array never exists as objects."""
    with open_text(content, encoding) as stream:
        text = stream.read()
    at = _skip_blank(text, text.index("[") + 1)
    position = 0
    while text[at : at + 1] != "]":
        position += 1
        try:
            if position > 1:
                if text[at : at + 1] != ",":
                    raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
                at = _skip_blank(text, at + 1)
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            line = error.lineno if isinstance(error, json.JSONDecodeError) else text.count("\n", 0, at) + 1
            raise _broken(error, f"{name}, item {position:,} (line {line:,})") from None
        yield f"item {position:,}", value
        at = _skip_blank(text, end)
    rest = _skip_blank(text, at + 1)
    if rest < len(text):
        line = text.count("\n", 0, rest) + 1
        raise UnreadableFileError(
            "More text follows after the array has ended.",
            where=f"{name}, line {line:,}",
            fix="A file holds one array, or one object a line.",
        )


def _broken(error: Exception, where: str) -> UnreadableFileError:
    if isinstance(error, json.JSONDecodeError):
        problem = error.msg[0].lower() + error.msg[1:].removesuffix(" at")
        what = f"This is not valid JSON: {problem} at character {error.colno:,}."
    elif isinstance(error, RecursionError):
        what = "The JSON is nested too deeply to be read."
    else:
        what = f"This is not valid JSON: {error}."
    return UnreadableFileError(what, where=where, fix="Correct it there, or leave the row out.")


def _not_rows_error(name: str) -> UnreadableFileError:
    return UnreadableFileError(
        "The file holds one JSON object, not rows.",
        where=name,
        fix="Write one object a line, or an array of objects: [{...}, {...}].",
    )


def _is_one_value(content: bytes, encoding: Encoding, decoder: json.JSONDecoder) -> bool:
    with open_text(content, encoding) as stream:
        try:
            decoder.decode(stream.read())
        except (ValueError, RecursionError):
            return False
    return True


def _first_char(content: bytes, encoding: Encoding) -> str:
    with open_text(content, encoding) as stream:
        for line in stream:
            if text := line.strip(_BLANK):
                return text[0]
    return ""


def _skip_blank(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return at


def _whole_number(digits: str) -> int | str:
    """The number, or its digits as text where Python would refuse to parse it."""
    return int(digits) if len(digits) <= _MAX_DIGITS else digits
