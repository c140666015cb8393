"""Reading many image files: by several threads, leaving out those that cannot be read."""

from __future__ import annotations

import collections
import itertools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from explorer.data.images.decoding import decoded, pixel_key, thumbnail
from explorer.data.images.images import SCHEMA, Images
from explorer.data.tables.values import count
from explorer.errors import DataError
from explorer.jobs.cores import cores
from explorer.jobs.progress import OnProgress, counting

READING_IMAGES = "Reading images"
_AHEAD = 4  # files that each thread may be ahead of the one that is waited for
_CHUNK = 256  # rows of a chunk of the table
_LISTED = 5  # files named in one note


@dataclass(frozen=True)
class ImageFile:
    """A file that should be an image.

    Attributes:
        name: Its name, for messages and for the column of names.
        read: Returns its bytes; raises a DataError if it cannot.
        path: Where it is on this machine; None if its bytes must be kept.
    """

    name: str
    read: Callable[[], bytes]
    path: Path | None = None


@dataclass(frozen=True)
class ReadImages:
    """The images of files.

    Attributes:
        images: Those that could be read, in the order of the files.
        kept: The positions of their files.
        notes: What was done to them and why others are missing, one sentence each.
    """

    images: Images
    kept: list[int]
    notes: tuple[str, ...]


def read_images(files: Sequence[ImageFile], on_progress: OnProgress | None = None) -> ReadImages:
    """Decode files once: for their content hashes, their sizes and their thumbnails.

    A file that cannot be read is left out, with a note.

    Args:
        files: The files.
        on_progress: Called with the number of files read; an exception it raises stops the work.

    Raises:
        DataError: No file can be read: the error of the first.
    """
    report = counting(on_progress, READING_IMAGES, "images")
    report(0, len(files))
    chunks: list[pa.Table] = []
    rows: list[dict[str, Any]] = []
    kept: list[int] = []
    remarks: collections.Counter[str] = collections.Counter()
    refused: list[DataError] = []
    for position, outcome in enumerate(_in_threads(files)):
        if isinstance(outcome, DataError):
            refused.append(outcome)
        else:
            row, done = outcome
            rows.append(row)
            kept.append(position)
            remarks.update(done)
        if len(rows) == _CHUNK:
            chunks.append(pa.Table.from_pylist(rows, schema=SCHEMA))
            rows = []
        report(position + 1, len(files))
    if refused and not kept:
        raise refused[0]
    chunks.append(pa.Table.from_pylist(rows, schema=SCHEMA))
    notes = [f"{count(number, 'image')} {remark}." for remark, number in remarks.items()]
    if refused:
        notes.append(_left_out(refused, len(files)))
    return ReadImages(Images.of_table(pa.concat_tables(chunks)), kept, tuple(notes))


def _in_threads(files: Sequence[ImageFile]) -> Iterator[tuple[dict[str, Any], tuple[str, ...]] | DataError]:
    """What `_read` returns for each file, in their order."""
    threads = max(1, cores())
    with ThreadPoolExecutor(threads, thread_name_prefix="images") as pool:
        upcoming = iter(files)
        ahead: collections.deque[Future[Any]] = collections.deque()
        try:
            while True:
                for file in itertools.islice(upcoming, threads * _AHEAD - len(ahead)):
                    ahead.append(pool.submit(_read, file))
                if not ahead:
                    return
                yield ahead.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _read(file: ImageFile) -> tuple[dict[str, Any], tuple[str, ...]] | DataError:
    """A row of the table and the remarks on it, or the reason why there is none."""
    try:
        data = file.read()
        with decoded(data, file.name) as found:
            image = found.image
            return {
                "key": pixel_key(image),
                "name": file.name,
                "path": None if file.path is None else str(file.path),
                "data": data if file.path is None else None,
                "thumbnail": thumbnail(image),
                "width": image.width,
                "height": image.height,
            }, found.remarks
    except DataError as error:
        return error


def _left_out(refused: Sequence[DataError], files: int) -> str:
    listed = "; ".join(f"{error.where}: {error.what.rstrip('.')}" for error in refused[:_LISTED])
    more = f"; and {len(refused) - _LISTED:,} more" if len(refused) > _LISTED else ""
    return f"{len(refused):,} of {count(files, 'file')} could not be read ({listed}{more})."
