import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score
from sklearn.metrics.pairwise import cosine_similarity

from benchmarks.cluster_proxies import _cohesion_ratio, cluster_stability, cohesion
from explorer.comparison.measures.vectors import kmeans_labels, unit_vectors
from explorer.tensor import Index
from tests.comparison.made_contenders import contender_of


def blobs(seed, count=120, k=4, noise=0.1, dims=8):
    rng = np.random.default_rng(seed)
    return np.repeat(np.eye(dims)[:k], count // k, axis=0) + noise * rng.normal(size=(count, dims))


def ratio_of_all_pairs(vectors, labels):
    """The definition of arXiv 2511.19350, pair by pair, with scikit-learn's cosines."""
    cosines = cosine_similarity(vectors)
    pairs = [(a, b) for a in range(len(labels)) for b in range(a)]
    within = [cosines[a, b] for a, b in pairs if labels[a] == labels[b]]
    return np.mean(within) / np.mean([cosines[a, b] for a, b in pairs])


@pytest.mark.parametrize("seed", range(5))
def test_the_cohesion_ratio_is_its_definition(seed):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(30, 5)) + 1
    vectors[3] = 0
    vectors[7] = vectors[8]
    contender = contender_of(vectors)
    rows = np.sort(rng.choice(30, 20, replace=False))
    found = cohesion([contender], rows, np.arange(30), 3, seed=seed)
    labels = kmeans_labels(contender.space.index.subset(rows), 3, seed=seed, starts=3)
    assert found.values[0] == pytest.approx(ratio_of_all_pairs(vectors[rows], labels), rel=1e-5)
    low, high = found.intervals[0]
    assert low < found.values[0] < high
    assert found.n == 20


def test_rows_that_count_twice_make_pairs_with_others_but_not_with_themselves():
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(12, 4)) + 1
    labels = rng.integers(0, 3, 12)
    counts = rng.integers(0, 4, 12)
    contender = contender_of(vectors)
    found = _cohesion_ratio(unit_vectors(contender.space, np.arange(12)), labels)(counts)
    repeated = np.repeat(np.arange(12), counts)
    cosines = cosine_similarity(vectors)
    pairs = [(a, b) for i, a in enumerate(repeated) for b in repeated[:i] if a != b]
    within = np.mean([cosines[a, b] for a, b in pairs if labels[a] == labels[b]])
    assert found == pytest.approx(within / np.mean([cosines[a, b] for a, b in pairs]), rel=1e-5)


def test_cohesion_means_nothing_in_a_centred_space():
    vectors = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    assert np.isnan(
        cohesion([contender_of(np.concatenate([vectors, -vectors]))], np.arange(80), np.arange(80)).values[0]
    )


@pytest.mark.slow
def test_clear_clusters_are_stable_and_noise_is_not():
    clear, noise = contender_of(blobs(0)), contender_of(np.random.default_rng(0).normal(size=(120, 8)))
    found = cluster_stability([clear, noise], np.arange(120), 4)
    assert found.values[0] > 0.9
    assert found.values[1] < 0.4
    assert found.values[0] <= found.intervals[0, 1]
    assert found.intervals[1, 0] < found.values[1] < found.intervals[1, 1]
    again = cluster_stability([clear, noise], np.arange(120), 4)
    np.testing.assert_array_equal(again.values, found.values)
    np.testing.assert_array_equal(again.intervals, found.intervals)


def test_stability_is_the_mean_adjusted_rand_index_of_the_common_rows_of_half_samples():
    vectors = np.random.default_rng(4).normal(size=(41, 3)).astype(np.float32)
    rows = np.arange(1, 41)
    found = []
    for draw in range(10):
        order = rows[np.random.default_rng([7, draw]).permutation(40)]
        halves = [order[:20], order[10:30]]
        clusters = [
            dict(zip(half.tolist(), Index(vectors[half]).kmeans(3, seed=7 + draw).labels, strict=True))
            for half in halves
        ]
        common = sorted({*halves[0].tolist()} & {*halves[1].tolist()})
        assert len(common) == 10
        found.append(adjusted_rand_score(*([each[row] for row in common] for each in clusters)))
    value = cluster_stability([contender_of(vectors)], rows, 3, seed=7)
    assert value.values[0] == pytest.approx(np.mean(found))
    half_width = 2.262157 * np.sqrt(3) * np.std(found, ddof=1)  # Student's t with 9 degrees of freedom
    np.testing.assert_allclose(
        value.intervals[0], [np.mean(found) - half_width, np.mean(found) + half_width], rtol=1e-6
    )


def test_without_vectors_or_enough_rows_there_is_no_value():
    ranks = contender_of(blobs(0), ranks_only=True)
    assert np.isnan(cluster_stability([ranks], np.arange(50)).values[0])
    assert np.isnan(cohesion([ranks], np.arange(50), np.arange(120)).values[0])
    few = contender_of(np.eye(3))
    assert np.isnan(cluster_stability([few], np.arange(3)).values[0])
    assert np.isnan(cohesion([few], np.arange(1), np.arange(3)).values[0])


def test_fewer_distinct_rows_than_clusters():
    contender = contender_of(np.repeat([[1.0, 0.5], [0.5, 1.0]], 20, axis=0))
    found = cluster_stability([contender], np.arange(40), 8)
    assert found.values[0] == pytest.approx(1)
    assert cohesion([contender], np.arange(40), np.arange(40), 8).values[0] == pytest.approx(
        1 / ((19 * 20 + 0.8 * 20 * 20) / (40 * 39 / 2)), rel=1e-5
    )
