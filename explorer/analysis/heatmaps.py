"""Similarity overviews: heatmaps of rows, means of groups, and the distribution of scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.analysis.leaf_order import leaf_order
from explorer.analysis.space import Space
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress, counting
from explorer.tensor import VectorIndex
from explorer.tensor.matrices import blocks, row_norms

Order = Literal["as given", "label", "similarity"]
ORDERS: tuple[Order, ...] = get_args(Order)
MAX_SIDE = 2_000
"""The most rows on a side of a heatmap, and the most groups: 4 million scores are 16 MB."""


@dataclass(frozen=True, eq=False)
class Heatmap:
    """The cosines of every row of one set with every row of another.

    Attributes:
        rows: Row numbers from top to bottom, int64, shape (rows,).
        columns: Row numbers from left to right, int64, shape (columns,).
        scores: float32, shape (rows, columns).
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    scores: NDArray[np.float32]

    def closest_pairs(self, most: int) -> NDArray[np.int64]:
        """Where the closest pairs are: each pair once, and no row with itself.

        Args:
            most: How many at most.

        Returns:
            Places in `scores.ravel()`, closest first, int64, shape (pairs,).
        """
        down, across = self.rows[:, np.newaxis], self.columns[np.newaxis]
        twice = np.isin(down, self.columns) & np.isin(across, self.rows)  # (2, 7) is there, and so is (7, 2)
        places = np.flatnonzero((down < across) | ((down > across) & ~twice))
        scores = self.scores.ravel()[places]
        if len(places) > most:
            near = scores >= np.partition(scores, -most)[-most]
            places, scores = places[near], scores[near]
        return places[np.argsort(-scores, kind="stable")[:most]]


@dataclass(frozen=True, eq=False)
class GroupSimilarity:
    """The mean cosine between groups of rows.

    Attributes:
        groups: The groups in ascending order, shape (groups,).
        sizes: Rows of each, int64, shape (groups,).
        scores: Mean over all pairs of a row of one group and a row of the other; within a group, over all
            pairs of different rows, NaN for a group of one row. float32, shape (groups, groups).
    """

    groups: NDArray[np.generic]
    sizes: NDArray[np.int64]
    scores: NDArray[np.float32]

    def ordered(self) -> GroupSimilarity:
        """The same with like groups side by side, as `order_rows` orders rows by similarity."""
        if len(self.groups) <= 2:
            return self
        distances = 1 - self.scores.astype(np.float64)
        np.fill_diagonal(distances, 0)
        order = leaf_order(distances)
        return GroupSimilarity(self.groups[order], self.sizes[order], self.scores[np.ix_(order, order)])

    def confused(self, limit: int) -> GroupPairs:
        """The pairs of groups that similarity tells apart least, in this order; ties as the groups.

        Groups of one row are left out: how alike their rows are is not known.
        """
        own = np.diag(self.scores)
        usable = np.flatnonzero(np.isfinite(own))
        first, second = (usable[places] for places in np.triu_indices(len(usable), 1))
        within = np.stack([own[first], own[second]], axis=1)
        between = self.scores[first, second]
        gap = (within.mean(axis=1) - between).astype(np.float32)
        order = np.argsort(gap, kind="stable")[:limit]
        return GroupPairs(first[order], second[order], between[order], within[order], gap[order])


@dataclass(frozen=True, eq=False)
class GroupPairs:
    """Pairs of groups, and how far similarity tells them apart.

    Attributes:
        first: Positions in `GroupSimilarity.groups`, int64, shape (pairs,).
        second: Those of the other groups, shape (pairs,).
        between: The mean cosine between the two, float32, shape (pairs,).
        within: The mean cosine within each of the two, float32, shape (pairs, 2).
        gap: The mean of `within` less `between`, float32, shape (pairs,). At 0, rows of the two groups are as
            alike as rows of one.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    between: NDArray[np.float32]
    within: NDArray[np.float32]
    gap: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.gap)


@dataclass(frozen=True, eq=False)
class Distributions:
    """The distribution of cosines in a space, as a guide to choosing a threshold.

    Attributes:
        random: Cosines of random pairs of different rows, ascending, float32, shape (pairs,).
        rows: The rows whose neighbours were found, a random sample or all, ascending, int64, shape (n,).
        nearest: Their cosines with their k nearest other rows, best first, float32, shape (n, k).
    """

    random: NDArray[np.float32]
    rows: NDArray[np.int64]
    nearest: NDArray[np.float32]

    @property
    def chance(self) -> float:
        """The cosine below which 99 % of the random pairs are; NaN if there are none."""
        return float(np.quantile(self.random, 0.99)) if len(self.random) else float("nan")

    def close_rows(self, threshold: float) -> int:
        """How many of `rows` have another row at or above a cosine, compared as in `find_duplicates`."""
        return int(np.count_nonzero((self.nearest >= np.float32(threshold)).any(axis=1)))


def heatmap(
    space: Space, rows: ArrayLike, columns: ArrayLike | None = None, *, order: Order = "as given"
) -> Heatmap:
    """Score two sets of rows with each other, each set in a given order.

    Args:
        space: The space of the rows.
        rows: Row numbers, at most `MAX_SIDE`.
        columns: Row numbers of the second set, at most `MAX_SIDE`; the first set again by default.
        order: As for `order_rows`.

    Raises:
        QueryError: There are too many rows, or as for `order_rows`.
    """
    for side in (rows, columns):
        if side is not None:
            _check_size(len(_numbers(space.index, side)), "rows")
    down = order_rows(space, rows, order)
    across = down if columns is None else order_rows(space, columns, order)
    return Heatmap(down, across, space.similarity(down, across))


def order_rows(space: Space, rows: ArrayLike, order: Order) -> NDArray[np.int64]:
    """Put rows in an order that makes their heatmap readable.

    Args:
        space: The space of the rows.
        rows: Row numbers.
        order: `as given`; by `label`, rows without one last, equal labels as given; or by `similarity`:
            the leaves of an average-linkage tree over cosine distances, its branches rotated so that
            neighbours are as close as the tree allows.

    Returns:
        The same rows, int64, shape (rows,).

    Raises:
        QueryError: There is no such row or order, there are no labels to order by, or more than `MAX_SIDE`
            rows are to be ordered by similarity.
    """
    if order not in ORDERS:
        raise QueryError(f"There is no order {order!r}.", fix=f"Choose one of {', '.join(ORDERS)}.")
    numbers = _numbers(space.index, rows)
    if order == "label":
        labels = space.corpus.labels
        if labels is None:
            raise QueryError("There are no labels to order by.")
        return np.array(sorted(numbers.tolist(), key=lambda row: (not labels[row], labels[row])), np.int64)
    if order == "similarity" and len(numbers) > 2:
        _check_size(len(numbers), "rows")
        return numbers[leaf_order(1 - space.similarity(numbers).astype(np.float64))]
    return numbers


def group_similarity(
    index: VectorIndex, groups: Sequence[str] | Sequence[int] | NDArray[np.generic]
) -> GroupSimilarity:
    """The mean cosine between every two groups of rows.

    The mean of all cosines between two groups is the dot product of the means of their unit vectors, so
    this takes one pass over the rows. Within a group, the pairs of a row with itself are subtracted from the
    sum of all pairs.

    Args:
        index: The rows.
        groups: The name or number of each row's group, shape (rows,); at most `MAX_SIDE` different ones.

    Raises:
        QueryError: The number of groups given differs from the number of rows, or there are too many
            different groups.
    """
    names, group = np.unique(np.asarray(groups), return_inverse=True)
    if len(group) != len(index):
        raise QueryError(f"There are groups for {len(group):,} rows, but {len(index):,} rows.")
    _check_size(len(names), "groups")
    sizes = np.bincount(group, minlength=len(names)).astype(np.int64)
    sums = np.zeros((len(names), index.dims))
    own = np.zeros(len(names))  # each row's cosine with itself: 1, or 0 for a row of zeros
    order = np.argsort(group, kind="stable")
    for start, stop in blocks(len(order), index.dims):
        part = order[start:stop]
        unit = _unit(index.take(part))
        firsts = np.flatnonzero(np.diff(group[part], prepend=-1))
        here = group[part[firsts]]
        sums[here] += np.add.reduceat(unit, firsts)
        own[here] += np.add.reduceat(np.square(unit).sum(axis=1), firsts)
    totals = sums @ sums.T
    pairs = np.outer(sizes, sizes).astype(np.float64)
    totals[np.diag_indices_from(totals)] -= own
    pairs[np.diag_indices_from(pairs)] -= sizes
    scores = np.divide(totals, pairs, out=np.full_like(totals, np.nan), where=pairs > 0)
    return GroupSimilarity(names, sizes, scores.astype(np.float32))


def distributions(
    index: VectorIndex,
    k: int = 1,
    *,
    sample: int = 2_000,
    pairs: int = 20_000,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Distributions:
    """Cosines of random pairs, and of rows with their nearest neighbours among all rows.

    Args:
        index: The rows.
        k: Neighbours per row; fewer if there are fewer other rows.
        sample: Number of rows to find the neighbours of; all rows if there are no more.
        pairs: Number of random pairs; all pairs if there are no more.
        seed: The same seed gives the same sample and pairs.
        on_progress: Called with the number of finished rows. An exception it raises stops the work.

    Raises:
        QueryError: `k`, `sample` or `pairs` is below 1.
    """
    for number, what in ((k, "neighbours"), (sample, "rows")):
        if number < 1:
            raise QueryError(f"{number} {what} were asked for.", fix="Ask for 1 or more.")
    random = index.random_pairs(pairs=pairs, seed=seed)
    rows = np.arange(len(index))
    if len(rows) > sample:
        rows = np.sort(np.random.default_rng(seed).choice(rows, sample, replace=False))
    k = min(k, len(index) - 1)
    report = counting(on_progress, "Looking up neighbours")
    found = index.search(index.take(rows), k + 1, on_progress=report)
    # The row itself is removed by its number; if others tie with it, it may not be among the k + 1.
    others = found.indices != rows[:, None]
    others[:, -1] &= ~others.all(axis=1)
    return Distributions(random, rows, found.scores[others].reshape(len(rows), k))


def _numbers(index: VectorIndex, rows: ArrayLike) -> NDArray[np.int64]:
    """Validated row numbers."""
    numbers = np.asarray(rows)
    if numbers.ndim != 1 or (numbers.size > 0 and numbers.dtype.kind not in "iu"):
        raise QueryError("Rows are given as a list of whole numbers.")
    if numbers.size > 0 and not 0 <= numbers.min() <= numbers.max() < len(index):
        raise QueryError("A row does not exist.", fix=f"Rows go from 0 to {len(index) - 1}.")
    return numbers.astype(np.int64)


def _check_size(count: int, what: str) -> None:
    if count > MAX_SIDE:
        raise QueryError(f"{count:,} {what} are too many for one heatmap; the limit is {MAX_SIDE:,}.")


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    lengths = row_norms(vectors)[:, None]
    return np.divide(vectors, lengths, out=np.zeros(vectors.shape), where=lengths > 0)
