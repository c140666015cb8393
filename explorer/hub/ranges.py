"""Files on the Hub read in parts, so that a few rows of a large file cost a few kilobytes."""

from __future__ import annotations

import io
import threading
from dataclasses import dataclass

from explorer.errors import HubUnreachableError, TooLargeError
from explorer.hub.client import get_bytes

TAIL_BYTES = 64 * 1024  # holds the footer of most Parquet files
_REQUEST_BYTES = 8_000_000  # what a slow connection brings before the client gives an answer up


@dataclass(frozen=True)
class HubFile:
    """A file of a dataset at a commit.

    Attributes:
        repo: The dataset, `owner/name`.
        commit: The commit.
        path: Its path in the dataset.
        size: Its bytes, where the Hub says so.
    """

    repo: str
    commit: str
    path: str
    size: int | None

    @property
    def where(self) -> str:
        """How a message names it."""
        return f"{self.repo}, {self.path}"


def read_small(file: HubFile, most: int) -> bytes:
    """The first bytes of a file, all of it when it has no more than `most`.

    Raises:
        HubUnreachableError: The Hub does not answer, or breaks off.
        NotOnHubError: The file is not there.
        GatedError: Only people approved by its authors may download it.
    """
    if file.size == 0:
        return b""
    end = most if file.size is None else min(most, file.size)
    return _download(file, 0, end)


class Meter:
    """Counts the bytes that several readers download, in whatever threads, and bounds them.

    Args:
        most: Bytes at most.
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
        """Take note of a download before it begins.

        Raises:
            TooLargeError: It would go beyond the bound.
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
    """A file on the Hub as a Python file: what is read is downloaded, and nothing else.

    Args:
        file: The file; its size has to be known.
        meter: What bounds the bytes downloaded.

    Raises:
        HubUnreachableError: The Hub does not say how large the file is.
    """

    def __init__(self, file: HubFile, meter: Meter) -> None:
        super().__init__()
        if file.size is None:
            raise HubUnreachableError("The Hub does not say how large the file is.", where=file.where)
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
        """Where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a place in the file."""
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """Download the next bytes.

        Raises:
            TooLargeError: More than the bound would have been downloaded.
            HubUnreachableError: The Hub does not answer, or breaks off.
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
        """Download the end of the file at once, where a Parquet file has its footer."""
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
    """A part of a file, fewer bytes where it ends before."""
    content = bytearray()
    while start + len(content) < end:
        at = start + len(content)
        piece = get_bytes(file.repo, file.path, file.commit, at, min(end, at + _REQUEST_BYTES))
        content += piece
        if len(piece) < min(end - at, _REQUEST_BYTES):
            break
    return bytes(content)
