"""New vectors, such as queries, on a map: their places, and how similar each row is to them."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.analysis.distances import distances_to_rows, from_scores
from explorer.analysis.projection import Projection
from explorer.analysis.specs import MapMetric
from explorer.analysis.umap_learn import transform
from explorer.errors import QueryError, VectorError
from explorer.jobs.progress import OnProgress, ignore_progress
from explorer.tensor import VectorIndex, pairwise
from explorer.tensor.matrices import as_matrix, blocks

_BLOCK = 1 << 22  # numbers in float64 at a time: 32 MB
_PLACED_BY = 15  # nearest rows by which a new vector is placed


def place(
    index: VectorIndex,
    projection: Projection,
    vectors: ArrayLike,
    *,
    k: int = _PLACED_BY,
    on_progress: OnProgress | None = None,
) -> NDArray[np.float32]:
    """Place new vectors on a map, among their nearest rows.

    On a map by umap-learn they are placed by its `transform`, with as many neighbours as the map was made
    with; densMAP has no `transform`. On any other map the coordinates are the mean of those of the k nearest
    rows, weighted by 1 / d², with d the distance of the vectors (Shepard 1968); for vectors of length 1, d²
    is 2 (1 − cosine). So a vector that equals a row lands on that row's point; on the first one if the row
    is repeated.

    Args:
        index: The rows of the map.
        projection: The map.
        vectors: Shape (new, dims of the space) or (dims of the space,).
        k: Number of nearest rows.
        on_progress: Called while umap-learn works, which can take seconds. An exception it raises stops it.

    Returns:
        float32, shape (new, dims of the map).

    Raises:
        VectorError: They are not vectors, or have other dimensions than the space.
        QueryError: k is below 1.
        ComputeError: umap-learn failed.
    """
    if projection.has_transform and projection.neighbors is not None and projection.min_distance is not None:
        indices, distances = _nearest(index, vectors, projection.neighbors, projection.metric)
        return transform(
            projection.coordinates,
            indices,
            distances,
            projection.min_distance,
            on_progress or ignore_progress,
        )
    indices, distances = _nearest(index, vectors, k, projection.metric)
    squares = distances if projection.metric in ("cosine", "correlation") else distances**2
    weights = np.divide(squares[:, :1], squares, out=np.zeros_like(squares), where=squares > 0)
    weights[:, 0] = 1  # the nearest row; at distance 0 it alone counts
    weights /= weights.sum(axis=1, keepdims=True)
    points = projection.coordinates[indices].astype(np.float64)
    placed: NDArray[np.float32] = np.einsum("nk,nkd->nd", weights, points).astype(np.float32)
    return placed


def cosines_to_rows(index: VectorIndex, vectors: ArrayLike) -> NDArray[np.float32]:
    """The cosine of new vectors with every row.

    Args:
        index: The rows.
        vectors: Shape (new, dims of the space) or (dims of the space,).

    Returns:
        float32, shape (new, rows).

    Raises:
        VectorError: They are not vectors, or have other dimensions than the space.
    """
    parts = blocks(len(index), index.dims, _BLOCK)
    return np.hstack([pairwise(vectors, index.take(slice(start, stop))) for start, stop in parts])


def _nearest(
    index: VectorIndex, vectors: ArrayLike, k: int, metric: MapMetric
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The k nearest rows of new vectors and the distances to them, ascending, shape (new, k)."""
    if metric == "cosine" or metric == "euclidean":
        found = index.search(vectors, k, metric)
        return found.indices, from_scores(found.scores, metric)
    if k < 1:
        raise QueryError(f"{k} rows to place by were asked for.", fix="Ask for 1 or more.")
    new = as_matrix(vectors, what="query vectors")
    if new.shape[1] != index.dims:
        raise VectorError(f"The query vectors have {new.shape[1]} dimensions, the rows have {index.dims}.")
    distances = distances_to_rows(new, index.take(slice(None)), metric)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return nearest, np.take_along_axis(distances, nearest, axis=1)
