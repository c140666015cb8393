"""Range reads of files on the Hub, so that a few rows of a large file take a few kilobytes."""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass, field

from explorer.errors import HubUnreachableError, TooLargeError
from explorer.hub.client import get_bytes

TAIL_BYTES = 64 * 1024  # holds the footer of most Parquet files
_REQUEST_BYTES = 8_000_000  # small enough for a slow connection within the client's timeout


@dataclass(frozen=True)
class HubFile:
    """A file of a dataset at a commit.

    Attributes:
        repo: The dataset, `owner/name`.
        commit: The commit.
        path: Its path in the dataset.
        size: Size in bytes; None if unknown.
        token: The token that reads it; None for HF_TOKEN or the stored login.
    """

    repo: str
    commit: str
    path: str
    size: int | None
    token: str | None = field(default=None, repr=False)

    @property
    def where(self) -> str:
        """Its name in error messages."""
        return f"{self.repo}, {self.path}"


def read_small(file: HubFile, most: int) -> bytes:
    """The first `most` bytes of a file, or all of it if it is smaller.

    Raises:
        HubUnreachableError: The Hub does not respond, or the download is interrupted.
        NotOnHubError: The file does not exist.
        GatedError: Only people approved by its authors may download it.
    """
    if file.size == 0:
        return b""
    end = most if file.size is None else min(most, file.size)
    return _download(file, 0, end)


class Meter:
    """Counts and limits the bytes that several readers download; thread-safe.

    Args:
        most: Maximum number of bytes.
    """

    def __init__(self, most: int) -> None:
        self.spent = 0
        self._most = most
        self._lock = threading.Lock()

    @property
    def left(self) -> int:
        """Bytes that may still be downloaded."""
        return self._most - self.spent

    def spend(self, size: int, where: str) -> None:
        """Count a download before it begins.

        Raises:
            TooLargeError: It would exceed the limit.
        """
        with self._lock:
            if self.spent + size > self._most:
                raise TooLargeError(
                    f"More than {self._most / 1e6:,.0f} MB would have to be downloaded.",
                    where=where,
                    fix="Choose fewer rows or columns, or ask the host to raise EXPLORER_MAX_FILE_MB.",
                )
            self.spent += size


class RangeReader(io.RawIOBase):
    """A file on the Hub as a Python file; only the bytes that are read are downloaded.

    Args:
        file: The file; its size must be known.
        meter: Counts and limits the bytes downloaded.

    Raises:
        HubUnreachableError: The size of the file is unknown.
    """

    def __init__(self, file: HubFile, meter: Meter) -> None:
        super().__init__()
        if file.size is None:
            raise HubUnreachableError("The Hub does not give the size of the file.", where=file.where)
        self._file = file
        self._size = file.size
        self._meter = meter
        self._tail = b""
        self._at = 0

    def readable(self) -> bool:
        """True."""
        return True

    def seekable(self) -> bool:
        """True."""
        return True

    def tell(self) -> int:
        """The position of the next read."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position in the file."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """Download the next bytes.

        Raises:
            TooLargeError: The download would exceed the limit.
            HubUnreachableError: The Hub does not respond, or the download is interrupted.
        """
        left = max(0, self._size - self._at)
        size = left if size is None or size < 0 else min(size, left)
        if size == 0:
            return b""
        skipped = self._at - (self._size - len(self._tail))
        if skipped >= 0:
            content = self._tail[skipped : skipped + size]
        else:
            content = self._bytes(self._at, self._at + size)
        self._at += len(content)
        return content

    def read_tail(self) -> None:
        """Download the end of the file in one request, since Parquet files have their footer there."""
        self._tail = self._bytes(max(0, self._size - TAIL_BYTES), self._size)

    def _bytes(self, start: int, end: int) -> bytes:
        self._meter.spend(end - start, self._file.where)
        content = _download(self._file, start, end)
        if len(content) != end - start:
            raise HubUnreachableError(
                "The download was interrupted.", where=self._file.where, fix="Try again."
            )
        return content


def _download(file: HubFile, start: int, end: int) -> bytes:
    """Bytes `start` to `end` (exclusive) of a file; fewer if the file ends earlier."""
    content = bytearray()
    while start + len(content) < end:
        at = start + len(content)
        stop = min(end, at + _REQUEST_BYTES)
        piece = get_bytes(file.repo, file.path, file.commit, at, stop, token=file.token)
        content += piece
        if len(piece) < min(end - at, _REQUEST_BYTES):
            break
    return bytes(content)
