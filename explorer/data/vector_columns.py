"""Finding rows' own vectors: a column of lists of numbers, or a whole table of numbers."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.data.tables.arrow_types import is_number
from explorer.data.tables.source_table import SourceTable
from explorer.data.tables.values import LIST_OF_NUMBERS, NUMBER

_HEAD_ROWS = 100  # enough to distinguish vectors from texts


class AllColumns(enum.Enum):
    """A sentinel for all columns of a table of numbers, one per dimension."""

    ALL = "all columns"


ALL: Final = AllColumns.ALL
VectorColumn = str | Literal[AllColumns.ALL]


def vector_columns(source: SourceTable) -> list[VectorColumn]:
    """Where a table has vectors: columns of lists of numbers, or ALL if it has only numbers.

    Columns are judged by their first rows; `vectors_of` checks every row.
    """
    found: list[VectorColumn] = [*source.vectors]
    found += [name for name in source.table.column_names if _has_one_length(source.table[name])]
    if not found and number_columns(source):
        return [ALL]
    return found


def number_columns(source: SourceTable) -> list[str]:
    """The columns of a table of only numbers; none if there is any other column.

    A first column that merely numbers the rows, like a data frame's index, is left out.
    """
    table = source.table
    names: list[str] = table.column_names
    if not all(_looks_like_numbers(table[name]) for name in names):
        return []
    if _counts_rows(table[names[0]], source.source_rows):
        names = names[1:]
    return names if len(names) > 1 else []


def looks_like_vectors(column: pa.ChunkedArray) -> bool:
    """Whether the first cells of a column are lists of numbers written as text."""
    head = column.slice(0, _HEAD_ROWS).drop_null()
    if not pa.types.is_string(column.type) or len(head) == 0:
        return False
    return bool(pc.all(pc.match_substring_regex(head, LIST_OF_NUMBERS)).as_py())


def numbers_in(text: str) -> NDArray[np.float64]:
    """Parse a cell such as [0.1, 0.2], or [0.1 0.2] as NumPy writes it.

    Raises:
        ValueError, TypeError, RecursionError: It is not a list of numbers.
    """
    try:
        values: Sequence[float] = json.loads(text, parse_int=float)  # as `int`, long ones raise other errors
    except json.JSONDecodeError:
        values = [
            float(part)
            for part in re.split(r"[\s,]+", text.strip().removeprefix("[").removesuffix("]").strip())
        ]
    numbers = np.asarray(values, dtype=np.float64)
    if numbers.ndim != 1:
        raise ValueError(text)
    return numbers


def _has_one_length(column: pa.ChunkedArray) -> bool:
    if not looks_like_vectors(column):
        return False
    try:
        lengths = {len(numbers_in(text)) for text in column.slice(0, _HEAD_ROWS).drop_null().to_pylist()}
    except (TypeError, ValueError, RecursionError):  # a list of versions, such as [1.2.3], looks like numbers
        return False
    return len(lengths) == 1 and lengths.pop() > 1


def _looks_like_numbers(column: pa.ChunkedArray) -> bool:
    if is_number(column.type):
        return True
    head = column.slice(0, _HEAD_ROWS).drop_null()
    if not pa.types.is_string(column.type) or len(head) == 0:
        return False
    return bool(pc.all(pc.match_substring_regex(head, NUMBER)).as_py())


def _counts_rows(column: pa.ChunkedArray, source_rows: NDArray[np.int64]) -> bool:
    if len(source_rows) < 3 or pa.types.is_floating(column.type):
        return False
    try:
        values = column.cast(pa.int64()).to_numpy()
    except pa.ArrowInvalid:
        return False
    return bool(np.array_equal(values, source_rows) or np.array_equal(values, source_rows - 1))
