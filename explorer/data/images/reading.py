"""Reading many image files: by several threads, without those that cannot be read."""

from __future__ import annotations

import collections
import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from explorer.data.images.decoding import decoded, pixel_key, thumbnail
from explorer.data.images.images import SCHEMA, Images
from explorer.data.images.threads import in_threads
from explorer.data.tables.budget import Budget
from explorer.data.tables.values import count
from explorer.errors import DataError
from explorer.jobs.progress import IMAGES, OnProgress, counting

_READING_IMAGES = "Reading images"
_AHEAD_BYTES = 64_000_000  # of files that are read ahead
_CHUNK = 256  # rows of a chunk of the table, at most
_CHUNK_BYTES = 8_000_000  # of files in a chunk, about
_KEPT_BYTES = 100_000_000  # of thumbnails of files on this machine, whose bytes are not kept
_LISTED = 5  # files named in one note
_Row = dict[str, Any]


@dataclass(frozen=True)
class ImageFile:
    """A file that should be an image.

    Attributes:
        name: Its name, for messages and for the column of names.
        read: Returns its bytes; raises a DataError if it cannot.
        size: The number of bytes.
        path: Where it is on this machine; None if its bytes must be kept.
    """

    name: str
    read: Callable[[], bytes]
    size: int
    path: Path | None = None


@dataclass(frozen=True)
class ReadImages:
    """The images of files.

    Attributes:
        images: One for each file; none for a file that could not be read.
        kept: The positions of the files that could be read.
        first_error: The error of the first file that could not be read; None if all could.
        notes: What was done to the images and why some are missing, one sentence each.
    """

    images: Images
    kept: list[int]
    first_error: DataError | None
    notes: tuple[str, ...]

    def check_any(self) -> None:
        """Raise the first error if none of the files could be read."""
        if self.first_error is not None and not self.kept:
            raise self.first_error


def read_images(
    files: Sequence[ImageFile | None],
    budget: Budget | None = None,
    on_progress: OnProgress | None = None,
    *,
    data: pa.ChunkedArray | None = None,
) -> ReadImages:
    """Decode files once: for their content hashes, their sizes and their thumbnails.

    Args:
        files: The files; None for a row without one.
        budget: Bounds the memory of the bytes and thumbnails of files without a path; None for no bound.
        on_progress: Called with the number of files read; an exception it raises stops the work.
        data: The bytes of the files, if they are in Arrow already: they are not copied.

    Raises:
        TooLargeError: They exceed the budget.
    """
    report = counting(on_progress, _READING_IMAGES, IMAGES)
    report(0, len(files))
    chunks: list[pa.Table] = []
    rows: list[_Row] = []
    kept: list[int] = []
    remarks: collections.Counter[str] = collections.Counter()
    errors: list[DataError] = []
    refused = size = kept_bytes = 0
    read = functools.partial(_read, keep=data is None)
    sizes = [0 if file is None else file.size for file in files]
    for position, outcome in enumerate(in_threads(read, files, sizes, _AHEAD_BYTES)):
        row: _Row = {}
        if isinstance(outcome, DataError):
            refused += 1
            if len(errors) < _LISTED:
                errors.append(outcome)
        elif outcome is not None:
            row, done = outcome
            kept.append(position)
            remarks.update(done)
            if row["path"] is not None:
                kept_bytes += len(row["thumbnail"])
                if kept_bytes > _KEPT_BYTES:
                    row["thumbnail"] = None  # made again when it is asked for
            else:
                used = len(row["data"] or b"") + len(row["thumbnail"])
                size += used
                if budget is not None:
                    budget.spend(used)
        rows.append(row)
        if len(rows) == _CHUNK or size >= _CHUNK_BYTES:
            chunks.append(pa.Table.from_pylist(rows, schema=SCHEMA))
            rows, size = [], 0
        report(position + 1, len(files))
    chunks.append(pa.Table.from_pylist(rows, schema=SCHEMA))
    table = pa.concat_tables(chunks)
    if data is not None:
        table = table.set_column(SCHEMA.get_field_index("data"), "data", data.cast(pa.large_binary()))
    notes = [f"{count(number, 'image')} {remark}." for remark, number in remarks.items()]
    if refused:
        notes.append(_left_out(errors, refused, len(files)))
    return ReadImages(Images.of_table(table), kept, next(iter(errors), None), tuple(notes))


def _read(file: ImageFile | None, *, keep: bool) -> tuple[_Row, tuple[str, ...]] | DataError | None:
    """A row of the table and the remarks on it, or the reason why there is none; None without a file."""
    if file is None:
        return None
    try:
        data = file.read()
        with decoded(data, file.name) as found:
            image = found.image
            return {
                "key": pixel_key(image),
                "name": file.name,
                "path": None if file.path is None else str(file.path),
                "data": data if keep and file.path is None else None,
                "thumbnail": thumbnail(image),
                "width": image.width,
                "height": image.height,
            }, found.remarks
    except DataError as error:
        # The frames of the one that was caught hold the bytes of the file.
        return type(error)(error.what, where=error.where, fix=error.fix)


def _left_out(errors: Sequence[DataError], refused: int, files: int) -> str:
    listed = "; ".join(f"{error.where}: {error.what.rstrip('.')}" for error in errors)
    more = f"; and {refused - len(errors):,} more" if refused > len(errors) else ""
    return f"{refused:,} of {count(files, 'image')} could not be read ({listed}{more})."
