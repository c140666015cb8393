"""The colours of points, and the legend that explains them."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.data.tables.values import shortened
from explorer.numbers import readable_number
from explorer.share.map.colouring import Colouring, scale_ends
from explorer.share.map.content import key_of
from explorer.share.map.palette import GREY, HUES, rgb, scale_colours

_MOST_GROUPS = 254  # categories are bytes; 0 is no group, 255 the groups beyond these
_LEVELS = 254  # of numbers
_LEGEND_CHARS = 80  # the browser cuts what has no room


@dataclass(frozen=True, eq=False)
class PointColours:
    """The colours of points.

    Attributes:
        categories: The entry of the palette of each point in its own order, uint8; None for one colour.
        palettes: Red, green and blue of each entry, 0 to 255, on a light and on a dark ground.
        legend: The groups: entry, name, count, colour.
        greys: Entries whose groups share the grey.
        scale: The ends and colours of numbers; None for groups.
        note: What the legend says above the groups.
    """

    categories: NDArray[np.uint8] | None
    palettes: tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]]
    legend: list[dict[str, Any]] = field(default_factory=list)
    greys: list[int] = field(default_factory=list)
    scale: dict[str, Any] | None = None
    note: str = ""

    @functools.cached_property
    def key(self) -> str:
        """Identifies what the entries of the palette are: equal groups in equal numbers, equal keys."""
        return key_of(json.dumps([self.legend, self.scale]).encode())

    def without(self, points: NDArray[np.int64], hidden: Sequence[int]) -> NDArray[np.int64]:
        """Points, int64, shape (points,), without those of hidden entries of the palette."""
        if self.categories is None or not len(hidden):
            return points
        return points[~np.isin(self.categories[points], hidden)]

    def members(self, entry: float) -> NDArray[np.int64]:
        """The points that have an entry of the palette, ascending, int64; none if they have one colour."""
        if self.categories is None:
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero(self.categories == entry)

    def shares(self, points: NDArray[np.int64], most: int) -> list[tuple[str, int, str]]:
        """The largest groups among some points: name, number of points, colour; large ones first.

        Args:
            points: int64, shape (points,).
            most: Number of groups.
        """
        if self.categories is None or not self.legend:
            return []
        counts = np.bincount(self.categories[points], minlength=256)
        groups = sorted(self.legend, key=lambda group: -counts[group["entry"]])[:most]
        return [
            (group["name"], int(counts[group["entry"]]), group["colour"])
            for group in groups
            if counts[group["entry"]]
        ]


def point_colours(colouring: Colouring) -> PointColours:
    """The colours of points; large groups have hues of their own, the others are grey."""
    if colouring.numbers is not None:
        return _number_colours(colouring.numbers)
    if colouring.groups is None:
        return PointColours(None, ([rgb(HUES[0])], [rgb(HUES[0])]))
    return _group_colours(*colouring.ranked)


def _number_colours(numbers: NDArray[np.float64]) -> PointColours:
    known = np.isfinite(numbers)
    categories = np.zeros(len(numbers), dtype=np.uint8)
    light, dark = scale_colours(_LEVELS)
    palettes = ([rgb(GREY), *map(rgb, light)], [rgb(GREY), *map(rgb, dark)])
    if not known.any():
        return PointColours(categories, palettes)
    low, high = scale_ends(numbers[known])
    share = (numbers[known] - low) / ((high - low) or 1.0)
    categories[known] = 1 + np.rint(share.clip(0, 1) * (_LEVELS - 1))
    scale = {
        "low": readable_number(low),
        "high": readable_number(high),
        "colours": [shades[:: _LEVELS // 16] for shades in (light, dark)],
    }
    return PointColours(categories, palettes, scale=scale)


def _group_colours(
    numbers: NDArray[np.int64], names: Sequence[str], sizes: NDArray[np.int64]
) -> PointColours:
    """The colours of groups; see `ranked_groups`."""
    palette, legend, greys = [rgb(GREY)], [], []
    for entry, (name, count) in enumerate(zip(names[:_MOST_GROUPS], sizes.tolist(), strict=False), start=1):
        colour = HUES[entry - 1] if entry <= len(HUES) else GREY
        if colour == GREY:
            greys.append(entry)
        palette.append(rgb(colour))
        shown = shortened(name, _LEGEND_CHARS)
        legend.append({"entry": entry, "name": shown, "count": count, "colour": colour})
    rest = len(names) - _MOST_GROUPS
    if rest > 0:
        palette.append(rgb(GREY))
        count = int(sizes[_MOST_GROUPS:].sum())
        legend.append(
            {"entry": _MOST_GROUPS + 1, "name": f"{rest:,} more groups", "count": count, "colour": GREY}
        )
    without = int((numbers < 0).sum())
    others = "the others, and rows without one, are grey" if without else "the others are grey"
    note = (
        f"Only the first {len(HUES)} groups have colours; {others}. Point at a name to highlight its rows."
        if greys
        else ""
    )
    if without:
        legend.append({"entry": 0, "name": "(none)", "count": without, "colour": GREY})
    entries = np.minimum(numbers + 1, _MOST_GROUPS + 1).astype(np.uint8)
    return PointColours(entries, (palette, palette), legend, greys, note=note)
