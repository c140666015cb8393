"""How far to trust a map: false neighbours, lost neighbours, and those that change with the seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.distances import distances_to_rows
from explorer.analysis.projection import Projection
from explorer.analysis.specs import MapMetric
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress, Progress
from explorer.tensor import VectorIndex
from explorer.tensor.matrices import blocks, row_norms

_SAMPLE = 1_000
_BLOCK = 1 << 22  # distances in float64 at a time: 32 MB
_CONVERTED = 1 << 21  # numbers of the vectors in float64 at a time: 16 MB
_EPS = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Trust:
    """How well a map preserves neighbourhoods, 0 to 1; 1 is perfect.

    Attributes:
        trustworthiness: How few of the map's neighbours are far apart in the space.
        continuity: How few of the space's neighbours are far apart on the map.
        rows: The sampled rows, ascending, int64, shape (sample,).
        row_trustworthiness: The value of each row, float64, shape (sample,); the mean is `trustworthiness`.
        row_continuity: The same for `continuity`.
        k: Neighbours per row.
        total: Number of rows of the map.
    """

    trustworthiness: float
    continuity: float
    rows: NDArray[np.int64]
    row_trustworthiness: NDArray[np.float64]
    row_continuity: NDArray[np.float64]
    k: int
    total: int


@dataclass(frozen=True, eq=False)
class Stability:
    """How similar the neighbourhoods of several maps are, 0 to 1; 1 if identical.

    Attributes:
        overlap: Mean Jaccard overlap of a row's k neighbours, over rows and pairs of maps.
        rows: The sampled rows, ascending, int64, shape (sample,).
        row_overlap: The mean overlap of each row, float64, shape (sample,).
        k: Neighbours per row.
        total: Number of rows of the maps.
        maps: Number of maps.
    """

    overlap: float
    rows: NDArray[np.int64]
    row_overlap: NDArray[np.float64]
    k: int
    total: int
    maps: int


def trust(
    index: VectorIndex,
    projection: Projection,
    *,
    k: int = 15,
    sample: int = _SAMPLE,
    seed: int = 0,
    metric: MapMetric | None = None,
    on_progress: OnProgress | None = None,
) -> Trust:
    """Compare the neighbourhoods of a map with those of the space, by trustworthiness and continuity.

    Venna and Kaski, "Neighborhood preservation in nonlinear projection methods", ICANN 2001. For n rows, with
    r(i, j) the rank of j among all rows by distance from i in the space, the value of row i is

        1 − 2 / (k (2n − 3k − 1)) · Σ max(0, r(i, j) − k)  over the k neighbours j of i on the map,

    from 0 to 1; trustworthiness is the mean over rows. Continuity is the same with space and map swapped. A
    row is not its own neighbour, and ties rank in row order. Only the mean is over a sample: each sampled row
    is ranked against all rows, so its value is exact.

    Args:
        index: The rows.
        projection: Their map, whose distance is Euclidean.
        k: Neighbours per row; the measure needs fewer than half of the rows, and a larger k is reduced.
        sample: Number of rows to sample; all if there are no more.
        seed: The seed of the sample.
        metric: The distance in the space; None: that of the map.
        on_progress: Called after every row. An exception it raises stops the work.

    Returns:
        Both measures; 1 for one or two rows, where nothing can be wrong.

    Raises:
        QueryError: k or `sample` is below 1, or the map is not of these rows.
    """
    n = len(index)
    if len(projection) != n:
        raise QueryError(f"The map has {len(projection)} points, the space has {n} rows.")
    rows = _sampled(n, k, sample, seed)
    k = min(k, (n - 1) // 2)
    parts = np.ones((2, len(rows)))
    worst = k * (2 * n - 3 * k - 1) / 2
    in_full = _views(index.take(slice(None)), metric or projection.metric, rows)
    views = zip(in_full, _map_views(projection, rows), strict=True)
    for done, (in_space, on_map) in enumerate(views if k else ()):
        for part, truth, shown in ((parts[0], in_space, on_map), (parts[1], on_map, in_space)):
            part[done] -= np.maximum(0, truth.ranks(shown.nearest(k)) - k).sum() / worst
        if on_progress is not None:
            on_progress(Progress("Checking the map", done + 1, len(rows), fraction=(done + 1) / len(rows)))
    trustworthiness, continuity = parts.mean(axis=1).tolist()
    return Trust(trustworthiness, continuity, rows, parts[0], parts[1], k, n)


def stability(
    projections: Sequence[Projection], *, k: int = 15, sample: int = _SAMPLE, seed: int = 0
) -> Stability:
    """Compare the neighbourhoods of maps of the same rows, such as those of several seeds.

    For each pair of maps, a row's k neighbours on both are compared by the Jaccard index: those in both,
    divided by those in either. Rotated, mirrored or scaled maps count as the same.

    Args:
        projections: Two or more maps.
        k: Neighbours per row; reduced to the number of other rows.
        sample: Number of rows to sample; all if there are no more.
        seed: The seed of the sample.

    Returns:
        The mean overlap; 1 for a single row.

    Raises:
        QueryError: k or `sample` is below 1, there are fewer than two maps, or they are not of the same rows.
    """
    sizes = {len(projection) for projection in projections}
    if len(projections) < 2 or len(sizes) > 1:
        raise QueryError("Stability is measured between two maps or more of the same rows.")
    n = sizes.pop()
    rows = _sampled(n, k, sample, seed)
    k = min(k, n - 1)
    pairs = list(combinations(range(len(projections)), 2))
    overlap = np.ones(len(rows))
    views = zip(*(_map_views(projection, rows) for projection in projections), strict=True)
    for row, seen in enumerate(views if k else ()):
        nearest = [view.nearest(k) for view in seen]
        both = np.array([len(np.intersect1d(nearest[a], nearest[b])) for a, b in pairs])
        overlap[row] = np.mean(both / (2 * k - both))
    return Stability(float(overlap.mean()), rows, overlap, k, n, len(projections))


def _sampled(n: int, k: int, sample: int, seed: int) -> NDArray[np.int64]:
    if k < 1 or sample < 1:
        raise QueryError(f"{k} neighbours of {sample} rows were asked for.", fix="Ask for 1 or more.")
    if sample >= n:
        return np.arange(n)
    return np.sort(np.random.default_rng(seed).choice(n, sample, replace=False, shuffle=False))


@dataclass(frozen=True, eq=False)
class _View:
    """All rows by closeness to one of them; ties rank in row order.

    Distances that differ by no more than float64 rounding count as equal, since a matrix product can round
    identical rows differently.

    Attributes:
        closeness: Larger is closer, −∞ for the row itself, float64, shape (rows,).
        rounding: The rounding error bound of `closeness`, float64, shape (rows,).
    """

    closeness: NDArray[np.float64]
    rounding: NDArray[np.float64]

    def nearest(self, k: int) -> NDArray[np.int64]:
        """The k nearest rows, in no particular order, shape (k,)."""
        best = np.argpartition(self.closeness, -k)[-k:]
        last = best[self.closeness[best].argmin()]
        beyond = self.closeness - self.closeness[last]
        closer = np.flatnonzero(beyond > self.rounding[last])
        tied = np.flatnonzero(np.abs(beyond) <= self.rounding[last])
        return np.concatenate([closer, tied[: k - len(closer)]])

    def ranks(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The rank of some rows by closeness, 1 for the nearest, with the shape of `rows`."""
        level, slack, ordered = self.closeness[rows], self.rounding[rows], np.sort(self.closeness)
        farther = np.searchsorted(ordered, level - slack, side="left")
        up_to = np.searchsorted(ordered, level + slack, side="right")
        ranks = 1 + len(ordered) - up_to
        for i in np.flatnonzero(up_to - farther > 1):  # tied with others
            ranks[i] += (np.abs(self.closeness[: rows[i]] - level[i]) <= slack[i]).sum()
        return ranks


def _map_views(projection: Projection, rows: NDArray[np.int64]) -> Iterator[_View]:
    return _views(projection.coordinates, "euclidean", rows)


def _views(vectors: NDArray[np.float32], metric: MapMetric, rows: NDArray[np.int64]) -> Iterator[_View]:
    """A view from each of some rows, by cosine, negative squared Euclidean or another negative distance.

    A view holds until the next block of rows, which uses its memory again.
    """
    if metric not in ("cosine", "euclidean"):
        yield from _other_views(vectors, metric, rows)
        return
    total, dims = vectors.shape
    lengths = row_norms(vectors)
    rounding = np.full(total, 4 * dims * _EPS)
    memory = np.empty((min(len(rows), max(1, _BLOCK // total)), total))
    for start, stop in blocks(len(rows), total, _BLOCK):
        own = rows[start:stop]
        closeness = memory[: len(own)]
        chosen = vectors[own].astype(np.float64)
        for left, right in blocks(total, dims, _CONVERTED):
            np.matmul(chosen, vectors[left:right].astype(np.float64).T, out=closeness[:, left:right])
        if metric == "cosine":
            scale = np.where(lengths == 0, 1, lengths)
            closeness /= scale[own, None]
            closeness /= scale
        else:
            closeness *= 2
            closeness -= lengths[own, None] ** 2
            closeness -= lengths**2
        closeness[np.arange(len(own)), own] = -np.inf
        for row, near in zip(own, closeness, strict=True):
            sizes = 1 if metric == "cosine" else lengths[row] ** 2 + lengths**2
            yield _View(near, rounding * sizes)


def _other_views(vectors: NDArray[np.float32], metric: MapMetric, rows: NDArray[np.int64]) -> Iterator[_View]:
    total, dims = vectors.shape
    for start, stop in blocks(len(rows), total, _BLOCK):
        own = rows[start:stop]
        for row, distances in zip(own, distances_to_rows(vectors[own], vectors, metric), strict=True):
            sizes = np.ones(total) if metric == "correlation" else distances
            closeness = -distances
            closeness[row] = -np.inf
            yield _View(closeness, 4 * dims * _EPS * sizes)
