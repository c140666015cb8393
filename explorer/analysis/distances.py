"""Distances under the metrics of maps, in float64, computed a few rows at a time."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.specs import Distance, MapMetric
from explorer.tensor.matrices import blocks

_BLOCK = 1 << 22  # numbers in float64 at a time: 32 MB
_SCIPY_NAMES = {"manhattan": "cityblock", "chebyshev": "chebyshev", "euclidean": "euclidean"}


def distances_to_rows(
    vectors: NDArray[np.float32], rows: NDArray[np.float32], metric: MapMetric
) -> NDArray[np.float64]:
    """Distances from some vectors to all rows.

    Args:
        vectors: Shape (vectors, dims).
        rows: Shape (rows, dims).
        metric: Which distance; `cosine` gives 1 − cosine, `correlation` 1 − Pearson's correlation. A vector
            without a direction has distance 1 from every other.

    Returns:
        Shape (vectors, rows).
    """
    from scipy.spatial.distance import cdist

    left = vectors.astype(np.float64)
    found = np.empty((len(vectors), len(rows)))
    for start, stop in blocks(len(rows), rows.shape[1], _BLOCK):
        right = rows[start:stop].astype(np.float64)
        if metric in _SCIPY_NAMES:
            found[:, start:stop] = cdist(left, right, _SCIPY_NAMES[metric])
        else:
            found[:, start:stop] = 1 - _directions(left, metric) @ _directions(right, metric).T
    return found


def from_scores(scores: NDArray[np.float32], metric: Distance) -> NDArray[np.float64]:
    """Distances from the scores of the tensor core, shape as `scores`."""
    wide = scores.astype(np.float64)
    return np.maximum(0, 1 - wide if metric == "cosine" else -wide)


def _directions(vectors: NDArray[np.float64], metric: MapMetric) -> NDArray[np.float64]:
    if metric == "correlation":
        vectors = vectors - vectors.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    directions: NDArray[np.float64] = vectors / np.where(lengths == 0, 1, lengths)
    return directions
