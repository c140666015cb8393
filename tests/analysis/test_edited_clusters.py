import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.analysis.cluster_edits import Merge, Split, as_found, merged_from, part_of
from explorer.analysis.cluster_stability import cluster_stability
from explorer.analysis.clusters import NOISE, Clustering, cluster
from explorer.analysis.edited_clusters import edit_clusters
from explorer.analysis.space import make_index
from explorer.analysis.specs import ClusterSpec
from explorer.errors import JobCancelledError, QueryError

METRICS = ["cosine", "euclidean"]


def vectors_of(rows=120, dims=6, seed=0):
    rng = np.random.default_rng(seed)
    centers = 3 * rng.normal(size=(6, dims))
    return (centers[np.arange(rows) % 6] + rng.normal(size=(rows, dims)) + 2).astype(np.float32)


VECTORS = vectors_of()
INDEX = make_index(VECTORS)
FOUND = {metric: cluster(INDEX, ClusterSpec(k=6, metric=metric)) for metric in METRICS}


def partition(labels):
    return {frozenset(np.flatnonzero(labels == label).tolist()) for label in set(labels.tolist()) - {NOISE}}


def unit(vectors):
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-30)


def compared(vectors, metric):
    """Rows as they are compared, in float64."""
    rows = vectors.astype(np.float64)
    return unit(rows) if metric == "cosine" else rows


def reference(vectors, labels, k, metric):
    """Centroids and inertia by numpy alone, in float64."""
    rows = compared(vectors, metric)
    centroids = np.stack([rows[labels == label].mean(axis=0) for label in range(k)])
    centroids = unit(centroids) if metric == "cosine" else centroids
    kept = labels != NOISE
    return centroids, np.square(rows[kept] - centroids[labels[kept]]).sum()


def check(vectors, edited, before):
    """What holds of any clusters that were merged and split."""
    found = edited.clustering
    assert found.labels.dtype == np.int64
    assert ((found.labels == NOISE) == (before.labels == NOISE)).all()
    sizes = np.bincount(found.labels[found.labels != NOISE], minlength=found.k)
    assert len(sizes) == found.k == len(edited.origins) == len(found.centroids) == len(set(edited.origins))
    assert (sizes > 0).all()
    assert (np.diff(sizes) <= 0).all()
    centroids, inertia = reference(vectors, found.labels, found.k, found.metric)
    np.testing.assert_allclose(found.centroids, centroids, atol=0.02)  # those of k-means converge to a mean
    assert found.inertia == pytest.approx(inertia, rel=1e-3)


@st.composite
def steps(draw):
    """Steps that name clusters that are there."""
    k, made = 6, []
    for _ in range(draw(st.integers(0, 5))):
        if k > 1 and draw(st.booleans()):
            some = draw(st.sets(st.integers(0, k - 1), min_size=2, max_size=k))
            made.append(Merge(tuple(some)))
            k -= len(some) - 1
        else:
            parts = draw(st.integers(2, 4))
            made.append(Split(draw(st.integers(0, k - 1)), parts))
            k += parts - 1
    return tuple(made), k


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=40, deadline=None)
@given(steps())
def test_any_steps_leave_a_partition_of_the_same_rows(metric, some):
    edits, k = some
    edited = edit_clusters(INDEX, FOUND[metric], edits)
    check(VECTORS, edited, FOUND[metric])
    if edited.problem is None:
        assert (edited.clustering.k, edited.clustering.edits) == (k, edits)
    else:  # only a part may become too small to be split
        assert "distinct row" in edited.problem.what
        assert edited.clustering.edits == edits[: len(edited.clustering.edits)]
    again = edit_clusters(INDEX, FOUND[metric], edits)
    np.testing.assert_array_equal(again.clustering.labels, edited.clustering.labels)
    assert again.origins == edited.origins


@pytest.mark.parametrize("metric", METRICS)
def test_a_merged_cluster_has_the_centroid_and_inertia_of_its_rows_and_others_keep_theirs(metric):
    before = FOUND[metric]
    edited = edit_clusters(INDEX, before, [Merge((5, 2))])
    found = edited.clustering
    label = edited.origins.index(merged_from([as_found(2), as_found(5)]))
    rows = np.flatnonzero(np.isin(before.labels, (2, 5)))
    np.testing.assert_array_equal(found.rows(label), rows)
    mean = (unit(VECTORS.astype(np.float64)) if metric == "cosine" else VECTORS.astype(np.float64))[
        rows
    ].mean(0)
    mean = unit(mean) if metric == "cosine" else mean
    np.testing.assert_allclose(found.centroids[label], mean, atol=1e-6)
    assert found.centroids.dtype == np.float32
    for other, origin in enumerate(edited.origins):
        if origin.is_found:
            np.testing.assert_array_equal(found.centroids[other], before.centroids[origin.first])
            np.testing.assert_array_equal(found.rows(other), before.rows(origin.first))
    inertia = np.square(compared(VECTORS, metric) - found.centroids[found.labels]).sum()
    assert found.inertia == pytest.approx(inertia, rel=1e-6)
    assert found.inertia > before.inertia
    assert (found.seed, found.method, found.metric) == (before.seed, before.method, before.metric)


@pytest.mark.parametrize("metric", METRICS)
def test_all_clusters_merged_are_one(metric):
    edited = edit_clusters(INDEX, FOUND[metric], [Merge(tuple(range(6)))])
    assert edited.clustering.k == 1
    assert edited.clustering.labels.tolist() == [0] * len(INDEX)
    check(VECTORS, edited, FOUND[metric])


@pytest.mark.parametrize("metric", METRICS)
@settings(max_examples=20, deadline=None)
@given(st.integers(0, 5), st.integers(2, 5))
def test_a_cluster_split_and_its_parts_merged_is_the_cluster_again(metric, label, parts):
    before = FOUND[metric]
    split = edit_clusters(INDEX, before, [Split(label, parts)])
    made = [part_of(as_found(label), place, parts) for place in range(parts)]
    chosen = tuple(split.origins.index(part) for part in made)
    assert sorted(chosen) == list(chosen)  # the largest part comes first
    edited = edit_clusters(INDEX, before, [Split(label, parts), Merge(chosen)])
    assert partition(edited.clustering.labels) == partition(before.labels)
    assert set(edited.origins) == {as_found(other) for other in range(6)}


@pytest.mark.parametrize("metric", METRICS)
def test_a_split_is_k_means_of_the_rows_of_the_cluster(metric):
    before = FOUND[metric]
    edited = edit_clusters(INDEX, before, [Split(1, 3)])
    rows = before.rows(1)
    alone = make_index(VECTORS[rows]).kmeans(3, metric=metric, seed=0)
    halves = {frozenset(rows[alone.labels == part].tolist()) for part in range(3)}
    assert halves <= partition(edited.clustering.labels)
    assert edited.clustering.inertia < before.inertia


def test_a_cluster_of_too_few_distinct_rows_is_not_split_and_later_steps_are_left_out():
    vectors = np.repeat(np.eye(4, dtype=np.float32), [6, 3, 2, 1], axis=0)
    vectors[4:6] *= 2  # another row, of the same direction
    index = make_index(vectors)
    for metric, distinct in (("cosine", 1), ("euclidean", 2)):
        before = cluster(index, ClusterSpec(k=4, metric="cosine"))
        before = Clustering(before.labels, before.centroids, before.inertia, metric, 4, 0, "k-means")
        edited = edit_clusters(index, before, [Merge((2, 3)), Split(0, 3), Merge((0, 1))])
        assert edited.clustering.edits == (Merge((2, 3)),)
        assert edited.clustering.k == 3
        assert f"Cluster 1 cannot be split into 3: it has only {distinct} distinct row" in str(edited.problem)
        assert ("Split it into 2." in str(edited.problem)) == (distinct == 2)


@pytest.mark.parametrize("edit", [Merge((0, 6)), Split(6, 2), Merge((20_000, 20_001))])
def test_a_step_that_names_no_cluster_is_left_out(edit):
    edited = edit_clusters(INDEX, FOUND["cosine"], [edit])
    assert edited.clustering.edits == ()
    assert "they go from 1 to 6" in str(edited.problem)
    np.testing.assert_array_equal(edited.clustering.labels, FOUND["cosine"].labels)
    assert edited.clustering.inertia == FOUND["cosine"].inertia


def test_noise_stays_noise_and_no_clusters_are_no_error():
    labels = FOUND["cosine"].labels.copy()
    labels[:20] = NOISE
    sizes = np.argsort(-np.bincount(labels[20:], minlength=6), kind="stable")
    labels[20:] = np.argsort(sizes)[labels[20:]]
    centroids, inertia = reference(VECTORS, labels, 6, "cosine")
    dense = Clustering(labels, centroids.astype(np.float32), inertia, "cosine", 6, None, "hdbscan")
    edited = edit_clusters(INDEX, dense, [Merge((0, 5)), Split(1, 2)])
    check(VECTORS, edited, dense)
    assert edited.clustering.method == "hdbscan"
    none = Clustering(np.full(120, NOISE), np.empty((0, 6), np.float32), 0.0, "cosine", 0, None, "hdbscan")
    edited = edit_clusters(INDEX, none, [Split(0, 2)])
    assert edited.clustering.k == 0
    assert "there are none" in str(edited.problem)


def test_rows_of_zeros_are_merged_without_a_direction():
    index = make_index(np.zeros((4, 3), np.float32))
    labels = np.array([0, 0, 1, 1])
    before = Clustering(labels, np.zeros((2, 3), np.float32), 0.0, "cosine", 2, 0, "k-means")
    edited = edit_clusters(index, before, [Merge((0, 1))])
    assert edited.clustering.centroids.tolist() == [[0, 0, 0]]
    assert edited.clustering.inertia == 0


def test_other_rows_edited_clusters_and_their_stability_are_errors():
    with pytest.raises(QueryError, match="120 rows for 2 rows"):
        edit_clusters(make_index(np.eye(2, dtype=np.float32)), FOUND["cosine"], [])
    edited = edit_clusters(INDEX, FOUND["cosine"], [Merge((0, 1))]).clustering
    with pytest.raises(QueryError, match="already"):
        edit_clusters(INDEX, edited, [Merge((0, 1))])
    with pytest.raises(QueryError, match="as k-means finds them"):
        cluster_stability(INDEX, edited)


def test_a_split_can_be_stopped():
    def stop(_progress):
        raise JobCancelledError("stopped")

    with pytest.raises(JobCancelledError):
        edit_clusters(INDEX, FOUND["cosine"], [Split(0, 2)], on_progress=stop)
