"""Long texts split into passages: whole sentences, or windows with overlap, each tied to its row.

Texts are cut between words, and within a word only if the word is long, such as a sentence in a script
without spaces. docs/decisions/0038-passages.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.data.corpus import PassageSpec
from explorer.errors import DataError, TooLargeError
from explorer.jobs.progress import OnProgress, counting
from explorer.settings import settings

_CHUNK = 256  # texts between two progress reports
_LONG_WORD = 20  # units; a longer word can be cut where a unit begins

_WORD = re.compile(r"\S+")
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff"  # Thai, Lao, Burmese, Khmer, kana
    "\u3001-\u303f\uff00-\uffef"  # their marks
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Chinese characters
)
"""Scripts that write no spaces between words, and their marks, as a class of a regular expression."""

# Each letter and mark of these counts as a word.
_COUNTED_WORD = re.compile(rf"[{UNSPACED}]|[^\s{UNSPACED}]+")
# A sentence ends after its mark and what closes it, and a paragraph after an empty line.
_SENTENCE_END = re.compile(
    r"(?P<stop>[.!?…؟۔।॥։]+)[\"'”’»)\]]*(?=\s+(?P<next>\S))|[。！？｡]+[」』”’）)\]]*|\n[^\S\n]*\n"
)
_INITIAL = re.compile(r"(?:^|[\s.(])\w$")  # before a full stop: the letter of a name, or the last of "e.g."


class Units(Protocol):
    """What passages are measured in.

    Attributes:
        name: Its name in a sentence, such as `words`.
    """

    @property
    def name(self) -> str: ...  # noqa: D102

    def count(self, texts: Sequence[str]) -> NDArray[np.integer]:
        """The units of each text on its own, shape (texts,)."""
        ...

    def spans(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """Start and end of each unit in each text, in characters and in order; each of shape (units, 2)."""
        ...


class Words:
    """Words between spaces; in scripts without spaces, letters and marks."""

    name = "words"

    def count(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """The words of each text, shape (texts,)."""
        return np.array([sum(1 for _ in _COUNTED_WORD.finditer(text)) for text in texts], dtype=np.int64)

    def spans(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """Start and end of each word in each text."""
        return [_spans(_COUNTED_WORD.finditer(text)) for text in texts]


WORDS = Words()


@dataclass(frozen=True, eq=False)
class PassageSpans:
    """Where passages are in the texts of a corpus.

    Attributes:
        rows: The row of each passage, from 0 and ascending, int64, shape (passages,).
        starts: Its first character, int64, shape (passages,).
        ends: The character after its last, int64, shape (passages,).
    """

    rows: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]


def split_texts(
    texts: Sequence[str], spec: PassageSpec, units: Units = WORDS, on_progress: OnProgress | None = None
) -> PassageSpans:
    """Find the passages of texts; a text of no more than `spec.size` units is one passage, from end to end.

    The passages of a text cover all of it, in order, except for spaces between them. None has more units
    than the size, counted on its own, unless it is a part of one word that cannot be cut.

    Args:
        texts: The texts, none of them blank.
        spec: How they are split.
        units: What passages are measured in.
        on_progress: Called with the number of finished texts; an exception it raises stops the work.

    Raises:
        TooLargeError: There are more passages than rows may be.
    """
    report = counting(on_progress, "Splitting texts", "texts")
    rows: list[int] = []
    places: list[tuple[int, int]] = []
    for first in range(0, len(texts), _CHUNK):
        chunk = texts[first : first + _CHUNK]
        is_long = units.count(chunk) > spec.size
        spans = iter(units.spans([text for text, long in zip(chunk, is_long, strict=True) if long]))
        for row, text in enumerate(chunk, first):
            found = [(0, len(text))]
            if is_long[row - first]:
                found = _bounded(text, _split(text, next(spans), spec), spec.size, units)
            rows += [row] * len(found)
            places += found
        if len(rows) > settings().max_rows:
            raise TooLargeError(
                f"There are over {settings().max_rows:,} passages, more than there may be rows.",
                fix="Use fewer rows or longer passages, or ask the host to raise EXPLORER_MAX_ROWS.",
            )
        report(first + len(chunk), len(texts))
    starts, ends = np.array(places, dtype=np.int64).reshape(-1, 2).T
    return PassageSpans(np.array(rows, dtype=np.int64), starts.copy(), ends.copy())


def check_spec(spec: PassageSpec) -> None:
    """Raise DataError if texts cannot be split so."""
    if spec.by not in ("sentences", "windows"):
        raise DataError(f"Texts cannot be split by {spec.by}.", fix="Give “sentences” or “windows”.")
    if spec.size < 1:
        raise DataError(f"The size of passages is {spec.size}.", fix="Give 1 or more.")
    if not 0 <= spec.overlap <= spec.size // 2:
        raise DataError(
            f"The overlap is {spec.overlap:,} and the size {spec.size:,}.", fix="Give 0 up to half the size."
        )
    if spec.overlap and spec.by == "sentences":
        raise DataError("Passages of sentences do not overlap.", fix="Split by windows, or give no overlap.")


def _split(text: str, spans: NDArray[np.int64], spec: PassageSpec) -> list[tuple[int, int]]:
    """Start and end of each passage of a text whose units are given."""
    sentences = _sentence_starts(text)
    starts, ends = _pieces(text, spans, spec.size, sentences)
    # A unit is of the piece with its last character: some tokenizers put the space before a word into it.
    weights = np.bincount(
        np.searchsorted(ends, np.maximum(spans[:, 1], 1), side="left").clip(max=len(ends) - 1),
        minlength=len(ends),
    )
    total = np.concatenate([[0], np.cumsum(weights)])
    if spec.by == "windows":
        windows = list(_windows(total, 0, len(starts), spec.size, spec.overlap))
    else:
        bounds = np.unique([*np.searchsorted(starts, sentences), 0, len(starts)])
        windows = list(_sentence_groups(total, bounds, spec.size))
    return [(int(starts[first]), int(ends[last - 1])) for first, last in windows]


def _pieces(
    text: str, spans: NDArray[np.int64], size: int, sentences: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Start and end of the parts of a text that are not cut: words, and parts of long ones."""
    words = _spans(_WORD.finditer(text))
    firsts = np.searchsorted(spans[:, 1], words[:, 0], side="right")
    lasts = np.searchsorted(spans[:, 0], words[:, 1], side="left")
    begin = np.concatenate([words[:, 0], spans[:, 0]])
    cuts = [words[:, 0], np.intersect1d(np.array(sentences, dtype=np.int64), begin)]
    for at in np.flatnonzero(lasts - firsts > min(size, _LONG_WORD)):
        inside = spans[firsts[at] : lasts[at], 0]
        cuts.append(inside[inside > words[at, 0]])
    starts = np.unique(np.concatenate(cuts))
    word = np.searchsorted(words[:, 0], starts, side="right") - 1
    inside_words = (word >= 0) & (starts < words[word, 1])
    starts, word = starts[inside_words], word[inside_words]
    following = np.append(starts[1:], len(text))
    return starts, np.minimum(words[word, 1], following)


def _windows(
    total: NDArray[np.int64], first: int, end: int, size: int, overlap: int
) -> Iterator[tuple[int, int]]:
    """Windows of pieces: each as long as it may be, and the next begins with as much of it as asked."""
    while True:
        last = int(np.searchsorted(total, total[first] + size, side="right")) - 1
        last = min(max(last, first + 1), end)
        yield first, last
        if last >= end:
            return
        if overlap == 0:  # a piece without a unit, such as a control character, is not repeated either
            first = last
            continue
        # The next holds at least one piece more, so it repeats less before a long one.
        least = max(total[last] - overlap, total[last + 1] - size)
        first = min(max(int(np.searchsorted(total, least, side="left")), first + 1), last)


def _sentence_groups(
    total: NDArray[np.int64], bounds: NDArray[np.int64], size: int
) -> Iterator[tuple[int, int]]:
    """Sentences together, as many as fit; one that does not fit is divided."""
    parts: list[tuple[int, int]] = []
    for first, last in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        parts += _windows(total, first, last, size, 0)
    begun, end = parts[0]
    for first, last in parts[1:]:
        if total[last] - total[begun] > size:
            yield begun, end
            begun = first
        end = last
    yield begun, end


def _bounded(text: str, places: list[tuple[int, int]], size: int, units: Units) -> list[tuple[int, int]]:
    """The passages, with those halved that have more units on their own than within the text."""
    counts = units.count([text[start:end] for start, end in places])
    found: list[tuple[int, int]] = []
    for (start, end), one in zip(places, counts, strict=True):
        if one <= size:
            found.append((start, end))
            continue
        part = text[start:end]
        (spans,) = units.spans([part])
        starts, ends = _pieces(part, spans, size, ())
        if len(starts) < 2:
            found.append((start, end))
            continue
        half = len(starts) // 2
        halves = [(start, start + int(ends[half - 1])), (start + int(starts[half]), end)]
        found += _bounded(text, halves, size, units)
    return found


def _sentence_starts(text: str) -> list[int]:
    """Where sentences begin, except the first.

    As in Unicode's rules (UAX 29), a full stop before a small letter ends none, nor does one after an
    initial.
    """
    starts = []
    for match in _SENTENCE_END.finditer(text):
        if match["stop"] and (
            match["next"].islower()
            or (match["stop"] == "." and _INITIAL.search(text, max(0, match.start() - 2), match.start()))
        ):
            continue
        following = _WORD.search(text, match.end())
        if following:
            starts.append(following.start())
    return starts


def _spans(matches: Iterator[re.Match[str]]) -> NDArray[np.int64]:
    return np.array([match.span() for match in matches], dtype=np.int64).reshape(-1, 2)
