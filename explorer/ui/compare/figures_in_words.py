"""Figures of a comparison as short texts."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from explorer.comparison.measure import Measure

_YES_OR_NO = "prompt missing"
_LARGE = 1_000_000
_P_LEAST = 0.001


def figure_text(measure: Measure, value: float) -> str:
    """The value of a measure; empty if there is none."""
    if math.isnan(value):
        return ""
    if measure.name == _YES_OR_NO:
        return "yes" if value else "no"
    if measure.kind == "cost":
        if value >= _LARGE:
            return f"{value / 1e6:,.1f} M"
        return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.3f}"
    return signed(value, 3, plus=False)


def signed(value: float, places: int, *, plus: bool = True) -> str:
    """A number with a real minus sign, and a plus sign if wanted."""
    text = f"{abs(value):.{places}f}"
    sign = "" if float(text) == 0 else "−" if value < 0 else "+" if plus else ""
    return sign + text


def p_text(p: float) -> str:
    """A p-value: p = 0.012, p < 0.001."""
    if math.isnan(p):
        return "p unknown"
    return f"p < {_P_LEAST}" if p < _P_LEAST else f"p = {p:.3f}"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th …; for numbers below 11."""
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number, 'th') }"
