"""Image files that are uploaded one by one, as one archive."""

from __future__ import annotations

import io
import itertools
import zipfile
from collections.abc import Sequence
from pathlib import PurePosixPath

from explorer.data.tables.values import count
from explorer.errors import TooLargeError
from explorer.settings import settings


def stored_zip(files: Sequence[tuple[str, bytes]]) -> bytes:
    """Files as one zip archive, which compresses none of them; see `read_archive`.

    Args:
        files: Their names and bytes. A name that an earlier file has gets a number.

    Raises:
        TooLargeError: Together they exceed the limit on a file's size.
    """
    most, size = settings().max_file_mb, sum(len(data) for _, data in files)
    if size > most * 1_000_000:
        raise TooLargeError(
            f"Together the files are {size / 1_000_000:,.1f} MB; up to {most:,} MB are read.",
            where=count(len(files), "file"),
            fix="Upload fewer or smaller images, or ask the host to raise EXPLORER_MAX_FILE_MB.",
        )
    archive, used = io.BytesIO(), set[str]()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as written:
        for given, data in files:
            path = PurePosixPath(given.replace("\\", "/").replace("\0", "")).name or "file"
            stem, ending = PurePosixPath(path).stem, PurePosixPath(path).suffix
            names = itertools.chain([path], (f"{stem} ({number}){ending}" for number in itertools.count(2)))
            name = next(name for name in names if name not in used)
            used.add(name)
            written.writestr(name, data)
    return archive.getvalue()
