"""What the colours of a map show, and the layers that have them."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

# Paul Tol's and Okabe and Ito's colours, which colour-blind readers can distinguish; further groups of eight
# repeat them with another marker, since no palette has 45 distinguishable colours.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255", "#999933")
_MARKERS = ("circle", "square", "diamond", "cross", "triangle-up", "star")
_GREY = "#8c8c8c"
_MAX_GROUPS = 48
_ASIDE_COLOUR = 0.01  # share of numbers on each side clipped to the end of the scale
_NUMBERS_SHARE = 0.9  # a column counts as numeric when at least this share of its values are numbers

Layer = tuple[str, NDArray[np.int64], dict[str, Any]]
"""A name, "" for none; the points, by their places; and plotly's style of their markers."""


@dataclass(frozen=True, eq=False)
class Colouring:
    """What the colours of a map show.

    Attributes:
        title: The title of the legend.
        groups: The group of each row, "" for none; None if colours show numbers.
        numbers: A number for each row, NaN for none; None if colours show groups.
        order: The groups in the order of their colours; empty for large groups first.
    """

    title: str
    groups: Sequence[str] | None = None
    numbers: NDArray[np.float64] | None = None
    order: Sequence[str] = ()

    def value(self, row: int) -> str:
        """What the colour of a row shows, as text; "" for nothing."""
        if self.numbers is not None:
            number = float(self.numbers[row])
            return f"{number:.3f}" if np.isfinite(number) else ""
        return "" if self.groups is None else self.groups[row]


def column_colouring(name: str, values: Sequence[object]) -> Colouring:
    """Colours of a metadata column: a scale if most values are numbers, else one colour per group."""
    numbers = np.array([_number(value) for value in values], dtype=np.float64)
    given = sum(value not in (None, "") and value == value for value in values)  # NaN is not itself
    if given and np.isfinite(numbers).sum() >= _NUMBERS_SHARE * given:
        return Colouring(name, numbers=numbers)
    return Colouring(name, groups=["" if value is None else str(value) for value in values])


def _number(value: object) -> float:
    try:
        number = float(str(value))
    except ValueError:
        return float("nan")
    return number if np.isfinite(number) else float("nan")


def layers_of(colouring: Colouring, total: int) -> list[Layer]:
    """The layers of a map of some number of rows, in drawing order."""
    if colouring.numbers is None:
        groups = np.array(colouring.groups if colouring.groups is not None else [""] * total)
        return _grouped(groups, colouring.order)
    known = np.isfinite(colouring.numbers)
    numbers = colouring.numbers[known]
    # A few outliers must not give all other values the same colour.
    low, high = np.quantile(numbers, (_ASIDE_COLOUR, 1 - _ASIDE_COLOUR)) if len(numbers) else (0.0, 0.0)
    look: dict[str, Any] = {
        "color": numbers.astype(np.float32),
        "colorscale": "Viridis",
        "cmin": float(low) if low < high else None,
        "cmax": float(high) if low < high else None,
        "showscale": True,
        "colorbar": {"title": html.escape(colouring.title), "thickness": 12},
    }
    layers: list[Layer] = [
        ("", np.flatnonzero(~known), {"color": _GREY}),
        ("", np.flatnonzero(known), look),
    ]
    return [layer for layer in layers if len(layer[1])]


def _grouped(groups: np.ndarray, order: Sequence[str]) -> list[Layer]:
    """Groups, each with its rows and style; rows in no group or beyond the most groups in grey."""
    names, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    ranks = {name: rank for rank, name in enumerate(order)}
    by_size = [place for place in np.argsort(-sizes, kind="stable").tolist() if names[place]]
    ranked = sorted(by_size, key=lambda place: ranks.get(str(names[place]), len(ranks)))
    found: list[Layer] = []
    kept = ranked[:_MAX_GROUPS]
    rest = np.flatnonzero(~np.isin(group, kept))
    if len(rest):
        found.append(("other" if len(ranked) > _MAX_GROUPS else "", rest, {"color": _GREY}))
    for number, place in enumerate(kept):
        found.append((str(names[place]), np.flatnonzero(group == place), group_look(number)))
    return found


def group_look(number: int) -> dict[str, Any]:
    """The colour and the symbol of the marker of a group, numbered from 0."""
    return {
        "color": COLOURS[number % len(COLOURS)],
        "symbol": _MARKERS[number // len(COLOURS) % len(_MARKERS)],
    }
