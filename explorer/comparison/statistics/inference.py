"""Intervals and tests of unit values: units of one group count as one independent unit."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Groups = NDArray[np.int64]

FEWEST_GROUPS = 6
"""The fewest independent groups that have a 95 % interval.

The whole range of n independent values, from the least to the largest, covers their median with probability
1 − 2¹⁻ⁿ, and the paired permutation test of n differences gives no p-value below 2¹⁻ⁿ. With fewer than six
values these are less than 95 % and more than 5 %. Fisher's z of a correlation, whose standard error is
1 / √(n − 3), needs four pairs.
"""
RESAMPLES = 4_999
PERMUTATIONS = 9_999
_EXACT_GROUPS = 13  # 2¹³ = 8,192 sign patterns are fewer than the permutations drawn otherwise
_BLOCK_VALUES = 2_000_000  # random numbers made at a time: 16 MB
_ROUNDING = 1e-11  # relative: values this close are equal


def interval(
    values: Floats, groups: Groups, least: float, most: float, *, weights: Floats | None = None
) -> tuple[float, float]:
    """The 95 % confidence interval of the mean of unit values; see `intervals`."""
    low, high = intervals(values[None], groups, least, most, weights=weights)[0]
    return float(low), float(high)


def intervals(
    values: Floats, groups: Groups, least: float, most: float, *, weights: Floats | None = None
) -> Floats:
    """95 % confidence intervals of (weighted) means of values between two bounds.

    The score interval for samples by group: Wilson, Probable inference (1927), with the number of independent
    units that would have the same standard error: Franco et al., Comparative study of confidence intervals
    for proportions in complex sample surveys (2019). It holds each μ with
    (mean − μ)² ≤ t² · variance · (μ − least) (most − μ) / ((mean − least) (most − mean)), and so never leaves
    the bounds. If all values are at one bound, it is the interval of as many zeros, or ones, as the weights
    are worth. The coverage is in docs/decisions/0024-comparison-statistics.md, beside that of alternatives.

    Args:
        values: Shape (rows, units), each from `least` to `most`; a row with NaN gets NaN.
        groups: The group of each unit, shape (units,).
        least: The smallest value that a unit can have.
        most: The largest. If either is infinite, the interval is mean ± t × standard error.
        weights: The weight of each unit, above 0, shape (units,); None for equal weights.

    Returns:
        Low and high ends, shape (rows, 2): NaN for fewer than `FEWEST_GROUPS`, the mean twice where there is
        no variation and the mean is not at a bound.
    """
    from scipy.special import stdtrit

    sums, totals = _group_sums(values, groups, weights)
    if len(totals) < FEWEST_GROUPS:
        return np.full((len(values), 2), np.nan)
    means = sums.sum(1) / totals.sum()
    variances, freedom = mean_variances(sums, totals)
    t = float(stdtrit(freedom, 0.975))
    reach = t * np.sqrt(variances)
    spread = np.ptp(sums / totals, axis=1) > _ROUNDING * np.abs(means)
    if np.isinf(most - least):
        reach[~spread] = 0
        return np.stack([means - reach, means + reach], axis=1)
    ends, at_bound = _score_ends(means, reach, t, effective_number(totals), least, most)
    inside: Floats = np.where((spread | at_bound)[:, None], ends, means[:, None])
    return inside


def resampled_interval(
    value: float, drawn: Floats, weights: Floats, least: float, most: float
) -> tuple[float, float]:
    """The 95 % confidence interval of a statistic between two bounds that is no mean of unit values.

    The score interval of `intervals`, with the standard error of a bootstrap over groups.

    Args:
        value: The statistic.
        drawn: The statistic in each resample, shape (resamples,); NaN where it is not defined.
        weights: What each group counts, above 0, shape (groups,), such as its number of relevant pairs.
        least: The smallest value that the statistic can have.
        most: The largest.

    Returns:
        Low and high end; NaN for fewer than `FEWEST_GROUPS`, the value twice where resamples do not vary and
        it is not at a bound.
    """
    from scipy.special import stdtrit

    if len(weights) < FEWEST_GROUPS or math.isnan(value):
        return math.nan, math.nan
    effective = effective_number(weights)
    t = float(stdtrit(effective - 1, 0.975))
    error = float(np.nanstd(drawn)) * math.sqrt(effective / (effective - 1))
    means, reach = np.array([value]), np.array([t * error])
    ends, at_bound = _score_ends(means, reach, t, effective, least, most)
    if not at_bound[0] and error <= _ROUNDING * abs(value):
        return value, value
    return float(ends[0, 0]), float(ends[0, 1])


def _score_ends(
    means: Floats, reach: Floats, t: float, effective: float, least: float, most: float
) -> tuple[Floats, NDArray[np.bool_]]:
    """The ends of score intervals, shape (rows, 2), and which means are at a bound, shape (rows,).

    The ends are the roots of (mean − μ)² = ratio · (μ − least) (most − μ). Of zeros and ones near a bound,
    variance / room is 1 / (effective number − 1) on average.
    """
    room = (means - least) * (most - means)
    at_bound = room <= _ROUNDING * (most - least) ** 2
    ratio = np.full_like(means, t**2 / max(effective - 1, _ROUNDING))
    np.divide(reach**2, room, out=ratio, where=~at_bound)
    middle = means + ratio * (least + most) / 2
    half = np.sqrt(reach**2 + (ratio * (most - least) / 2) ** 2)
    ends = np.stack([middle - half, middle + half], axis=1) / (1 + ratio)[:, None]
    inside: Floats = np.clip(ends, least, most)
    return inside, at_bound


def mean_variances(sums: Floats, totals: Floats) -> tuple[Floats, float]:
    """The variances of weighted means of groups, and the degrees of freedom of these variances.

    Σ p² e² / (1 − 2p + Σp²), where p is the share of a group in the total weight and e how far its mean is
    from that of all: unbiased for groups whose means vary alike. The degrees of freedom are Satterthwaite's
    for this case. Both are of Bell and McCaffrey, Bias reduction in standard errors for linear regression
    with multi-stage samples (2002), for a mean. For n groups of equal weight they are s² / n and n − 1.

    Args:
        sums: The weighted sum of values in each group, shape (rows, groups).
        totals: The weight of each group, above 0, shape (groups,); at least two groups.

    Returns:
        The variances, shape (rows,), and the degrees of freedom.
    """
    p = totals / totals.sum()
    means = sums / totals
    apart = means - sums.sum(1, keepdims=True) / totals.sum()
    # The largest group is taken by itself: differences from it and sums with it would cancel where it has
    # nearly all of the weight.
    largest = int(p.argmax())
    big, small = p[largest], np.delete(p, largest)
    rest = np.delete(totals, largest).sum() / totals.sum()
    apart[:, largest] = (means[:, [largest]] - np.delete(means, largest, axis=1)) @ small
    squares = (small**2).sum()
    every = big**2 + squares
    leverage = 1 - 2 * p + every
    leverage[largest] = rest**2 + squares
    scale = p**2 / leverage
    # The variance is the quadratic form of A = diag(scale) in (I − 1pᵀ) y, and has the degrees of freedom
    # tr(AK)² / tr(AKAK) with Kᵢⱼ = δᵢⱼ − pᵢ − pⱼ + Σp². Here tr(AK) = Σp².
    of_small = np.delete(scale, largest)
    with_big = (of_small * (squares - big * rest - small) ** 2).sum()
    zeroth, first, second = (float((of_small * small**power).sum()) for power in (0, 1, 2))
    among_small = every**2 * zeroth**2 + 2 * zeroth * second - 4 * every * zeroth * first + 2 * first**2
    own = (of_small**2 * (1 + 2 * (every - 2 * small))).sum()
    product = big**4 + 2 * scale[largest] * with_big + among_small + own
    return (scale * apart**2).sum(1), float(every**2 / product)


def difference_interval(
    first: Floats, second: Floats, groups: Groups, *, weights: Floats | None = None, seed: int = 0
) -> tuple[float, float]:
    """The 95 % interval of the mean paired difference, first − second; see `difference_intervals`."""
    ends, _ = difference_intervals((first - second)[None], groups, weights=weights, seed=seed)
    return float(ends[0, 0]), float(ends[0, 1])


def difference_intervals(
    differences: Floats, groups: Groups, *, weights: Floats | None = None, seed: int = 0
) -> tuple[Floats, Floats]:
    """95 % confidence intervals of (weighted) mean differences, and their standard errors.

    Mean ± t × the standard error of a bootstrap over groups, with the effective number of groups,
    (Σ weight)² / Σ weight²: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 12.

    Args:
        differences: First minus second of each unit, shape (rows, units); a row with NaN gets NaN.
        groups: The group of each unit, shape (units,).
        weights: The weight of each unit, shape (units,); None for equal weights.
        seed: The seed of the resamples.

    Returns:
        Low and high ends, shape (rows, 2), NaN for fewer than `FEWEST_GROUPS`; and standard errors, shape
        (rows,), NaN for fewer than two groups.
    """
    sums, totals = _group_sums(differences, groups, weights)
    if len(totals) < 2:
        return np.full((len(differences), 2), np.nan), np.full(len(differences), np.nan)
    means = sums.sum(1) / totals.sum()
    errors = _resampled_means(sums, totals, seed).std(0)
    reach = _student(totals) * errors
    ends = np.stack([means - reach, means + reach], axis=1)
    if len(totals) < FEWEST_GROUPS:
        ends[:] = np.nan
    effective = effective_number(totals)
    return ends, errors * np.sqrt(effective / (effective - 1))


def effective_number(weights: Floats) -> float:
    """How many equal weights are worth as much as these: Kish, Survey Sampling (1965)."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def paired_test(
    first: Floats, second: Floats, groups: Groups, *, weights: Floats | None = None, seed: int = 0
) -> float:
    """The two-sided p-value of the paired permutation test of equal means; see `paired_tests`."""
    return float(paired_tests((first - second)[None], groups, weights=weights, seed=seed)[0])


def paired_tests(
    differences: Floats, groups: Groups, *, weights: Floats | None = None, seed: int = 0
) -> Floats:
    """Two-sided p-values of the paired permutation test, which swaps both sides of whole groups.

    The statistic is the absolute (weighted) mean of the differences; swapping a group changes the sign of its
    sum. With up to 13 groups all sign patterns are counted; otherwise 9,999 are drawn and p is
    (more extreme + 1) / 10,000: Phipson and Smyth, 1603.05766. All rows use the same patterns.

    Args:
        differences: First minus second of each unit, shape (rows, units); a row with NaN gets NaN.
        groups: The group of each unit, shape (units,).
        weights: The weight of each unit, shape (units,); None for equal weights.
        seed: The seed of the patterns.

    Returns:
        Shape (rows,); NaN if there is no unit.
    """
    sums, totals = _group_sums(differences, groups, weights)
    if len(totals) == 0:
        return np.full(len(differences), np.nan)
    bar = np.abs(sums.sum(1)) - _ROUNDING * np.abs(sums).sum(1)
    extreme = np.zeros(len(sums), dtype=np.int64)
    for signs in sign_patterns(len(totals), seed):
        extreme += (np.abs(signs @ sums.T) >= bar).sum(0)
    return np.where(np.isnan(bar), np.nan, p_values(extreme, len(totals)))


def p_values(extreme: NDArray[np.int64], groups: int) -> Floats:
    """The p-values for the number of `sign_patterns` at least as extreme as the observed one."""
    if groups <= _EXACT_GROUPS:
        return np.asarray(extreme / 2**groups)
    return np.asarray((extreme + 1) / (PERMUTATIONS + 1))


def holm(p: Floats) -> Floats:
    """Adjust p-values for the number of tests: Holm, A simple sequentially rejective procedure (1979).

    Args:
        p: The p-values of one family, shape (tests,). NaN is no test and stays NaN.

    Returns:
        Shape (tests,): each is at most the level if and only if Holm's procedure rejects at this level.
    """
    adjusted = np.full(len(p), np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    steps = np.arange(len(order), 0, -1) * p[order]
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return adjusted


def resamples(groups: int, number: int, seed: int, *, width: int = 0) -> Iterator[Floats]:
    """Bootstrap resamples in blocks: how often each group was drawn, shape (resamples, groups).

    Args:
        groups: The number of groups.
        number: The number of resamples.
        seed: Their seed.
        width: Values that the caller computes for each resample, if there are more than groups; blocks are
            small enough for them.
    """
    rng = np.random.default_rng(seed)
    for size in _blocks(number, max(groups, width)):
        drawn = rng.integers(0, groups, (size, groups)) + np.arange(size)[:, None] * groups
        yield np.bincount(drawn.ravel(), minlength=size * groups).reshape(size, groups).astype(np.float64)


def sign_patterns(groups: int, seed: int) -> Iterator[Floats]:
    """Patterns of +1 and −1 in blocks, shape (patterns, groups): all of them, or random ones."""
    if groups <= _EXACT_GROUPS:
        bits = np.arange(2**groups)[:, None] >> np.arange(groups)
        yield (1 - 2 * (bits & 1)).astype(np.float64)
        return
    rng = np.random.default_rng(seed)
    for size in _blocks(PERMUTATIONS, groups):
        yield (1 - 2 * rng.integers(0, 2, (size, groups), dtype=np.int8)).astype(np.float64)


def group_numbers(groups: Groups) -> tuple[Groups, int]:
    """Groups numbered from 0 without gaps, and how many there are."""
    distinct, numbers = np.unique(groups, return_inverse=True)
    return numbers.astype(np.int64), len(distinct)


def _blocks(number: int, width: int) -> Iterator[int]:
    size = max(1, _BLOCK_VALUES // max(1, width))
    for start in range(0, number, size):
        yield min(size, number - start)


def _group_sums(values: Floats, groups: Groups, weights: Floats | None) -> tuple[Floats, Floats]:
    """The weighted sum of each row's values in each group, (rows, groups), and the groups' weights."""
    numbers, count = group_numbers(groups)
    each = np.ones(len(groups)) if weights is None else weights
    totals: Floats = np.bincount(numbers, each, count).astype(np.float64)
    sums = [np.bincount(numbers, each * row, count) for row in values]
    return np.array(sums, dtype=np.float64).reshape(len(values), count), totals


def _student(totals: Floats) -> float:
    """The 97.5 % quantile of Student's t for groups of unequal weight, for errors without n / (n − 1)."""
    from scipy.special import stdtrit

    effective = effective_number(totals)
    return float(stdtrit(effective - 1, 0.975) * np.sqrt(effective / (effective - 1)))


def _resampled_means(sums: Floats, totals: Floats, seed: int) -> Floats:
    """The means of each resample, shape (resamples, rows)."""
    return np.concatenate(
        [counts @ sums.T / (counts @ totals)[:, None] for counts in resamples(len(totals), RESAMPLES, seed)]
    )
