"""Figures as people write them: on the page, in a report, and on the command line."""

from __future__ import annotations

import math

from explorer.comparison.measure import Measure
from explorer.comparison.statistics.inference import FEWEST_GROUPS
from explorer.numbers import percent

_YES_NO = "prompt missing"
_SHARE = "tokens not read"
_MILLION = 1_000_000
_UNITS = {"judgements": ("query", "queries"), "pairs": ("pair", "pairs")}
_ROWS = ("row", "rows")
NO_INTERVAL = f"No interval: it takes {FEWEST_GROUPS} independent units or more, and some that differ."


def figure(measure: Measure, value: float) -> str:
    """A value of a measure; a dash for none."""
    if math.isnan(value):
        return "–"
    if measure.name == _YES_NO:
        return "yes" if value else "no"
    if measure.name == _SHARE:
        return percent(value)
    return count(value) if measure.kind == "cost" else number(value)


def count(value: float) -> str:
    """A count or a rate: 22.7 M, 1,536, 342, 9.2, 0.047."""
    if value >= _MILLION:
        return f"{value / _MILLION:,.1f} M"
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"


def chance(measure: Measure) -> str:
    """What chance gives, such as `chance 0.83`; empty if that is not known."""
    return "" if measure.chance is None else f"chance {number(measure.chance, 2)}"


def evidence(name: str, value: float) -> str:
    """A figure of a finding: a share as a percentage, whole numbers as such."""
    if name.startswith("share"):
        return percent(value)
    return count(value) if value == int(value) else number(value)


def number(value: float, places: int = 3, *, plus: bool = False) -> str:
    """A number with a true minus sign; a dash for none."""
    if math.isnan(value):
        return "–"
    text = f"{abs(value):,.{places}f}"
    zero = float(text.replace(",", "")) == 0
    sign = "" if zero else "−" if value < 0 else "+" if plus else ""
    return sign + text


def has_interval(low: float, high: float) -> bool:
    """Whether an interval says something: it may have no width where all units are the same."""
    return low < high


def interval(low: float, high: float, *, too_few: bool = False) -> str:
    """An interval; empty if there is none, and a dash where the units do not give one."""
    if not has_interval(low, high):
        return "–" if too_few else ""
    return f"{number(low)} to {number(high)}"


def with_interval(value: float, low: float, high: float) -> str:
    """A number, with its interval in brackets if there is one."""
    ends = interval(low, high)
    return f"{number(value)} ({ends})" if ends else number(value)


def units(measure: Measure, n: int, independent: int | None = None, of: int | None = None) -> str:
    """A number of units, such as `36 queries`, or `2,000 of 117,659 rows, of which 1,989 are independent`.

    Args:
        measure: What was measured.
        n: The number of units.
        independent: The number of groups of units; None to leave it out.
        of: The number of all rows, for a measure of rows; None to leave it out.
    """
    one, many = _UNITS.get(measure.kind, _ROWS)
    total = f" of {of:,}" if of is not None and of > n and measure.kind not in _UNITS else ""
    text = f"{n:,}{total} {one if n == 1 and not total else many}"
    if independent is None or independent == n:
        return text
    return f"{text}, of which {independent:,} {'is' if independent == 1 else 'are'} independent"


def probability(p: float) -> str:
    """A p-value; a dash for none."""
    if math.isnan(p):
        return "–"
    return "< 0.001" if p < 0.001 else f"{p:.3f}"
