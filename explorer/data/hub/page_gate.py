"""A Parquet file on the Hub with pages that are checked before pyarrow reads them, and downloaded once."""

from __future__ import annotations

import bisect
import io
from collections.abc import Iterable, Iterator

from explorer.data.formats.pages import PADDING, Chunk, Page, Work, damaged_metadata, pages, too_large
from explorer.data.tables.budget import Budget
from explorer.hub.ranges import HubFile, Meter, RangeReader
from explorer.settings import settings

_STEP_BYTES = 1 << 17
_GAP_BYTES = 1 << 13  # between columns, less than what a request costs


class PageGate(io.RawIOBase):
    """A Python file in which every page of the column chunks is checked before it is read.

    Args:
        file: The file.
        chunks: The column chunks to read.
        meter: Counts and limits the bytes downloaded.
        budget: Limits the decompressed size.
    """

    def __init__(self, file: HubFile, chunks: Iterable[Chunk], meter: Meter, budget: Budget) -> None:
        super().__init__()
        self._where = file.where
        self._source = _Pieces(RangeReader(file, meter), meter, file.size or 0)
        self._budget = budget
        work = Work(file.where)
        self._parts = [_CheckedChunk(chunk, self._source, file.where, work) for chunk in chunks]
        self._opened, self._widest = False, 0
        self._at = 0

    def open(self, rows: int | None) -> None:
        """Check and download the pages with the first values of each chunk.

        Args:
            rows: Number of values per chunk; None for all.

        Raises:
            TooLargeError: The decompressed size or the download exceeds its limit.
            UnreadableFileError: A page is damaged.
        """
        if rows is None:
            self._source.fetch((part.chunk.start, part.chunk.end + PADDING) for part in self._parts)
        for part in self._parts:
            while (rows is None or part.values < rows) and self._check(part):
                pass
        self._opened, self._widest = True, self.widest

    @property
    def widest(self) -> int:
        """Bytes a value may take beyond its own in the file, if some cannot stay in dictionaries; else 0."""
        if not any(part.needs_batches for part in self._parts):
            return 0
        return max(max(part.dictionary, part.prefixed) for part in self._parts)

    @property
    def dictionaries(self) -> list[int]:
        """Indices of the dictionary-encoded chunks."""
        return [place for place, part in enumerate(self._parts) if part.dictionary]

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
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size}[whence]
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        """The next bytes, after every page that begins in them has been checked.

        Raises:
            TooLargeError: As in `open`.
            UnreadableFileError: As in `open`.
        """
        left = max(0, self._source.size - self._at)
        end = self._at + (left if size is None or size < 0 else min(size, left))
        for part in self._parts:
            if part.chunk.start < end and self._at < part.chunk.end:
                while part.end < end and self._check(part):
                    pass
        self._source.seek(self._at)
        content = self._source.read(end - self._at)
        self._at = end
        return content

    def _check(self, part: _CheckedChunk) -> bool:
        page = part.next()
        if page is None:
            return False
        most = settings().max_file_mb * 1_000_000
        room = max(page.size, page.values * (part.chunk.width + 4))
        if room > most:
            raise too_large(f"A part of a column unpacks to over {most // 1_000_000:,} MB.", self._where)
        self._budget.spend(room)
        if self._opened and part.needs_batches and not self._widest:
            raise damaged_metadata("the pages of a column differ in their encoding", self._where)
        return True


class _CheckedChunk:
    """A column chunk, the totals of its checked pages, and the position of the next page."""

    def __init__(self, chunk: Chunk, source: _Pieces, where: str, work: Work) -> None:
        self.chunk = chunk
        self.end = chunk.start
        self.values = self.dictionary = self.prefixed = 0
        self._is_delta = False
        self._work = work
        self._pages: Iterator[Page] = pages(_Within(source, chunk.end + PADDING), chunk, where)

    @property
    def needs_batches(self) -> bool:
        """Whether values may be longer than their bytes in an encoding without Arrow dictionaries."""
        return bool(self._is_delta and (self.dictionary or self.prefixed))

    def next(self) -> Page | None:
        page = next(self._pages, None)
        if page is None:
            self.end = max(self.end, self.chunk.end + PADDING)
            return None
        self._work.spend(page.size, page.values)
        self.end = page.end
        if page.is_dictionary:
            self.dictionary = max(self.dictionary, page.size)
        else:
            self.values += page.values
            self._is_delta |= page.is_delta_text
            self.prefixed = max(self.prefixed, page.size if page.has_prefixes else 0)
        return page


class _Within:
    """A file that ends with a chunk, so that reading a header downloads nothing after it."""

    def __init__(self, source: _Pieces, end: int) -> None:
        self._source = source
        self._end = end
        self._at = 0

    def seek(self, offset: int, /) -> int:
        self._at = offset
        return self._source.seek(offset)

    def read(self, size: int, /) -> bytes:
        return self._source.read(max(0, min(size, self._end - self._at)))


class _Pieces:
    """The downloaded pieces of a file; each is downloaded once."""

    def __init__(self, reader: RangeReader, meter: Meter, size: int) -> None:
        self.size = size
        self._reader = reader
        self._meter = meter
        self._starts: list[int] = []
        self._pieces: list[bytes] = []
        self._at = 0

    def fetch(self, ranges: Iterable[tuple[int, int]]) -> None:
        """Download ranges (start, end), merging those close to each other."""
        merged: list[tuple[int, int]] = []
        for start, end in sorted(ranges):
            if merged and start <= merged[-1][1] + _GAP_BYTES:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        for start, end in merged:
            self._download(start, min(end, self.size))

    def seek(self, offset: int, /) -> int:
        """Move to a position in the file."""
        self._at = offset
        return offset

    def read(self, size: int, /) -> bytes:
        """The next bytes; missing ones are downloaded."""
        end = min(self._at + size, self.size)
        found: list[bytes] = []
        while self._at < end:
            place = bisect.bisect_right(self._starts, self._at) - 1
            skipped = self._at - self._starts[place] if place >= 0 else 0
            if place < 0 or skipped >= len(self._pieces[place]):
                following = self._starts[place + 1] if place + 1 < len(self._starts) else self.size
                step = max(end - self._at, min(_STEP_BYTES, self._meter.left))
                self._download(self._at, min(self._at + step, following, self.size))
                continue
            found.append(self._pieces[place][skipped : skipped + end - self._at])
            self._at += len(found[-1])
        return b"".join(found)

    def _download(self, start: int, end: int) -> None:
        if end <= start:
            return
        self._reader.seek(start)
        piece = self._reader.read(end - start)
        place = bisect.bisect(self._starts, start)
        self._starts.insert(place, start)
        self._pieces.insert(place, piece)
