"""Figures as a report shows them."""

from __future__ import annotations

import math

from explorer.comparison.measure import Measure

_YES_NO = "prompt missing"


def figure(measure: Measure, value: float) -> str:
    """A value of a measure: three decimals, whole numbers as such, a dash for none."""
    if math.isnan(value):
        return "–"
    if measure.name == _YES_NO:
        return "yes" if value else "no"
    if measure.kind == "cost" and (abs(value) >= 100 or value == int(value)):
        return f"{value:,.0f}"
    return number(value)


def number(value: float, places: int = 3, *, plus: bool = False) -> str:
    """A number with a true minus sign; a dash for none."""
    if math.isnan(value):
        return "–"
    text = f"{abs(value):,.{places}f}"
    zero = float(text.replace(",", "")) == 0
    sign = "" if zero else "−" if value < 0 else "+" if plus else ""
    return sign + text


def interval(low: float, high: float) -> str:
    """An interval; empty if there is none."""
    return "" if math.isnan(low) or math.isnan(high) else f"{number(low)} to {number(high)}"


def probability(p: float) -> str:
    """A p-value; a dash for none."""
    if math.isnan(p):
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
