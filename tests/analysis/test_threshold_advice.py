import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from explorer.analysis.threshold_advice import expected_pairs, threshold_shares
from explorer.errors import QueryError


def scores_of(vectors):
    """The cosines of all pairs, highest first, and for each whether it is of a row and its copy."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    left, right = np.triu_indices(len(unit), 1)
    scores = (unit @ unit.T)[left, right].astype(np.float32)
    order = np.argsort(-scores, kind="stable")
    return scores[order], left[order], right[order]


def noisy_copies(vectors, count, rng):
    """Copies of the first vectors, at a cosine of about 0.94."""
    lengths = np.linalg.norm(vectors[:count], axis=1, keepdims=True) / np.sqrt(vectors.shape[1])
    return vectors[:count] + rng.normal(size=(count, vectors.shape[1])) * 0.35 * lengths


def topical(rng, rows, topics):
    """Vectors around some centres: most of their close pairs are of one topic."""
    return rng.normal(size=(topics, 50))[rng.integers(0, topics, rows)] + rng.normal(size=(rows, 50))


def make(kind, rng, rows):
    return rng.normal(size=(rows, 30)) if kind == "unrelated" else topical(rng, rows, 10)


@pytest.mark.parametrize("kind", ["unrelated", "topical"])
@pytest.mark.parametrize("seed", range(5))
def test_known_duplicates_are_told_apart_and_few_others_come_with_them(kind, seed):
    rng = np.random.default_rng(seed)
    originals = make(kind, rng, 400)
    scores, left, right = scores_of(np.concatenate([originals, noisy_copies(originals, 30, rng)]))
    advised = threshold_shares(scores, -1, 430).advised(0.05)
    found = scores >= np.float32(advised)
    true = right - left == 400
    assert true[found].sum() >= 29
    assert (~true)[found].mean() <= 0.15


@pytest.mark.parametrize("kind", ["unrelated", "topical"])
@pytest.mark.parametrize("seed", range(5))
def test_without_duplicates_no_threshold_is_advised(kind, seed):
    scores, _, _ = scores_of(make(kind, np.random.default_rng(seed), 400))
    assert threshold_shares(scores, -1, 400).advised(0.05) is None


def test_topics_are_not_taken_for_duplicates():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(2, 50))
    vectors = centres[rng.integers(0, 2, 200)] * 2.5 + rng.normal(size=(200, 50))
    scores, _, _ = scores_of(vectors)
    shares = threshold_shares(scores, -1, 200)
    assert np.nanmin(shares.shares) < 0.05  # the pairs of one topic do stand out
    assert shares.advised(0.05) is None


def test_found_and_shares_are_those_of_a_count():
    scores = np.sort(np.random.default_rng(1).beta(2, 5, 3_000).astype(np.float32))[::-1]
    shares = threshold_shares(scores, 0.55, 100)
    assert shares.thresholds[0] == pytest.approx(0.55)
    for threshold, found, expected, share in zip(
        shares.thresholds, shares.found, shares.expected, shares.shares, strict=True
    ):
        assert found == sum(score >= np.float32(threshold) for score in scores)
        assert np.isnan(share) or share == min(1, expected / found)
        assert found or np.isnan(share)


@pytest.mark.parametrize("rate", [3.0, 10.0, 40.0])
def test_an_exponential_tail_is_continued(rate):
    """The whole tail above the window of a sample without noise, against its known size."""
    count, threshold = 100_000, 0.4
    tail = np.sort(-np.log((np.arange(count) + 0.5) / count) / rate)
    above = int((tail >= threshold).sum())
    expected = expected_pairs(tail[tail < threshold].astype(np.float32), above, threshold)
    assert expected == pytest.approx(above, rel=0.1, abs=0.1)


def test_the_rate_is_the_most_likely_one():
    below = np.sort(np.random.default_rng(2).exponential(0.05, 200).clip(max=0.2).astype(np.float32))
    below = below[below < 0.2]
    range_ = 0.2 - float(below[0])
    offsets = below.astype(np.float64) - float(below[0])

    def unlikely(x):
        return len(offsets) * np.log((1 - np.exp(-x)) / x) + x * offsets.sum() / range_

    x = minimize_scalar(unlikely, bounds=(1e-3, 100), method="bounded", options={"xatol": 1e-9}).x
    assert expected_pairs(below, 1_000, 0.2) == pytest.approx(len(below) / np.expm1(x), rel=1e-4)


def test_what_cannot_be_estimated_is_said():
    few = np.linspace(0.1, 0.4, 19).astype(np.float32)
    assert np.isnan(expected_pairs(few, 3, 0.5))
    rising = np.linspace(0, 0.5, 200).astype(np.float32) ** 0.5
    assert expected_pairs(rising[rising < 0.6], 3, 0.6) == np.inf
    assert expected_pairs(np.zeros(50, np.float32), 3, 0.5) == 0  # all below have one score, far away


def test_nothing_is_advised_without_pairs_or_above_all_thresholds():
    none = threshold_shares(np.empty(0, np.float32), -1, 1)
    assert none.found.tolist() == [0] * 51
    assert np.isnan(none.shares).all()
    assert none.advised(0.05) is None
    beyond = threshold_shares(np.full(5, 1.0, np.float32), 1.01, 10)
    assert len(beyond.thresholds) == 0
    assert beyond.advised(0.05) is None
    assert beyond.place(0.9) is None
    assert none.place(0.9) == 40


@pytest.mark.parametrize("share", [0, 1, -0.1, float("nan")])
def test_a_share_is_between_0_and_1(share):
    with pytest.raises(QueryError, match="not a share"):
        threshold_shares(np.empty(0, np.float32), -1, 1).advised(share)
