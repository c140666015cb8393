"""Correlation of contenders' scores with given scores of pairs of texts: intervals, tests, differences."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from explorer.comparison.measure import Measure, WholeValues
from explorer.comparison.statistics.differences import Difference, adjusted, of_pairs
from explorer.comparison.statistics.inference import (
    FEWEST_GROUPS,
    Floats,
    Groups,
    effective_number,
    group_numbers,
    p_values,
    resampled_interval,
    resamples,
    sign_patterns,
)

_RESAMPLES = 999  # each of them ranks all pairs again, and only gives a standard error
_ROUNDING = 1e-11

SPEARMAN = Measure(
    "Spearman",
    "pairs",
    True,
    "How well the contender's similarities put the pairs in the order of the given scores: 1 for the same "
    "order, 0 for none, −1 for the opposite.",
    "Spearman (1904); as in the EmbeddingSimilarityEvaluator of sentence-transformers",
    least=-1,
    most=1,
    phrase="Spearman correlation",
    plain="pairs in the given order",
    formula="The correlation of the ranks; ties share their mean rank.",
)
PEARSON = Measure(
    "Pearson",
    "pairs",
    True,
    "How evenly the contender's similarities rise with the given scores: 1 on a straight line, 0 for no "
    "relation, −1 on a falling line.",
    "Pearson (1895); as in the EmbeddingSimilarityEvaluator of sentence-transformers",
    least=-1,
    most=1,
    phrase="Pearson correlation",
    plain="similarities rise with scores",
    formula="The linear correlation.",
)


@dataclass(frozen=True, eq=False)
class Correlations:
    """How contenders' scores correlate with given ones.

    Attributes:
        values: Spearman's and Pearson's correlation, with 95 % intervals.
        differences: The differences of all pairs of contenders by both, adjusted as one family.
    """

    values: tuple[WholeValues, ...]
    differences: tuple[Difference, ...]


def correlations(gold: Floats, scores: Floats, groups: Groups, *, seed: int = 0) -> Correlations:
    """Correlate the scores of contenders with given ones.

    Intervals are the score intervals of `resampled_interval`, with the standard error of a bootstrap over
    groups; those of differences are difference ± t × this error. p is of the paired permutation test: for
    whole groups of pairs, the standardised scores (for Spearman, the ranks) of two contenders are swapped,
    and the difference of the correlations is compared.

    Args:
        gold: The given scores, shape (pairs,).
        scores: Those of the contenders, shape (contenders, pairs); NaN where a contender has none.
        groups: The group of each pair, shape (pairs,).
        seed: The seed of resamples and permutations.

    Returns:
        Values and differences; NaN for fewer than two distinct scores, and no intervals for fewer than
        `FEWEST_GROUPS` groups.
    """
    _, sizes = np.unique(groups, return_counts=True)
    independent = len(sizes)
    every: list[WholeValues] = []
    found: list[Difference] = []
    for measure, standard in ((SPEARMAN, _ranks), (PEARSON, _same)):
        given, own = standard(gold), np.array([standard(row) for row in scores]).reshape(scores.shape)
        values = np.array([_pearson(given, row) for row in own])
        drawn = _resampled(gold, scores, groups, ranked=measure is SPEARMAN, seed=seed)
        own_ends = [
            resampled_interval(value, column, sizes.astype(np.float64), -1, 1)
            for value, column in zip(values.tolist(), drawn.T, strict=True)
        ]
        every.append(WholeValues(measure, values, np.array(own_ends).reshape(-1, 2), len(gold), independent))
        pairs = list(itertools.combinations(np.flatnonzero(~np.isnan(values)).tolist(), 2))
        if not pairs:
            continue
        firsts, seconds = np.array(pairs).T
        differences = values[firsts] - values[seconds]
        ends, errors = _around(differences, drawn[:, firsts] - drawn[:, seconds], groups)
        p = _swap_tests(given, own[firsts], own[seconds], groups, seed)
        found += of_pairs(measure, pairs, differences, ends, errors, p, len(gold), independent)
    return Correlations(tuple(every), adjusted(found))


def _same(values: Floats) -> Floats:
    return values


def _ranks(values: Floats) -> Floats:
    from scipy.stats import rankdata

    return np.asarray(rankdata(values, nan_policy="propagate"))


def _pearson(first: Floats, second: Floats) -> float:
    """Pearson's correlation; NaN where one side does not vary."""
    if not np.ptp(first) > 0 or not np.ptp(second) > 0:
        return float("nan")
    first, second = first - first.mean(), second - second.mean()
    return float(first @ second / np.sqrt((first @ first) * (second @ second)))


def _around(values: Floats, drawn: Floats, groups: Groups) -> tuple[Floats, Floats]:
    """Value ± t × standard error of the resamples, shape (columns, 2), and the errors, shape (columns,)."""
    from scipy.special import stdtrit

    _, sizes = np.unique(groups, return_counts=True)
    effective = effective_number(sizes.astype(np.float64))
    if len(sizes) < 2:
        return np.full((len(values), 2), np.nan), np.full(len(values), np.nan)
    known = (~np.isnan(drawn)).any(0)
    errors = np.full(len(values), np.nan)
    errors[known] = np.nanstd(drawn[:, known], axis=0) * np.sqrt(effective / (effective - 1))
    reach = stdtrit(effective - 1, 0.975) * errors
    ends = np.stack([values - reach, values + reach], axis=1)
    if len(sizes) < FEWEST_GROUPS:
        ends[:] = np.nan
    return ends, errors


def _resampled(gold: Floats, scores: Floats, groups: Groups, *, ranked: bool, seed: int) -> Floats:
    """The correlation of each contender in each resample of groups, shape (resamples, contenders)."""
    numbers, count = group_numbers(groups)
    if count < 2:
        return np.full((0, len(scores)), np.nan)
    columns = [_Ranker(values) if ranked else None for values in (gold, *scores)]
    drawn: list[Floats] = []
    for counts in resamples(count, _RESAMPLES, seed, width=len(gold)):
        weights = counts[:, numbers]
        given, *own = (
            values[None] if ranker is None else ranker(weights)
            for values, ranker in zip((gold, *scores), columns, strict=True)
        )
        drawn.append(np.stack([_weighted_pearson(given, values, weights) for values in own], axis=1))
    return np.concatenate(drawn)


class _Ranker:
    """Ranks the values of resamples, in which each value occurs as often as its weight says."""

    def __init__(self, values: Floats) -> None:
        distinct, self._place = np.unique(values, return_inverse=True)
        self._order = np.argsort(self._place, kind="stable")
        self._starts = np.searchsorted(self._place[self._order], np.arange(len(distinct)))

    def __call__(self, weights: Floats) -> Floats:
        """Mean ranks of ties, shape (resamples, values)."""
        times = np.add.reduceat(weights[:, self._order], self._starts, axis=1)
        return np.asarray((times.cumsum(1) - (times - 1) / 2)[:, self._place])


def _weighted_pearson(first: Floats, second: Floats, weights: Floats) -> Floats:
    """Pearson's correlation of each resample, shape (resamples,); NaN where one side does not vary."""
    total = weights.sum(1)
    apart = []
    for values in (first, second):
        mean = (weights * values).sum(1) / total
        centred = values - mean[:, None]
        apart.append(np.where(np.abs(centred) > _ROUNDING * np.abs(mean[:, None]), centred, 0.0))
    one, other = apart
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (weights * one * other).sum(1) / np.sqrt(
            (weights * one**2).sum(1) * (weights * other**2).sum(1)
        )
    return np.where(np.isfinite(found), found, np.nan)


def _swap_tests(gold: Floats, firsts: Floats, seconds: Floats, groups: Groups, seed: int) -> Floats:
    """The p-values of swapping the standardised scores of two contenders in whole groups, shape (rows,)."""
    numbers, count = group_numbers(groups)
    given = (gold - gold.mean()) / np.sqrt(len(gold)) / gold.std()
    one, other = (
        (rows - rows.mean(1, keepdims=True)) / rows.std(1, keepdims=True) for rows in (firsts, seconds)
    )
    half, apart = (one + other) / 2, (one - other) / 2
    # After swapping, the scores are half ± sign × apart: their sums are linear in the signs of the groups.
    sums = np.array(
        [
            [np.bincount(numbers, values, count) for values in part]
            for part in (given * apart, apart, half * apart)
        ]
    )
    base = half @ given, half.sum(1), (half**2 + apart**2).sum(1)

    def difference(signs: Floats) -> Floats:
        products, totals, squares = (signs @ part.T for part in sums)
        with np.errstate(invalid="ignore", divide="ignore"):
            plus, minus = (
                (base[0] + sign * products)
                / np.sqrt(base[2] + 2 * sign * squares - (base[1] + sign * totals) ** 2 / len(gold))
                for sign in (1, -1)
            )
        return np.asarray(np.abs(plus - minus))

    bar = difference(np.ones((1, count)))[0] - _ROUNDING
    extreme = sum((difference(signs) >= bar).sum(0) for signs in sign_patterns(count, seed))
    return p_values(np.asarray(extreme), count)
