"""Clusters of a space, found and compared over k."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.errors import QueryError
from explorer.settings import settings
from explorer.tensor import kmeans, normalize, pick_device

ClusterMetric = Literal["cosine", "euclidean"]
NOISE = -1

_MOST_DIMS = 50  # density needs low dimensions to be told apart, and trees need them to be quick
_MANY_ROWS = 2_000  # below, rows keep all of their dimensions
_STEPS = 1_000  # steps of progress for each k of a sweep


@dataclass(frozen=True, eq=False)
class Clustering:
    """Rows of a space in clusters.

    Attributes:
        labels: The cluster of each row, from 0; −1 for noise; int64, shape (rows,).
        centroids: float32, shape (k, dims); of length 1 for `cosine`. With `hdbscan`, means.
        inertia: Sum of squared distances to the centroids, of rows of length 1 for `cosine`; noise left out.
        metric: `cosine` or `euclidean`.
        k: Number of clusters.
        seed: Where chance started; None where there was none.
        method: `k-means` or `hdbscan`.
        reduced_to: Dimensions the rows were brought to by PCA before they were clustered; None: none.
    """

    labels: NDArray[np.int64]
    centroids: NDArray[np.float32]
    inertia: float
    metric: ClusterMetric
    k: int
    seed: int | None
    method: Literal["k-means", "hdbscan"]
    reduced_to: int | None = None

    def rows(self, label: int) -> NDArray[np.int64]:
        """The rows of a cluster, ascending; of −1 the noise."""
        return np.flatnonzero(self.labels == label)


def cluster(
    space: Space,
    k: int = 8,
    *,
    metric: ClusterMetric = "cosine",
    seed: int = 0,
    starts: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> Clustering:
    """Put rows in k clusters by k-means; see `explorer.tensor.kmeans`.

    Args:
        space: The rows.
        k: Number of clusters.
        metric: `cosine` or `euclidean`.
        seed: The same seed gives the same clusters.
        starts: Number of starts; the one with the lowest inertia is kept.
        on_progress: Called with the iterations done and their total. What it raises stops the work.

    Raises:
        QueryError: A number is out of range, or there are fewer distinct rows than clusters.
    """
    found = kmeans(
        space.vectors, k, metric=metric, seed=seed, starts=starts, on_progress=on_progress,
        device=pick_device(settings().device), memory_mb=settings().memory_mb,
    )  # fmt: skip
    return Clustering(found.labels, found.centroids, found.inertia, metric, k, seed, "k-means")


def cluster_by_density(
    space: Space,
    min_size: int = 15,
    *,
    metric: ClusterMetric = "cosine",
    min_samples: int | None = None,
) -> Clustering:
    """Find clusters of uneven shape, and noise, by scikit-learn's HDBSCAN.

    Source: Campello, Moulavi and Sander, Density-based clustering based on hierarchical density
    estimates, 2013. For `cosine`, rows are scaled to length 1, where Euclidean distances order pairs as
    cosines do. More than 2,000 rows of more than 50 dimensions are brought to 50 by PCA first.

    Args:
        space: The rows.
        min_size: Rows a cluster has at least.
        metric: `cosine` or `euclidean`.
        min_samples: Neighbours that make a place dense, the row itself included; `min_size` by default.

    Returns:
        The clusters, which may be none.

    Raises:
        QueryError: `min_size` is under 2, `min_samples` is under 1, or `metric` is another one.
    """
    _check_metric(metric)
    if min_size < 2:
        raise QueryError(f"min_size is {min_size}.", where="HDBSCAN", fix="Choose 2 or more.")
    if min_samples is not None and min_samples < 1:
        raise QueryError(f"min_samples is {min_samples}.", where="HDBSCAN", fix="Choose 1 or more.")
    rows = _scaled(space.vectors, metric)
    reduced_to = _MOST_DIMS if len(rows) > _MANY_ROWS and space.dims > _MOST_DIMS else None
    labels = np.full(len(rows), NOISE)
    if len(rows) >= max(min_size, min_samples or 0):
        from sklearn.cluster import HDBSCAN
        from sklearn.decomposition import PCA

        near = PCA(reduced_to, svd_solver="covariance_eigh").fit_transform(rows) if reduced_to else rows
        labels = HDBSCAN(min_cluster_size=min_size, min_samples=min_samples, copy=True).fit_predict(near)
    k = int(labels.max(initial=NOISE)) + 1
    centroids = np.empty((k, space.dims), dtype=np.float32)
    for label in range(k):
        centroids[label] = rows[labels == label].mean(axis=0, dtype=np.float64)
    centroids = _scaled(centroids, metric)
    kept = labels != NOISE
    inertia = np.square(rows[kept] - centroids[labels[kept]], dtype=np.float64).sum()
    return Clustering(
        labels.astype(np.int64), centroids, float(inertia), metric, k, None, "hdbscan", reduced_to
    )


@dataclass(frozen=True)
class SweepPoint:
    """One number of clusters.

    Attributes:
        k: The number.
        inertia: As in `Clustering`.
        silhouette: Mean silhouette of the sample, from −1 to 1; None where it is not defined: the sample has
            rows of one cluster only, or no two of the same.
    """

    k: int
    inertia: float
    silhouette: float | None


@dataclass(frozen=True, eq=False)
class Sweep:
    """k-means over several k.

    Attributes:
        points: By ascending k.
        suggested_k: The k with the highest silhouette, the lowest such; None where no silhouette is defined.
        sample: The rows silhouettes were taken of, ascending, int64.
        metric: `cosine` or `euclidean`.
        seed: Of the sample and of every clustering.
    """

    points: tuple[SweepPoint, ...]
    suggested_k: int | None
    sample: NDArray[np.int64]
    metric: ClusterMetric
    seed: int


def sweep(
    space: Space,
    ks: Iterable[int],
    *,
    metric: ClusterMetric = "cosine",
    seed: int = 0,
    starts: int = 1,
    sample: int = 4_000,
    on_progress: Callable[[int, int], None] | None = None,
) -> Sweep:
    """Cluster with several k, to see which suits.

    The silhouette (Rousseeuw, 1987) is scikit-learn's `silhouette_score` of the sampled rows alone.

    Args:
        space: The rows.
        ks: Numbers of clusters.
        metric: `cosine` or `euclidean`.
        seed: Of the sample and of every clustering.
        starts: As for `cluster`.
        sample: Rows to take silhouettes of; the work grows with its square.
        on_progress: Called with the steps done and their total. What it raises stops the work.

    Raises:
        QueryError: As `cluster`; or `ks` is empty, or `sample` is under 2.
    """
    from sklearn.metrics import pairwise_distances, silhouette_score

    _check_metric(metric)
    ks = sorted(set(ks))
    if not ks or sample < 2:
        raise QueryError("There is nothing to compare.", where="sweep", fix="Give one k and 2 rows or more.")
    size = min(sample, len(space))
    rows = np.sort(np.random.default_rng(seed).choice(len(space), size, replace=False))
    points: list[SweepPoint] = []

    def tick(done: int, total: int) -> None:
        if on_progress is not None:
            on_progress(len(points) * _STEPS + _STEPS * done // total, len(ks) * _STEPS)

    distances: NDArray[np.float32] | None = None
    for k in ks:
        found = cluster(space, k, metric=metric, seed=seed, starts=starts, on_progress=tick)
        labels = found.labels[rows]
        silhouette = None
        if 1 < len(np.unique(labels)) < len(rows):
            if distances is None:
                distances = pairwise_distances(space.vectors[rows], metric=metric)
                np.fill_diagonal(distances, 0)
            silhouette = float(silhouette_score(distances, labels, metric="precomputed"))
        points.append(SweepPoint(k, found.inertia, silhouette))
    known = [(point.silhouette, -point.k) for point in points if point.silhouette is not None]
    return Sweep(tuple(points), -max(known)[1] if known else None, rows, metric, seed)


def _scaled(vectors: NDArray[np.float32], metric: ClusterMetric) -> NDArray[np.float32]:
    return normalize(vectors) if metric == "cosine" and len(vectors) else vectors


def _check_metric(metric: str) -> None:
    if metric not in ("cosine", "euclidean"):
        raise QueryError(f"Clusters have no metric {metric!r}.", fix="Choose cosine or euclidean.")
