"""Where points are on their maps, as the browser gets them.

Points are in a random order, so that any beginning of them is a fair sample, which the browser draws
while a hand moves the map.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.share.map.content import Content, key_of

LARGEST = 65_535  # positions are uint16
_ASIDE = 0.01  # share of points on each side of an axis that can be outside the first view
_FEW = 200  # with fewer points, all are in it
_MARGIN = 0.06  # around the first view, as a share of it
_SEED = 0


@dataclass(frozen=True, eq=False)
class Positions:
    """The points of one or several maps of the same rows, as the browser gets them.

    Attributes:
        order: The points in the order in which they are sent, int64, shape (points,).
        units: Their places on each map, in their own order, uint16, shape (maps, points, 2).
        home: The first view: left, bottom, right, top, in the same units.
        base: Identifies the first map, whatever others are beside it.
        low: The coordinates of the units' origin, float64, shape (2,).
        scale: Units for each unit of the coordinates.
    """

    order: NDArray[np.int64]
    units: NDArray[np.uint16]
    home: tuple[int, int, int, int]
    base: str
    low: NDArray[np.float64]
    scale: float

    @classmethod
    def of(cls, *maps: NDArray[np.floating]) -> Positions:
        """Place points on a grid, with one scale for both axes and all maps.

        Args:
            maps: The coordinates of the same rows on each map, finite, shape (points, 2), with at least one
                point.
        """
        low = np.min([each.min(axis=0) for each in maps], axis=0).astype(np.float64)
        high = np.max([each.max(axis=0) for each in maps], axis=0).astype(np.float64)
        span = float((high - low).max()) or 1.0
        corner = (low + high) / 2 - span / 2
        scale = LARGEST / span
        units = np.empty((len(maps), *maps[0].shape), dtype=np.uint16)
        for number, points in enumerate(maps):
            units[number] = np.rint((points.astype(np.float64) - corner) * scale).clip(0, LARGEST)
        order = np.random.default_rng(_SEED).permutation(units.shape[1])
        base = key_of(np.ascontiguousarray(maps[0]).tobytes())
        return cls(order, units, _first_view(units), base, corner, scale)

    def __len__(self) -> int:
        return len(self.order)

    @functools.cached_property
    def contents(self) -> tuple[Content, ...]:
        """Each map in the order in which points are sent: x and y by turns, little endian."""
        return tuple(Content(each[self.order].astype("<u2").tobytes()) for each in self.units)

    @functools.cached_property
    def key(self) -> str:
        """Identifies the maps: equal places, equal keys."""
        return key_of("".join(content.key for content in self.contents).encode())

    @functools.cached_property
    def ranks(self) -> NDArray[np.int64]:
        """The number of each point in the order in which they are sent, int64, shape (points,)."""
        ranks = np.empty_like(self.order)
        ranks[self.order] = np.arange(len(self.order))
        return ranks

    def placed(self, coordinates: NDArray[np.floating]) -> NDArray[np.int64]:
        """Other coordinates in the same units, shape (points, 2); they can lie outside of the maps."""
        return np.rint((coordinates.astype(np.float64) - self.low) * self.scale).astype(np.int64)

    def on_map(self, at: float) -> NDArray[np.uint16]:
        """The points on a map, from 0, or on their way from one to the next: 0.5 is halfway.

        Returns:
            Shape (points, 2).
        """
        first = int(at)
        share = np.float32(at - first)
        if not share:
            whole: NDArray[np.uint16] = self.units[first]
            return whole
        before, after = self.units[first].astype(np.float32), self.units[first + 1].astype(np.float32)
        mixed: NDArray[np.uint16] = (before + share * (after - before)).astype(np.uint16)
        return mixed

    def inside(self, polygon: NDArray[np.float64], at: float = 0.0) -> NDArray[np.int64]:
        """The points inside a polygon, ascending; see `inside_polygon` and `on_map`."""
        return np.flatnonzero(inside_polygon(self.on_map(at), polygon))


def _first_view(units: NDArray[np.uint16]) -> tuple[int, int, int, int]:
    """Where most points of each map are: a few strays must not make everything else small."""
    aside = _ASIDE if units.shape[1] >= _FEW else 0.0
    low, high = np.quantile(units, (aside, 1 - aside), axis=1)  # of each map
    low, high = low.min(axis=0), high.max(axis=0)
    margin = max(1.0, _MARGIN * float((high - low).max()))
    (left, bottom), (right, top) = np.rint(low - margin).astype(int), np.rint(high + margin).astype(int)
    return int(left), int(bottom), int(right), int(top)


def inside_polygon(points: NDArray[np.uint16], corners: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which points are inside a polygon, by the even-odd rule.

    A ray from the point to the right crosses the polygon's edges an odd number of times (Shimrat,
    Algorithm 112: Position of point relative to polygon, 1962).

    Args:
        points: Shape (points, 2).
        corners: Shape (corners, 2); the last is joined to the first.

    Returns:
        Shape (points,).
    """
    inside = np.zeros(len(points), dtype=bool)
    if len(corners) < 3:
        return inside
    low, high = corners.min(axis=0), corners.max(axis=0)
    near = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))
    x, y = points[near].astype(np.float64).T
    odd = np.zeros(len(near), dtype=bool)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        if ay == by:
            continue
        crosses = np.flatnonzero((ay > y) != (by > y))
        odd[crosses] ^= x[crosses] < (bx - ax) * (y[crosses] - ay) / (by - ay) + ax
    inside[near] = odd
    return inside
