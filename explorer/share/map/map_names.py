"""Names on a map, and where they stand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.region_names import RegionNames
from explorer.share.map.point_colours import PointColours
from explorer.share.map.positions import LARGEST, Positions

_NAMED_GROUPS = 60  # more are not names of places any more
_NAMED_ROWS = 20  # with more groups, those of one row get no name on the map
_CELLS = 24  # on each side of the grid by which the place of a name is found


@dataclass(frozen=True, eq=False)
class MapName:
    """A name on a map.

    Attributes:
        name: Someone else's text.
        places: Where it stands on each map, in units of `Positions`, int64, shape (maps, 2).
        level: 0 is always shown; each further level from closer on.
        entry: Of the palette: the name is hidden with it; None if it belongs to none.
    """

    name: str
    places: NDArray[np.int64]
    level: int = 0
    entry: int | None = None


def group_names(positions: Positions, colours: PointColours) -> list[MapName]:
    """The names of groups, large ones first; none if there are too many to be names of places."""
    if colours.categories is None or len(colours.legend) > _NAMED_GROUPS:
        return []
    members = members_of(colours.categories)
    return [
        MapName(
            group["name"],
            np.array([densest(units[members[group["entry"]]]) for units in positions.units]),
            entry=group["entry"],
        )
        for group in sorted(colours.legend, key=lambda group: -group["count"])
        if group["entry"] and not (group["count"] == 1 and len(colours.legend) > _NAMED_ROWS)
    ]


def region_names_on(positions: Positions, regions: RegionNames, *, level: int) -> list[MapName]:
    """Names of regions with their places on all maps, coarse ones first.

    Args:
        positions: The map that was divided, and others of the same rows.
        regions: Its regions.
        level: The level of the coarsest; see `MapName`.
    """
    names = []
    for depth, found in enumerate(regions.levels, start=level):
        first, members = positions.placed(found.positions), members_of(found.labels)
        for region, name in enumerate(found.names):
            if name:
                others = [densest(units[members[region]]) for units in positions.units[1:]]
                names.append(MapName(name, np.array([first[region], *others]), level=depth))
    return names


def densest(points: NDArray[np.uint16]) -> tuple[int, int]:
    """Where most of some points are: the median of those around the fullest cell of a grid.

    The median of all would lie between the clumps of a group that has several.

    Args:
        points: Shape (points, 2), at least one.
    """
    cells = points.astype(np.int64) * _CELLS // (LARGEST + 1) + 1  # with an empty cell on each side
    side = _CELLS + 2
    counts = np.bincount(cells[:, 1] * side + cells[:, 0], minlength=side * side).reshape(side, side)
    around = np.zeros_like(counts)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            around += np.roll(counts, (down, right), axis=(0, 1))
    row, column = np.unravel_index(int(around.argmax()), around.shape)
    near = (np.abs(cells[:, 0] - column) <= 1) & (np.abs(cells[:, 1] - row) <= 1)
    x, y = np.median(points[near], axis=0)
    return int(x), int(y)


def members_of(numbers: NDArray[np.integer]) -> dict[int, NDArray[np.int64]]:
    """The points that have each number, ascending, int64; numbers has shape (points,)."""
    order = np.argsort(numbers, kind="stable")
    found, starts = np.unique(numbers[order], return_index=True)
    return dict(zip(found.tolist(), np.split(order, starts[1:]), strict=True))
