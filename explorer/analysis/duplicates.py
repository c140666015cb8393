"""Duplicate rows: exact repeats, near-duplicates, and one row to keep of each group."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress, counting
from explorer.tensor import Pairs

MOST_PAIRS = 1_000_000
"""The most near pairs that are looked at."""
_SAMPLE = 2_000  # texts whose pairs tell where to look: 2 million pairs, 16 MB
_WANTED = 100_000  # pairs to look at: enough to see how they thin out, and 2 MB


@dataclass(frozen=True, eq=False)
class DuplicateGroup:
    """Rows connected by exact repeats and near pairs.

    Attributes:
        rows: Its rows, ascending, int64, shape (size,) with two rows or more.
        texts: Number of different texts; 1 if all are exact repeats.
        score: The cosine of its two closest rows; 1 if a text is repeated.
        kept: The row to keep: the first, unless a person prefers another.
    """

    rows: NDArray[np.int64]
    texts: int
    score: float
    kept: int

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def keeps_first(self) -> bool:
        """Whether the row to keep is its first."""
        return self.kept == int(self.rows[0])


@dataclass(frozen=True, eq=False)
class Duplicates:
    """The repeated and nearly repeated rows of a corpus.

    Attributes:
        threshold: The lowest score of a near pair.
        first: For each row the first row with the same text, int64, shape (rows,).
        pairs: The near pairs of different texts, closest first; each text is represented by its first row.
        groups: Rows connected by repeats and near pairs, directly or through others; the largest first, ties
            by closest score, then by lowest row.
        keep: Whether a row remains when one row of each group is kept, bool, shape (rows,).
    """

    threshold: float
    first: NDArray[np.int64]
    pairs: Pairs
    groups: tuple[DuplicateGroup, ...]
    keep: NDArray[np.bool_]

    @property
    def repeated(self) -> int:
        """Number of rows whose text occurs in an earlier row."""
        return _repeated(self.first)

    def keeping(self, preferred: Iterable[int]) -> Duplicates:
        """The same duplicates, with preferred rows kept instead of the first.

        Args:
            preferred: Rows a person prefers, from 0, the latest last. Of several in one group the latest is
                kept; rows outside all groups, and numbers of no row, change nothing.
        """
        group_of = np.full(len(self.first), -1, dtype=np.int64)
        for place, group in enumerate(self.groups):
            group_of[group.rows] = place
        kept = {
            int(group_of[row]): row for row in preferred if 0 <= row < len(group_of) and group_of[row] >= 0
        }
        groups = list(self.groups)
        keep = self.keep.copy()
        for place, row in kept.items():
            keep[groups[place].rows] = False
            keep[row] = True
            groups[place] = replace(groups[place], kept=row)
        return replace(self, groups=tuple(groups), keep=keep)


@dataclass(frozen=True, eq=False)
class ClosePairs:
    """All pairs of different texts from a score up, which include the near pairs of every higher threshold.

    Attributes:
        floor: The lowest score from which all pairs are known.
        first: For each row the first row with the same text, int64, shape (rows,).
        pairs: The pairs, closest first; each text is represented by its first row.
        cut: Whether there are more pairs at or above the score that was asked for.
    """

    floor: float
    first: NDArray[np.int64]
    pairs: Pairs
    cut: bool = False

    @property
    def texts(self) -> int:
        """Number of different texts."""
        return len(self.first) - _repeated(self.first)

    def above(self, threshold: float) -> int:
        """Number of pairs at or above a threshold, which is the floor or higher."""
        scores = self.pairs.scores
        return int(len(scores) - np.searchsorted(scores[::-1], np.float32(threshold), side="left"))

    def reached(self, threshold: float) -> float:
        """A threshold or, if not all of its pairs are known, a round one just above the lowest that has them.

        In hundredths, or in smaller steps where a hundredth would leave out half of the pairs.
        """
        if np.float32(threshold) >= np.float32(self.floor):
            return threshold
        for step in (100, 1_000, 10_000, 100_000):
            rounded = math.ceil(step * self.floor) / step
            if 2 * self.above(rounded) > len(self.pairs):
                return rounded
        return self.floor

    def duplicates(self, threshold: float) -> Duplicates:
        """The duplicates at a threshold.

        Raises:
            QueryError: The threshold is below the floor, or NaN.
        """
        if not np.float32(threshold) >= np.float32(self.floor):
            raise QueryError(
                f"Not all pairs below {self.floor:.4g} are known.", fix="Choose a higher threshold."
            )
        near = slice(0, self.above(threshold))
        pairs = Pairs(self.pairs.left[near], self.pairs.right[near], self.pairs.scores[near], threshold)
        groups = _groups(self.first, pairs)
        keep = np.ones(len(self.first), dtype=np.bool_)
        for group in groups:
            keep[group.rows[1:]] = False
        return Duplicates(float(threshold), self.first, pairs, groups, keep)


def find_duplicates(
    space: Space,
    threshold: float,
    *,
    limit: int = MOST_PAIRS,
    on_progress: OnProgress | None = None,
) -> Duplicates:
    """Find the rows with the same text, and all pairs of different texts that are close.

    Args:
        space: The rows.
        threshold: The lowest score of a near pair.
        limit: The most near pairs.
        on_progress: Called with the number of compared pairs. An exception it raises stops the work.

    Raises:
        QueryError: There are more than `limit` near pairs, or the threshold is NaN.
    """
    return find_close_pairs(space, threshold, limit=limit, on_progress=on_progress).duplicates(threshold)


def find_close_pairs(
    space: Space,
    floor: float,
    *,
    limit: int = MOST_PAIRS,
    closest: bool = False,
    on_progress: OnProgress | None = None,
) -> ClosePairs:
    """Find all pairs of different texts from a score up.

    Scores and floor are compared as float32, so that a pair counts if its displayed score is at or above the
    floor, and different texts with equal vectors are found at 1.

    Args:
        space: The rows.
        floor: The lowest score.
        limit: The most pairs.
        closest: With more pairs than that, whether to find those from the lowest score up that no more reach,
            in place of an error.
        on_progress: Called with the number of compared pairs. An exception it raises stops the work.

    Raises:
        QueryError: There are more than `limit` pairs (of the closest: with the same score), or the floor is
            NaN.
    """
    first = _first_rows(space.corpus.item_keys)
    shown = np.float32(floor)
    if np.isnan(shown):
        raise QueryError("The threshold is not a number.")
    below = float(np.nextafter(shown, np.float32(-np.inf)))  # includes everything that rounds to the floor
    found = space.index.pairs_above(
        below,
        rows=first == np.arange(len(first)),
        limit=limit,
        closest=closest,
        on_progress=counting(on_progress, "Comparing texts", "pairs"),
    )
    cut = found.threshold > below
    if cut:
        shown = np.nextafter(np.float32(found.threshold), np.float32(np.inf))
        floor = float(shown)
    near = found.scores >= shown
    if cut and not near.any():
        raise QueryError(
            f"More than {limit:,} pairs have the same score, {floor:.4g}: "
            "their vectors do not tell them apart.",
            fix="Choose another encoder, or fewer rows.",
        )
    pairs = Pairs(found.left[near], found.right[near], found.scores[near], floor)
    return ClosePairs(float(floor), first, pairs, cut)


def usual_floor(space: Space, *, pairs: int = _WANTED, sample: int = _SAMPLE, seed: int = 0) -> float:
    """A score that about this many pairs of different texts reach, estimated from the pairs of some texts.

    Args:
        space: The rows.
        pairs: How many pairs.
        sample: Number of texts to draw; all if there are no more.
        seed: The same seed draws the same texts.

    Returns:
        The score; -1 if there are no more pairs.
    """
    first = _first_rows(space.corpus.item_keys)
    rows = np.flatnonzero(first == np.arange(len(first)))
    total = len(rows) * (len(rows) - 1) // 2
    if total <= pairs:
        return -1.0
    if len(rows) > sample:
        rows = np.sort(np.random.default_rng(seed).choice(rows, sample, replace=False))
    scores = space.similarity(rows)[np.triu_indices(len(rows), 1)]
    above = max(1, round(len(scores) * pairs / total))
    return float(np.partition(scores, len(scores) - above)[len(scores) - above])


def _repeated(first: NDArray[np.int64]) -> int:
    return int(np.count_nonzero(first != np.arange(len(first))))


def _first_rows(keys: list[bytes]) -> NDArray[np.int64]:
    """For each row the first one with the same key."""
    seen: dict[bytes, int] = {}
    return np.fromiter((seen.setdefault(key, row) for row, key in enumerate(keys)), np.int64, len(keys))


def _groups(first: NDArray[np.int64], pairs: Pairs) -> tuple[DuplicateGroup, ...]:
    """The connected components of at least two rows."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows = np.arange(len(first))
    edges = np.concatenate([rows, pairs.left]), np.concatenate([first, pairs.right])
    graph = coo_array((np.ones(len(edges[0]), np.int8), edges), shape=(len(rows), len(rows)))
    count, component = connected_components(graph, directed=False)
    sizes = np.bincount(component, minlength=count)
    texts = np.bincount(component[first == rows], minlength=count)
    scores = np.where(texts < sizes, np.float32(1), np.float32(-np.inf))
    np.maximum.at(scores, component[pairs.left], pairs.scores)
    members = np.split(np.argsort(component, kind="stable"), np.cumsum(sizes)[:-1])
    lowest = np.array([group[0] for group in members], np.int64)
    order = np.lexsort((lowest, -scores, -sizes))
    return tuple(
        DuplicateGroup(members[place], int(texts[place]), float(scores[place]), int(members[place][0]))
        for place in order
        if sizes[place] > 1
    )
