import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from explorer.analysis.cluster_stability import cluster_stability
from explorer.analysis.cluster_structure import cluster_structure
from explorer.analysis.clusters import cluster
from explorer.analysis.resampled import adjusted_rand, shared_rows
from explorer.analysis.space import make_index
from explorer.analysis.specs import ClusterSpec
from explorer.errors import QueryError
from tests.analysis.test_clusters import blobs, index_of, space_of

METRICS = ["cosine", "euclidean"]


@pytest.mark.parametrize("metric", METRICS)
def test_stability_is_that_of_runs_made_one_by_one(metric):
    index = index_of(blobs(90, centers=3, spread=2))
    clustering = cluster(index, ClusterSpec(k=4, metric=metric))
    told = []
    found = cluster_stability(index, clustering, seed=3, on_progress=told.append)
    runs = [index.kmeans(4, metric=metric, seed=4 + run).labels for run in range(8)]
    rand = [metrics.adjusted_rand_score(one, other) for one, other in itertools.combinations(runs, 2)]
    assert found.seeds.mean == pytest.approx(np.mean(rand))
    assert (found.seeds.low, found.seeds.high) == pytest.approx(tuple(np.quantile(rand, (0.1, 0.9))))
    rand, jaccard = [], []
    for run in range(20):
        drawn = np.sort(np.random.default_rng([3, run]).integers(90, size=90))
        again = index.subset(drawn).kmeans(4, metric=metric, seed=3 + run).labels
        rows = sorted(set(drawn.tolist()))
        new = {int(row): int(label) for row, label in zip(drawn, again, strict=True)}
        rand.append(metrics.adjusted_rand_score(clustering.labels[rows], [new[row] for row in rows]))
        olds = [{row for row in rows if clustering.labels[row] == label} for label in range(4)]
        news = [{row for row in rows if new[row] == label} for label in range(4)]
        jaccard.append([max(len(old & one) / len(old | one) for one in news) for old in olds])
    assert found.resamples.mean == pytest.approx(np.mean(rand))
    np.testing.assert_allclose(found.clusters, np.mean(jaccard, axis=0))
    assert (found.seeds.runs, found.resamples.runs, found.rows) == (8, 20, 90)
    assert [progress.done for progress in told] == list(range(28))


def test_clusters_far_apart_come_back_and_parts_of_one_do_not():
    rng = np.random.default_rng(0)
    parts = [
        rng.normal(size=(60, 4)),
        0.1 * rng.normal(size=(60, 4)) + 50,
        0.1 * rng.normal(size=(60, 4)) - 50,
    ]
    index = index_of(np.concatenate(parts))
    found = cluster_stability(index, cluster(index, ClusterSpec(k=3, metric="euclidean")))
    assert found.clusters.tolist() == [1, 1, 1]
    assert (found.seeds.mean, found.resamples.mean) == (1, 1)
    clustering = cluster(index, ClusterSpec(k=6, metric="euclidean"))
    found = cluster_stability(index, clustering)
    inside = [label for label in range(6) if (clustering.rows(label) < 60).any()]
    assert len(inside) == 4
    assert (found.clusters[inside] < 0.75).all()


def test_few_and_equal_rows():
    one = index_of(np.ones((1, 3)))
    found = cluster_stability(one, cluster(one, ClusterSpec(k=1)))
    assert (found.clusters.tolist(), found.seeds.mean, found.resamples.mean) == ([1], 1, 1)
    three = index_of(np.eye(3))  # a resample has fewer distinct rows than there are clusters
    found = cluster_stability(three, cluster(three, ClusterSpec(k=3)))
    assert found.clusters.tolist() == [1, 1, 1]
    zeros = index_of(np.concatenate([np.zeros((5, 3)), np.eye(3)]))
    assert cluster_stability(zeros, cluster(zeros, ClusterSpec(k=2))).clusters.shape == (2,)


def test_stability_is_of_these_rows_and_of_k_means():
    index = index_of(np.eye(3))
    with pytest.raises(QueryError, match="3 rows for 2 rows"):
        cluster_stability(index_of(np.eye(2)), cluster(index, ClusterSpec(k=1)))
    with pytest.raises(QueryError, match="k-means only"):
        cluster_stability(index, cluster(index, ClusterSpec("hdbscan")))


def test_a_space_says_whether_it_has_clusters_and_how_stable_they_are():
    space = space_of(blobs(120, dims=3, centers=2, spread=0.1))
    found = space.cluster_stability(space.cluster(2, metric="euclidean"))
    assert found.clusters.tolist() == [1, 1]
    structure = space.cluster_structure(metric="euclidean")
    assert structure == cluster_structure(space.index, metric="euclidean")
    assert (structure.structure, structure.groups) == ("clear", 2)


def test_stability_can_be_stopped():
    def stop(_progress):
        raise KeyboardInterrupt

    index = make_index(np.eye(3, dtype=np.float32))
    with pytest.raises(KeyboardInterrupt):
        cluster_stability(index, cluster(index, ClusterSpec(k=2)), on_progress=stop)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1))
def test_the_adjusted_rand_index_is_that_of_scikit_learn(pairs):
    one, other = np.array(pairs).T
    expected = metrics.adjusted_rand_score(one, other)
    assert adjusted_rand(shared_rows(one, other)) == pytest.approx(expected)
