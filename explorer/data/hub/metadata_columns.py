"""Metadata columns of a dataset: the columns that are read in addition to the selected ones."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence

import pyarrow as pa

from explorer.data.hub.nested import paths_in
from explorer.data.hub.row_groups import Part
from explorer.data.tables.arrow_columns import is_list_of_numbers, leaf_count, left_out

_MIN_ROW_BYTES = 100  # always allowed for metadata: enough for numbers, dates, labels and URLs


def small_columns(sizes: Mapping[str, float], selected: Collection[str]) -> list[str]:
    """Choose the smallest columns, up to the total size of the selected columns.

    At most, this doubles the download, or adds 100 bytes per row if that is more.

    Args:
        sizes: Download size of each column in bytes per row.
        selected: The columns that are read in any case.

    Returns:
        Names of the metadata columns, in the order of `sizes`.
    """
    left = max(_MIN_ROW_BYTES, sum(sizes.get(name, 0.0) for name in selected))
    chosen: set[str] = set()
    for name in sorted(sizes.keys() - set(selected), key=lambda name: (sizes[name], name)):
        left -= sizes[name]
        if left < 0:
            break
        chosen.add(name)
    return [name for name in sizes if name in chosen]


def metadata_columns(parts: Sequence[Part], selected: Collection[str]) -> tuple[list[str], list[str]]:
    """Choose the metadata columns of Parquet files, by the column sizes in the first file.

    Args:
        parts: The files.
        selected: The columns that are read in any case.

    Returns:
        Paths of the metadata columns, as in `explorer.data.hub.nested`, and the names of the columns of plain
        values that are not read because of their size.
    """
    schemas = [part.footer.schema.to_arrow_schema() for part in parts]
    sizes = row_bytes(parts[0], schemas[0])
    common = [field.name for field in schemas[0] if is_plain(field.type) and _is_in_all(field.name, schemas)]
    known = {name: sizes.get(name, 0.0) for name in dict.fromkeys([*common, *selected])}
    metadata = small_columns(known, selected)
    paths = metadata_paths(schemas[0], metadata, selected)
    return paths, [name for name in common if name not in metadata and name not in selected]


def metadata_paths(schema: pa.Schema, metadata: Collection[str], selected: Collection[str]) -> list[str]:
    """The paths in metadata columns, and those of all fields of selected records.

    Args:
        schema: All columns.
        metadata: Names of the metadata columns.
        selected: Names of the columns that are read in any case.
    """
    records = [name for name in selected if pa.types.is_struct(schema.field(name).type)]
    chosen = [field for field in schema if field.name in metadata or field.name in records]
    return [path for field in chosen for path in _paths_of(field)]


def _is_in_all(name: str, schemas: Sequence[pa.Schema]) -> bool:
    """Whether each file has exactly one column of this name, of the same type; others cannot be joined."""
    places = [schema.get_field_index(name) for schema in schemas]  # -1 if there is none or more than one
    kinds = [schema.field(place).type for schema, place in zip(schemas, places, strict=True) if place >= 0]
    return len(kinds) == len(schemas) and all(kind == kinds[0] for kind in kinds)


def _paths_of(field: pa.Field) -> Iterator[str]:
    """The paths of a column's values: each field of a record, but whole lists."""
    if not pa.types.is_struct(field.type):
        yield field.name
        return
    ends = (path[len(field.name) :].partition("[")[0] for path, _ in paths_in(pa.schema([field])))
    yield from dict.fromkeys(field.name + end for end in ends)


def is_plain(kind: pa.DataType) -> bool:
    """Whether a column of this type can be metadata: not vectors, images or other binary data."""
    return not left_out(kind) and not is_list_of_numbers(kind)


def row_bytes(part: Part, schema: pa.Schema) -> dict[str, float]:
    """Compressed size of each column in bytes per row, in the first row group of a file."""
    sizes: dict[str, float] = {}
    if part.groups and (group := part.groups[0]).rows:
        chunks = iter(group.chunks)
        for field in schema:
            own = itertools.islice(chunks, leaf_count(field.type))
            size = sum(chunk.end - chunk.start for chunk in own) / group.rows
            sizes[field.name] = sizes.get(field.name, 0.0) + size
    return sizes
