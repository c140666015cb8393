"""The vectors of contenders as measures take them, and their clusters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.clusters import largest_first
from explorer.analysis.space import Space
from explorer.jobs.progress import OnProgress, counting
from explorer.tensor import VectorIndex, normalize


def compared_vectors(space: Space, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """The vectors of some rows as the space compares them: of length 1 if its similarity is the cosine.

    Returns:
        float64, shape (len(rows), dims).
    """
    vectors = space.index.take(rows)
    return (normalize(vectors) if space.similarity_metric == "cosine" else vectors).astype(np.float64)


def unit_vectors(space: Space, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """The vectors of some rows, scaled to length 1; zeros stay zeros: float64, shape (len(rows), dims)."""
    return normalize(space.index.take(rows)).astype(np.float64)


def kmeans_labels(
    index: VectorIndex, k: int, *, seed: int, starts: int = 1, on_progress: OnProgress | None = None
) -> NDArray[np.int64]:
    """The clusters of all rows of an index, by spherical k-means, 0 for the largest: int64, shape (rows,).

    Args:
        index: The rows.
        k: Number of clusters; reduced to the number of distinct directions.
        seed: The same seed gives the same clusters on the same machine.
        starts: Number of starts; the best one is kept.
        on_progress: Called often. An exception it raises stops the work.
    """
    distinct = len(np.unique(normalize(index.take(slice(None))), axis=0))
    told = counting(on_progress, "Clustering", "steps")
    found = index.kmeans(min(k, distinct), metric="cosine", seed=seed, starts=starts, on_progress=told)
    return largest_first(found.labels, len(found.centroids))[0]
