"""Values in records and lists, selected by a path such as `answers.text` or `messages[0].content`.

A path is the name of a column, then `.field` for a field of a record and `[n]` for an item of a list,
counted from 0. If a column's whole name equals a path, the path stands for that column.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from explorer.data.tables.arrow_types import is_list, is_number
from explorer.data.tables.source_table import list_names
from explorer.errors import ColumnError

_STEP = re.compile(r"\.(?P<field>[^.\[\]]+)|\[(?P<item>\d{1,4})\]")
_MAX_DEPTH = 4


def column_of_path(path: str, schema: pa.Schema, where: str) -> str:
    """The name of the column that a path begins with.

    Raises:
        ColumnError: There is no such column, or the path does not fit its type.
    """
    return _parse(path, schema, where)[0]


def take_path(table: pa.Table, path: str, where: str) -> pa.ChunkedArray:
    """The values at a path, one per row; null where a list is too short or a record is missing.

    Raises:
        ColumnError: There is no such column, or the path does not fit its type.
    """
    name, steps = _parse(path, table.schema, where)
    values = table[name]
    for step in steps:
        if isinstance(step, str):
            values = pc.struct_field(values, step)
        else:
            one = pc.list_slice(values, step, step + 1, return_fixed_size_list=True)
            values = pc.list_element(one, 0)
    return values


def paths_in(schema: pa.Schema) -> Iterator[tuple[str, pa.DataType]]:
    """All paths to plain values and lists of numbers, with their types; of other lists, the first item."""
    for field in schema:
        yield from _paths(field.name, field.type, 0)


def _paths(path: str, kind: pa.DataType, depth: int) -> Iterator[tuple[str, pa.DataType]]:
    if depth < _MAX_DEPTH and pa.types.is_struct(kind) and not _is_media(kind):
        for position in range(kind.num_fields):
            field = kind.field(position)
            if _STEP.fullmatch(f".{field.name}"):  # a path cannot contain a name with a dot or bracket
                yield from _paths(f"{path}.{field.name}", field.type, depth + 1)
    elif depth < _MAX_DEPTH and is_list(kind) and not is_number(kind.value_type):
        yield from _paths(f"{path}[0]", kind.value_type, depth + 1)
    else:
        yield path, kind


def _parse(path: str, schema: pa.Schema, where: str) -> tuple[str, list[str | int]]:
    names = sorted((name for name in schema.names if path.startswith(name)), key=len, reverse=True)
    for name in names:
        steps = _steps(path[len(name) :], schema.field(name).type)
        if steps is not None:
            return name, steps
    listed = list_names([known for known, _ in paths_in(schema)])
    raise ColumnError(f'There is no column "{path:.100}".', where=where, fix=f"The columns are: {listed}.")


def _steps(rest: str, kind: pa.DataType) -> list[str | int] | None:
    """The steps of the rest of a path; None if it does not fit the type."""
    steps: list[str | int] = []
    at = 0
    while at < len(rest):
        step = _STEP.match(rest, at)
        if step is None:
            return None
        if step["field"] is not None:
            position = kind.get_field_index(step["field"]) if pa.types.is_struct(kind) else -1
            if position < 0:
                return None
            kind = kind.field(position).type
            steps.append(step["field"])
        else:
            if not is_list(kind):
                return None
            kind = kind.value_type
            steps.append(int(step["item"]))
        at = step.end()
    return steps


def _is_media(kind: pa.DataType) -> bool:
    """Whether a type is an image or audio as in `datasets`: a record of bytes and a path."""
    position = kind.get_field_index("bytes")
    return position >= 0 and bool(pa.types.is_binary(kind.field(position).type))
