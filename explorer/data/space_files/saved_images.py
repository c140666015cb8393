"""The images of rows in the file of a saved space, as `datasets` and the Hub have images in Parquet files."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from explorer.data.images.decoding import MAX_PIXELS
from explorer.data.images.images import Images
from explorer.data.images.stripped_files import strip_metadata
from explorer.data.images.threads import in_threads
from explorer.errors import TooLargeError
from explorer.settings import settings

_KIND = pa.struct({"bytes": pa.binary(), "path": pa.string()})
_PIXEL_BYTES = 3  # a PNG takes no more
_PIECE_BYTES = 16_000_000  # of files that are written together


@dataclass(frozen=True, eq=False)
class SavedImages:
    """The images of rows before they are written.

    Attributes:
        column: The name for their column, which no column of the table has.
        images: The image of each row.
        besides: About how many bytes the file has besides them.
        where: What messages call the rows.
    """

    column: str
    images: Images
    besides: int
    where: str

    @property
    def number(self) -> int:
        """The number of rows with an image."""
        return int(np.count_nonzero(self.images.present()))

    @property
    def size(self) -> int:
        """About how many bytes they take in a file: those of their own files."""
        return images_size(self.images)

    @property
    def record(self) -> dict[str, Any]:
        """What the facts of a saved space say of them."""
        return {"column": self.column, "number": self.number}

    @property
    def field(self) -> pa.Field:
        """Their column in the schema."""
        return pa.field(self.column, _KIND)

    @property
    def metadata(self) -> dict[str, str]:
        """What tells `datasets` that the column has images."""
        return {"huggingface": json.dumps({"info": {"features": {self.column: {"_type": "Image"}}}})}

    def pieces(self, most_rows: int) -> Iterator[tuple[int, int, pa.Array]]:
        """Start and stop of consecutive rows, and the column's values there: files without metadata.

        Args:
            most_rows: The most rows of a piece; images that take much memory make it smaller.

        Raises:
            UnreadableFileError: A file is no longer there, or is damaged now.
            DataError: A file has been changed since it was opened.
            TooLargeError: The file becomes larger than one that is opened again.
        """
        rows: list[dict[str, bytes | None] | None] = []
        start = size = 0
        total = self.besides
        sizes = (_PIXEL_BYTES * self.images.sizes().astype(np.int64).prod(axis=1)).tolist()
        plain = functools.partial(_stripped, self.images)
        for data in in_threads(plain, range(len(self.images)), sizes, _PIXEL_BYTES * MAX_PIXELS):
            # Without a path: names of files are in a column of the table, which can be left out.
            rows.append(None if data is None else {"bytes": data, "path": None})
            size += len(data or b"")
            total += len(data or b"")
            check_size(total, self.where)
            if len(rows) == most_rows or size >= _PIECE_BYTES:
                yield start, start + len(rows), pa.array(rows, _KIND)
                start, rows, size = start + len(rows), [], 0
        if rows:
            yield start, start + len(rows), pa.array(rows, _KIND)


def saved_images(images: Images | None, column: str, besides: int, where: str) -> SavedImages | None:
    """The images of rows as they are written; None if no row has one.

    Args:
        images: The images.
        column: As in `SavedImages`.
        besides: As in `SavedImages`.
        where: What messages call the rows.

    Raises:
        TooLargeError: With their files as they are, the file would be larger than one that is opened again.
    """
    if images is None or not images.present().any():
        return None
    check_size(besides + images_size(images), where)
    return SavedImages(column, images, besides, where)


def images_size(images: Images | None) -> int:
    """About how many bytes the images of rows take in a file: those of their own files."""
    return 0 if images is None else int(images.file_sizes().sum())


def _stripped(images: Images, row: int) -> bytes | None:
    item = images.item(row)
    return None if item is None else strip_metadata(item, images.read(row))


def check_size(size: int, where: str) -> None:
    """Raise TooLargeError for a file with images that would be larger than one that is opened again.

    Args:
        size: The bytes it has at least.
        where: What messages call the rows.
    """
    most = settings().max_file_mb
    if size > most * 1_000_000:
        raise TooLargeError(
            f"With its images, the file has {size / 1e6:,.1f} MB or more; up to {most:,} MB are opened.",
            where=where,
            fix="Save fewer rows or smaller images, or ask the host to raise EXPLORER_MAX_FILE_MB.",
        )
