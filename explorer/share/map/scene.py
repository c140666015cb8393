"""What a map shows, apart from the selection, as the bytes and the JSON that the browser gets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.data.corpus import Corpus
from explorer.data.tables.values import shortened
from explorer.share.map.content import Content
from explorer.share.map.map_names import MapName
from explorer.share.map.palette import ACCENT, rgb
from explorer.share.map.point_colours import PointColours
from explorer.share.map.positions import Positions

_NAME_CHARS = 40  # of a name on the map
_TEXT_CHARS = 300
_VALUE_CHARS = 60

Tip = tuple[str, str]
"""The first line and the text of what is shown beside a point."""


@dataclass(frozen=True, eq=False)
class Scene:
    """What a map shows, apart from the selection.

    Attributes:
        positions: The points.
        colours: Their colours.
        categories: The entry of the palette of each point, in the order in which they are sent; None for one
            colour.
        description: JSON of colours, names and what else is drawn.
    """

    positions: Positions
    colours: PointColours
    categories: Content | None
    description: Content

    def inside(
        self, polygon: NDArray[np.float64], at: float = 0.0, hidden: Sequence[int] = ()
    ) -> NDArray[np.int64]:
        """The points inside a polygon, ascending, without those of hidden entries of the palette.

        Args:
            polygon: See `inside_polygon`.
            at: The map; see `Positions.on_map`.
            hidden: Entries of the palette.
        """
        return self.colours.without(self.positions.inside(polygon, at), hidden)


def make_scene(
    positions: Positions,
    title: str,
    colours: PointColours,
    *,
    heading: str = "",
    panels: Sequence[str] = ("",),
    morph: Sequence[str] = (),
    names: Sequence[MapName] = (),
    found: NDArray[np.int64] | None = None,
    query: NDArray[np.floating] | None = None,
) -> Scene:
    """What a map shows.

    Args:
        positions: The points.
        title: Of the legend.
        colours: Of the points.
        heading: The title of pictures that are saved.
        panels: The title of each map, side by side.
        morph: The names of maps that one panel turns into each other.
        names: What is written on the map.
        found: Points to ring, int64, shape (found,).
        query: Coordinates of a text on each map, or only on the first ones, shape (maps, 2).
    """
    described = {
        "map": positions.key,
        "base": positions.base,
        "grid": [*positions.low.tolist(), positions.scale],
        "home": positions.home,
        "heading": heading,
        "panels": panels,
        "morph": morph,
        "title": title,
        "colours": colours.key,
        "palettes": colours.palettes,
        "greys": colours.greys,
        "accent": rgb(ACCENT),
        "legend": colours.legend,
        "scale": colours.scale,
        "note": colours.note,
        "names": [
            {
                "name": shortened(each.name, _NAME_CHARS),
                "places": each.places.tolist(),
                "level": each.level,
                "entry": each.entry,
            }
            for each in names
        ],
        "found": [] if found is None else positions.ranks[found].tolist(),
        "query": [] if query is None else positions.placed(query).tolist(),
    }
    text = json.dumps(described, ensure_ascii=False, separators=(",", ":"))
    categories = colours.categories
    return Scene(
        positions,
        colours,
        None if categories is None else Content(categories[positions.order].tobytes()),
        Content(text.encode("utf-8", "replace")),
    )


def bits(points: NDArray[np.bool_], order: NDArray[np.int64]) -> bytes:
    """One bit for each point in the order in which they are sent, the first in the lowest bit of a byte.

    Args:
        points: Whether each point is selected, or visible, shape (points,).
        order: See `Positions`, shape (points,).
    """
    return np.packbits(points[order], bitorder="little").tobytes()


def row_text(corpus: Corpus, row: int, *said: str) -> tuple[str, str]:
    """What stands beside a row: its number and what else is said of it, and the beginning of its text.

    Args:
        corpus: The rows.
        row: The row, from 0.
        said: Its score, or what its colour shows; "" for nothing.
    """
    parts = [f"row {row + 1:,}", *(shortened(part, _VALUE_CHARS) for part in said)]
    return " · ".join(filter(None, parts)), shortened(corpus.captions[row], _TEXT_CHARS)
