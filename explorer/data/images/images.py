"""The images of rows: their files' bytes, thumbnails and content hashes, in an Arrow table."""

from __future__ import annotations

import contextlib
import functools
import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.data.images.decoding import decoded, pixel_key, thumbnail
from explorer.errors import DataError, UnreadableFileError

if TYPE_CHECKING:
    from PIL import Image

IMAGE = "image"
"""What the images of a folder or an archive are called."""
FILE = "file"
"""The column of the names of images."""
SCHEMA = pa.schema(
    {
        "key": pa.binary(16),  # the content hash of the pixels; null for a row without an image
        "name": pa.string(),  # for messages
        "path": pa.string(),  # of a file on this machine, whose bytes stay there
        "data": pa.large_binary(),  # the file's bytes, if it is none
        "thumbnail": pa.large_binary(),  # a JPEG; null also for files on this machine beyond a bound
        "width": pa.int32(),
        "height": pa.int32(),
    }
)
"""The columns of the table in `Images`."""
_MADE = 1_000  # thumbnails, of some kilobytes each, that are kept once they are made


@dataclass(frozen=True, eq=False)
class Images:
    """The images of rows, in their order; some rows can be without one.

    The table is often memory-mapped, so that its bytes are not in memory: taking rows copies none of it.

    Args:
        table: With the columns of `SCHEMA`.
        rows: The row of the table for each row, int64, shape (rows,).
    """

    table: pa.Table
    rows: NDArray[np.int64]

    @classmethod
    def of_table(cls, table: pa.Table) -> Images:
        """The images of all rows of a table."""
        return cls(table, np.arange(table.num_rows, dtype=np.int64))

    @classmethod
    def none(cls, rows: int) -> Images:
        """No image for each of some rows."""
        return cls(pa.Table.from_pylist([{}], schema=SCHEMA), np.zeros(rows, np.int64))

    def __len__(self) -> int:
        return len(self.rows)

    def take(self, rows: NDArray[np.int64]) -> Images:
        """The images of some rows (from 0), in the order given."""
        return Images(self.table, self.rows[rows])

    def followed_by(self, other: Images | None, rows: int) -> Images:
        """These images, then those of another's rows.

        Args:
            other: The other images; None if its rows have none.
            rows: The number of its rows.
        """
        more = Images.none(rows) if other is None else other
        table = pa.concat_tables([self.table, more.table])
        return Images(table, np.concatenate([self.rows, more.rows + self.table.num_rows]))

    def content_keys(self) -> list[bytes | None]:
        """The content hash of each image's pixels, 16 bytes; None for a row without one."""
        every = self.table["key"].to_pylist()
        return [every[row] for row in self.rows]

    def present(self) -> NDArray[np.bool_]:
        """Whether each row has an image, bool, shape (rows,)."""
        there: NDArray[np.bool_] = self.table["key"].is_valid().to_numpy()[self.rows]
        return there

    def sizes(self) -> NDArray[np.int32]:
        """Width and height of each image in pixels, int32, shape (rows, 2); 0 for a row without one."""
        columns = [self.table[name].fill_null(0).to_numpy() for name in ("width", "height")]
        sizes: NDArray[np.int32] = np.stack(columns, axis=1)[self.rows]
        return sizes

    def file_sizes(self) -> NDArray[np.int64]:
        """Bytes of each image's file, int64, shape (rows,); 0 for a row without one."""
        sizes = pc.fill_null(pc.binary_length(self.table["data"]), 0).to_numpy().copy()
        paths = self.table["path"]
        for place in np.flatnonzero(paths.is_valid().to_numpy()):
            with contextlib.suppress(OSError):  # whoever reads it gets the error
                sizes[place] = Path(paths[int(place)].as_py()).stat().st_size
        found: NDArray[np.int64] = np.where(self.present(), sizes[self.rows], 0)
        return found

    def thumbnail(self, row: int) -> bytes:
        """A small JPEG of a row's image; empty for a row without one, or whose file is gone or changed.

        Of a large folder, not all are kept: others are made when they are asked for.
        """
        found: bytes | None = self._value("thumbnail", row)
        if found is not None:
            return found
        item = self.item(row)
        try:
            return b"" if item is None else _made_thumbnail(item)
        except DataError:
            return b""

    def item(self, row: int) -> ImageItem | None:
        """The image of a row; None for a row without one."""
        key = self._value("key", row)
        name = str(self._value("name", row))
        return None if key is None else ImageItem(key, name, functools.partial(self.read, row))

    def read(self, row: int) -> bytes:
        """The bytes of a row's file.

        Raises:
            UnreadableFileError: The file is no longer there, or cannot be opened.
        """
        path = self._value("path", row)
        if path is None:
            return bytes(self.table["data"][int(self.rows[row])].as_buffer())
        return read_path(Path(path), str(self._value("name", row)))

    def _value(self, column: str, row: int) -> Any:  # noqa: ANN401 - of the column's type
        return self.table[column][int(self.rows[row])].as_py()


def read_path(path: Path, name: str) -> bytes:
    """The bytes of a file of this machine.

    Args:
        path: Where it is.
        name: What messages call it.

    Raises:
        UnreadableFileError: It cannot be opened.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(
            f"The image cannot be opened: {os.strerror(error.errno or 0)}.",
            where=name,
            fix="Check its name and permissions, or open its folder again.",
        ) from error


@dataclass(frozen=True)
class ImageItem:
    """An image that an encoder encodes, opened only then.

    Attributes:
        key: The content hash of its pixels, 16 bytes.
        name: What messages call it: the name of its file.
    """

    key: bytes
    name: str
    _read: Callable[[], bytes] = field(repr=False, compare=False)

    @contextlib.contextmanager
    def open(self) -> Iterator[Image.Image]:
        """Its pixels, in mode RGB; for a `with` block, see `decoded`.

        Raises:
            UnreadableFileError: Its file is no longer there or is damaged now.
            DataError: Its file has been changed, so that its pixels are others.
        """
        with decoded(self._read(), self.name) as found:
            if pixel_key(found.image) != self.key:
                raise DataError(
                    "The image has been changed since it was opened.",
                    where=self.name,
                    fix="Open the folder again.",
                )
            yield found.image


@functools.lru_cache(maxsize=_MADE)
def _made_thumbnail(item: ImageItem) -> bytes:
    """A thumbnail that was not kept: of equal items, the one that was made before."""
    with item.open() as image:
        return thumbnail(image)


def image_item(image: Image.Image | Path | bytes, name: str = "image") -> ImageItem:
    """An image as an item, such as one to search with.

    Args:
        image: A Pillow image of any mode, a path, or the bytes of a file.
        name: What messages call it; of a path, the file's name is used.

    Raises:
        DataError: It cannot be used; see `decoded`.
    """
    if isinstance(image, Path):
        data, name = read_path(image, image.name), image.name
    elif isinstance(image, bytes):
        data = image
    else:
        file = io.BytesIO()
        mode = "RGBA" if image.has_transparency_data else "RGB"
        image.convert(mode).save(file, "PNG", compress_level=0)
        data = file.getvalue()
    with decoded(data, name) as found:
        return ImageItem(pixel_key(found.image), name, lambda: data)
