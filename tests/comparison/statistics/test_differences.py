import dataclasses

import numpy as np
import pytest

from explorer.comparison.measure import Measure, UnitValues, WholeValues
from explorer.comparison.statistics.differences import (
    Difference,
    adjusted,
    best_first,
    better,
    differences,
    needed,
    ranks,
    telling_pair,
)
from explorer.comparison.statistics.inference import difference_interval, holm, paired_test

ACCURACY = Measure("accuracy", "labels", True, "")
NDCG = Measure("nDCG@10", "judgements", True, "")
LOSS = Measure("loss", "labels", False, "")


def unit_values(values, *, measure=NDCG, groups=None, weights=None):
    values = np.asarray(values, dtype=np.float64)
    units = np.arange(values.shape[1])
    return UnitValues(measure, values, units, units if groups is None else groups, weights)


def difference(first, second, low, high, p_holm, *, measure=NDCG, n=100, error=0.01, family=1):
    middle = (low + high) / 2
    return Difference(measure, first, second, middle, low, high, p_holm, p_holm, family, n, error, n)


@pytest.fixture
def rng():
    return np.random.default_rng(3)


def test_each_pair_has_its_difference_interval_and_test(rng):
    groups = np.repeat(np.arange(25), 2)
    weights = rng.uniform(1, 3, 50)
    values = unit_values(rng.random((3, 50)), groups=groups, weights=weights)
    found = differences([values], seed=4)
    assert [(each.first, each.second) for each in found] == [(0, 1), (0, 2), (1, 2)]
    for each in found:
        one, other = values.values[each.first], values.values[each.second]
        ends = difference_interval(one, other, groups, weights=weights, seed=4)
        assert (each.low, each.high) == pytest.approx(ends)
        assert each.difference == pytest.approx(np.average(one - other, weights=weights))
        assert each.p == paired_test(one, other, groups, weights=weights, seed=4)
        assert each.n == 50
    np.testing.assert_array_equal([each.p_holm for each in found], holm(np.array([each.p for each in found])))


def test_measures_of_a_family_are_adjusted_together(rng):
    first, second = (unit_values(rng.random((2, 30))) for _ in range(2))
    (alone,) = differences([first])
    together = differences([first, second])
    assert len(together) == 2
    assert alone.p_holm == alone.p
    assert min(each.p_holm for each in together) == pytest.approx(2 * min(each.p for each in together))
    assert {each.family for each in together} == {2}


def test_a_contender_without_the_measure_has_no_differences_and_no_rank(rng):
    values = rng.random((3, 30))
    values[1] = np.nan
    values[0] += 1
    found = differences([unit_values(values)])
    assert [(each.first, each.second) for each in found] == [(0, 2)]
    assert ranks(unit_values(values), found) == (1, None, 2)


def test_nothing_measured_gives_no_differences():
    assert differences([unit_values(np.zeros((2, 0)))]) == ()
    assert differences([]) == ()


def test_equal_contenders_share_the_first_rank(rng):
    same = rng.random(40)
    values = unit_values([same, same, same])
    assert ranks(values, differences([values])) == (1, 1, 1)


def test_better_needs_both_the_test_and_the_interval():
    assert difference(0, 1, 0.01, 0.05, 0.001).better == 0
    assert difference(0, 1, -0.05, -0.01, 0.001).better == 1
    assert difference(0, 1, 0.01, 0.05, 0.06).better is None
    assert difference(0, 1, -0.01, 0.05, 0.001).better is None
    assert difference(0, 1, float("nan"), float("nan"), 0.001).better is None


def test_lower_can_be_better():
    assert difference(0, 1, 0.01, 0.05, 0.001, measure=LOSS).better == 1
    neither = dataclasses.replace(LOSS, higher_is_better=None)
    assert difference(0, 1, 0.01, 0.05, 0.001, measure=neither).better is None


def test_ranks_count_those_that_are_better():
    values = unit_values(np.zeros((3, 2)))
    found = [
        difference(0, 1, -0.01, 0.02, 0.5),
        difference(0, 2, 0.01, 0.02, 0.01),
        difference(1, 2, -0.01, 0.02, 0.3),
        difference(1, 2, 0.5, 0.6, 0.001, measure=LOSS),
    ]
    assert ranks(values, found) == (1, 1, 2)
    np.testing.assert_array_equal(better(3, found[:3]), [[0, 0, 1], [0, 0, 0], [0, 0, 0]])


@pytest.mark.parametrize(("sigma", "delta", "units"), [(0.3, 0.05, 283), (0.3, 0.02, 1_766), (0.3, 0.1, 71)])
def test_needed_is_the_published_number(sigma, delta, units):
    """compare.md: n ≈ 7.85 (σ / δ)²."""
    n = 30
    each = difference(0, 1, delta, delta, 0.5, n=n, error=sigma / np.sqrt(n))
    assert needed(each).more + n == pytest.approx(units, abs=2)
    assert needed(each).smallest == pytest.approx(2.8015 * sigma / np.sqrt(n), rel=1e-3)


def test_groups_that_agree_count_as_fewer_units(rng):
    apart = rng.normal(0.1, 0.5, 60)
    values = np.stack([apart, np.zeros(60)])
    (alone,) = differences([unit_values(values)])
    groups = np.repeat(np.arange(60), 3)
    (copied,) = differences([unit_values(np.repeat(values, 3, axis=1), groups=groups)])
    assert needed(copied).smallest == pytest.approx(needed(alone).smallest)
    assert needed(copied).more == pytest.approx(3 * needed(alone).more, abs=3)


def test_more_contenders_need_more_units():
    one, many = (difference(0, 1, 0.01, 0.03, 0.5, family=family) for family in (1, 28))
    assert needed(many).more > 1.5 * needed(one).more
    assert needed(many).smallest > needed(one).smallest


def test_needed_says_when_there_is_enough_or_nothing_to_show():
    assert needed(difference(0, 1, 0.09, 0.11, 0.001)).more == 0
    nothing = needed(difference(0, 1, -0.02, 0.02, 1.0))
    assert nothing.more is None
    assert nothing.smallest == pytest.approx(0.028, rel=0.01)
    assert needed(difference(0, 1, 0.1, 0.2, 1.0, error=float("nan"))).more is None


def test_adjusting_keeps_the_order():
    found = [difference(0, 1, 0, 1, p) for p in (0.04, 0.01, 0.03)]
    assert [each.p_holm for each in adjusted(found)] == pytest.approx([0.06, 0.03, 0.06])
    assert adjusted([]) == ()


def test_the_best_value_comes_first_and_contenders_without_a_value_are_left_out():
    values = [[0.2, 0.4], [np.nan, np.nan], [0.9, 0.1], [0.4, 0.2]]
    assert best_first(unit_values(values)) == [2, 0, 3]  # equal ones in their order
    assert best_first(unit_values(values, weights=np.array([1.0, 3.0]))) == [0, 2, 3]
    assert best_first(unit_values(values, measure=LOSS)) == [0, 3, 2]
    assert best_first(WholeValues(NDCG, np.array([0.1, np.nan, 0.5]))) == [2, 0]
    assert best_first(unit_values(np.zeros((3, 0)))) == []


@pytest.mark.parametrize(
    ("measure", "values", "worse", "pair"),
    [
        (NDCG, [0.2, 0.9, 0.4, 0.89], [0, 2], (1, 2)),  # the last is an int8 variant of the best
        (NDCG, [0.2, 0.9, 0.4, 0.89], [0, 2, 3], (1, 3)),
        (NDCG, [0.2, 0.9, 0.4, 0.89], [], (1, 3)),
        (LOSS, [0.2, 0.9, 0.4, 0.21], [1, 2], (0, 2)),
        (NDCG, [np.nan, 0.9, np.nan, np.nan], [], None),
    ],
)
def test_the_pair_that_tells_most_is_the_best_and_the_best_of_those_significantly_worse(
    measure, values, worse, pair
):
    best = 0 if measure is LOSS else 1
    found = []
    for other in worse:
        first, second = sorted((best, other))
        mean = values[first] - values[second]
        found.append(difference(first, second, mean - 0.001, mean + 0.001, 0.01, measure=measure))
    others = [difference(first, 3, 0.5, 0.7, 0.001, measure=ACCURACY) for first in range(3)]
    assert telling_pair(WholeValues(measure, np.array(values)), [*others, *found]) == pair


def test_an_interval_of_a_difference_stays_within_what_is_possible(rng):
    values = np.array([[1.0] * 9, [0.0] * 8 + [1.0]])
    free = differences([unit_values(values)])[0]
    bounded = differences([unit_values(values, measure=dataclasses.replace(NDCG, least=0, most=1))])[0]
    assert free.high > 1
    assert (bounded.low, bounded.high) == (free.low, 1.0)
    assert bounded.error == free.error


def test_with_fewer_than_six_groups_nothing_is_better(rng):
    values = [np.full(20, 0.9), np.full(20, 0.1) + rng.normal(0, 0.01, 20)]
    for groups, shown in ((5, False), (6, True)):
        found = differences([unit_values(values, groups=np.arange(20) % groups)])[0]
        assert (found.n, found.independent) == (20, groups)
        assert np.isnan(found.low) != shown
        assert (found.better == 0) == shown
        assert found.error > 0
