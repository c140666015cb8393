"""Intervals and tests of unit values: units of one group are resampled and permuted together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Groups = NDArray[np.int64]

RESAMPLES = 4_999
PERMUTATIONS = 9_999
_EXACT_GROUPS = 13  # 2¹³ = 8,192 sign patterns are fewer than the permutations drawn otherwise
_BLOCK_VALUES = 2_000_000  # random numbers made at a time: 16 MB
_ROUNDING = 1e-11  # of the largest possible sum: sums this close are tied


def interval(
    values: Floats, groups: Groups, *, weights: Floats | None = None, seed: int = 0
) -> tuple[float, float]:
    """The 95 % confidence interval of the mean of unit values; see `intervals`."""
    low, high = intervals(values[None], groups, weights=weights, seed=seed)[0]
    return float(low), float(high)


def difference_interval(
    first: Floats, second: Floats, groups: Groups, *, weights: Floats | None = None, seed: int = 0
) -> tuple[float, float]:
    """The 95 % confidence interval of the mean paired difference, first − second; see `intervals`."""
    return interval(first - second, groups, weights=weights, seed=seed)


def intervals(values: Floats, groups: Groups, *, weights: Floats | None = None, seed: int = 0) -> Floats:
    """95 % confidence intervals of (weighted) means, by a bootstrap over groups.

    The studentised (bootstrap-t) interval of a ratio of group sums: Davison and Hinkley, Bootstrap Methods
    and their Application (1997), 5.2.1, with whole groups resampled as in their 3.8. All rows of `values` use
    the same resamples. docs/decisions/0024-comparison-statistics.md has the coverage of the alternatives.

    Args:
        values: Shape (rows, units); a row with NaN gets NaN.
        groups: The group of each unit, shape (units,).
        weights: The weight of each unit, shape (units,); None for equal weights.
        seed: The seed of the resamples.

    Returns:
        Low and high ends, shape (rows, 2): NaN for fewer than two groups, the mean twice where there is no
        variation.
    """
    sums, totals = _group_sums(values, groups, weights)
    if len(totals) < 2:
        return np.full((len(values), 2), np.nan)
    means = sums.sum(1) / totals.sum()
    errors = _standard_errors(sums, totals)
    statistics = np.concatenate(
        [_studentised(counts, sums, totals, means) for counts in resamples(len(totals), RESAMPLES, seed)]
    )
    low, high = np.quantile(statistics, [0.975, 0.025], axis=0, method="inverted_cdf")
    still = errors <= _ROUNDING * np.abs(means)  # 0 × ∞ is not a number
    return np.stack(
        [np.where(still, means, means - np.where(still, 0, end) * errors) for end in (low, high)], axis=1
    )


def standard_errors(values: Floats, groups: Groups, *, weights: Floats | None = None) -> Floats:
    """The standard error of each (weighted) mean, with groups as the independent units.

    The linearised error of a ratio of group sums: Cochran, Sampling Techniques (1977), 6.4.

    Args:
        values: Shape (rows, units).
        groups: The group of each unit, shape (units,).
        weights: The weight of each unit, shape (units,); None for equal weights.

    Returns:
        Shape (rows,); NaN for fewer than two groups.
    """
    sums, totals = _group_sums(values, groups, weights)
    return _standard_errors(sums, totals) if len(totals) > 1 else np.full(len(values), np.nan)


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
        yield 1.0 - 2.0 * (bits & 1)
        return
    rng = np.random.default_rng(seed)
    for size in _blocks(PERMUTATIONS, groups):
        yield 1.0 - 2.0 * rng.integers(0, 2, (size, groups), dtype=np.int8)


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
    totals = np.bincount(numbers, each, count)
    sums = [np.bincount(numbers, each * row, count) for row in values]
    return np.array(sums).reshape(len(values), count), totals


def _standard_errors(sums: Floats, totals: Floats) -> Floats:
    residuals = sums - sums.sum(1, keepdims=True) / totals.sum() * totals
    count = len(totals)
    return np.asarray(np.sqrt((residuals**2).sum(1) * count / (count - 1)) / totals.sum())


def _studentised(counts: Floats, sums: Floats, totals: Floats, means: Floats) -> Floats:
    """(Mean − observed mean) / standard error of each resample, shape (resamples, rows)."""
    groups = len(totals)
    weight = (counts @ totals)[:, None]
    resampled = counts @ sums.T / weight
    # The squared residuals S − m W, expanded so that no array of resamples × groups × rows is needed.
    squares = (
        counts @ (sums**2).T
        - 2 * resampled * (counts @ (sums * totals).T)
        + resampled**2 * (counts @ totals**2)[:, None]
    )
    squares = np.where(squares > _ROUNDING * (counts @ (sums**2).T), squares, 0.0)
    errors = np.sqrt(squares * groups / (groups - 1)) / weight
    apart = resampled - means
    apart = np.where(np.abs(apart) > _ROUNDING * np.abs(means), apart, 0.0)
    # A resample without variation says nothing about the error: as far from the mean as can be.
    endless = np.sign(apart) * np.inf
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(errors > 0, apart / errors, np.where(apart == 0, 0.0, endless))
