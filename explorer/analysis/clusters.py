"""Clusters of rows, found and compared over k."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.cluster_edits import Edit
from explorer.analysis.hdbscan import hdbscan_labels
from explorer.analysis.resampled import adjusted_rand, resampled
from explorer.analysis.specs import ClusterMethod, ClusterSpec, Distance
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress, Progress, counting, ignore_progress
from explorer.tensor import VectorIndex, normalize

NOISE = -1

_MOST_DIMS = 50  # densities differ clearly, and tree searches are fast, only in few dimensions
_MANY_ROWS = 2_000  # up to this many, rows keep all of their dimensions
_STEPS = 1_000  # steps of progress for each k of a sweep
_RESAMPLES = 5  # for each k of a sweep


@dataclass(frozen=True, eq=False)
class Clustering:
    """Rows in clusters.

    Attributes:
        labels: The cluster of each row, from 0 for the largest; −1 for noise; int64, shape (rows,).
        centroids: float32, shape (k, dims); of length 1 for `cosine`. With `hdbscan`, means.
        inertia: Sum of squared distances to the centroids, of rows of length 1 for `cosine`; noise left out.
        metric: `cosine` or `euclidean`.
        k: Number of clusters.
        seed: The random seed; None if the method uses none.
        method: `k-means` or `hdbscan`.
        reduced_to: Dimensions that PCA reduced the rows to before clustering; None without a reduction.
        edits: How they were merged and split by hand after that; see `explorer.analysis.edited_clusters`.
    """

    labels: NDArray[np.int64]
    centroids: NDArray[np.float32]
    inertia: float
    metric: Distance
    k: int
    seed: int | None
    method: ClusterMethod
    reduced_to: int | None = None
    edits: tuple[Edit, ...] = ()

    def rows(self, label: int) -> NDArray[np.int64]:
        """The rows of a cluster, ascending; −1 gives the noise."""
        return np.flatnonzero(self.labels == label)


def cluster(index: VectorIndex, spec: ClusterSpec, *, on_progress: OnProgress | None = None) -> Clustering:
    """Put rows in clusters.

    k-means is the index's own. HDBSCAN finds clusters of any shape, and noise; see `hdbscan_labels`. For
    `cosine` it runs on rows scaled to length 1, where Euclidean distances rank pairs as cosines do. More
    than 2,000 rows of more than 50 dimensions are first reduced to 50 by PCA.

    Args:
        index: The rows.
        spec: How they are clustered.
        on_progress: Called often. An exception it raises stops the work.

    Returns:
        The clusters, largest first; HDBSCAN may find none.

    Raises:
        QueryError: There are fewer distinct rows than requested clusters.
        ComputeError: HDBSCAN failed, for example because memory ran out.
    """
    report = on_progress or ignore_progress
    if spec.method == "hdbscan":
        return _by_hdbscan(index, spec, report)
    on_steps = counting(report, "Clustering", "steps")
    found = index.kmeans(spec.k, metric=spec.metric, seed=spec.seed, starts=spec.starts, on_progress=on_steps)
    labels, order = largest_first(found.labels, spec.k)
    return Clustering(
        labels, found.centroids[order], found.inertia, spec.metric, spec.k, spec.seed, spec.method
    )


def largest_first(labels: NDArray[np.int64], k: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number clusters by their size.

    Args:
        labels: The cluster of each row, from 0; −1 for noise, which stays; shape (rows,).
        k: Number of clusters.

    Returns:
        The labels anew, 0 for the largest cluster, the lower one first in a tie; and the old number of each
        new one, shape (k,).
    """
    order = np.argsort(-np.bincount(labels[labels != NOISE], minlength=k), kind="stable")
    new = np.append(np.argsort(order), NOISE)  # the last one is also that of −1
    return new[labels], order


def _by_hdbscan(index: VectorIndex, spec: ClusterSpec, report: OnProgress) -> Clustering:
    metric = spec.metric
    rows = scaled_for(index.take(slice(None)), metric)
    reduced_to = _MOST_DIMS if len(rows) > _MANY_ROWS and index.dims > _MOST_DIMS else None
    labels = np.full(len(rows), NOISE)
    if len(rows) >= max(spec.min_size, spec.min_samples or 0):
        from sklearn.decomposition import PCA

        near = PCA(reduced_to, svd_solver="covariance_eigh").fit_transform(rows) if reduced_to else rows
        labels = hdbscan_labels(near, spec.min_size, spec.min_samples or spec.min_size, report)
    k = int(labels.max(initial=NOISE)) + 1
    labels, _ = largest_first(labels, k)
    centroids = np.empty((k, index.dims), dtype=np.float32)
    for label in range(k):
        centroids[label] = rows[labels == label].mean(axis=0, dtype=np.float64)
    centroids = scaled_for(centroids, metric)
    kept = labels != NOISE
    inertia = np.square(rows[kept] - centroids[labels[kept]], dtype=np.float64).sum()
    return Clustering(
        labels.astype(np.int64), centroids, float(inertia), metric, k, None, spec.method, reduced_to
    )


@dataclass(frozen=True)
class SweepPoint:
    """The result for one number of clusters.

    Attributes:
        k: The number.
        inertia: As in `Clustering`.
        silhouette: Mean silhouette of the sample, from −1 to 1; None if undefined because the sample's rows
            are all in one cluster or all in different ones.
        stability: Mean adjusted Rand index between the clusters and those of 5 resamples of the rows: 1 for
            the same clusters, 0 by chance.
    """

    k: int
    inertia: float
    silhouette: float | None
    stability: float


@dataclass(frozen=True, eq=False)
class Sweep:
    """k-means over several k.

    Attributes:
        points: The results by ascending k.
        best_k: The lowest k with the highest silhouette; None if no silhouette is defined.
        suggested_k: The same; None at either end of the range, where a higher one may lie beyond.
        sample: The rows on which silhouettes were computed, ascending, int64.
        metric: `cosine` or `euclidean`.
        seed: The seed of the sample and of every clustering.
    """

    points: tuple[SweepPoint, ...]
    best_k: int | None
    suggested_k: int | None
    sample: NDArray[np.int64]
    metric: Distance
    seed: int


def sweep(
    index: VectorIndex,
    ks: Iterable[int],
    *,
    further: Iterable[int] = (),
    metric: Distance = "cosine",
    seed: int = 0,
    sample: int = 4_000,
    on_progress: OnProgress | None = None,
) -> Sweep:
    """Cluster with several k, to see which suits.

    The silhouette (Rousseeuw, 1987) is scikit-learn's `silhouette_score` of the sampled rows alone.

    Args:
        index: The rows.
        ks: Numbers of clusters.
        further: More numbers, larger ones: each is tried while the highest silhouette is that of the largest
            k so far.
        metric: `cosine` or `euclidean`.
        seed: The seed of the sample and of every clustering.
        sample: Number of rows to compute silhouettes on; the work grows with its square.
        on_progress: Called often. An exception it raises stops the work.

    Raises:
        QueryError: As for `cluster`; or `ks` is empty, or `sample` is below 2.
    """
    from sklearn.metrics import pairwise_distances, silhouette_score

    ks = sorted(set(ks))
    if not ks or sample < 2:
        raise QueryError("There is nothing to compare.", where="sweep", fix="Give one k and 2 rows or more.")
    more = sorted(k for k in set(further) if k > ks[-1])
    size = min(sample, len(index))
    rows = np.sort(np.random.default_rng(seed).choice(len(index), size, replace=False))
    points: list[SweepPoint] = []
    report = on_progress or ignore_progress
    distances: NDArray[np.float32] | None = None
    while ks:
        spec = ClusterSpec(k=ks.pop(0), metric=metric, seed=seed)
        total = (len(points) + len(ks) + 1) * _STEPS

        def on_iteration(progress: Progress, total: int = total) -> None:
            done = len(points) * _STEPS + _STEPS * progress.done // progress.total
            report(Progress.count("Trying k", done, total, "steps"))

        found = cluster(index, spec, on_progress=on_iteration)
        labels = found.labels[rows]
        silhouette = None
        if 1 < len(np.unique(labels)) < len(rows):
            if distances is None:
                distances = pairwise_distances(index.take(rows), metric=metric)
                np.fill_diagonal(distances, 0)
            silhouette = float(silhouette_score(distances, labels, metric="precomputed"))
        tables = resampled(index.subset(rows), labels, spec.k, metric, _RESAMPLES, seed)
        stability = float(np.mean([adjusted_rand(table) for table in tables]))
        points.append(SweepPoint(spec.k, found.inertia, silhouette, stability))
        if not ks and more and _best_k(points) == points[-1].k:
            ks.append(more.pop(0))
    best = _best_k(points)
    inside = best is not None and points[0].k < best < points[-1].k
    return Sweep(tuple(points), best, best if inside else None, rows, metric, seed)


def _best_k(points: Iterable[SweepPoint]) -> int | None:
    """The lowest k with the highest silhouette; None if no silhouette is defined."""
    known = [(point.silhouette, -point.k) for point in points if point.silhouette is not None]
    return -max(known)[1] if known else None


def scaled_for(vectors: NDArray[np.float32], metric: Distance) -> NDArray[np.float32]:
    """Vectors as clusters see them, shape (vectors, dims): scaled to length 1 for `cosine`."""
    return normalize(vectors) if metric == "cosine" and len(vectors) else vectors
