"""How much ranked lists have in common: their overlap, the Jaccard index and rank-biased overlap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def overlap(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
    """The share of each list that the other one has too: entries in both, divided by k.

    Args:
        first: Lists without repeated entries, shape (lists, k).
        second: Likewise, with the same k.

    Returns:
        float64, shape (lists,); 1 for two empty lists.
    """
    depth = first.shape[1]
    return _in_both(first, second) / depth if depth else np.ones(len(first))


def jaccard(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
    """The Jaccard index of each pair of lists: entries in both, divided by those in either.

    Args:
        first: Lists without repeated entries, shape (lists, k).
        second: Likewise.

    Returns:
        float64, shape (lists,); 1 for two empty lists.
    """
    both = _in_both(first, second)
    either = first.shape[1] + second.shape[1] - both
    return np.where(either == 0, 1.0, both / np.maximum(either, 1))


def rank_biased_overlap(first: NDArray[np.int64], second: NDArray[np.int64], p: float) -> NDArray[np.float64]:
    """The extrapolated rank-biased overlap RBO_EXT of each pair of lists, 0 to 1.

    With X_d the number of entries in both lists down to depth d, it is

        (1 − p) Σ_d p^(d − 1) X_d / d + p^k X_k / k,  d from 1 to k

    (Webber, Moffat and Zobel, A similarity measure for indefinite rankings, ACM TOIS 2010, equation 30, for
    lists of the same length). The truncated sum alone stays below 1 even for equal lists.

    Args:
        first: Lists without repeated entries, best first, shape (lists, k).
        second: Likewise, with the same k.
        p: Persistence, between 0 and 1: the expected depth of a reader is 1 / (1 − p).

    Returns:
        float64, shape (lists,); 1 for two empty lists.
    """
    count, depth = first.shape
    if depth == 0:
        return np.ones(count)
    ranks = np.arange(1, depth + 1)
    weights = (1 - p) * p ** (ranks - 1.0)
    weights[-1] += p**depth  # everything deeper is taken to agree as much as the whole lists
    # An entry that both lists have by depth m counts 1 / d at every depth from m on.
    worth = np.cumsum((weights / ranks)[::-1])[::-1]
    # The same sum for equal lists, so that these have exactly 1.
    overlap: NDArray[np.float64] = (_new_in_both(first, second) * worth).sum(axis=1) / worth.sum()
    return overlap


def _in_both(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many entries both lists have, shape (lists,)."""
    entries = np.sort(np.concatenate([first, second], axis=1), axis=1)
    common: NDArray[np.int64] = (entries[:, 1:] == entries[:, :-1]).sum(axis=1)
    return common


def _new_in_both(first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many entries become common to both lists at each rank, shape (lists, k)."""
    # Sorted together, the two places of a common entry are neighbours; every entry beside every other would
    # take memory that grows with the square of k.
    both = np.concatenate([first, second], axis=1)
    order = np.argsort(both, axis=1, kind="stable")
    entries = np.take_along_axis(both, order, axis=1)
    line, at = (entries[:, 1:] == entries[:, :-1]).nonzero()
    count, depth = first.shape
    rank = np.maximum(order[line, at], order[line, at + 1] - depth)
    return np.bincount(line * depth + rank, minlength=count * depth).reshape(count, depth)
