"""Columns of images in tables: bytes of files, or the records of `datasets` with bytes and a path."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from explorer.data.images.decoding import ENDINGS, is_image_name, is_image_start
from explorer.data.images.images import Images
from explorer.data.images.listing import file_at
from explorer.data.images.reading import ImageFile, read_images
from explorer.data.tables.arrow_types import is_binary, is_text
from explorer.data.tables.budget import Budget
from explorer.data.tables.values import chunked, count
from explorer.errors import DataError
from explorer.jobs.progress import OnProgress

_HEAD = 20  # values by which a column is judged
_START_BYTES = 16
_ADDRESS = re.compile(
    r"https?://\S+\.(" + "|".join(ending[1:] for ending in sorted(ENDINGS)) + r")([?#]\S*)?", re.IGNORECASE
)


@dataclass(frozen=True)
class ImageColumn:
    """The images of a column.

    Attributes:
        images: The image of each row.
        names: What each is called: its path, or the column's name with a number.
        notes: What was done to them and why some are missing, one sentence each.
    """

    images: Images
    names: list[str]
    notes: tuple[str, ...]


def may_hold_images(kind: pa.DataType) -> bool:
    """Whether values are bytes, or records of bytes and a path; audio is stored in the same way."""
    if pa.types.is_struct(kind):
        place = kind.get_field_index("bytes")
        return kind.num_fields <= 2 and place >= 0 and is_binary(_plain(kind.field(place).type))
    return is_binary(_plain(kind))


def begin_like_images(values: pa.Array | pa.ChunkedArray) -> bool | None:
    """Whether one of the first bytes begins like an image; None if there are no bytes."""
    data = chunked(_stored_bytes(values))
    first = pc.indices_nonzero(data.is_valid())[:_HEAD].to_pylist()
    found = [data[row].value if pa.types.is_dictionary(data.type) else data[row] for row in first]
    head = [bytes(value.as_buffer()[:_START_BYTES]) for value in found]
    return any(map(is_image_start, head)) if head else None


def image_column(
    values: pa.ChunkedArray,
    label: str,
    budget: Budget | None = None,
    on_progress: OnProgress | None = None,
    *,
    open_paths: bool = False,
) -> ImageColumn | None:
    """The images of a column for which `may_hold_images`; None if it has none.

    Their bytes stay in the column's buffers. Images that cannot be read leave their rows without one.

    Args:
        values: The column.
        label: Its name.
        budget: Bounds the memory of thumbnails.
        on_progress: Called with the number of images read; an exception it raises stops the work.
        open_paths: Whether to open the files of this machine that records without bytes name. A stranger's
            table could name any file.
    """
    paths = _paths(values)
    opened = open_paths and any(path is not None and is_image_name(path) for path in paths)
    if not begin_like_images(values) and not opened:
        return None
    data = _bytes(values)
    names = [path or f"{label} {row:,}" for row, path in enumerate(paths, 1)]
    sizes = pc.fill_null(pc.binary_length(data), -1).to_pylist()
    files = [
        ImageFile(name, functools.partial(_value, data, row), size)
        if size >= 0
        else _file(path)
        if open_paths and path
        else None
        for row, (name, path, size) in enumerate(zip(names, paths, sizes, strict=True))
    ]
    read = read_images(files, budget, on_progress, data=data)
    missing = sum(file is None for file in files)
    only_named = sum(file is None and bool(path) for file, path in zip(files, paths, strict=True))
    notes = [f'Column "{label}": {note}' for note in read.notes]
    if missing:
        named = f", {only_named:,} of which name a file that is not opened" if only_named else ""
        notes.append(f'Column "{label}": {count(missing, "row")} without an image{named}.')
    return ImageColumn(read.images, names, tuple(notes))


def address_note(label: str, values: pa.ChunkedArray) -> str:
    """The note on a text column that has the addresses of images; empty for any other."""
    head = values.slice(0, _HEAD).drop_null().to_pylist() if is_text(values.type) else []
    if not head or not all(_ADDRESS.fullmatch(value) for value in head):
        return ""
    return (
        f'Column "{label}" has URLs of images, which are not fetched. '
        "To see the images, provide them as a folder, an archive or a column of bytes."
    )


def names_images(values: pa.ChunkedArray) -> bool:
    """Whether a column has names or addresses of images, by its first values."""
    head = values.slice(0, _HEAD).drop_null().to_pylist() if is_text(values.type) else []
    return bool(head) and all(map(is_image_name, head))


def _bytes(values: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    """The bytes of each row; those that a dictionary has once are counted before they are repeated."""
    data = _stored_bytes(values)
    if pa.types.is_dictionary(data.type):
        budget = Budget("the images")
        for chunk in chunked(data).chunks:
            sizes = pc.binary_length(chunk.dictionary.cast(pa.large_binary()))
            budget.spend(pc.sum(sizes.take(chunk.indices)).as_py() or 0)
        data = data.cast(data.type.value_type)
    return chunked(data).cast(pa.large_binary())


def _stored_bytes(values: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    return pc.struct_field(values, "bytes") if pa.types.is_struct(values.type) else values


def _paths(values: pa.ChunkedArray) -> Sequence[str | None]:
    place = values.type.get_field_index("path") if pa.types.is_struct(values.type) else -1
    if place < 0 or not is_text(_plain(values.type.field(place).type)):
        return [None] * len(values)
    paths: list[str | None] = pc.struct_field(values, "path").to_pylist()
    return paths


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _value(data: pa.ChunkedArray, row: int) -> bytes:
    return bytes(data[row].as_buffer())


def _file(path: str) -> ImageFile | None:
    """The file of a path; None if it has none that can be opened."""
    if "://" in path:
        return None
    try:
        return file_at(Path(path), path)
    except (DataError, OSError, ValueError):
        return None
