import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import brentq

from explorer.comparison.statistics.inference import (
    FEWEST_GROUPS,
    PERMUTATIONS,
    difference_interval,
    difference_intervals,
    effective_number,
    holm,
    interval,
    intervals,
    mean_variances,
    paired_test,
    paired_tests,
    resampled_interval,
    resamples,
    sign_patterns,
)

P = st.lists(st.floats(0, 1) | st.sampled_from([0.01, 0.05]), max_size=12)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def group_sums(values, groups, weights):
    names = np.unique(groups)
    sums = np.array([(weights * values)[groups == name].sum() for name in names])
    return sums, np.array([weights[groups == name].sum() for name in names])


def means_of_resamples(values, groups, weights):
    """The mean of each resample, unit by unit, with the resamples of the implementation."""
    names = np.unique(groups)
    means = []
    for counts in np.concatenate(list(resamples(len(names), 4_999, 3))):
        often = counts[np.searchsorted(names, groups)]
        means.append(np.average(values, weights=often * weights))
    return np.array(means)


def exact_variance(sums, totals):
    """The variance of a weighted mean of groups and its degrees of freedom, by matrices of fractions."""
    sums, totals = (np.array([Fraction(float(value)) for value in column]) for column in (sums, totals))
    p = totals / totals.sum()
    centring = np.array([[Fraction(i == j) - p[j] for j in range(len(p))] for i in range(len(p))])
    covariance = centring @ centring.T  # of the residuals, if the means of groups vary alike
    scale = p**2 / np.diagonal(covariance)
    residuals = centring @ (sums / totals)
    form = covariance * scale
    return float((scale * residuals**2).sum()), float(np.trace(form) ** 2 / np.trace(form @ form))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("least", "most"), [(0, 1), (-1, 2)])
def test_the_interval_has_the_means_that_a_score_test_does_not_reject(rng, weighted, least, most):
    groups = np.repeat(np.arange(20) * 3, rng.integers(1, 4, 20))
    values = rng.beta(2, 1, len(groups)).round(2)
    weights = rng.uniform(1, 4, len(groups)) if weighted else np.ones(len(groups))
    variance, freedom = exact_variance(*group_sums(values, groups, weights))
    mean = np.average(values, weights=weights)
    t = stats.t.ppf(0.975, freedom)

    def rejected(candidate):
        scaled = variance * (candidate - least) * (most - candidate) / ((mean - least) * (most - mean))
        return (mean - candidate) ** 2 - t**2 * scaled

    expected = [brentq(rejected, least, mean), brentq(rejected, mean, most)]
    found = interval(values, groups, least, most, weights=weights if weighted else None)
    np.testing.assert_allclose(found, expected, rtol=1e-9)


@pytest.mark.parametrize("big", [1, 10, 1e3, 1e6, 1e9, 1e15])
@pytest.mark.parametrize("how_many", [1, 2])
def test_variances_are_exact_however_unequal_the_weights(rng, big, how_many):
    totals = np.concatenate([np.full(how_many, big), rng.uniform(1, 3, 8)])
    sums = totals * rng.random(len(totals))
    variances, freedom = mean_variances(sums[None], totals)
    variance, exact_freedom = exact_variance(sums, totals)
    assert freedom == pytest.approx(exact_freedom, rel=1e-9)
    assert variances[0] == pytest.approx(variance, rel=1e-9)


def test_the_variance_is_unbiased_for_groups_that_vary_alike(rng):
    totals = rng.uniform(1, 9, 7)
    drawn = rng.normal(size=(200_000, 7))
    variances, _ = mean_variances(drawn * totals, totals)
    assert variances.mean() == pytest.approx((totals**2).sum() / totals.sum() ** 2, rel=0.01)


def test_of_groups_of_equal_weight_it_is_the_variance_of_a_mean(rng):
    values = rng.random((3, 12))
    variances, freedom = mean_variances(values, np.ones(12))
    np.testing.assert_allclose(variances, stats.sem(values, axis=1) ** 2)
    assert freedom == pytest.approx(11)


@pytest.mark.parametrize("bound", [0, 1])
@pytest.mark.parametrize("weighted", [False, True])
def test_values_that_are_all_at_a_bound_are_as_uncertain_as_zeros_and_ones_near_it(rng, bound, weighted):
    totals = rng.uniform(1, 9, 30) if weighted else np.ones(30)
    low, high = interval(np.full(30, float(bound)), np.arange(30), 0, 1, weights=totals)
    one_off = np.diag(totals)  # each time another unit is 1
    variances, freedom = mean_variances(one_off, totals)
    means = one_off.sum(1) / totals.sum()
    ratio = stats.t.ppf(0.975, freedom) ** 2 * variances.sum() / (means * (1 - means)).sum()
    assert sorted([abs(low - bound), abs(high - bound)]) == pytest.approx([0, ratio / (1 + ratio)])


def test_of_many_zeros_and_ones_it_is_wilsons_interval(rng):
    values = (rng.random(20_000) < 0.97).astype(float)
    wilson = stats.binomtest(int(values.sum()), 20_000).proportion_ci(method="wilson")
    np.testing.assert_allclose(interval(values, np.arange(20_000), 0, 1), wilson, rtol=1e-6)


def test_without_bounds_it_is_students_interval(rng):
    values = rng.normal(size=30)
    student = stats.ttest_1samp(values, 0).confidence_interval()
    np.testing.assert_allclose(interval(values, np.arange(30), -np.inf, np.inf), student)
    np.testing.assert_allclose(interval(values, np.arange(30), -1e6, 1e6), student, rtol=1e-5)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.floats(0, 1), st.floats(0.1, 30)), min_size=6, max_size=40),
    st.floats(-5, 5),
    st.floats(0.1, 10),
)
def test_the_interval_holds_the_mean_within_the_bounds_and_follows_a_change_of_units(units, shift, scale):
    groups, values, weights = (np.array(column) for column in zip(*units, strict=True))
    low, high = interval(values, groups, 0, 1, weights=weights)
    if len(np.unique(groups)) < FEWEST_GROUPS:
        assert np.isnan([low, high]).all()
        return
    mean = np.average(values, weights=weights)
    assert -1e-9 <= low <= mean + 1e-9
    assert mean - 1e-9 <= high <= 1 + 1e-9
    moved = interval(values * scale + shift, groups, shift, shift + scale, weights=weights)
    np.testing.assert_allclose(moved, np.array([low, high]) * scale + shift, atol=1e-6)


def test_resamples_draw_groups_with_replacement():
    counts = np.concatenate(list(resamples(30, 4_999, 0)))
    assert counts.shape == (4_999, 30)
    assert (counts.sum(1) == 30).all()
    np.testing.assert_allclose(counts.mean(0), 1, atol=0.06)
    np.testing.assert_allclose(counts.var(0), 29 / 30, atol=0.1)  # multinomial


def test_the_interval_of_a_difference_is_the_mean_and_t_times_the_error_of_resamples(rng):
    groups = np.repeat(np.arange(20), rng.integers(1, 5, 20))
    first, second = rng.random((2, len(groups)))
    weights = rng.uniform(1, 3, len(groups))
    drawn = means_of_resamples(first - second, groups, weights)
    worth = effective_number(group_sums(first, groups, weights)[1])
    error = drawn.std() * np.sqrt(worth / (worth - 1))
    reach = stats.t.ppf(0.975, worth - 1) * error
    mean = np.average(first - second, weights=weights)
    low, high = difference_interval(first, second, groups, weights=weights, seed=3)
    np.testing.assert_allclose([low, high], [mean - reach, mean + reach])
    _, errors = difference_intervals((first - second)[None], groups, weights=weights, seed=3)
    assert errors[0] == pytest.approx(error)


def test_the_error_of_independent_units_is_that_of_a_mean(rng):
    apart = rng.normal(size=(3, 500))
    _, errors = difference_intervals(apart, np.arange(500))
    np.testing.assert_allclose(errors, stats.sem(apart, axis=1), rtol=0.05)  # of 4,999 resamples


def test_repeating_every_unit_within_its_group_changes_nothing(rng):
    first, second = rng.random((2, 50))
    groups = np.arange(50)
    again = [np.repeat(values, 3) for values in (first, second, groups)]
    assert interval(first, groups, 0, 1) == pytest.approx(interval(again[0], again[2], 0, 1))
    assert difference_interval(first, second, groups) == pytest.approx(difference_interval(*again))
    assert paired_test(first, second, groups) == paired_test(*again)


def test_units_of_a_group_are_one_independent_unit(rng):
    """As if independent, the copies would make the interval narrower."""
    values = np.repeat(rng.random(50), 4)
    low, high = interval(values, np.repeat(np.arange(50), 4), 0, 1)
    narrow = interval(values, np.arange(200), 0, 1)
    assert high - low > 1.8 * (narrow[1] - narrow[0])


def test_values_without_variation():
    same = np.full((1, 6), 0.1)
    np.testing.assert_allclose(intervals(same, np.arange(6), 0, 1), [[0.1, 0.1]])
    ends, errors = difference_intervals(np.zeros((1, 6)), np.arange(6))
    assert not ends.any()
    assert errors[0] == 0
    assert paired_test(same[0], same[0], np.arange(6)) == 1


def test_six_groups_are_the_fewest_with_an_interval_since_no_test_of_fewer_can_show_anything():
    values = np.linspace(0.1, 0.9, 7)[None]
    for groups, few in (([0, 1, 2, 3, 4, 4, 4], True), ([0, 1, 2, 3, 4, 5, 5], False)):
        kept = np.array(groups)
        assert np.isnan(intervals(values, kept, 0, 1)).all() == few
        ends, errors = difference_intervals(values, kept)
        assert np.isnan(ends).all() == few
        assert errors[0] > 0  # from which the number of units is estimated
        assert (paired_test(values[0], np.zeros(7), kept) > 0.05) == few
    assert FEWEST_GROUPS == 6


@pytest.mark.parametrize("groups", [[], [4], [4, 4, 4]])
def test_too_few_groups_have_no_interval(groups):
    groups = np.array(groups, dtype=np.int64)
    values = np.linspace(0, 1, len(groups))[None]
    assert np.isnan(intervals(values, groups, 0, 1)).all()
    assert np.isnan(difference_intervals(values, groups)[0]).all()
    p = paired_tests(values, groups)
    assert np.isnan(p[0]) if not len(groups) else p[0] == 1


def test_a_row_that_is_not_a_number_leaves_the_others_alone(rng):
    values = rng.normal(size=(2, 20))
    alone = values[:1].copy()
    values[1] = np.nan
    groups = np.arange(20)
    ends = intervals(values, groups, -9, 9)
    np.testing.assert_allclose(ends[:1], intervals(alone, groups, -9, 9))
    np.testing.assert_array_equal(paired_tests(values, groups)[:1], paired_tests(alone, groups))
    assert np.isnan(ends[1]).all()
    assert np.isnan(paired_tests(values, groups)[1])


def scipy_test(sums):
    sums = np.append(sums, 0)  # changes nothing, and SciPy wants two values
    return stats.permutation_test(
        (sums,),
        lambda x, axis=-1: np.abs(x.sum(axis)),
        permutation_type="samples",
        vectorized=True,
        alternative="greater",
        n_resamples=np.inf,
    ).pvalue


@settings(max_examples=20)
@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.sampled_from([0, 0.1, 0.2, 0.3, 1]), st.sampled_from([0, 0.1, 1])),
        min_size=1,
        max_size=10,
    )
)
def test_with_few_groups_the_test_is_scipys_exact_one(units):
    groups, first, second = (np.array(column) for column in zip(*units, strict=True))
    sums, _ = group_sums(first - second, groups, np.ones(len(groups)))
    assert paired_test(first, second, groups) == pytest.approx(scipy_test(sums))


def test_with_weights_the_exact_test_is_scipys(rng):
    first, second = rng.random((2, 9))
    weights = rng.uniform(1, 5, 9)
    found = paired_test(first, second, np.arange(9), weights=weights)
    assert found == pytest.approx(scipy_test(weights * (first - second)))


@pytest.mark.parametrize("seed", range(3))
def test_with_many_groups_p_is_near_the_exact_one(seed):
    apart = np.random.default_rng(seed).normal(0.3, 1, 16).round(1)
    signs = np.array(list(itertools.product([-1, 1], repeat=16)))
    exact = (np.abs(signs @ apart) >= abs(apart.sum()) - 1e-9).mean()
    found = paired_test(apart, np.zeros(16), np.arange(16), seed=seed)
    assert found == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / PERMUTATIONS) + 1e-4)


def test_p_is_never_zero():
    assert paired_test(np.ones(400), np.zeros(400), np.arange(400)) == 1 / (PERMUTATIONS + 1)


def test_sign_patterns_are_all_or_random():
    few = np.concatenate(list(sign_patterns(4, 0)))
    assert {tuple(row) for row in few} == set(itertools.product([-1, 1], repeat=4))
    many = np.concatenate(list(sign_patterns(300, 0)))
    assert many.shape == (PERMUTATIONS, 300)
    assert set(np.unique(many)) == {-1, 1}
    assert abs(many.mean()) < 0.01


def test_the_same_seed_gives_the_same_figures(rng):
    first, second, groups = rng.random(60), rng.random(60), np.arange(60)
    for compute in (difference_interval, paired_test):
        assert compute(first, second, groups, seed=5) == compute(first, second, groups, seed=5)
        assert compute(first, second, groups, seed=5) != compute(first, second, groups, seed=6)


def rejected(p, level):
    """Holm's procedure as published: the smallest p first, until one is not below level / (tests left)."""
    found = set()
    for step, at in enumerate(sorted(range(len(p)), key=lambda at: p[at])):
        if p[at] > level / (len(p) - step):
            break
        found.add(at)
    return found


@given(P, st.sampled_from([0.01, 0.05, 0.2, 1.0]) | st.floats(0.001, 1))
def test_holm_rejects_what_the_published_steps_reject(p, level):
    adjusted = holm(np.array(p))
    step = rejected(p, level)
    # At the very edge, p · (m − i) and level / (m − i) round differently.
    edge = {at for at in range(len(p)) if abs(adjusted[at] - level) < 1e-12}
    assert {at for at in range(len(p)) if adjusted[at] <= level} - edge == step - edge


def test_holm_of_a_known_family():
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm(np.array([0.02, np.nan, 0.04])), [0.04, np.nan, 0.04])
    assert len(holm(np.array([]))) == 0


def test_the_interval_of_a_resampled_statistic_is_a_score_interval_of_its_error(rng):
    drawn = rng.beta(30, 4, 2_000)
    value, weights = 0.88, np.ones(40)
    low, high = resampled_interval(value, drawn, weights, 0, 1)
    t = stats.t.ppf(0.975, 39)
    variance = drawn.var() * 40 / 39

    def apart(mean):
        return (value - mean) ** 2 - t**2 * variance * mean * (1 - mean) / (value * (1 - value))

    assert low == pytest.approx(brentq(apart, 0, value))
    assert high == pytest.approx(brentq(apart, value, 1))
    # In other bounds the same, and what is not defined is left out.
    scaled = resampled_interval(2 * value - 1, 2 * np.append(drawn, np.nan) - 1, weights, -1, 1)
    assert scaled == pytest.approx((2 * low - 1, 2 * high - 1))


def test_a_resampled_statistic_at_a_bound_or_without_variation():
    ones = np.ones(100)
    low, high = resampled_interval(1.0, ones, np.ones(20), 0, 1)
    t = stats.t.ppf(0.975, 19)
    assert (low, high) == pytest.approx((1 / (1 + t**2 / 19), 1))
    assert resampled_interval(0.5, ones / 2, np.ones(20), 0, 1) == (0.5, 0.5)
    assert np.isnan(resampled_interval(0.5, np.linspace(0, 1, 9), np.ones(FEWEST_GROUPS - 1), 0, 1)).all()
    assert np.isnan(resampled_interval(float("nan"), ones, np.ones(20), 0, 1)).all()
