"""What a map shows, as the bytes and the JSON that the browser gets.

Points are in a random order, so that any beginning of them is a fair sample, which the browser draws
while a hand moves the map.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.ui.shell.text import shortened
from explorer.ui.widgets.colouring import Colouring, ranked_groups, scale_ends
from explorer.ui.widgets.map_points import NAME_CHARS
from explorer.ui.widgets.map_view.palette import ACCENT, GREY, HUES, rgb, scale_colours

_LARGEST = 65_535  # places are uint16
_ASIDE = 0.01  # share of points on each side of an axis that can be outside the first view
_FEW = 200  # with fewer points, all are in it
_MARGIN = 0.06  # around the first view, as a share of it
_MOST_GROUPS = 254  # categories are bytes; 0 is no group, 255 the groups beyond these
_LEVELS = 254  # of numbers
_NAMED_ROWS = 20  # with more groups, those of one row get no name on the map
_SEED = 0


@dataclass(frozen=True, eq=False)
class Content:
    """Bytes for the browser."""

    value: bytes

    @functools.cached_property
    def key(self) -> str:
        """Identifies the bytes: equal bytes, equal keys."""
        return hashlib.blake2b(self.value, digest_size=16).hexdigest()


@dataclass(frozen=True, eq=False)
class Places:
    """Points of a map in two dimensions, as the browser gets them.

    Attributes:
        order: The points in the order in which they are sent, int64, shape (points,).
        units: Their places in their own order, uint16, shape (points, 2).
        home: The first view: left, bottom, right, top, in the same units.
    """

    order: NDArray[np.int64]
    units: NDArray[np.uint16]
    home: tuple[int, int, int, int]
    _low: NDArray[np.float64]
    _scale: float

    @classmethod
    def of(cls, coordinates: NDArray[np.float32]) -> Places:
        """Place points on the grid, with one scale for both axes.

        Args:
            coordinates: Finite, shape (points, 2), with at least one point.
        """
        points = coordinates.astype(np.float64)
        low, high = points.min(axis=0), points.max(axis=0)
        span = float((high - low).max()) or 1.0
        corner = (low + high) / 2 - span / 2
        scale = _LARGEST / span
        units = np.rint((points - corner) * scale).clip(0, _LARGEST).astype(np.uint16)
        order = np.random.default_rng(_SEED).permutation(len(points))
        return cls(order, units, _first_view(units), corner, scale)

    @functools.cached_property
    def content(self) -> Content:
        """The places in the order in which they are sent: x and y by turns, little endian."""
        return Content(self.units[self.order].astype("<u2").tobytes())

    def placed(self, coordinates: NDArray[np.float32]) -> NDArray[np.int64]:
        """Other coordinates of the same map in its units, shape (points, 2); they can lie outside of it."""
        return np.rint((coordinates.astype(np.float64) - self._low) * self._scale).astype(np.int64)

    def inside(self, polygon: NDArray[np.float64]) -> NDArray[np.int64]:
        """The points inside a polygon, ascending; see `inside_polygon`."""
        return np.flatnonzero(inside_polygon(self.units, polygon))


def _first_view(units: NDArray[np.uint16]) -> tuple[int, int, int, int]:
    """Where most points are: a few strays must not make everything else small."""
    aside = _ASIDE if len(units) >= _FEW else 0.0
    low, high = np.quantile(units.astype(np.float64), (aside, 1 - aside), axis=0)
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


@dataclass(frozen=True, eq=False)
class Painting:
    """The colours of points.

    Attributes:
        categories: The entry of the palette of each point in its own order, uint8; None for one colour.
        palette: Red, green and blue of each entry, 0 to 255.
        legend: The groups: entry, name, count, colour.
        greys: Entries whose groups share the grey.
        scale: The ends and colours of numbers; None for groups.
        note: What the legend says above the groups.
    """

    categories: NDArray[np.uint8] | None
    palette: list[tuple[int, int, int]]
    legend: list[dict[str, Any]] = field(default_factory=list)
    greys: list[int] = field(default_factory=list)
    scale: dict[str, Any] | None = None
    note: str = ""


def paint(colouring: Colouring) -> Painting:
    """The colours of points; large groups have hues of their own, the others are grey."""
    if colouring.numbers is not None:
        return _paint_numbers(colouring.numbers)
    if colouring.groups is None:
        return Painting(None, [rgb(HUES[0])])
    return _paint_groups(colouring.groups, colouring.order)


def _paint_numbers(numbers: NDArray[np.float64]) -> Painting:
    known = np.isfinite(numbers)
    categories = np.zeros(len(numbers), dtype=np.uint8)
    colours = scale_colours(_LEVELS)
    palette = [rgb(GREY), *map(rgb, colours)]
    if not known.any():
        return Painting(categories, palette)
    low, high = scale_ends(numbers[known])
    share = (numbers[known] - low) / ((high - low) or 1.0)
    categories[known] = 1 + np.rint(share.clip(0, 1) * (_LEVELS - 1))
    scale = {"low": f"{low:.3g}", "high": f"{high:.3g}", "colours": colours[:: _LEVELS // 16]}
    return Painting(categories, palette, scale=scale)


def _paint_groups(groups: Sequence[str], order: Sequence[str]) -> Painting:
    numbers, names, sizes = ranked_groups(groups, order)
    palette, legend, greys = [rgb(GREY)], [], []
    for entry, (name, count) in enumerate(zip(names[:_MOST_GROUPS], sizes.tolist(), strict=False), start=1):
        colour = HUES[entry - 1] if entry <= len(HUES) else GREY
        if colour == GREY:
            greys.append(entry)
        palette.append(rgb(colour))
        legend.append({"entry": entry, "name": shortened(name, NAME_CHARS), "count": count, "colour": colour})
    rest = len(names) - _MOST_GROUPS
    if rest > 0:
        palette.append(rgb(GREY))
        count = int(sizes[_MOST_GROUPS:].sum())
        legend.append(
            {"entry": _MOST_GROUPS + 1, "name": f"{rest:,} more groups", "count": count, "colour": GREY}
        )
    note = (
        f"Only the first {len(HUES)} groups have colours. Point at a name to highlight its rows."
        if greys
        else ""
    )
    entries = np.minimum(numbers + 1, _MOST_GROUPS + 1).astype(np.uint8)
    return Painting(entries, palette, legend, greys, note=note)


def group_names(places: Places, painting: Painting) -> list[dict[str, Any]]:
    """The names of groups, large ones first, each with its entry and the medians of its points' units."""
    if painting.categories is None:
        return []
    order = np.argsort(painting.categories, kind="stable")
    ends = np.searchsorted(painting.categories[order], np.arange(257))
    found = []
    for group in sorted(painting.legend, key=lambda group: -group["count"]):
        if group["entry"] > _MOST_GROUPS or (group["count"] == 1 and len(painting.legend) > _NAMED_ROWS):
            continue
        members = order[ends[group["entry"]] : ends[group["entry"] + 1]]
        x, y = np.median(places.units[members], axis=0)
        found.append({"name": group["name"], "x": int(x), "y": int(y), "entry": group["entry"]})
    return found


@dataclass(frozen=True, eq=False)
class Scene:
    """What a map shows, apart from the selection.

    Attributes:
        places: The points.
        categories: The entry of the palette of each point, in the order in which they are sent; None for one
            colour.
        description: JSON of colours, names and what else is drawn.
    """

    places: Places
    categories: Content | None
    description: Content

    def inside(self, polygon: NDArray[np.float64], hidden: Sequence[int] = ()) -> NDArray[np.int64]:
        """The points inside a polygon, ascending, without those of hidden entries of the palette."""
        points = self.places.inside(polygon)
        if self.categories is None or not len(hidden):
            return points
        shown = np.empty(len(self.places.order), dtype=bool)
        sent = np.frombuffer(self.categories.value, dtype=np.uint8)
        shown[self.places.order] = ~np.isin(sent, hidden)
        return points[shown[points]]


def make_scene(
    places: Places,
    colouring: Colouring,
    *,
    names: bool = True,
    contours: bool = False,
    found: NDArray[np.int64] | None = None,
) -> Scene:
    """What a map shows.

    Args:
        places: The points.
        colouring: What their colours show.
        names: Whether names of groups are drawn.
        contours: Whether density contours are drawn.
        found: Places to ring, in the units of `places`, shape (places, 2).
    """
    painting = paint(colouring)
    described = {
        "map": places.content.key,
        "home": places.home,
        "title": colouring.title,
        "palette": painting.palette,
        "greys": painting.greys,
        "accent": rgb(ACCENT),
        "legend": painting.legend,
        "scale": painting.scale,
        "note": painting.note,
        "names": group_names(places, painting) if names else [],
        "contours": contours,
        "found": [] if found is None else found.tolist(),
    }
    text = json.dumps(described, ensure_ascii=False, separators=(",", ":"))
    categories = painting.categories
    return Scene(
        places,
        None if categories is None else Content(categories[places.order].tobytes()),
        Content(text.encode("utf-8", "replace")),
    )


def bits(chosen: NDArray[np.bool_], order: NDArray[np.int64]) -> bytes:
    """One bit for each point in the order in which they are sent, the first in the lowest bit of a byte.

    Args:
        chosen: Whether each point is selected, shape (points,).
        order: See `Places`, shape (points,).
    """
    return np.packbits(chosen[order], bitorder="little").tobytes()
