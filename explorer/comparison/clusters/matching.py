"""Clusters of the same rows, numbered so that those with the most rows in common have the same number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.clusters import NOISE
from explorer.errors import QueryError

if TYPE_CHECKING:
    import pandas as pd

Labels = NDArray[np.int64]


def overlap(first: Labels, second: Labels) -> NDArray[np.int64]:
    """How many rows each cluster of one clustering shares with each of another; noise is left out.

    Args:
        first: The cluster of each row, from 0, −1 for noise, shape (rows,).
        second: Likewise.

    Returns:
        int64, shape (clusters of the first, clusters of the second).

    Raises:
        QueryError: They are not of the same rows.
    """
    if first.shape != second.shape:
        raise QueryError(f"Clusters of {len(first)} and of {len(second)} rows cannot be compared.")
    height, width = (int(labels.max(initial=NOISE)) + 1 for labels in (first, second))
    both = (first != NOISE) & (second != NOISE)
    counts = np.bincount(first[both] * width + second[both], minlength=height * width)
    return counts.reshape(height, width)


def match(clusterings: Sequence[Labels]) -> list[Labels]:
    """Number the clusters of all clusterings as those of the first that they share most rows with.

    Each cluster gets at most one partner, such that partners share as many rows as possible in total: the
    assignment problem on `overlap` (Kuhn, The Hungarian method for the assignment problem, 1955), by
    `scipy.optimize.linear_sum_assignment`.

    Args:
        clusterings: The cluster of each row, from 0, −1 for noise, shape (rows,) each; one or more.

    Returns:
        The same clusters with other numbers; the first as it was, and noise −1. A cluster without a partner
        that shares a row with it gets a number that no other clustering has, larger clusters first.

    Raises:
        QueryError: They are not of the same rows.
    """
    from scipy.optimize import linear_sum_assignment

    first = clusterings[0]
    free = int(first.max(initial=NOISE)) + 1
    found = [first]
    for labels in clusterings[1:]:
        shared = overlap(first, labels)
        sizes = np.bincount(labels[labels != NOISE], minlength=shared.shape[1])
        number = np.full(shared.shape[1] + 1, NOISE, np.int64)  # its last entry is that of noise
        for partner, own in zip(*linear_sum_assignment(shared, maximize=True), strict=True):
            if shared[partner, own]:
                number[own] = partner
        alone = np.flatnonzero((number[:-1] == NOISE) & (sizes > 0))
        alone = alone[np.argsort(-sizes[alone], kind="stable")]
        number[alone] = free + np.arange(len(alone))
        free += len(alone)
        found.append(number[labels])
    return found


def flows(first: Labels, second: Labels) -> pd.DataFrame:
    """The rows that go from each cluster of one clustering to each of another.

    Args:
        first: The cluster of each row, from 0, −1 for noise, shape (rows,).
        second: Likewise.

    Returns:
        A line for each pair of clusters with a row in common, most rows first: `first` and `second`, the
        clusters; `rows`; `share_of_first` and `share_of_second`, the rows as a share of each cluster.

    Raises:
        QueryError: They are not of the same rows.
    """
    import pandas as pd

    counts = overlap(first - NOISE, second - NOISE)  # with noise as the first cluster
    source, target = np.nonzero(counts)
    rows = counts[source, target]
    table = pd.DataFrame(
        {
            "first": source + NOISE,
            "second": target + NOISE,
            "rows": rows,
            "share_of_first": rows / counts.sum(axis=1)[source],
            "share_of_second": rows / counts.sum(axis=0)[target],
        }
    )
    return table.sort_values("rows", ascending=False, kind="stable", ignore_index=True)
