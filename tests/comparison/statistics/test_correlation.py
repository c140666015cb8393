import numpy as np
import pytest
from scipy import stats

from explorer.comparison.statistics.correlation import _RESAMPLES, PEARSON, SPEARMAN, correlations
from explorer.comparison.statistics.inference import resampled_interval, resamples

KINDS = [(SPEARMAN, stats.spearmanr), (PEARSON, stats.pearsonr)]


@pytest.fixture
def rng():
    return np.random.default_rng(2)


def of(found, measure):
    return next(values for values in found.values if values.measure == measure)


def scored(rng, pairs, contenders=2):
    gold = rng.integers(0, 6, pairs) / 5  # with ties, as people give them
    return gold, np.round(gold + rng.normal(0, 0.5, (contenders, pairs)), 1)


@pytest.mark.parametrize(("measure", "reference"), KINDS)
def test_values_are_scipys(rng, measure, reference):
    gold, scores = scored(rng, 60)
    values = of(correlations(gold, scores, np.arange(60)), measure)
    np.testing.assert_allclose(values.values, [reference(gold, row).statistic for row in scores])
    assert values.n == 60


@pytest.mark.slow
@pytest.mark.parametrize(("measure", "reference"), KINDS)
def test_intervals_are_of_correlations_in_resamples_of_groups(rng, measure, reference):
    groups = np.arange(60) // 2
    gold, scores = scored(rng, 60)
    found = correlations(gold, scores, groups, seed=4)
    drawn = []
    for counts in np.concatenate(list(resamples(30, _RESAMPLES, 4, width=60))):
        rows = np.repeat(np.arange(60), counts[groups].astype(int))
        drawn.append([reference(gold[rows], row[rows]).statistic for row in scores])
    columns, values = np.transpose(drawn), of(found, measure).values
    expected = [
        resampled_interval(value, column, np.full(30, 2.0), -1, 1)
        for value, column in zip(values, columns, strict=True)
    ]
    np.testing.assert_allclose(of(found, measure).intervals, expected)
    (difference,) = [each for each in found.differences if each.measure == measure]
    apart = np.array(drawn) @ [1, -1]
    error = apart.std() * np.sqrt(30 / 29)
    assert difference.error == pytest.approx(error)
    assert difference.high - difference.low == pytest.approx(2 * stats.t.ppf(0.975, 29) * error)


@pytest.mark.parametrize(("measure", "standard"), [(SPEARMAN, stats.rankdata), (PEARSON, np.asarray)])
def test_with_few_groups_p_is_scipys_of_swapping_standardised_scores(rng, measure, standard):
    gold, scores = scored(rng, 9)
    one, other = (stats.zscore(standard(row)) for row in scores)

    def difference(first, second):
        given = standard(gold)
        return abs(np.corrcoef(given, first)[0, 1] - np.corrcoef(given, second)[0, 1])

    expected = stats.permutation_test(
        (one, other),
        difference,
        permutation_type="samples",
        vectorized=False,
        alternative="greater",
        n_resamples=np.inf,
    ).pvalue
    found = correlations(gold, scores, np.arange(9)).differences
    assert next(each for each in found if each.measure == measure).p == pytest.approx(expected)


def test_both_measures_of_all_pairs_are_one_family(rng):
    gold, scores = scored(rng, 40, contenders=3)
    found = correlations(gold, scores, np.arange(40)).differences
    assert len(found) == 6
    assert {each.family for each in found} == {6}
    assert all(each.p_holm >= each.p for each in found)


def test_equal_scores_do_not_differ(rng):
    gold = rng.random(30)
    found = correlations(gold, np.stack([gold, gold]), np.arange(30))
    np.testing.assert_allclose(of(found, SPEARMAN).values, 1)
    assert [each.p for each in found.differences] == [1, 1]
    assert [each.difference for each in found.differences] == [0, 0]


@pytest.mark.parametrize("pairs", [6, 30])
def test_few_pairs_in_perfect_order_are_not_certain_to_stay_so(pairs):
    gold = np.arange(pairs) / pairs
    for values in correlations(gold, np.stack([gold, -gold]), np.arange(pairs)).values:
        (low, high), (lowest, highest) = values.intervals
        assert low < 0.9
        assert high == pytest.approx(1)
        assert lowest == pytest.approx(-1)
        assert highest == pytest.approx(-low)


@pytest.mark.parametrize("pairs", [10, 30])
def test_one_pair_out_of_order_does_not_make_the_interval_wide(pairs):
    # Resamples without that pair are in perfect order, where Fisher's z is infinite.
    gold = np.arange(pairs, dtype=np.float64)
    scores = gold.copy()
    scores[:2] = 1, 0
    for values in correlations(gold, scores[None], np.arange(pairs)).values:
        low, high = values.intervals[0]
        assert 0.3 < low < values.values[0] < high <= 1


def test_scores_that_do_not_vary_have_no_correlation(rng):
    scores = np.stack([rng.random(20), np.full(20, 0.3), np.full(20, np.nan)])
    found = correlations(rng.random(20), scores, np.arange(20))
    for values in found.values:
        assert np.isnan(values.values).tolist() == [False, True, True]
        assert np.isnan(values.intervals[1:]).all()
        assert np.isfinite(values.intervals[0]).all()
    assert found.differences == ()


@pytest.mark.parametrize("pairs", [1, 2])
def test_one_group_has_no_interval(pairs):
    gold = np.arange(pairs) / 2
    found = correlations(gold, np.stack([gold, -gold]), np.zeros(pairs, dtype=np.int64))
    assert all(np.isnan(values.intervals).all() for values in found.values)
    assert not any(each.significant for each in found.differences)


def test_a_clear_difference_is_found_and_noise_is_not(rng):
    gold = rng.random(150)
    good, bad = gold + rng.normal(0, 0.2, 150), gold + rng.normal(0, 2, 150)
    same = gold + rng.normal(0, 0.2, 150)
    found = correlations(gold, np.stack([good, bad, same]), np.arange(150)).differences
    better = {(each.first, each.second): each.better for each in found if each.measure == SPEARMAN}
    assert better == {(0, 1): 0, (0, 2): None, (1, 2): 2}


@pytest.mark.parametrize("pairs", [3, 5, 6])
def test_few_pairs_have_a_correlation_and_no_interval(rng, pairs):
    found = correlations(*scored(rng, pairs), np.arange(pairs))
    for values in found.values:
        assert not np.isnan(values.values).any()
        assert np.isnan(values.intervals).all() == (pairs < 6)
        assert values.independent == pairs
    for each in found.differences:
        assert np.isnan([each.low, each.high]).all() == (pairs < 6)
        assert each.independent == pairs
        if pairs < 6:
            assert each.better is None
        else:
            assert -2 <= each.low <= each.high <= 2
