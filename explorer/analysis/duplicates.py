"""Duplicate rows: exact repeats, near-duplicates, and one row to keep of each group."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress, counting
from explorer.tensor import Pairs


@dataclass(frozen=True, eq=False)
class DuplicateGroup:
    """Rows connected by exact repeats and near pairs.

    Attributes:
        rows: Its rows, ascending, int64, shape (size,) with two rows or more.
        texts: Number of different texts; 1 if all are exact repeats.
        score: The cosine of its two closest rows; 1 if a text is repeated.
    """

    rows: NDArray[np.int64]
    texts: int
    score: float

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def kept(self) -> int:
        """The row to keep: the first."""
        return int(self.rows[0])


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
        return int(np.count_nonzero(self.first != np.arange(len(self.first))))


def find_duplicates(
    space: Space,
    threshold: float,
    *,
    limit: int = 1_000_000,
    on_progress: OnProgress | None = None,
) -> Duplicates:
    """Find the rows with the same text, and all pairs of different texts that are close.

    Scores and threshold are compared as float32, so that a pair counts if its displayed score is at or above
    the threshold, and different texts with equal vectors are found at 1.

    Args:
        space: The rows.
        threshold: The lowest score of a near pair.
        limit: The most near pairs.
        on_progress: Called with the number of compared pairs. An exception it raises stops the work.

    Raises:
        QueryError: There are more than `limit` near pairs, or the threshold is NaN.
    """
    first = _first_rows(space.corpus.item_keys)
    distinct = first == np.arange(len(first))
    shown = np.float32(threshold)
    if np.isnan(shown):
        raise QueryError("The threshold is not a number.")
    found = space.index.pairs_above(
        float(np.nextafter(shown, np.float32(-np.inf))),  # includes everything that rounds to the threshold
        rows=distinct,
        limit=limit,
        on_progress=counting(on_progress, "Comparing texts", "pairs"),
    )
    near = found.scores >= shown
    pairs = Pairs(found.left[near], found.right[near], found.scores[near])
    groups = _groups(first, pairs)
    keep = np.ones(len(first), dtype=np.bool_)
    for group in groups:
        keep[group.rows[1:]] = False
    return Duplicates(float(threshold), first, pairs, groups, keep)


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
        DuplicateGroup(members[place], int(texts[place]), float(scores[place]))
        for place in order
        if sizes[place] > 1
    )
