"""Neighbours of sampled rows: lists of all contenders, and lists from which some rows are left out."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.contenders.contender import Contender
from explorer.jobs.progress import OnProgress

_MORE = 4  # times as many neighbours are asked for where too few were kept


@dataclass(frozen=True, eq=False)
class NeighborLists:
    """The neighbours of the same rows in each of several contenders, among all rows.

    Attributes:
        rows: The rows, int64, shape (rows,).
        indices: Their neighbours, best first, int64, shape (contenders, rows, depth).
        total: Number of rows of the corpus.
    """

    rows: NDArray[np.int64]
    indices: NDArray[np.int64]
    total: int

    def nearest(self, k: int) -> NDArray[np.int64]:
        """The k best of each list, or all of a shorter list: int64, shape (contenders, rows, k)."""
        return self.indices[:, :, :k]

    def of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The lists of some of the rows, in their order: int64, shape (contenders, len(rows), depth)."""
        order = np.argsort(self.rows)
        return self.indices[:, order[np.searchsorted(self.rows, rows, sorter=order)]]


def neighbor_lists(
    contenders: Sequence[Contender],
    rows: NDArray[np.int64],
    depth: int,
    *,
    on_progress: OnProgress | None = None,
) -> NeighborLists:
    """Find the neighbours of some rows in each contender; see `Contender.neighbors`."""
    found = [contender.neighbors(rows, depth, on_progress=on_progress).indices for contender in contenders]
    return NeighborLists(rows, np.stack(found), len(contenders[0].corpus))


def kept_neighbors(
    contender: Contender,
    rows: NDArray[np.int64],
    k: int,
    keep: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.bool_]],
    *,
    known: NDArray[np.int64] | None = None,
    on_progress: OnProgress | None = None,
) -> NDArray[np.int64]:
    """The k best of those rows that may be neighbours, for each of some rows.

    Args:
        contender: What ranks the rows.
        rows: The rows whose neighbours are wanted.
        k: Neighbours per row.
        keep: Takes positions in `rows`, shape (n,), and their neighbours, shape (n, m); returns which may be
            neighbours, shape (n, m).
        known: The nearest rows of each of the rows, if they were found already, int64, shape (len(rows), m).
        on_progress: Passed on. An exception it raises stops the work.

    Returns:
        Row numbers, best first, int64, shape (len(rows), k); −1 where there are no more.
    """
    found = np.full((len(rows), k), -1, np.int64)
    others = len(contender.corpus) - 1
    left = np.arange(len(rows))
    asked = min(others, math.ceil(1.5 * k)) if known is None else known.shape[1]
    while len(left) and asked > 0:
        if known is None:
            near = contender.neighbors(rows[left], asked, on_progress=on_progress).indices
        else:
            near, known = known, None
        kept = keep(left, near)
        order = np.argsort(~kept, axis=1, kind="stable")[:, :k]
        best = np.where(np.take_along_axis(kept, order, 1), np.take_along_axis(near, order, 1), -1)
        found[left, : best.shape[1]] = best
        if asked == others:
            break
        left = left[kept.sum(axis=1) < k]
        asked = min(others, _MORE * asked)
    return found
