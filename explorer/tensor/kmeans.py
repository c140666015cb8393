"""k-means: Lloyd's algorithm on the tensor core."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from explorer.errors import QueryError, VectorError
from explorer.tensor.kmeans_rows import CentredRows, distinct_rows, plus_plus
from explorer.tensor.matrices import as_matrix, as_tensor, normalize, row_norms
from explorer.tensor.search_matrix import SearchMatrix

_SAMPLE = 1 << 14  # rows on which starts are chosen and first refined
_ROUGH = 1000  # times the tolerance is enough on that sample
_UNIT = 2.0**-20  # rows this close to length 1 count as unit vectors


@dataclass(frozen=True, eq=False)
class KMeans:
    """Rows in k clusters.

    Attributes:
        labels: The cluster of each row, from 0, int64, shape (rows,).
        centroids: float32, shape (k, dims); of length 1 (or 0) for `cosine`.
        inertia: Sum of squared distances of the rows to their centroids; for `cosine`, of the rows scaled to
            length 1, which is twice the sum of 1 − cosine.
        iterations: Iterations of the best start.
        converged: Whether it ended before `max_iterations`.
    """

    labels: NDArray[np.int64]
    centroids: NDArray[np.float32]
    inertia: float
    iterations: int
    converged: bool


def kmeans(
    matrix: SearchMatrix,
    k: int,
    *,
    metric: Literal["cosine", "euclidean"],
    seed: int,
    starts: int,
    max_iterations: int,
    tolerance: float,
    initial: Any,  # noqa: ANN401 - as_matrix checks it
    memory_mb: float,
    on_progress: Callable[[int, int], None] | None,
) -> KMeans:
    """Put rows in k clusters so that they are close to the centroid of their cluster.

    Lloyd's iterations (Lloyd, Least squares quantization in PCM, 1982) from starts chosen by greedy
    k-means++ (Arthur and Vassilvitskii, 2007, with 2 + log k candidates a step, as scikit-learn). `cosine`
    is spherical k-means (Dhillon and Modha, 2001): rows and centroids are scaled to length 1. A row of
    zeros has no direction and is equally far from every such centroid: its cluster is arbitrary.

    The starts of a large matrix are chosen, and first refined, on a random sample of its rows (after
    Bradley and Fayyad, Refining initial points for k-means clustering, 1998).

    Rows are moved near the origin and assigned by float32 products; centroids are float64 means. Every row
    ends with its nearest centroid, the lower one in a tie. An empty cluster takes the row farthest from its
    centroid, as in scikit-learn.

    Args:
        matrix: The rows; not copied for `euclidean` or if they have length 1.
        k: Number of clusters.
        metric: `cosine` or `euclidean`.
        seed: The same seed gives the same clusters on the same machine.
        starts: Number of starts; the one with the lowest inertia is kept.
        max_iterations: Where to stop a start that does not converge.
        tolerance: A start has converged when the squared shifts of its centroids sum to no more than this
            times the mean variance of a dimension, or when no row changes its cluster.
        initial: Initial centroids, shape (k, dims), instead of `seed` and `starts`.
        memory_mb: Memory to use besides the matrix (and its normalised copy, if `cosine` needs one), in MB.
        on_progress: Called with the finished iterations and their total: after every iteration, and as each
            initial centroid is chosen. An exception it raises stops the work.

    Returns:
        The clusters. None is empty, unless rows differ by less than float32 products can resolve.

    Raises:
        QueryError: A number is out of range, `metric` is not one of the two, or there are fewer distinct rows
            than clusters.
        VectorError: `initial` is not a matrix, or has another shape.
    """
    if metric not in ("cosine", "euclidean"):
        raise QueryError(f"k-means has no metric {metric!r}.", fix="Choose cosine or euclidean.")
    for name, value in (("k", k), ("starts", starts), ("max_iterations", max_iterations)):
        if value < 1:
            raise QueryError(f"{name} is {value}.", where="k-means", fix="Choose 1 or more.")
    if seed < 0:
        raise QueryError(f"The seed is {seed}.", where="k-means", fix="Choose 0 or more.")
    rows, vectors = matrix.matrix, matrix.rows.vectors
    if metric == "cosine" and not _are_unit(matrix.rows.norms.cpu().numpy()):
        rows = normalize(rows)
        vectors = as_tensor(rows).to(matrix.device)
    found = len(distinct_rows(rows, k))
    if found < k:
        raise QueryError(
            f"{k} clusters were asked for, but there are only {found} distinct rows.",
            where="k-means",
            fix=f"Choose k from 1 to {found}." if found else "Bring rows first.",
        )
    unit = metric == "cosine"
    points = CentredRows(rows, vectors, k, memory_mb)
    if initial is not None:
        given = as_matrix(initial, what="initial centroids")
        if given.shape != (k, matrix.dims):
            raise VectorError(
                f"The initial centroids have the shape {given.shape}; it must be {(k, matrix.dims)}."
            )
        if unit and not _are_unit(row_norms(given)):
            given = normalize(given)
        starts = 1

    few = None if initial is not None else _sample(points, k, seed, memory_mb)
    best: _Run | None = None
    for start in range(starts):
        first = start * max_iterations

        def tick(done: int = 0, first: int = first) -> None:
            if on_progress is not None:
                on_progress(first + done, starts * max_iterations)

        rng = np.random.default_rng([seed, start])
        if initial is not None:
            centroids = points.inside(torch.from_numpy(given).to(points.device))
        elif few is None:
            centroids = plus_plus(points, k, rng, tick)
        else:
            chosen = plus_plus(few, k, rng, tick)
            rough = _lloyd(few, chosen, unit, max_iterations, _ROUGH * tolerance, lambda _done: tick())
            centroids = points.inside(few.outside(rough.centroids))
        run = _lloyd(points, centroids, unit, max_iterations, tolerance, tick)
        if best is None or run.inertia < best.inertia:
            best = run
        tick(max_iterations)
    assert best is not None  # noqa: S101 - there is a start
    return KMeans(
        best.labels.cpu().numpy(),
        points.outside(best.centroids).float().cpu().numpy(),
        best.inertia / points.scale / points.scale,
        best.iterations,
        best.converged,
    )


def _sample(points: CentredRows, k: int, seed: int, memory_mb: float) -> CentredRows | None:
    """A sample of the rows to start from, if there are many more."""
    size = max(_SAMPLE, 100 * k)
    if len(points) <= 3 * size:
        return None
    rows = np.sort(np.random.default_rng(seed).choice(len(points), size, replace=False))
    matrix = points.matrix[rows]
    if len(distinct_rows(matrix, k)) < k:
        return None
    return CentredRows(matrix, as_tensor(matrix).to(points.device), k, memory_mb)


def _are_unit(norms: NDArray[np.float64]) -> bool:
    """Whether vectors with these norms count as unit vectors, so that they need no scaling."""
    return bool((abs(norms - 1) <= _UNIT).all())


@dataclass(frozen=True, eq=False)
class _Run:
    """The result of one start; centroids and inertia are scaled as in `CentredRows`."""

    labels: torch.Tensor
    centroids: torch.Tensor
    inertia: float
    iterations: int
    converged: bool


def _lloyd(
    points: CentredRows,
    centroids: torch.Tensor,
    unit: bool,
    max_iterations: int,
    tolerance: float,
    tick: Callable[[int], None],
) -> _Run:
    """Alternate assignments and means until they converge.

    Rows whose nearest centroid cannot have changed are not compared again (Hamerly, Making k-means even
    faster, 2010).

    Args:
        points: The rows.
        centroids: Where to start, float32, shape (k, dims).
        unit: Whether centroids are scaled to length 1.
        max_iterations: Where to stop.
        tolerance: Largest sum of squared shifts of a converged start, in mean variances.
        tick: Called with the number of finished iterations.
    """
    k = len(centroids)
    labels = torch.full((len(points),), -1, device=points.device)
    sums = torch.zeros(centroids.shape, dtype=torch.float64, device=points.device)
    iterations, settled = 0, False
    gaps = torch.full((len(points),), -torch.inf, device=points.device)
    converged = False
    while not converged and iterations < max_iterations:
        nearest = _assigned(points, centroids, labels, gaps)
        _fill_empty(points, centroids, nearest, gaps)
        iterations += 1
        moved = (nearest != labels).nonzero()[:, 0]
        settled = converged = len(moved) == 0
        if not settled:
            sums += points.sums(moved, nearest[moved], k)
            if iterations > 1:
                sums -= points.sums(moved, labels[moved], k)
            labels, before = nearest, centroids
            centroids = _means(points, sums, labels, unit)
            moves = (centroids - before).double().square().sum(1)
            converged = float(moves.sum()) <= tolerance * points.variance
            # The own centroid got farther by at most its shift, any other closer by at most the largest.
            moves = moves.sqrt().float()
            gaps -= moves[labels] + moves.max()
        tick(iterations)
    if not settled:
        labels = _assigned(points, centroids, labels, gaps)
        centroids, labels = _filled(points, centroids, labels)
    inertia = float(points.distances(centroids, labels).sum(dtype=torch.float64))
    return _Run(labels, centroids, inertia, iterations, converged)


def _assigned(
    points: CentredRows, centroids: torch.Tensor, labels: torch.Tensor, gaps: torch.Tensor
) -> torch.Tensor:
    """Reassign rows whose gap is used up by the centroids' shifts; the others keep their label."""
    stale = (gaps <= 0).nonzero()[:, 0]
    if 5 * len(stale) > 4 * len(points):  # assigning all rows needs no copy
        stale = torch.arange(len(points), device=points.device)
    nearest = labels.clone()
    nearest[stale], gaps[stale] = points.nearest(stale, centroids)
    return nearest


def _means(points: CentredRows, sums: torch.Tensor, labels: torch.Tensor, unit: bool) -> torch.Tensor:
    """The centroids: float32, shape (k, dims). An empty cluster gets the centroid of the largest one."""
    counts = torch.bincount(labels, minlength=len(sums))
    means = sums / counts[:, None]
    means[counts == 0] = means[counts.argmax()].clone()
    if unit:
        lengths = means.norm(dim=1, keepdim=True)
        means /= torch.where(lengths == 0, 1, lengths)
    return points.inside(means)


def _empty(labels: torch.Tensor, k: int) -> torch.Tensor:
    """The empty clusters."""
    return (torch.bincount(labels, minlength=k) == 0).nonzero()[:, 0]


def _fill_empty(
    points: CentredRows, centroids: torch.Tensor, labels: torch.Tensor, gaps: torch.Tensor
) -> None:
    """Move one of the rows farthest from their centroids into each empty cluster."""
    empty = _empty(labels, len(centroids))
    if len(empty):
        distances = points.distances(centroids, labels)
        far = distances.argsort(descending=True, stable=True)[: len(empty)]
        labels[far] = torch.where(distances[far] > 0, empty, labels[far])
        gaps[far] = -torch.inf


def _filled(
    points: CentredRows, centroids: torch.Tensor, labels: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Move the centroids of empty clusters to the rows farthest from their own, and reassign.

    Inertia falls each time, so this ends, unless rows differ by less than products can resolve.
    """
    for _ in range(len(centroids)):
        empty = _empty(labels, len(centroids))
        if len(empty) == 0:
            break
        far = points.distances(centroids, labels).argmax(keepdim=True)
        centroids = centroids.index_copy(0, empty[:1], points.take(far))
        labels, _ = points.nearest(torch.arange(len(points), device=points.device), centroids)
    return centroids, labels
