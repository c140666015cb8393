"""Regions of a map: clumps of its points, merged into ever fewer and larger ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_GRID = 512  # cells along the longer side of the map
_TAIL = 0.001  # of the rows at each end of an axis; a few far ones do not make all cells coarse
_CLUMPS = 480  # at most: several for each of the finest regions, so that borders follow valleys
_NARROW = 1.5  # cells; the first bandwidth tried
_WIDER = 1.3  # times the bandwidth tried before
_TIGHT = 16  # cells; clumps less wide and high than this are never halved
_DENSE = 0.5  # of a region's highest density; its position is no less dense


@dataclass(frozen=True, eq=False)
class Division:
    """A map divided into regions, those with the most rows first.

    Attributes:
        labels: The region of each row, from 0, int64, shape (rows,).
        positions: For each region the coordinates of one of its rows, in a dense place near its middle,
            float32, shape (regions, 2).
    """

    labels: NDArray[np.int64]
    positions: NDArray[np.float32]


def divide(
    coordinates: NDArray[np.float32], counts: Sequence[int], on_steps: Callable[[int, int], None]
) -> tuple[Division, ...]:
    """Divide a map into regions, once for each count; a region lies in one of the coarser division.

    The rows are counted on a grid and smoothed by a Gaussian, and each cell belongs to the peak that is
    reached by climbing from it, as in the gradient clustering of Fukunaga and Hostetler (1975). The
    bandwidth is the narrowest of those tried with at most 480 peaks. These clumps, of which large ones are
    halved, are merged by Ward's criterion (1963), each with the weight of its rows. Nothing is random, and
    the order of the rows does not matter.

    Args:
        coordinates: The rows on the map, finite, float32, shape (rows, 2); at least one.
        counts: Requested numbers of regions, ascending.
        on_steps: Called with the finished steps and their number. An exception it raises stops the work.

    Returns:
        The divisions, coarsest first. One has fewer regions than requested if there are fewer clumps, and is
        left out if it has not at least twice as many as the one before, or only one.
    """
    # Rows of one cell are treated as one from here on.
    occupied, cell, rows_in = np.unique(_cells(coordinates), return_inverse=True, return_counts=True)
    on_steps(1, 3)
    density, peaks = _clumps(occupied, rows_in)
    on_steps(2, 3)
    places = np.stack(np.divmod(occupied, _GRID), axis=1).astype(np.float64)
    clump = _halved(np.unique(peaks, return_inverse=True)[1], places, rows_in, len(cell) / max(counts))
    weights: NDArray[np.float64] = np.bincount(clump, rows_in).astype(np.float64)
    numbers: list[int] = []
    for count in counts:
        if min(count, len(weights)) >= 2 * max(numbers, default=1):
            numbers.append(min(count, len(weights)))
    divisions = []
    for region_of_clump in _merged(_means(places, rows_in, clump), weights, numbers):
        region = region_of_clump[clump]
        order = np.argsort(-np.bincount(region, rows_in), kind="stable")
        region = np.argsort(order)[region]
        middles = _dense_middles(places, rows_in, region, density)
        rows = [_middle_row(coordinates, np.flatnonzero(cell == middle)) for middle in middles]
        divisions.append(Division(region[cell], coordinates[rows]))
    on_steps(3, 3)
    return tuple(divisions)


def _cells(coordinates: NDArray[np.float32]) -> NDArray[np.int64]:
    """The number of each row's cell in the grid; rows far away are in cells at its edge."""
    points = coordinates.astype(np.float64)
    low, high = np.quantile(points, [_TAIL, 1 - _TAIL], axis=0)
    if np.array_equal(low, high):  # nearly all rows coincide
        low, high = points.min(axis=0), points.max(axis=0)
    side = (high - low).max() or 1.0
    x, y = np.clip((points - low) * ((_GRID - 1) / side), 0, _GRID - 1).round().astype(np.int64).T
    cells: NDArray[np.int64] = x * _GRID + y
    return cells


def _clumps(
    occupied: NDArray[np.int64], rows_in: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The smoothed density of each occupied cell, and the cell of the peak reached from it."""
    from scipy.ndimage import gaussian_filter

    counts = np.zeros((_GRID, _GRID))
    counts.ravel()[occupied] = rows_in
    bandwidth = _NARROW
    while True:
        density = gaussian_filter(counts, bandwidth, mode="constant")
        peaks = _climb(density)[occupied]
        # Wider than the grid, a Gaussian leaves one peak in theory, and rounding errors may leave more.
        if len(np.unique(peaks)) <= _CLUMPS or bandwidth > _GRID:
            return density.ravel()[occupied], peaks
        bandwidth *= _WIDER


def _climb(density: NDArray[np.float64]) -> NDArray[np.int64]:
    """The peak reached from each cell by going to the densest of the cells around it, again and again."""
    padded = np.pad(density, 1, constant_values=-1.0)
    steps = [(x, y) for x in (0, -1, 1) for y in (0, -1, 1)]  # the cell itself first: it wins ties
    around = [padded[1 + x : 1 + x + _GRID, 1 + y : 1 + y + _GRID] for x, y in steps]
    offsets = np.array([x * _GRID + y for x, y in steps])
    reached: NDArray[np.int64] = np.arange(_GRID * _GRID) + offsets[np.argmax(around, axis=0).ravel()]
    while not np.array_equal(reached, further := reached[reached]):
        reached = further
    return reached


def _halved(
    clump: NDArray[np.int64], places: NDArray[np.float64], rows_in: NDArray[np.int64], most: float
) -> NDArray[np.int64]:
    """The clumps, those of too many rows halved across their longer side, again and again.

    Where density is smooth, as in the middle of a large PCA map, a peak can have most of the rows. Where it
    is the peak of a tight clump, its rows belong together.
    """
    clump = clump.copy()
    clumps = int(clump.max()) + 1
    large = [np.flatnonzero(clump == number) for number in np.flatnonzero(np.bincount(clump, rows_in) > most)]
    while large:
        own = large.pop()
        sides = np.ptp(places[own], axis=0)
        if sides.max() < _TIGHT or rows_in[own].sum() <= most:
            continue
        axis = int(np.argmax(sides))
        own = own[np.lexsort((places[own, 1 - axis], places[own, axis]))]
        half = int(np.searchsorted(np.cumsum(rows_in[own]), rows_in[own].sum() / 2))
        half = min(max(half, 1), len(own) - 1)
        clump[own[half:]] = clumps
        clumps += 1
        large += [own[:half], own[half:]]
    return clump


def _merged(
    means: NDArray[np.float64], weights: NDArray[np.float64], counts: Sequence[int]
) -> list[NDArray[np.int64]]:
    """The region of each clump for each count, coarsest first.

    Ward's criterion: two regions of n and m rows cost n · m / (n + m) times the squared distance of their
    means, which is what merging them adds to the sum of squares. scipy's has no weights.
    """
    means, weights = means.copy(), weights.copy()
    into = np.arange(len(weights))
    both = weights[:, None] * weights / (weights[:, None] + weights)
    costs = both * np.square(means[:, None] - means).sum(axis=2)
    np.fill_diagonal(costs, np.inf)
    found = []
    for regions in range(len(weights), 1, -1):
        if regions in counts:
            found.append(np.unique(into, return_inverse=True)[1])
        kept, gone = np.unravel_index(np.argmin(costs), costs.shape)
        total = weights[kept] + weights[gone]
        means[kept] = (weights[kept] * means[kept] + weights[gone] * means[gone]) / total
        weights[kept] = total
        into[into == gone] = kept
        costs[gone] = costs[:, gone] = np.inf
        new = total * weights / (total + weights) * np.square(means - means[kept]).sum(axis=1)
        new[np.isinf(costs[kept])] = np.inf  # itself, and what is merged already
        costs[kept] = costs[:, kept] = new
    return found[::-1]


def _dense_middles(
    places: NDArray[np.float64],
    rows_in: NDArray[np.int64],
    region: NDArray[np.int64],
    density: NDArray[np.float64],
) -> list[int]:
    """For each region, of its cells that are dense the one nearest to its mean, which may be in a void."""
    middles = []
    for number, mean in enumerate(_means(places, rows_in, region)):
        own = np.flatnonzero(region == number)
        dense = own[density[own] >= _DENSE * density[own].max()]
        middles.append(int(dense[np.argmin(np.square(places[dense] - mean).sum(axis=1))]))
    return middles


def _means(
    places: NDArray[np.float64], weights: NDArray[np.int64], group: NDArray[np.int64]
) -> NDArray[np.float64]:
    sums = [np.bincount(group, weights * axis) for axis in places.T]
    return np.stack(sums, axis=1) / np.bincount(group, weights)[:, None]


def _middle_row(coordinates: NDArray[np.float32], rows: NDArray[np.int64]) -> int:
    """Of some rows the one nearest to their median; of equally near ones that with the lowest coordinates."""
    points = coordinates[rows].astype(np.float64)
    apart = np.square(points - np.median(points, axis=0)).sum(axis=1)
    return int(rows[np.lexsort((*points.T, apart))[0]])
