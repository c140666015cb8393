"""The differences of pairs of contenders, with positions for a forest plot."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from explorer.comparison.numbers import NO_INTERVAL, has_interval, interval, number, probability, units
from explorer.comparison.results import Results
from explorer.comparison.statistics.differences import Difference

WIDTH = 240.0
"""The width of the plot, in its own units."""
_MARGIN = 8.0


@dataclass(frozen=True)
class ForestRow:
    """A difference, first − second.

    Attributes:
        first: The name of the first contender.
        second: The name of the second.
        difference: The difference.
        interval: Its 95 % interval; a dash where there are too few units for one.
        reason: Why there is a dash; empty without one.
        p: Its p-value after Holm.
        says: What it says, such as `A is better`.
        significant: Whether the two contenders differ.
        low: Where the interval begins in the plot, 0 to `WIDTH`.
        middle: Where the difference is.
        high: Where the interval ends.
    """

    first: str
    second: str
    difference: str
    interval: str
    reason: str
    p: str
    says: str
    significant: bool
    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Forest:
    """The differences by one measure.

    Attributes:
        measure: The measure's name.
        units: How many units there are, such as `624 rows, of which 588 are independent`.
        better: Which side of zero is better for the first contender.
        zero: Where zero is in the plot.
        least: The smallest value of the plot, at its left end.
        most: The largest, at its right end.
        rows: The differences.
    """

    measure: str
    units: str
    better: str
    zero: float
    least: str
    most: str
    rows: tuple[ForestRow, ...]


def forests(results: Results) -> tuple[Forest, ...]:
    """The differences by each measure that ranks, in the order of the scorecard."""
    measures = dict.fromkeys(each.measure for each in results.found)
    return tuple(
        _forest(
            [each for each in results.found if each.measure == measure], results.names, len(results.corpus)
        )
        for measure in measures
    )


def _forest(found: Sequence[Difference], names: Sequence[str], total: int) -> Forest:
    measure = found[0].measure
    numbers = [value for each in found for value in (each.low, each.high, each.difference)]
    # Zero is always in the middle, so that plots of several measures are read alike.
    reach = max((abs(value) for value in numbers if not math.isnan(value)), default=0.0) or 1.0

    def place(value: float) -> float:
        return round(WIDTH / 2 + (WIDTH / 2 - _MARGIN) * value / reach, 1)

    rows = tuple(_row(each, names, place) for each in found)
    higher = measure.better
    better = "" if higher is None else "Right of zero" if higher else "Left of zero"
    return Forest(
        measure.name,
        units(measure, found[0].n, found[0].independent, total),
        better,
        place(0),
        number(-reach),
        number(reach, plus=True),
        rows,
    )


def _row(each: Difference, names: Sequence[str], place: Callable[[float], float]) -> ForestRow:
    winner = each.better
    says = "cannot be told apart" if winner is None else f"{names[winner]} is better"
    known = not math.isnan(each.low)
    return ForestRow(
        names[each.first],
        names[each.second],
        number(each.difference, plus=True),
        interval(each.low, each.high, too_few=True),
        "" if has_interval(each.low, each.high) else NO_INTERVAL,
        probability(each.p_holm),
        says,
        each.significant,
        place(each.low if known else each.difference),
        place(each.difference),
        place(each.high if known else each.difference),
    )
