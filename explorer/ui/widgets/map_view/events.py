"""Reading what the browser reports of a map, trusting nothing of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.share.map.positions import Positions
from explorer.share.map.scene import Scene

_MODES = ("replace", "add", "subtract", "invert", "none")
_MOST_CORNERS = 5_000  # of a lasso
_MOST_ENTRIES = 256  # of a palette


@dataclass(frozen=True)
class View:
    """What part of a map is seen.

    Attributes:
        box: Left, bottom, right, top, in units of the map.
        at: The map; see `Positions.on_map`.
        hidden: Entries of the palette whose points are not shown.
    """

    box: tuple[float, float, float, float]
    at: float
    hidden: tuple[int, ...]


def read_pick(event: object, scene: Scene) -> tuple[NDArray[np.int64], str] | None:
    """Read a lasso, a click on a point or in the legend, an inversion or Escape.

    Args:
        event: `map` and `colours`, the keys of what was drawn, and `mode`; `polygon` with `at` and `hidden`,
            `point`, or `entry` of the palette.
        scene: What is drawn now.

    Returns:
        The points, ascending, int64, and the mode; None if it was another map, or is nothing of this kind.
    """
    positions = scene.positions
    if not isinstance(event, dict) or event.get("mode") not in _MODES:
        return None
    if event.get("map") != positions.key:
        return None
    mode = event["mode"]
    hidden = _read_hidden(event, scene)
    if mode == "none":
        return np.empty(0, dtype=np.int64), mode
    if mode == "invert":
        everything = np.arange(len(positions))
        return None if hidden is None else (scene.colours.without(everything, hidden), mode)
    if "point" in event:
        point = read_point(event, positions)
        return None if point is None else (np.array([point]), mode)
    if "entry" in event:
        entry = _read_number(event["entry"])
        return None if entry is None else (scene.colours.members(entry), mode)
    polygon = _read_polygon(event.get("polygon"))
    at = _read_at(event, positions)
    if polygon is None or at is None or hidden is None:
        return None
    return scene.inside(polygon, at, hidden), mode


def read_point(event: object, positions: Positions) -> int | None:
    """The point that an event names by its number in the order in which they are sent; None for none."""
    if not isinstance(event, dict) or event.get("map") != positions.key:
        return None
    number = event.get("point")
    if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < len(positions):
        return int(positions.order[number])
    return None


def read_view(event: object, scene: Scene) -> View | None:
    """Read what part of the map is seen; None if it was another map, or is nothing of this kind."""
    if not isinstance(event, dict) or event.get("map") != scene.positions.key:
        return None
    at, hidden = _read_at(event, scene.positions), _read_hidden(event, scene)
    box = event.get("box")
    if at is None or hidden is None or not isinstance(box, list) or len(box) != 4:
        return None
    numbers = [_read_number(part) for part in box]
    left, bottom, right, top = (math.nan if number is None else number for number in numbers)
    return View((left, bottom, right, top), at, hidden) if left <= right and bottom <= top else None


def _read_number(value: object) -> float | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _read_at(event: dict[object, object], positions: Positions) -> float | None:
    at = _read_number(event.get("at", 0))
    return at if at is not None and 0 <= at <= len(positions.units) - 1 else None


def _read_hidden(event: dict[object, object], scene: Scene) -> tuple[int, ...] | None:
    """Entries of the palette that are hidden; those of other colours hide nothing here."""
    if event.get("colours") != scene.colours.key:
        return ()
    hidden = event.get("hidden", [])
    if not isinstance(hidden, list) or not all(isinstance(entry, int) for entry in hidden):
        return None
    return tuple(entry for entry in hidden[:_MOST_ENTRIES] if 0 <= entry < _MOST_ENTRIES)


def _read_polygon(corners: object) -> NDArray[np.float64] | None:
    if not isinstance(corners, list) or not 3 <= len(corners) <= _MOST_CORNERS:
        return None
    try:
        polygon = np.array(corners, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None
    return polygon if polygon.ndim == 2 and polygon.shape[1] == 2 and np.isfinite(polygon).all() else None
