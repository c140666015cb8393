"""Differences between contenders: size, interval, p-value, ranks, and how many more units they need."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.measure import Measure, UnitValues, WholeValues
from explorer.comparison.statistics.inference import Floats, difference_intervals, holm, paired_tests

LEVEL = 0.05
_POWER = 0.8


@dataclass(frozen=True)
class Difference:
    """The difference of two contenders by one measure.

    Attributes:
        measure: The measure.
        first: The position of one contender.
        second: The position of the other contender, after the first.
        difference: The first's value minus the second's.
        low: Low end of its 95 % confidence interval; NaN where there are too few groups for one.
        high: High end.
        p: The p-value of the paired permutation test.
        p_holm: The same, adjusted by Holm's procedure for all differences of the family.
        family: The number of differences in the family.
        n: The number of units, such as queries.
        error: The standard error of the difference.
        independent: The number of groups of units: as many are independent of one another.
    """

    measure: Measure
    first: int
    second: int
    difference: float
    low: float
    high: float
    p: float
    p_holm: float
    family: int
    n: int
    error: float
    independent: int

    @property
    def significant(self) -> bool:
        """Whether the contenders differ: p_holm is below 0.05 and the interval excludes zero."""
        return self.p_holm < LEVEL and (self.low > 0 or self.high < 0)

    @property
    def better(self) -> int | None:
        """The contender that is significantly better; None if there is none."""
        if not self.significant or self.measure.better is None:
            return None
        return self.first if (self.difference > 0) == self.measure.better else self.second


@dataclass(frozen=True)
class Needed:
    """How many units a difference needs.

    Attributes:
        more: Units to add so that a difference of the observed size would be significant at 5 % with 80 %
            power; 0 if there are enough, None if no difference was observed.
        smallest: The smallest difference that today's number of units shows with this power.
    """

    more: int | None
    smallest: float


def differences(family: Sequence[UnitValues], *, seed: int = 0) -> tuple[Difference, ...]:
    """The differences of all pairs of contenders that have a measure.

    Args:
        family: The measures whose p-values are adjusted together, such as those of judgements; of those whose
            values are not comparable, there are no differences.
        seed: The seed of resamples and permutations.
    """
    return adjusted(
        difference
        for values in family
        if values.measure.comparable
        for difference in _differences(values, seed)
    )


def of_pairs(
    measure: Measure,
    pairs: Sequence[tuple[int, int]],
    means: Floats,
    ends: Floats,
    errors: Floats,
    p: Floats,
    n: int,
    independent: int,
) -> list[Difference]:
    """Differences of some pairs of contenders, not yet adjusted for their family.

    Args:
        measure: The measure.
        pairs: The contenders of each difference.
        means: The differences, shape (pairs,).
        ends: Their intervals, shape (pairs, 2), which are clipped to what is possible.
        errors: Their standard errors, shape (pairs,).
        p: Their p-values, shape (pairs,).
        n: The number of units.
        independent: The number of groups of units.
    """
    ends = measure.possible_differences(ends)
    return [
        Difference(measure, *pair, mean, low, high, own, math.nan, 0, n, error, independent)
        for pair, mean, (low, high), error, own in zip(
            pairs, means.tolist(), ends.tolist(), errors.tolist(), p.tolist(), strict=True
        )
    ]


def adjusted(family: Iterable[Difference]) -> tuple[Difference, ...]:
    """Differences with `p_holm` and `family` set for the family that they are."""
    every = tuple(family)
    return tuple(
        replace(difference, p_holm=float(p), family=len(every))
        for difference, p in zip(every, holm(np.array([each.p for each in every])), strict=True)
    )


def better(contenders: int, found: Iterable[Difference]) -> NDArray[np.bool_]:
    """Who is significantly better than whom by one measure: bool, shape (better, worse)."""
    matrix = np.zeros((contenders, contenders), dtype=bool)
    for difference in found:
        winner = difference.better
        if winner is not None:
            matrix[winner, difference.first + difference.second - winner] = True
    return matrix


def best_first(values: UnitValues | WholeValues) -> list[int]:
    """The contenders that have a measure, the best value first; equal ones in their order."""
    signed = -values.figures if values.measure.higher_is_better is False else values.figures
    return [at for at in np.argsort(-signed, kind="stable").tolist() if not np.isnan(signed[at])]


def telling_pair(values: UnitValues | WholeValues, found: Iterable[Difference]) -> tuple[int, int] | None:
    """The two contenders whose difference says most: the best, and the best of those significantly worse.

    If the best is significantly better than nobody, these are the two best. So a model is not set beside its
    own int8 variant, from which it cannot be told apart, where another contender is worse than both.

    Args:
        values: The measure's values.
        found: The differences; those of other measures are ignored.

    Returns:
        Their positions, the better one first; None if fewer than two contenders have the measure.
    """
    order = best_first(values)
    if len(order) < 2:
        return None
    own = [difference for difference in found if difference.measure == values.measure]
    worse = better(len(values.values), own)[order[0]]
    return order[0], next((at for at in order if worse[at]), order[1])


def ranks(values: UnitValues | WholeValues, found: Iterable[Difference]) -> tuple[int | None, ...]:
    """The rank of each contender: 1 + the number of contenders that are significantly better.

    Args:
        values: The measure's values.
        found: The differences; those of other measures are ignored.

    Returns:
        One rank per contender; None for a contender that does not have the measure.
    """
    own = [difference for difference in found if difference.measure == values.measure]
    beaten = better(len(values.values), own).sum(0)
    return tuple(
        None if np.isnan(value).any() else 1 + int(number)
        for value, number in zip(values.values, beaten, strict=True)
    )


def needed(difference: Difference) -> Needed:
    """How many more units would show a difference of the observed size.

    n ≈ 7.85 (σ / δ)², for a two-sided test at 5 % with 80 % power: Cohen, Statistical Power Analysis (1988).
    σ² is n times the squared standard error, so groups of units that agree with one another count as fewer
    units (their design effect). In a family of m differences the test is at 5 % / m, which Holm's procedure
    never falls below.
    """
    normal = NormalDist()
    errors = normal.inv_cdf(1 - LEVEL / 2 / difference.family) + normal.inv_cdf(_POWER)
    smallest = errors * difference.error
    if not difference.difference or math.isnan(smallest):
        return Needed(None, smallest)
    units = difference.n * (smallest / difference.difference) ** 2
    return Needed(max(0, math.ceil(units - difference.n)) if math.isfinite(units) else None, smallest)


def _differences(values: UnitValues, seed: int) -> list[Difference]:
    there = np.flatnonzero(~np.isnan(values.values).any(1))
    pairs = list(itertools.combinations(there.tolist(), 2))
    if not pairs or not len(values.units):
        return []
    firsts, seconds = np.array(pairs).T
    apart = values.values[firsts] - values.values[seconds]
    means = np.average(apart, axis=1, weights=values.weights)
    ends, errors = difference_intervals(apart, values.groups, weights=values.weights, seed=seed)
    p = paired_tests(apart, values.groups, weights=values.weights, seed=seed)
    return of_pairs(values.measure, pairs, means, ends, errors, p, values.n, values.independent)
