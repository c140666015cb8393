"""Finding where rows end in a text file, for whole blocks at once instead of byte by byte.

A splitter is fed the blocks of a file as UTF-8, in order, and returns the offsets just after the ends of
rows. It never inspects individual rows, so a file costs the same with one row or 100 million.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

_LF, _CR, _QUOTE, _BACKSLASH, _COMMA = b'\n\r"\\,'
Places = NDArray[np.int64]


class Splitter(Protocol):
    """Finds the ends of rows.

    Attributes:
        line: The line on which the next block begins, from 1.
    """

    line: int

    def feed(self, block: bytes) -> Places:
        """The offsets just after the rows that end in the block, ascending."""
        ...

    def line_breaks(self, block: bytes) -> Places:
        """The offsets of line endings in the block."""
        ...


class Lines:
    """Each line is a row.

    Args:
        any_ending: Whether a carriage return ends a line too, as in Python's universal newlines.
    """

    def __init__(self, *, any_ending: bool) -> None:
        self.line = 1
        self._any = any_ending

    def feed(self, block: bytes) -> Places:
        """As in `Splitter`."""
        breaks = self.line_breaks(block)
        self.line += len(breaks)
        return breaks + 1

    def line_breaks(self, block: bytes) -> Places:
        """As in `Splitter`."""
        values = np.frombuffer(block, np.uint8)
        return _line_ends(block, values) if self._any else np.flatnonzero(values == _LF)


class Records:
    """Records of delimited text, where a line break within quotes is part of a value.

    It agrees with the csv module on all text: a quote opens a value only at the start of a field, two quotes
    within a quoted value stand for one, and any other quote is a plain character. So only runs of an odd
    number of quotes matter: at the start of a field, a run toggles between outside and inside a quoted value;
    elsewhere, it is plain outside and closes the value inside, so the state after it is always outside.

    Args:
        delimiter: The field separator.
        quotes: Whether quotes enclose values.
    """

    def __init__(self, delimiter: str, *, quotes: bool = True) -> None:
        self.line = 1
        self.opened = 0  # the line of the quote that is open where the last block ended, or 0
        self._delimiter = ord(delimiter)
        self._quotes = quotes
        self._before = _LF  # the byte before the block
        # For a run of quotes at the end of the last block: whether they are plain characters, and the line on
        # which a value that they open begins.
        self._plain = False
        self._begun = 0

    def feed(self, block: bytes) -> Places:
        """As in `Splitter`."""
        values = np.frombuffer(block, np.uint8)
        breaks = _line_ends(block, values)
        inside = self.opened > 0
        if not self._quotes or not (inside or b'"' in block):
            cuts = breaks
        else:
            runs, states = self._states(values, breaks)
            at = np.searchsorted(runs, breaks)
            cuts = breaks[~np.concatenate(([inside], states))[at]]
        self.line += len(breaks)
        self._before = block[-1]
        return cuts + 1

    def line_breaks(self, block: bytes) -> Places:
        """As in `Splitter`."""
        return _line_ends(block, np.frombuffer(block, np.uint8))

    def _states(self, values: NDArray[np.uint8], breaks: Places) -> tuple[Places, NDArray[np.bool_]]:
        """The offsets of runs of quotes, and whether the text after each is inside a quoted value."""
        quotes = np.flatnonzero(values == _QUOTE)
        first = np.flatnonzero(np.diff(quotes, prepend=-2) > 1)
        runs = quotes[first]
        odd = np.diff(np.append(first, len(quotes))) % 2 == 1
        before = values[runs - 1]
        inside = self.opened > 0
        if len(runs) and runs[0] == 0:
            before[0] = self._before
        starts = (before == self._delimiter) | (before == _LF) | (before == _CR)
        goes_on = len(runs) > 0 and runs[0] == 0 and self._before == _QUOTE  # from the last block
        if goes_on:
            starts[0] = not self._plain
            odd[0] &= not self._plain
        changes = np.cumsum(odd & starts, dtype=np.int32)
        leaves = odd & ~starts
        since: NDArray[np.int32] | int = -int(inside)
        if leaves.any():
            resets = np.maximum.accumulate(np.where(leaves, np.arange(len(runs)), -1))
            since = np.where(resets >= 0, changes[resets], -int(inside))
        states = (changes - since) & 1 == 1
        was = np.concatenate(([inside], states))[:-1]
        if len(runs):
            lines = self.line + np.searchsorted(breaks, runs)
            if goes_on:
                lines[0] = self._begun
            opening = np.flatnonzero(states & ~was)
            line = int(lines[opening[-1]]) if len(opening) else self.opened
            if values[-1] == _QUOTE and not (goes_on and len(runs) == 1):
                self._plain = bool(not starts[-1] and not was[-1])
                self._begun = line if was[-1] else int(lines[-1])
            self.opened = line if states[-1] else 0
        return runs, states


class Items:
    """Items of a JSON array, which end at a comma or the array's end, outside strings and nested values.

    Attributes:
        commas: Number of commas seen between items.
        depth: Brackets and braces open at the end of the last block.
        ended: The line on which the first value of the file ends; 0 until then.
        text_after: The line of the first text after it, or 0.
    """

    def __init__(self) -> None:
        self.line = 1
        self.commas = 0
        self.depth = 0
        self.ended = 0
        self.text_after = 0
        self._in_string = False
        self._backslashes = 0  # at the end of the last block

    def feed(self, block: bytes) -> Places:
        """As in `Splitter`; the first offset is just after the bracket that opens the array."""
        values = np.frombuffer(block, np.uint8)
        breaks = np.flatnonzero(values == _LF)
        cuts = np.zeros(0, np.int64)
        after = 0
        if not self.ended:
            marks, depths = self._structure(block, values)
            closed = np.flatnonzero(depths == 0)
            if len(closed):
                after = int(marks[closed[0]]) + 1
                self.ended = self.line + int(np.searchsorted(breaks, after))
                marks, depths = marks[: closed[0] + 1], depths[: closed[0] + 1]
            kinds = values[marks]
            comma = (kinds == _COMMA) & (depths == 1)
            opens = np.zeros(len(marks), bool)
            if len(marks) and self.depth == 0:
                opens[0] = True
            self.commas += int(comma.sum())
            self.depth = int(depths[-1]) if len(depths) else self.depth
            cuts = marks[comma | opens | (depths == 0)] + 1
        if self.ended and not self.text_after:
            rest = block[after:]
            behind = len(rest) - len(rest.lstrip(b" \t\r\n"))
            if behind < len(rest):
                self.text_after = self.line + int(np.searchsorted(breaks, after + behind))
        self.line += len(breaks)
        return cuts

    def line_breaks(self, block: bytes) -> Places:
        """As in `Splitter`."""
        return np.flatnonzero(np.frombuffer(block, np.uint8) == _LF)

    def _structure(self, block: bytes, values: NDArray[np.uint8]) -> tuple[Places, Places]:
        """The offsets of brackets, braces and commas outside strings, and the depth after each."""
        quotes = np.flatnonzero(values == _QUOTE)
        if b"\\" in block or self._backslashes:
            places = np.arange(len(values))
            other = np.maximum.accumulate(np.where(values != _BACKSLASH, places, -1))
            last = other[quotes - 1]
            if len(quotes) and quotes[0] == 0:
                last[0] = -1
            slashes = quotes - 1 - last + np.where(last < 0, self._backslashes, 0)
            quotes = quotes[slashes % 2 == 0]
            trailing = len(values) - 1 - int(other[-1])
            self._backslashes = trailing + (self._backslashes if other[-1] < 0 else 0)
        marks = np.flatnonzero(_STRUCTURE[values])
        within = (np.searchsorted(quotes, marks) + self._in_string) % 2 == 1
        marks = marks[~within]
        self._in_string = (len(quotes) + self._in_string) % 2 == 1
        return marks, self.depth + np.cumsum(_DEPTH[values[marks]])


def _line_ends(block: bytes, values: NDArray[np.uint8]) -> Places:
    """The offsets of each line feed, and of each carriage return without one."""
    if b"\r" not in block:
        return np.flatnonzero(values == _LF)
    ends = np.flatnonzero((values == _LF) | (values == _CR))
    before_feed = (values[ends] == _CR) & (values[np.minimum(ends + 1, len(values) - 1)] == _LF)
    kept: Places = ends[~before_feed]
    return kept


_STRUCTURE = np.isin(np.arange(256), list(b"[]{},"))
_DEPTH = np.zeros(256, np.int64)
_DEPTH[list(b"[{")] = 1
_DEPTH[list(b"]}")] = -1
