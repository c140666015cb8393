"""Sampling the rows of a text file while reading it: memory does not grow with the file.

A first pass counts the rows, and a second one takes the drawn ones.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from explorer.data.formats.blocks import Encoding, Source, size_of, utf8_blocks
from explorer.data.formats.splitting import Places, Records, Splitter
from explorer.errors import TooLargeError, UnreadableFileError
from explorer.jobs.progress import BYTES, READING, OnProgress, counting
from explorer.settings import settings

_ROW_BYTES = 32_000_000  # no row of texts is longer, and a row must be held in memory whole
_NOTHING = np.zeros(0, np.int64)


class Row(NamedTuple):  # made a hundred thousand times: a dataclass takes three times as long
    """A row as it is in the file.

    Attributes:
        number: Its position among the rows that are not blank, from 0; among all when blank ones count.
        line: The line on which it begins, from 1.
        data: Its bytes as UTF-8, including its ending.
        end: The offset of its end from where reading began, in bytes of text.
    """

    number: int
    line: int
    data: bytes
    end: int


@dataclass(frozen=True)
class Counted:
    """The result of the first pass.

    Attributes:
        rows: Number of rows.
        filled: Number of rows that are not blank.
        splitter: The splitter in its state at the end of the file.
    """

    rows: int
    filled: int
    splitter: Splitter


@dataclass(frozen=True)
class TextFile:
    """A text file of rows.

    Args:
        data: The file.
        name: Its name, for messages.
        encoding: Its encoding.
        split: Makes the splitter that finds the ends of rows, a new one for each pass.
        blank: A row of only these bytes, besides its ending, is blank.
        text: Whether to reject NUL bytes; the JSON parser does that itself.
        on_progress: As in `read_file`.
        start: Bytes of text to skip, as UTF-8.
        line: The line number after the skipped text.
    """

    data: Source
    name: str
    encoding: Encoding
    split: Callable[[], Splitter]
    blank: bytes = b"\r\n"
    text: bool = True
    on_progress: OnProgress | None = None
    start: int = 0
    line: int = 1

    def after(self, row: Row, blank: bytes) -> TextFile:
        """The rest of the file after a row, with another set of blank bytes."""
        line = row.line + len(self.split().line_breaks(row.data))
        return dataclasses.replace(self, start=self.start + row.end, line=line, blank=blank)

    def count(self) -> Counted:
        """Count the rows.

        Raises:
            UnreadableFileError: A NUL byte, or a quote that is never closed.
            TooLargeError: A row too long to hold in memory.
            OSError: The file cannot be read.
        """
        splitter = self._splitter()
        rows = filled = open_bytes = long_line = 0
        open_filled = False
        for block, line in self._blocks(splitter, 0):
            cuts = splitter.feed(block)
            counts = self._filled(block, cuts)
            lengths = np.diff(cuts, prepend=0)
            if len(cuts):
                lengths[0] += open_bytes
                filled += int((counts[:-1] > 0).sum()) + int(open_filled and counts[0] == 0)
                rows += len(cuts)
                open_bytes, open_filled = len(block) - int(cuts[-1]), bool(counts[-1])
            else:
                open_bytes, open_filled = open_bytes + len(block), open_filled or bool(counts[-1])
            if not long_line and max(open_bytes, int(lengths.max(initial=0))) > _row_bytes():
                long_line = line
        if isinstance(splitter, Records) and splitter.opened:
            raise open_quote(f"{self.name}, line {splitter.opened:,}")
        if long_line:
            raise self._too_long(long_line)
        return Counted(rows + (open_bytes > 0), filled + open_filled, splitter)

    def rows(self, drawn: Places | None = None, *, every: bool = False) -> Iterator[Row]:
        """Yield rows in file order.

        Args:
            drawn: The numbers of the rows wanted, ascending; all when None.
            every: Whether blank rows count too.

        Raises:
            UnreadableFileError: A NUL byte.
            TooLargeError: A row too long to hold in memory.
            OSError: The file cannot be read.
        """
        splitter = self._splitter()
        pending: list[bytes] = []
        open_filled, open_line, number, passed = False, self.line, 0, 0
        for block, line in self._blocks(splitter, 1):
            cuts = splitter.feed(block)
            counts = self._filled(block, cuts)
            if not len(cuts):
                pending.append(block)
                open_filled = open_filled or bool(counts[-1])
                passed += len(block)
                if sum(map(len, pending)) > _row_bytes():
                    raise self._too_long(open_line)
                continue
            kept = np.arange(len(cuts))
            if not every:
                there = counts[:-1] > 0
                there[0] |= open_filled
                kept = kept[there]
            first = number
            number += len(kept)
            if drawn is not None:
                wanted = drawn[np.searchsorted(drawn, first) : np.searchsorted(drawn, number)] - first
            else:
                wanted = np.arange(len(kept))
            if len(wanted):
                ends = cuts[kept[wanted]]
                starts = np.where(kept[wanted] > 0, cuts[kept[wanted] - 1], 0)
                lines = line + np.searchsorted(splitter.line_breaks(block), starts)
                for place, start, end, at in zip(
                    wanted.tolist(), starts.tolist(), ends.tolist(), lines.tolist(), strict=True
                ):
                    data = block[start:end]
                    if start == 0:
                        data, at = b"".join((*pending, data)), open_line
                    yield Row(first + place, at, data, passed + end)
            passed += len(block)
            pending = [block[cuts[-1] :]]
            open_line = splitter.line - len(splitter.line_breaks(pending[0]))
            open_filled = bool(counts[-1])
        last = b"".join(pending)
        is_row = len(last) > 0 if every else open_filled
        if is_row and (drawn is None or (len(drawn) and drawn[-1] == number)):
            yield Row(number, open_line, last, passed)

    def _blocks(self, splitter: Splitter, turn: int) -> Iterator[tuple[bytes, int]]:
        """The blocks, none of which ends between CR and LF, and the line numbers they begin on."""
        size = size_of(self.data)

        report = counting(self.on_progress, READING, BYTES)

        def on_bytes(done: int) -> None:
            report((turn * size + done) // 2, size)

        held = b""
        skip = self.start
        for block in utf8_blocks(self.data, self.encoding, on_bytes):
            if skip >= len(block):
                skip -= len(block)
                continue
            whole = held + block[skip:]
            skip = 0
            held = whole[-1:] if whole.endswith(b"\r") else b""
            whole = whole[: len(whole) - len(held)]
            if whole:
                self._check_nul(whole, splitter)
                yield whole, splitter.line
        if held:
            yield held, splitter.line

    def _too_long(self, line: int) -> TooLargeError:
        return TooLargeError(
            f"A row takes more than {_row_bytes() // 1_000_000:,} MB.",
            where=f"{self.name}, near line {line:,}",
            fix="Put the rows on lines of their own, and shorten or split the texts.",
        )

    def _splitter(self) -> Splitter:
        splitter = self.split()
        splitter.line = self.line
        return splitter

    def _check_nul(self, block: bytes, splitter: Splitter) -> None:
        if self.text and b"\0" in block:
            line = splitter.line + len(splitter.line_breaks(block[: block.index(b"\0") + 1]))
            raise UnreadableFileError(
                "There is a NUL byte here, so the file is not text or is damaged.",
                where=f"{self.name}, line {line:,}",
                fix="Save it again as text in UTF-8.",
            )

    def _filled(self, block: bytes, cuts: Places) -> NDArray[np.int32]:
        """The number of non-blank bytes in each piece between cuts, and in the rest after the last cut."""
        there = _table(self.blank)[np.frombuffer(block, np.uint8)]
        sums = np.cumsum(there, dtype=np.int32)
        counts: NDArray[np.int32] = np.diff(sums[np.append(cuts, len(block)) - 1], prepend=0)
        return counts


def draw(total: int, most: int, seed: int) -> NDArray[np.int64]:
    """The 0-based rows to read, ascending: all, or `most` of them drawn without replacement."""
    if total <= most:
        return np.arange(total, dtype=np.int64)
    return np.sort(np.random.default_rng(seed).choice(total, most, replace=False, shuffle=False))


def drawn_note(rows: int, total: int, seed: int, what: str = "rows") -> str:
    """The note that only a sample was read."""
    return f"{rows:,} of {total:,} {what} were read, drawn at random (seed {seed})."


def open_quote(where: str) -> UnreadableFileError:
    """The error for a quote that is never closed."""
    return UnreadableFileError(
        "A quote is opened here and never closed.",
        where=where,
        fix='Close it with ", or write "" for a quote that is part of the text.',
    )


def _row_bytes() -> int:
    return max(_ROW_BYTES, 16 * settings().max_cell_chars)


def _table(blank: bytes) -> NDArray[np.bool_]:
    table = np.ones(256, bool)
    table[list(blank)] = False
    return table
