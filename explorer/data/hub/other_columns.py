"""The columns of a dataset that come along with those that were asked for, as all columns of a file do."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence

import pyarrow as pa

from explorer.data.hub.nested import paths_in
from explorer.data.hub.row_groups import Part
from explorer.data.tables.arrow_columns import is_list_of_numbers, leaf_count, left_out

_LEAST_BYTES = 100  # a row, which other columns may always take: numbers, dates, labels, addresses


def small_columns(sizes: Mapping[str, float], wanted: Collection[str]) -> list[str]:
    """The columns that come along: the smallest, as long as all of them take no more than those wanted.

    So they double what is downloaded at most, or bring 100 bytes a row where that is more.

    Args:
        sizes: What a row of each column takes as it is downloaded, in bytes.
        wanted: The columns that were asked for.

    Returns:
        Their names in the order of `sizes`.
    """
    left = max(_LEAST_BYTES, sum(sizes.get(name, 0.0) for name in wanted))
    along: set[str] = set()
    for name in sorted(sizes.keys() - set(wanted), key=lambda name: (sizes[name], name)):
        left -= sizes[name]
        if left < 0:
            break
        along.add(name)
    return [name for name in sizes if name in along]


def columns_along(parts: Sequence[Part], wanted: Collection[str]) -> tuple[list[str], list[str]]:
    """Which columns of Parquet files come along, by their first file.

    Args:
        parts: The files.
        wanted: The columns that were asked for.

    Returns:
        Their paths, as in `explorer.data.hub.nested`, and the names of the columns of plain values that stay
        on the Hub for their size.
    """
    schemas = [part.footer.schema.to_arrow_schema() for part in parts]
    sizes = row_bytes(parts[0], schemas[0])
    alike = [field.name for field in schemas[0] if is_plain(field.type) and _is_alike(field.name, schemas)]
    known = {name: sizes.get(name, 0.0) for name in dict.fromkeys([*alike, *wanted])}
    along = small_columns(known, wanted)
    paths = paths_along(schemas[0], along, wanted)
    return paths, [name for name in alike if name not in along and name not in wanted]


def paths_along(schema: pa.Schema, along: Collection[str], wanted: Collection[str]) -> list[str]:
    """The paths of columns that come along, and the other fields of records that were asked for."""
    records = [name for name in wanted if pa.types.is_struct(schema.field(name).type)]
    chosen = [field for field in schema if field.name in along or field.name in records]
    return [path for field in chosen for path in _paths_of(field)]


def _is_alike(name: str, schemas: Sequence[pa.Schema]) -> bool:
    """Whether there is one column of a name, of one type, in each file: others could not be joined."""
    places = [schema.get_field_index(name) for schema in schemas]  # -1 where there are several as well
    kinds = [schema.field(place).type for schema, place in zip(schemas, places, strict=True) if place >= 0]
    return len(kinds) == len(schemas) and all(kind == kinds[0] for kind in kinds)


def _paths_of(field: pa.Field) -> Iterator[str]:
    """The paths of a column's values: the fields of records one by one, lists as a whole."""
    if not pa.types.is_struct(field.type):
        yield field.name
        return
    ends = (path[len(field.name) :].partition("[")[0] for path, _ in paths_in(pa.schema([field])))
    yield from dict.fromkeys(field.name + end for end in ends)


def is_plain(kind: pa.DataType) -> bool:
    """Whether a column can come along: no vectors, images and the like."""
    return not left_out(kind) and not is_list_of_numbers(kind)


def row_bytes(part: Part, schema: pa.Schema) -> dict[str, float]:
    """What a row of each column takes in a file's first row group, compressed."""
    sizes: dict[str, float] = {}
    if part.groups and (group := part.groups[0]).rows:
        chunks = iter(group.chunks)
        for field in schema:
            own = itertools.islice(chunks, leaf_count(field.type))
            size = sum(chunk.end - chunk.start for chunk in own) / group.rows
            sizes[field.name] = sizes.get(field.name, 0.0) + size
    return sizes
