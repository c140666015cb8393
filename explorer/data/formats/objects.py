"""Turning a stream of objects into columns in batches, so that few Python values exist at a time."""

from __future__ import annotations

import array
import functools
from typing import Any

import numpy as np
import pyarrow as pa

from explorer.data.tables.budget import Budget
from explorer.data.tables.source_table import TableBuilder, check_name, check_width, list_names
from explorer.data.tables.values import (
    MIXED,
    NESTED,
    Remarks,
    as_text,
    chunked,
    count,
    half_remark,
    joined,
    typed,
)
from explorer.errors import TooLargeError, UnreadableFileError

_KINDS = {list: "a list", str: "text", int: "a number", float: "a number", bool: "true or false"}
_VECTOR_LENGTH = 32  # longer lists of 8-byte numbers are vectors, as in Parquet
_MAX_CELLS = 50_000_000  # every row can name new keys in a few bytes, and each key adds a cell to every row
_BATCH_BYTES = 4_000_000
_BATCH_CELLS = 500_000


class Objects:
    """The columns of the objects added so far.

    Args:
        name: The file, for messages.
        budget: The limit on their memory.
    """

    def __init__(self, name: str, budget: Budget) -> None:
        self.count = 0
        self._name = name
        self._budget = budget
        self._keys: dict[str, _Key] = {}
        self._batch = 0  # rows that are still Python values
        self._size = 0
        self._repeated = ""

    def add(self, place: str, value: object, size: int) -> None:
        """Add one object; `place` is its position in the file, `size` its length there in bytes."""
        if not isinstance(value, dict):
            raise UnreadableFileError(
                f"This is {_KINDS.get(type(value), 'null')}, not an object.",
                where=f"{self._name}, {place}",
                fix='Each row is an object with its columns as keys: {"text": "...", "label": "..."}.',
            )
        for key, item in value.items():
            known = self._keys.get(key)
            if known is None:
                check_width(len(self._keys) + 1, self._name)
                check_name(key, f"{self._name}, {place}")
                known = self._keys[key] = _Key(self.count - self._batch)
            if len(known.values) < self._batch:
                known.pad(self._batch)
            if item.__class__ is dict or item.__class__ is list:
                known.nested = True
                item = packed(item)
            known.values.append(item)
        self.count += 1
        self._batch += 1
        self._size += size
        if self._size > _BATCH_BYTES or self._batch * len(self._keys) > _BATCH_CELLS:
            self._move()

    def object_of(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """The JSON decoder's hook for objects: the last value of a repeated key counts."""
        values = dict(pairs)
        if len(values) < len(pairs) and not self._repeated:
            seen: set[str] = set()
            for key, _ in pairs:
                if key in seen:
                    self._repeated = key
                    break
                seen.add(key)
        return values

    def fill(self, builder: TableBuilder) -> None:
        """Add all columns to a table, in the order in which their keys first occurred, and notes on keys."""
        self._move()
        for key, known in self._keys.items():
            if known.is_vectors:
                reason = "its lists of numbers are too long to display, like vectors"
                builder.leave_out(key, reason, functools.partial(_vectors, known.chunks))
            else:
                builder.add(key, *known.column(self._budget))
        absent = [
            f'"{key}" in {count(known.absent, "row")}' for key, known in self._keys.items() if known.absent
        ]
        if absent:
            builder.note(f"Keys that some rows lack are empty there: {list_names(absent)}.")
        if self._repeated:
            key = self._repeated[:200]
            builder.note(f'Some objects have a key twice, such as "{key}"; the last value counts.')

    def _move(self) -> None:
        if self.count * len(self._keys) > _MAX_CELLS:
            raise TooLargeError(
                f"{self.count:,} rows with {len(self._keys):,} different keys make too large a table.",
                where=self._name,
                fix="Keep the keys that most rows have.",
            )
        if self._batch == 0:
            return
        for known in self._keys.values():
            known.pad(self._batch)
            self._budget.spend(known.move())
        self._batch = self._size = 0


class _Key:
    """The values of one key: those of the current batch as Python values, earlier ones as Arrow chunks.

    Args:
        rows: Number of rows without it before the current batch.
    """

    def __init__(self, rows: int) -> None:
        self.absent = rows
        self.nested = False
        self.values: list[Any] = []
        self.chunks: list[pa.ChunkedArray] = [chunked(pa.nulls(rows))] if rows else []
        self._only_vectors = True
        self._mixed = False
        self._halves = 0

    @property
    def is_vectors(self) -> bool:
        """Whether it holds long lists of numbers and nothing else."""
        return self.nested and self._only_vectors

    def pad(self, rows: int) -> None:
        """Fill up the batch to a number of rows with missing values."""
        missing = rows - len(self.values)
        self.absent += missing
        self.values += [None] * missing

    def move(self) -> int:
        """Turn the batch into a chunk; return its size in bytes."""
        values, self.values = self.values, []
        kinds = set(map(type, values)) - {type(None)}
        if not kinds:
            data = chunked(pa.nulls(len(values)))
        elif kinds == {array.array}:
            data = _lists(values)
        else:
            self._only_vectors = False
            if array.array in kinds:
                values = [
                    as_text(value.tolist()) if type(value) is array.array else value for value in values
                ]
            data, mixed, halves = typed(values)
            self._mixed |= mixed
            self._halves += halves
        self.chunks.append(data)
        return int(data.nbytes)

    def column(self, budget: Budget) -> tuple[pa.ChunkedArray, Remarks]:
        """All values, typed if all are of one kind, else as text; and remarks on them."""
        data = None if self.nested or self._mixed else joined(self.chunks)
        remarks: Remarks = (half_remark(self._halves),) if self._halves else ()
        if data is None:
            chunks = []
            for chunk in self.chunks:
                text = chunk
                if not pa.types.is_string(chunk.type):
                    text = chunked(pa.array([as_text(value) for value in chunk.to_pylist()], pa.string()))
                    budget.spend(text.nbytes)
                chunks += text.chunks
            data = pa.chunked_array(chunks, pa.string())
            remarks = (NESTED if self.nested else MIXED, *remarks)
        return data, remarks


def packed(value: dict[str, Any] | list[Any]) -> array.array[float] | str | None:
    """A long list of numbers as 8-byte numbers, which are smaller than text; anything else as JSON text."""
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


def _lists(values: list[array.array[float] | None]) -> pa.ChunkedArray:
    ends = np.cumsum([0] + [0 if value is None else len(value) for value in values])
    numbers = np.concatenate([np.frombuffer(value) for value in values if value is not None])
    absent = pa.array([value is None for value in values])
    return chunked(pa.LargeListArray.from_arrays(pa.array(ends), pa.array(numbers), mask=absent))


def _vectors(chunks: list[pa.ChunkedArray]) -> pa.ChunkedArray:
    kind = pa.large_list(pa.float64())
    return pa.chunked_array([piece for chunk in chunks for piece in chunk.cast(kind).chunks], kind)
