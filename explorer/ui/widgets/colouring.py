"""What the colours of a map show, and the layers that have them."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
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
        groups = [""] * total if colouring.groups is None else colouring.groups
        return _grouped(groups, colouring.order)
    known = np.isfinite(colouring.numbers)
    numbers = colouring.numbers[known]
    low, high = scale_ends(numbers)
    look: dict[str, Any] = {
        "color": numbers.astype(np.float32),
        "colorscale": "Viridis",
        "cmin": low if low < high else None,
        "cmax": high if low < high else None,
        "showscale": True,
        "colorbar": {"title": html.escape(colouring.title), "thickness": 12},
    }
    layers: list[Layer] = [
        ("", np.flatnonzero(~known), {"color": _GREY}),
        ("", np.flatnonzero(known), look),
    ]
    return [layer for layer in layers if len(layer[1])]


def scale_ends(numbers: NDArray[np.float64]) -> tuple[float, float]:
    """The numbers at both ends of a colour scale: a few outliers must not give all others the same colour.

    Args:
        numbers: Finite, shape (numbers,).
    """
    if not len(numbers):
        return 0.0, 0.0
    low, high = np.quantile(numbers, (_ASIDE_COLOUR, 1 - _ASIDE_COLOUR))
    return float(low), float(high)


def ranked_groups(
    groups: Sequence[str], order: Sequence[str]
) -> tuple[NDArray[np.int64], list[str], NDArray[np.int64]]:
    """Groups in the order of their colours: as given, then large ones first, then by name.

    Args:
        groups: The group of each row, "" for none.
        order: Groups that come first.

    Returns:
        The number of each row's group, −1 for none, int64, shape (rows,); the names of the groups; and their
        sizes, int64, shape (groups,).
    """
    codes, names = pd.factorize(np.array(groups, dtype=object))
    sizes = np.bincount(codes, minlength=len(names))
    ranks = {name: rank for rank, name in enumerate(order)}
    ranked = sorted(
        (place for place, name in enumerate(names) if name),
        key=lambda place: (ranks.get(names[place], len(ranks)), -sizes[place], names[place]),
    )
    numbers = np.full(len(names), -1)
    numbers[ranked] = np.arange(len(ranked))
    return numbers[codes], [names[place] for place in ranked], sizes[ranked]


def _grouped(groups: Sequence[str], order: Sequence[str]) -> list[Layer]:
    """Groups, each with its rows and style; rows in no group or beyond the most groups in grey."""
    numbers, names, _ = ranked_groups(groups, order)
    found: list[Layer] = []
    rest = np.flatnonzero((numbers < 0) | (numbers >= _MAX_GROUPS))
    if len(rest):
        found.append(("other" if len(names) > _MAX_GROUPS else "", rest, {"color": _GREY}))
    for number, name in enumerate(names[:_MAX_GROUPS]):
        found.append((name, np.flatnonzero(numbers == number), group_look(number)))
    return found


def group_look(number: int) -> dict[str, Any]:
    """The colour and the symbol of the marker of a group, numbered from 0."""
    return {
        "color": COLOURS[number % len(COLOURS)],
        "symbol": _MARKERS[number // len(COLOURS) % len(_MARKERS)],
    }
