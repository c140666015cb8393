"""Clusters of resamples of the rows, and how they agree with others."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.specs import Distance
from explorer.tensor import VectorIndex
from explorer.tensor.kmeans_rows import distinct_rows

MOST_ROWS = 5_000  # of a resample


def resampled(
    index: VectorIndex, labels: NDArray[np.int64], k: int, metric: Distance, runs: int, seed: int
) -> Iterator[NDArray[np.int64]]:
    """Cluster bootstrap samples of at most 5,000 rows by k-means.

    Args:
        index: The rows.
        labels: Their clusters, from 0 to k − 1, shape (rows,).
        k: Number of clusters; fewer in a resample with fewer distinct rows.
        metric: `cosine` or `euclidean`.
        runs: Number of resamples.
        seed: The seed of resamples and starts.

    Yields:
        How many of the rows that were drawn, each counted once, are in each cluster and in each cluster of
        the resample: int64, shape (k, clusters).
    """
    for run in range(runs):
        rng = np.random.default_rng([seed, run])
        drawn = np.sort(rng.integers(len(index), size=min(MOST_ROWS, len(index))))
        sample = index.subset(drawn)
        clusters = len(distinct_rows(sample.take(slice(None)), k))
        again = sample.kmeans(clusters, metric=metric, seed=seed + run).labels
        _, once = np.unique(drawn, return_index=True)
        yield shared_rows(labels[drawn[once]], again[once], k)


def adjusted_rand(table: NDArray[np.int64]) -> float:
    """The adjusted Rand index of two clusterings, from how many rows each pair of clusters shares."""

    def pairs(counts: NDArray[np.int64]) -> float:
        return float((counts * (counts - 1) // 2).sum())

    shared, one, other = pairs(table), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    rows = table.sum()
    chance = one * other / max(1.0, float(rows * (rows - 1) // 2))
    most = (one + other) / 2
    return 1.0 if most == chance else (shared - chance) / (most - chance)


def shared_rows(one: NDArray[np.int64], other: NDArray[np.int64], k: int = 0) -> NDArray[np.int64]:
    """How many rows two clusterings share, cluster by cluster.

    Args:
        one: The cluster of each row, from 0, shape (rows,).
        other: The same in the other clustering.
        k: The least number of clusters of the first.

    Returns:
        Counts, int64, shape (clusters, clusters of the other).
    """
    high, wide = max(k, int(one.max()) + 1), int(other.max()) + 1
    return np.bincount(one * wide + other, minlength=high * wide).reshape(high, wide)
