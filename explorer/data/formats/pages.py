"""The decompressed size of a Parquet file, checked before decompressing it.

The footer gives the number of values of each column chunk, and the header of each page its size. Footers can
lie; pyarrow allocates memory by the page headers, so they are read too.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from explorer.data.formats.thrift import Fields, Reader, ThriftError
from explorer.errors import TooLargeError, UnreadableFileError
from explorer.settings import settings

_MAX_FOOTER = 16_000_000
_MAX_CHUNKS = 100_000
_MAX_FOOTER_VALUES = 4_000_000
_MAX_PAGES = 500_000
_MAX_VALUES = 500_000_000  # in all columns read: seconds of work
_WORK = 20  # times the limit on file size: the most that all pages read can unpack to
_LEVELS = 4  # bytes of the levels beside each nested value
_HEADER_BYTES = (1 << 9, 1 << 14, 1 << 20)  # to read of a page; long headers contain long statistics
PADDING = 100  # old writers leave a header out of a chunk's length
_MAX_HEADER_VALUES = 1_000
_DATA, _INDEX, _DICTIONARY, _DATA_2 = range(4)  # types of pages
_DETAILS = {_DATA: 5, _INDEX: 6, _DICTIONARY: 7, _DATA_2: 8}  # header field with each type's details
_DELTA = (5, 6, 7)  # encodings whose numbers or lengths are decoded for a whole page at once
_POINTERS = (2, 8)  # encodings of dictionary indices
_DELTA_TEXT = 7  # each value shares a prefix with the previous one
_WIDTHS = {0: 1, 1: 4, 2: 8, 3: 12, 4: 4, 5: 8}  # bytes of a value by physical type; 4 for others


class Seekable(Protocol):
    """The file methods needed here."""

    def seek(self, offset: int, /) -> int:
        """Move to a position in the file."""
        ...

    def read(self, size: int, /) -> bytes:
        """Read the next bytes."""
        ...


@dataclass(frozen=True)
class Chunk:
    """One column's part of a row group.

    Attributes:
        start: Its first byte in the file.
        end: The byte after it.
        values: Number of its values, counting those in lists individually.
        width: Bytes per value; for text, only those of its offset.
    """

    start: int
    end: int
    values: int
    width: int


@dataclass(frozen=True)
class RowGroupChunks:
    """A row group: its number of rows, and a chunk for each leaf column of the schema."""

    rows: int
    chunks: tuple[Chunk, ...]


@dataclass(frozen=True)
class Page:
    """The contents of a page header.

    Attributes:
        end: The byte after the page.
        size: Decompressed size in bytes.
        values: Number of values, or of dictionary entries.
        encoding: Their encoding.
        is_dictionary: Whether it is a dictionary page.
    """

    end: int
    size: int
    values: int
    encoding: int
    is_dictionary: bool

    @property
    def is_delta_text(self) -> bool:
        """Whether it holds texts preceded by delta-encoded lengths."""
        return not self.is_dictionary and self.encoding in _DELTA[1:]

    @property
    def has_prefixes(self) -> bool:
        """Whether each value shares a prefix with the previous one."""
        return not self.is_dictionary and self.encoding == _DELTA_TEXT


@dataclass(frozen=True)
class Cost:
    """The memory cost of the pages of one leaf column.

    Attributes:
        value: The most bytes of one value beyond its own in the file: it can point to a dictionary entry, or
            share a prefix with the previous value.
        dictionary: Whether values point to dictionary entries.
        direct: Whether some values are stored directly.
    """

    value: int
    dictionary: bool
    direct: bool


def read_groups(footer: bytes, name: str) -> list[RowGroupChunks]:
    """The row groups that a footer describes.

    Raises:
        UnreadableFileError: It is damaged.
        TooLargeError: It describes more column chunks than a table of texts would have.
    """
    try:
        fields = Reader(footer, _MAX_FOOTER_VALUES).struct()
        groups = [_group(raw) for raw in fields.get(4, [])]
    except (ThriftError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise damaged_metadata(str(error), name) from None
    if sum(len(group.chunks) for group in groups) > _MAX_CHUNKS:
        raise too_large(f"The file has over {_MAX_CHUNKS:,} column chunks.", name)
    return groups


def read_footer_bytes(stream: Seekable, size: int, name: str) -> bytes:
    """The footer of a file with a size in bytes.

    Raises:
        UnreadableFileError: The file is shorter than its footer claims.
        TooLargeError: It is longer than any table of texts needs.
    """
    stream.seek(max(0, size - 8))
    length = int.from_bytes(stream.read(4), "little")
    if length > size - 12:
        raise damaged_metadata("its metadata is cut off", name)
    if length > _MAX_FOOTER:
        raise too_large(
            f"The file's metadata takes {length / 1e6:,.0f} MB; up to {_MAX_FOOTER // 1_000_000} are read.",
            name,
        )
    stream.seek(size - 8 - length)
    return stream.read(length)


def check_pages(
    stream: BinaryIO, groups: Sequence[RowGroupChunks], leaf: int, name: str, *, nested: bool, work: Work
) -> Cost:
    """Check the pages of a leaf column before they are decompressed.

    Args:
        stream: The file.
        groups: The row groups to be read.
        leaf: The column's position among the leaves.
        name: The file's name, for messages.
        nested: Whether its values are in lists, so that a single row can have all of them.
        work: Counts everything that is decompressed.

    Raises:
        TooLargeError: A page, or a row group of a nested column, is too large once decompressed.
        UnreadableFileError: The pages are damaged.
    """
    most = settings().max_file_mb * 1_000_000
    largest, dictionary, direct = 0, False, False
    for group in groups:
        chunk = group.chunks[leaf]
        values = size = 0
        for page in pages(stream, chunk, name):
            work.spend(page.size, page.values)
            values += page.values
            room = page.size + (page.values * _LEVELS if page.encoding in _DELTA else 0)
            size += page.size
            dictionary |= page.is_dictionary
            direct |= not page.is_dictionary and page.encoding not in _POINTERS
            if page.is_dictionary or page.has_prefixes:
                largest = max(largest, page.size)
            # Of a column in lists, a row may have all values; and those beside a dictionary are put into it.
            within = max(values * (_LEVELS + chunk.width), 2 * size if dictionary and direct else 0)
            if room > most or (nested and within > 2 * most):
                raise too_large(f"A column chunk unpacks to over {most // 1_000_000:,} MB.", name)
    return Cost(largest, dictionary, direct)


class Work:
    """Counts the decompressed size of all pages read.

    Args:
        name: The file, for the message.
    """

    def __init__(self, name: str) -> None:
        self._bytes = _WORK * settings().max_file_mb * 1_000_000
        self._values = _MAX_VALUES
        self._pages = _MAX_PAGES
        self._name = name

    def spend(self, size: int, values: int) -> None:
        """Count a page.

        Raises:
            TooLargeError: The total is too large.
        """
        self._bytes -= size
        self._values -= values
        self._pages -= 1
        if self._bytes < 0 or self._values < 0 or self._pages < 0:
            raise too_large(
                f"The file unpacks to over {_WORK * settings().max_file_mb:,} MB, {_MAX_VALUES:,} values or "
                f"{_MAX_PAGES:,} pages.",
                self._name,
            )


def damaged_metadata(reason: str, name: str) -> UnreadableFileError:
    """The error for metadata that cannot be read."""
    return UnreadableFileError(
        f"The Parquet file is damaged or incomplete ({reason}).", where=name, fix="Copy or download it again."
    )


def too_large(what: str, name: str) -> TooLargeError:
    """The error for a file that is too large once decompressed."""
    return TooLargeError(
        what,
        where=name,
        fix="Keep fewer rows or columns, or write it with smaller row groups and pages.",
    )


def _group(raw: Fields) -> RowGroupChunks:
    return RowGroupChunks(_natural(raw.get(3, 0)), tuple(_chunk(column) for column in raw.get(1, [])))


def _chunk(raw: Fields) -> Chunk:
    meta: Fields = raw[3]
    first, dictionary = _natural(meta[9]), meta.get(11, 0)
    start = min(first, _natural(dictionary)) if dictionary else first
    return Chunk(start, start + _natural(meta[7]), _natural(meta[5]), _WIDTHS.get(meta[1], 4))


def _natural(value: int) -> int:
    if value < 0:
        raise ValueError("a negative size")
    return value


def pages(stream: Seekable, chunk: Chunk, name: str) -> Iterator[Page]:
    """The pages of a column chunk, each read when it is asked for.

    Raises:
        UnreadableFileError: A header is damaged, or contradicts the type of its page.
    """
    at, seen = chunk.start, 0
    while seen < chunk.values and at < chunk.end + PADDING:
        header, size = _header(stream, at, name)
        try:
            packed, unpacked = _natural(header[3]), _natural(header[2])
            kind = header[1]
            details = header[_DETAILS[kind]] if kind != _INDEX else {}
            values = _natural(details[1]) if kind != _INDEX else 0
            encoding = details.get(4 if kind == _DATA_2 else 2, 0)
        except (LookupError, TypeError, AttributeError, ValueError):
            raise damaged_metadata("a page has no sizes", name) from None
        if any(field in header for other, field in _DETAILS.items() if other != kind):
            raise damaged_metadata("the header of a page contradicts its type", name)
        at += size + packed
        yield Page(at, unpacked, values, encoding, kind == _DICTIONARY)
        if kind != _DICTIONARY:
            seen += values


def _header(stream: Seekable, at: int, name: str) -> tuple[Fields, int]:
    """The header of the page at an offset, and its length."""
    for most in _HEADER_BYTES:
        stream.seek(at)
        reader = Reader(stream.read(most), _MAX_HEADER_VALUES)
        try:
            return reader.struct(), reader.at
        except ThriftError as error:
            broken = error
    raise damaged_metadata(f"the header of a page: {broken}", name)


def as_stream(data: bytes) -> BinaryIO:
    """Bytes as a file object."""
    return io.BytesIO(data)
