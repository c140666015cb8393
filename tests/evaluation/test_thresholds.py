import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sentence_transformers.sentence_transformer.evaluation import BinaryClassificationEvaluator
from sklearn.metrics import average_precision_score, f1_score

from explorer.comparison.statistics.inference import group_numbers, interval, resamples
from explorer.evaluation.thresholds import Cuts


@st.composite
def scored(draw, most=30):
    """Scores with many ties, labels of which one is 1, and groups."""
    count = draw(st.integers(1, most))
    values = st.sampled_from([-0.5, 0.0, 0.25, 0.5, 0.75, 1.0]) | st.floats(-1, 1, width=32)
    scores = np.array(draw(st.lists(values, min_size=count, max_size=count)))
    labels = np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)))
    labels[draw(st.integers(0, count - 1))] = True
    groups = np.array(draw(st.lists(st.integers(0, count), min_size=count, max_size=count)))
    return scores, labels, groups


@given(scored(), st.sampled_from([0.01, 0.5, 2 / 3, 0.9, 0.95, 1.0]) | st.floats(0.001, 1))
def test_the_threshold_at_a_precision_is_the_lowest_one_that_has_it(pairs, wanted):
    scores, labels, groups = pairs
    # By brute force: every score as a threshold.
    known = {}
    for score in set(scores.tolist()):
        above = scores >= score
        known[score] = labels[above].mean(), labels[above].sum() / labels.sum()
    enough = [score for score, (precision, _) in known.items() if precision >= wanted]
    found = Cuts(*pairs).at_precision(wanted)
    if not enough:
        assert found is None
        return
    lowest = min(enough)
    above = scores >= found.value
    np.testing.assert_array_equal(above, scores >= lowest)
    assert (found.precision, found.recall) == pytest.approx(known[lowest])
    assert found.recall == pytest.approx(max(known[score][1] for score in enough))
    assert found.pairs == above.sum()
    # Half-way to the next score, or that of the last pair.
    below = scores[scores < lowest]
    assert found.value == (lowest if not len(below) else pytest.approx((lowest + below.max()) / 2))
    assert (found.precision_low, found.precision_high) == pytest.approx(
        interval(labels[above].astype(float), groups[above], 0, 1), nan_ok=True
    )
    assert (found.recall_low, found.recall_high) == pytest.approx(
        interval(above[labels].astype(float), groups[labels], 0, 1), nan_ok=True
    )


@given(scored())
def test_the_best_f1_is_that_of_sentence_transformers(pairs):
    scores, labels, _ = pairs
    f1, precision, recall, threshold = BinaryClassificationEvaluator.find_best_f1_and_threshold(
        scores, labels.astype(int), True
    )
    found = Cuts(*pairs).at_best_f1()
    assert found.f1 == pytest.approx(f1)
    every = [f1_score(labels, scores >= score) for score in np.unique(scores)]
    if sum(one == pytest.approx(f1) for one in every) == 1:  # else rounding decides which of them is taken
        assert (found.precision, found.recall) == pytest.approx((precision, recall))
        assert found.value == pytest.approx(threshold)
    else:
        assert f1_score(labels, scores >= found.value) == pytest.approx(f1)


def test_a_threshold_between_neighbouring_numbers_keeps_both_sides_apart():
    low = 0.5
    high = np.nextafter(low, 1)
    found = Cuts(np.array([high, low]), np.array([True, False]), np.arange(2)).at_precision(1.0)
    assert low < found.value <= high


@given(scored())
def test_average_precision_is_scikit_learns(pairs):
    scores, labels, _ = pairs
    values = Cuts(*pairs).average_precision()
    assert values.values == pytest.approx([average_precision_score(labels, scores)])
    assert (values.n, values.independent) == (len(scores), len(np.unique(pairs[2])))


def test_the_resamples_of_average_precision_are_those_of_weighted_pairs():
    from explorer.evaluation import thresholds

    rng = np.random.default_rng(1)
    scores, labels, groups = rng.integers(0, 9, 60) / 8, rng.random(60) < 0.4, rng.integers(0, 25, 60)
    cuts = Cuts(scores, labels, groups)
    numbers, count = group_numbers(groups)
    counts = next(resamples(count, 200, 0))
    found = thresholds._average_precisions(*cuts._counts(counts[:, numbers]))
    expected = [average_precision_score(labels, scores, sample_weight=own[numbers]) for own in counts]
    np.testing.assert_allclose(found, expected)
    (low, high) = cuts.average_precision().intervals[0]
    assert 0 < low < average_precision_score(labels, scores) < high < 1


def test_without_six_groups_with_duplicates_there_is_no_interval():
    labels = np.arange(40) < 5
    scores = np.random.default_rng(0).random(40)
    assert np.isnan(Cuts(scores, labels, np.arange(40)).average_precision().intervals).all()
    some = Cuts(scores, np.arange(40) < 6, np.arange(40)).average_precision().intervals
    assert not np.isnan(some).any()
