"""The figures of the scorecard: a value of each contender by each measure, with its interval and rank."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.measure import Measure, UnitValues, WholeValues
from explorer.comparison.numbers import has_interval
from explorer.comparison.statistics.differences import Difference, ranks
from explorer.comparison.statistics.inference import intervals


@dataclass(frozen=True)
class Score:
    """A figure of the scorecard.

    Attributes:
        contender: The position of the contender.
        measure: The measure.
        value: Its value; NaN if the contender does not have the measure.
        low: Low end of the 95 % interval; NaN if there is none.
        high: High end.
        n: The number of units, such as rows or queries; 0 for costs, None without a value.
        rank: 1 + the number of contenders that are significantly better; None if the measure does not rank,
            or if `by_chance`.
        independent: The number of groups of these units; 0 for costs, None without a value.
        too_few: Whether it has no interval because there are too few independent units for one, or all have
            the same value that is not at a bound.
        by_chance: Whether it is no better than what chance gives, as far as its interval tells.
    """

    contender: int
    measure: Measure
    value: float
    low: float
    high: float
    n: int | None
    rank: int | None
    independent: int | None
    too_few: bool
    by_chance: bool


def scores_of(
    values: UnitValues | WholeValues, ends: NDArray[np.float64], found: Sequence[Difference]
) -> list[Score]:
    """The figures of one measure, by contender.

    Args:
        values: Its values.
        ends: Their 95 % intervals, float64, shape (contenders, 2); NaN for none.
        found: The differences by all measures.
    """
    # From too few units there are differences, but nothing can be said to be better.
    ranked = any(each.measure == values.measure and not np.isnan(each.low) for each in found)
    own = ranks(values, found) if ranked else [None] * len(values.values)
    uncertain = isinstance(values, UnitValues) or values.intervals is not None
    at_chance = no_better_than_chance(values, ends)
    return [
        Score(
            place,
            values.measure,
            float(figure),
            float(low),
            float(high),
            None if np.isnan(figure) else values.n,
            None if at_chance[place] else rank,
            None if np.isnan(figure) else values.independent,
            bool(uncertain and not has_interval(low, high) and not np.isnan(figure)),
            bool(at_chance[place]),
        )
        for place, (figure, (low, high), rank) in enumerate(zip(values.figures, ends, own, strict=True))
    ]


def no_better_than_chance(values: UnitValues | WholeValues, ends: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which contenders are no better than chance: the worse end of the interval, or the value without one.

    Args:
        values: The values of a measure.
        ends: Their 95 % intervals, float64, shape (contenders, 2); NaN for none.

    Returns:
        bool, shape (contenders,); none where chance is not known.
    """
    measure, figures = values.measure, values.figures
    if measure.chance is None or measure.better is None:
        return np.zeros(len(figures), dtype=bool)
    worse = ends[:, 0 if measure.better else 1]
    worse = np.where(ends[:, 0] < ends[:, 1], worse, figures)
    reached: NDArray[np.bool_] = worse <= measure.chance if measure.better else worse >= measure.chance
    return reached


def measured_intervals(values: UnitValues | WholeValues) -> NDArray[np.float64]:
    """The 95 % interval of each contender's value; NaN for none.

    Args:
        values: The values of a measure.

    Returns:
        float64, shape (contenders, 2). None leaves the range of its measure.
    """
    if isinstance(values, UnitValues):
        bounds = values.measure.least, values.measure.most
        return intervals(values.values, values.groups, *bounds, weights=values.weights)
    if values.intervals is None:
        return np.full((len(values.values), 2), np.nan)
    return values.intervals
