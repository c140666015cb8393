import numpy as np
import pytest
from scipy.stats import bootstrap
from sklearn.metrics import adjusted_rand_score

from benchmarks.bootstrap import bootstrap_interval, group_resamples


def test_whole_groups_are_drawn_as_many_as_there_are():
    groups = np.array([7, 3, 7, 9, 3, 3])
    for counts in group_resamples(groups, 0):
        assert counts[0] == counts[2]
        assert counts[1] == counts[4] == counts[5]
        assert counts[0] + counts[1] + counts[3] == 3


def test_of_a_mean_it_is_the_bootstrap_of_scipy():
    values = np.random.default_rng(0).exponential(size=60)
    value, low, high = bootstrap_interval(lambda counts: float(counts @ values / counts.sum()), np.arange(60))
    error = bootstrap((values,), np.mean, n_resamples=9_999, rng=1).standard_error
    assert value == pytest.approx(values.mean())
    assert (low + high) / 2 == pytest.approx(value)
    assert (high - low) / 2 == pytest.approx(1.96 * error, rel=0.2)


def test_copies_do_not_make_it_narrower():
    values = np.random.default_rng(0).normal(size=50)
    repeated, groups = np.repeat(values, 8), np.repeat(np.arange(50), 8)

    def mean(counts):
        return float(counts @ repeated / counts.sum())

    _, low, high = bootstrap_interval(mean, groups)
    _, naive_low, naive_high = bootstrap_interval(mean, np.arange(400))
    assert high - low == pytest.approx(2 * 1.96 * values.std() / np.sqrt(50), rel=0.2)
    assert naive_high - naive_low < 0.6 * (high - low)


def test_one_group_has_no_interval():
    value, low, high = bootstrap_interval(lambda counts: float(counts.sum()), np.zeros(4, np.int64))
    assert value == 4
    assert np.isnan([low, high]).all()


def rand_index(first, second):
    """The adjusted Rand index of three labels, in a few steps of numpy, as it is needed 40,000 times."""
    table = np.bincount(3 * first + second, minlength=9).reshape(3, 3)
    pairs, rows, columns = ((each * (each - 1) / 2).sum() for each in (table, table.sum(0), table.sum(1)))
    chance = rows * columns / (len(first) * (len(first) - 1) / 2)
    return (pairs - chance) / ((rows + columns) / 2 - chance)


@pytest.mark.slow
def test_intervals_of_agreeing_partitions_cover_the_value_in_the_population():
    rng = np.random.default_rng(0)
    joint = np.array([[0.3, 0.05, 0.02], [0.05, 0.25, 0.05], [0.02, 0.06, 0.2]])

    def drawn(count):
        return np.unravel_index(rng.choice(9, count, p=joint.ravel() / joint.sum()), joint.shape)

    some = drawn(50)
    assert rand_index(*some) == pytest.approx(adjusted_rand_score(*some))
    truth = rand_index(*drawn(1_000_000))
    covered = 0
    for seed in range(200):
        first, second = drawn(150)

        def resampled(counts, first=first, second=second):
            return rand_index(np.repeat(first, counts), np.repeat(second, counts))

        _, low, high = bootstrap_interval(resampled, np.arange(150), seed=seed)
        covered += low <= truth <= high
    assert 0.9 < covered / 200 < 0.99
