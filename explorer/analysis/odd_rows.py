"""Odd rows: those that no other row is like, with what is unusual about each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.cluster_words import words_of
from explorer.analysis.languages import languages_of
from explorer.analysis.name_words import can_name
from explorer.analysis.space import Space
from explorer.analysis.text_profile import TextProfile
from explorer.jobs.progress import OnProgress, counting

MOST_ROWS = 20_000
"""Up to this many rows, all are checked: that takes about a second."""

_DESCRIBED = 5
_SAMPLE = 2_000  # rows that are checked of more
_TUKEY = 1.5
_SHORT, _LONG = 1 / 3, 3.0  # of the median length
_MAIN = 0.8  # share of the texts in a language from which others are exceptions
_OWN_WORDS = 3

ReasonKind = Literal["no vector", "no letters", "short", "long", "language", "own words"]


@dataclass(frozen=True)
class Reason:
    """What is unusual about a row.

    Attributes:
        kind: `no vector`, if the encoder knows nothing in it and its vector is zero; `no letters`; `short`
            or `long`, below a third or above three times the median length; `language`, another one than at
            least 80 % of the texts; `own words`, words that say something and that no other row has.
        length: The length, for `short` and `long`, in the unit of the profile; 0 otherwise.
        words: The words, for `own words`.
        code: The ISO 639 code, for `language`.
    """

    kind: ReasonKind
    length: int = 0
    words: tuple[str, ...] = ()
    code: str = ""


@dataclass(frozen=True)
class FarRow:
    """A row, its nearest other row, and what is unusual about its text.

    Attributes:
        row: Its number, from 0.
        similarity: Its cosine with its nearest other row.
        nearest: That row.
        reasons: What is unusual about its text; empty if only its meaning is.
    """

    row: int
    similarity: float
    nearest: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, eq=False)
class Isolation:
    """How close rows are to their nearest other row.

    Attributes:
        rows: The rows that were checked, all or a random sample, ascending, int64, shape (n,).
        similarities: The cosine of each with its nearest other row, float32, shape (n,).
        fence: Rows below this similarity are odd: Tukey's lower fence, the first quartile − 1.5 times the
            distance between the quartiles (Tukey, Exploratory Data Analysis, 1977). NaN for fewer than two
            rows.
        farthest: The five rows with the lowest similarity, or all of fewer, lowest first; ties in row order.
            The odd ones come first.
    """

    rows: NDArray[np.int64]
    similarities: NDArray[np.float32]
    fence: float
    farthest: tuple[FarRow, ...]

    @property
    def odd(self) -> NDArray[np.int64]:
        """The checked rows that are odd, ascending; int64, shape (odd rows,)."""
        below: NDArray[np.int64] = self.rows[self.similarities < self.fence]
        return below

    @property
    def odd_count(self) -> int:
        """How many of the checked rows are odd."""
        return len(self.odd)

    def close(self, threshold: float) -> int:
        """How many of the checked rows have another row at or above a cosine, compared as float32."""
        return int(np.count_nonzero(self.similarities >= np.float32(threshold)))


def isolation(
    space: Space,
    profile: TextProfile | None,
    *,
    most_rows: int = MOST_ROWS,
    sample: int = _SAMPLE,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Isolation:
    """Find how close rows are to their nearest other row by cosine, and describe the farthest.

    A row between two clusters is not odd: its nearest rows are as close as those of any other.

    Args:
        space: The rows.
        profile: What their texts are like; None for images, of which only a missing vector is told.
        most_rows: Up to this many rows, all are checked.
        sample: How many are checked of more; each is compared with all rows.
        seed: The same seed draws the same rows.
        on_progress: Called with the number of rows compared. An exception it raises stops the work.
    """
    total = len(space)
    rows = np.arange(total)
    if total < 2:
        return Isolation(rows[:0], np.zeros(0, np.float32), float("nan"), ())
    report = counting(on_progress, "Looking for the nearest row of each", "rows")
    if total > most_rows:
        rows = np.sort(np.random.default_rng(seed).choice(rows, min(sample, total), replace=False))
        found = space.index.search(space.index.take(rows), 2, "cosine", on_progress=report)
        # A row is its own nearest, unless another is equal to it.
        other = np.where(found.indices[:, 0] == rows, 1, 0)[:, None]
        nearest = np.take_along_axis(found.indices, other, axis=1)[:, 0]
        similarities = np.take_along_axis(found.scores, other, axis=1)[:, 0]
    else:
        near = space.index.neighbors(1, "cosine", on_progress=report)
        nearest, similarities = near.indices[:, 0], near.similarities[:, 0]
    low, high = np.quantile(similarities, (0.25, 0.75))
    fence = float(low - _TUKEY * (high - low))
    lowest = np.argsort(similarities, kind="stable")[:_DESCRIBED]
    reasons = _reasons(space, rows[lowest], profile)
    farthest = tuple(
        FarRow(int(rows[place]), float(similarities[place]), int(nearest[place]), why)
        for place, why in zip(lowest, reasons, strict=True)
    )
    return Isolation(rows, similarities, fence, farthest)


def _reasons(space: Space, rows: NDArray[np.int64], profile: TextProfile | None) -> list[tuple[Reason, ...]]:
    """What is unusual about each of some rows, in their order."""
    has_vector = np.any(space.index.take(rows), axis=1)
    if profile is None:
        return [() if known else (Reason("no vector"),) for known in has_vector.tolist()]
    texts = space.corpus.texts
    words = [list(dict.fromkeys(words_of(texts[row]))) for row in rows]
    elsewhere = _rows_with({word for own in words for word in own}, texts)
    main = profile.languages[0] if profile.languages and profile.languages[0].share >= _MAIN else None
    codes = _codes(rows, texts) if main is not None else [""] * len(rows)
    told = []
    for row, own, code, known in zip(rows.tolist(), words, codes, has_vector.tolist(), strict=True):
        length, found = int(profile.lengths[row]), []
        if not known:
            found.append(Reason("no vector"))
        if not any(map(str.isalpha, texts[row])):
            found.append(Reason("no letters"))
        if length < profile.median * _SHORT:
            found.append(Reason("short", length=length))
        if length > profile.median * _LONG:
            found.append(Reason("long", length=length))
        if main is not None and code not in ("", main.code):
            found.append(Reason("language", code=code))
        rare = tuple(word for word in own if elsewhere[word] == 1 and can_name(word))[:_OWN_WORDS]
        if rare and len(texts) > 1:
            found.append(Reason("own words", words=rare))
        told.append(tuple(found))
    return told


def _codes(rows: NDArray[np.int64], texts: Sequence[str]) -> list[str]:
    return languages_of([texts[row] for row in rows.tolist()])


def _rows_with(words: Set[str], texts: Sequence[str]) -> Counter[str]:
    """In how many texts each of some words occurs."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(words & set(words_of(text)))
    return counts
