"""Maps: the rows of a space as points in a few dimensions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from explorer.analysis.layout import lay_out
from explorer.analysis.map_cache import find_map, keep_map, map_name
from explorer.analysis.space import Space
from explorer.analysis.specs import Distance, MapMethod, MapSpec
from explorer.jobs.progress import OnProgress, Progress
from explorer.tensor import Neighbors
from explorer.tensor.matrices import as_tensor, blocks, row_norms

_FEWEST = 4  # rows; with fewer, neighbours say nothing that PCA does not show
_PLACED_BY = 15  # rows that a new vector is placed among
_RECALL = 0.95  # share of the neighbours that a map has to be made from
_FLAT = float(np.finfo(np.float32).eps) ** 2  # a variance this small beside the squares is float32's rounding
_BLOCK = 1 << 22  # numbers in float64 at a time: 32 MB


@dataclass(frozen=True, eq=False)
class Projection:
    """The rows of a space as points of a map.

    Attributes:
        coordinates: A point for each row, float32, shape (rows, dims), read-only.
        method: What made it.
        dims: Dimensions of the map.
        metric: The distance it shows: `cosine` or `euclidean`.
        explained: PCA: the share of the whole variance along each dimension; empty for UMAP.
        seed: UMAP: the seed; None for PCA.
        neighbors: UMAP: how many nearest rows were used, the row itself among them; None for PCA.
        min_distance: UMAP: how close points may come; None for PCA.
        recall: UMAP: the share of the nearest rows that was found and used, see `explorer.tensor.Neighbors`;
            None for PCA.
        fallback: Why PCA stands in for the UMAP that was asked for: too `few` rows, or all rows `equal`.
    """

    coordinates: NDArray[np.float32]
    method: MapMethod
    dims: int
    metric: Distance
    explained: tuple[float, ...] = ()
    seed: int | None = None
    neighbors: int | None = None
    min_distance: float | None = None
    recall: float | None = None
    fallback: Literal["few", "equal"] | None = None

    def __post_init__(self) -> None:
        self.coordinates.flags.writeable = False  # visitors share it

    def __len__(self) -> int:
        return len(self.coordinates)


def project(space: Space, spec: MapSpec, *, on_progress: OnProgress | None = None) -> Projection:
    """Make the map that a spec describes.

    Args:
        space: The rows.
        spec: How the map is made.
        on_progress: Called between and within the steps. What it raises stops the work.
    """
    if spec.method == "pca":
        return pca(space, spec.dims, metric=spec.metric)
    return umap(space, spec, on_progress=on_progress)


def pca(space: Space, dims: int = 2, *, metric: Distance = "cosine") -> Projection:
    """Project onto the directions of largest variance (Pearson 1901).

    The covariance is summed in float64, block by block, and its eigenvectors are exact: no seed is needed.
    Each is turned so that its largest entry is positive. Dimensions in which the rows do not differ, which
    includes those beyond the rank of the vectors, are zero.

    Args:
        space: The rows.
        dims: Dimensions of the map.
        metric: `cosine` scales the rows to length 1 first, so that only directions count; `euclidean` takes
            them as they are.

    Returns:
        The map; its centre is the mean of the rows.

    Raises:
        QueryError: `dims` is below 1, or `metric` is neither of the two.
    """
    MapSpec("pca", dims, metric)  # refuses what is out of range
    matrix = as_tensor(space.vectors)
    lengths = torch.from_numpy(row_norms(space.vectors))[:, None]
    parts = list(blocks(len(matrix), space.dims, _BLOCK))

    def part(start: int, stop: int) -> torch.Tensor:
        rows = matrix[start:stop].double()
        length = lengths[start:stop]
        return rows / torch.where(length == 0, 1, length) if metric == "cosine" else rows

    mean = torch.stack([part(*rows).sum(dim=0) for rows in parts]).sum(dim=0) / len(matrix)
    covariance = torch.zeros(space.dims, space.dims, dtype=torch.float64)
    for rows in parts:
        centred = part(*rows) - mean
        covariance += centred.T @ centred
    total = float(covariance.trace())
    squares = total + len(matrix) * float(mean.square().sum())
    variances, directions = torch.linalg.eigh(covariance)
    variances, directions = variances.flip(0)[:dims], directions.flip(1)[:, :dims]
    largest = directions.gather(0, directions.abs().argmax(dim=0, keepdim=True))
    seen = variances > _FLAT * squares
    directions = directions * torch.where(largest < 0, -1, 1) * seen

    coordinates = np.zeros((len(matrix), dims), dtype=np.float32)
    for start, stop in parts:
        coordinates[start:stop, : len(seen)] = ((part(start, stop) - mean) @ directions).float().numpy()
    shares = [
        share / total if visible else 0.0
        for share, visible in zip(variances.tolist(), seen.tolist(), strict=True)
    ]
    explained = (*shares, *[0.0] * (dims - len(seen)))
    return Projection(coordinates, "pca", dims, metric, explained=explained)


def umap(space: Space, spec: MapSpec, *, on_progress: OnProgress | None = None) -> Projection:
    """Lay the rows out so that neighbours stay neighbours (McInnes, Healy and Melville 2018).

    With umap-learn's defaults, but the core's neighbours, PCA to start from and a layout of our own; of many
    rows, a few neighbours may be missing (`recall`). The same seed gives the same map, bit for bit, on the
    same machine, whatever the number of threads. Maps are kept in the cache folder.

    Args:
        space: The rows.
        spec: How the map is made.
        on_progress: Called between and within the steps. What it raises stops the work.

    Returns:
        The map. With fewer than 4 rows, or where all are equal, it is PCA's and `fallback` says so.
    """
    dims, metric, min_distance, seed = spec.dims, spec.metric, spec.min_dist, spec.seed
    tell = on_progress or (lambda _: None)
    neighbors = min(spec.n_neighbors, len(space))
    name = map_name(space.vectors, dims, neighbors, min_distance, metric, seed)
    kept = find_map(name)
    if kept is not None:
        return Projection(kept[0], "umap", dims, metric, (), seed, neighbors, min_distance, kept[1])
    start = pca(space, dims, metric=metric)
    if len(space) < _FEWEST:
        return replace(start, fallback="few")
    if not start.coordinates.any():
        return replace(start, fallback="equal")

    def searched(done: int, total: int) -> None:
        tell(Progress("Finding neighbours", done, total, fraction=0.5 * done / total))

    near = space.index.neighbors(neighbors - 1, metric, min_recall=_RECALL, on_progress=searched)
    indices, distances = _with_itself(near, metric)
    points = lay_out(indices, distances, start.coordinates, min_distance, seed, tell)
    keep_map(name, points, near.recall)
    return Projection(points, "umap", dims, metric, (), seed, neighbors, min_distance, near.recall)


def place(
    space: Space,
    projection: Projection,
    vectors: ArrayLike,
    *,
    k: int = _PLACED_BY,
) -> NDArray[np.float32]:
    """Place new vectors on a map, among the rows they are closest to.

    A point is the mean of the points of its k nearest rows, weighted by 1 / d², d being the distance of the
    vectors (Shepard 1968); between vectors of length 1, d² is 2 (1 − cosine). So a vector that is a row of
    the space falls on that row's point; on the first one's if the row is repeated.

    Args:
        space: The rows of the map.
        projection: The map.
        vectors: Shape (new, dims of the space) or (dims of the space,).
        k: Rows to place by.

    Returns:
        float32, shape (new, dims of the map).

    Raises:
        VectorError: They are no vectors, or have other dimensions than the space.
        QueryError: k is below 1.
    """
    found = space.index.search(vectors, k, projection.metric)
    distances = _distances(found.scores, projection.metric)
    squares = distances if projection.metric == "cosine" else distances**2
    weights = np.divide(squares[:, :1], squares, out=np.zeros_like(squares), where=squares > 0)
    weights[:, 0] = 1  # the nearest; at distance 0 it is the only one that counts
    weights /= weights.sum(axis=1, keepdims=True)
    points = projection.coordinates[found.indices].astype(np.float64)
    placed: NDArray[np.float32] = np.einsum("nk,nkd->nd", weights, points).astype(np.float32)
    return placed


def _with_itself(near: Neighbors, metric: Distance) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The neighbours as `lay_out` wants them: each row first among its own, at distance 0."""
    own = np.arange(len(near.indices))[:, None]
    distances = _distances(near.similarities, metric)
    return np.hstack([own, near.indices]), np.hstack([np.zeros(own.shape), distances])


def _distances(scores: NDArray[np.float32], metric: Distance) -> NDArray[np.float64]:
    wide = scores.astype(np.float64)
    return np.maximum(0, 1 - wide if metric == "cosine" else -wide)
