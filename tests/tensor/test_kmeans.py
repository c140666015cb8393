import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.cluster import KMeans as Peer

from explorer.errors import QueryError, VectorError
from explorer.tensor import Index, normalize
from explorer.tensor import kmeans as module
from explorer.tensor.kmeans_rows import CentredRows, products

CPU = torch.device("cpu")
METRICS = ["cosine", "euclidean"]


def kmeans(vectors, k, *, memory_mb=256, **options):
    return Index(vectors, memory_mb=memory_mb).kmeans(k, **options)


def blobs(rows=600, dims=12, centers=6, seed=0, spread=1.5):
    rng = np.random.default_rng(seed)
    where = rng.normal(size=(centers, dims)) * 2
    return (where[rng.integers(0, centers, rows)] + spread * rng.normal(size=(rows, dims))).astype(np.float32)


@pytest.fixture
def sampled(monkeypatch):
    """Starts are chosen on a sample, as those of a large matrix."""
    monkeypatch.setattr(module, "_SAMPLE", 50)


def squares(matrix, centroids):
    return np.square(matrix[:, None].astype(np.float64) - centroids[None]).sum(2)


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 100])
@pytest.mark.parametrize("seed", range(4))
def test_each_step_is_that_of_scikit_learn(steps, seed):
    matrix = blobs(seed=seed)
    initial = matrix[np.random.default_rng(seed).choice(len(matrix), 7, replace=False)]
    peer = Peer(7, init=initial, n_init=1, tol=0, max_iter=steps, algorithm="lloyd")
    peer.fit(matrix)
    found = kmeans(matrix, 7, metric="euclidean", initial=initial, max_iterations=steps, tolerance=0)
    np.testing.assert_array_equal(found.labels, peer.labels_)
    np.testing.assert_allclose(found.centroids, peer.cluster_centers_, atol=1e-5)
    assert found.inertia == pytest.approx(peer.inertia_, rel=1e-5)
    assert found.iterations == peer.n_iter_


@pytest.mark.parametrize("steps", [1, 2, 100])
def test_empty_clusters_take_the_farthest_rows_as_in_scikit_learn(steps):
    matrix = blobs()
    initial = matrix[:5].copy()
    initial[3] = 1000  # no row is near it
    peer = Peer(5, init=initial, n_init=1, tol=0, max_iter=steps, algorithm="lloyd").fit(matrix)
    found = kmeans(matrix, 5, metric="euclidean", initial=initial, max_iterations=steps, tolerance=0)
    np.testing.assert_array_equal(found.labels, peer.labels_)
    np.testing.assert_allclose(found.centroids, peer.cluster_centers_, atol=1e-5)


def test_a_tie_goes_to_the_lower_centroid():
    matrix = np.array([[-2, 0], [0, 0], [2, 0], [0, 1], [0, -1]], np.float32)
    for initial in ([[-2, 0], [2, 0]], [[2, 0], [-2, 0]]):
        peer = Peer(2, init=np.array(initial, np.float32), n_init=1, tol=0, max_iter=1).fit(matrix)
        found = kmeans(matrix, 2, metric="euclidean", initial=initial, max_iterations=1, tolerance=0)
        np.testing.assert_array_equal(found.labels, peer.labels_)
        assert found.labels[[1, 3, 4]].tolist() == [0, 0, 0]


@pytest.mark.slow
@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 60), dims=st.integers(1, 6), k=st.integers(1, 12),
    starts=st.integers(1, 2), metric=st.sampled_from(METRICS), whole=st.booleans(),
    memory_mb=st.sampled_from([0.001, 256]),
)  # fmt: skip
def test_whatever_the_rows(seed, rows, dims, k, starts, metric, whole, memory_mb):
    rng = np.random.default_rng(seed)
    draw = rng.integers(-2, 3, (rows, dims)) if whole else rng.normal(size=(rows, dims))
    matrix = draw.astype(np.float32)
    seen = normalize(matrix) if metric == "cosine" else matrix
    distinct = len(np.unique(seen, axis=0))
    options = {"metric": metric, "seed": seed, "starts": starts}
    if k > distinct:
        with pytest.raises(QueryError, match=rf"only {distinct} distinct"):
            kmeans(matrix, k, **options)
        return
    found = kmeans(matrix, k, **options, memory_mb=memory_mb)
    assert found.labels.dtype == np.int64
    assert found.centroids.shape == (k, dims)
    assert found.centroids.dtype == np.float32
    assert np.unique(found.labels).tolist() == list(range(k))
    distances = squares(seen, found.centroids)
    own = distances[np.arange(rows), found.labels]
    np.testing.assert_allclose(own, distances.min(1), atol=1e-4)
    assert found.inertia == pytest.approx(own.sum(), rel=1e-4, abs=1e-5)
    again = kmeans(matrix, k, **options, memory_mb=memory_mb)
    np.testing.assert_array_equal(found.labels, again.labels)
    np.testing.assert_array_equal(found.centroids, again.centroids)


def near_ties(rows=2500, dims=48):
    """Rows as far from one of two centroids as from the other but for a few thousandths, and duplicates."""
    rng = np.random.default_rng(3)
    rows, moved = rng.normal(size=(rows, dims)), rng.normal(size=(4, dims))
    moved[1] = moved[0] + 1e-3 * rng.normal(size=dims)
    rows[::2] += moved[:2].mean(0)
    rows[-500:] = rows[:500]
    return rows.astype(np.float32), moved.astype(np.float32)


@pytest.mark.parametrize("steps", [1, 4, 100])
def test_rows_between_two_centroids_go_to_the_nearer_one(steps):
    matrix, initial = near_ties()
    found = kmeans(matrix, 4, metric="euclidean", initial=initial, max_iterations=steps, tolerance=0)
    distances = squares(matrix, found.centroids)
    own = distances[np.arange(len(matrix)), found.labels]
    assert (own - distances.min(1)).max() <= 1e-5 * distances.max()  # float32 products; bfloat16 has 1e-2
    np.testing.assert_array_equal(found.labels[-500:], found.labels[:500])


@pytest.mark.parametrize("steps", [2, 5, 20])
def test_rows_that_are_not_compared_again_keep_their_nearest_centroid(steps, monkeypatch):
    matrix, initial = near_ties()
    options = {"metric": "euclidean", "initial": initial, "max_iterations": steps, "tolerance": 0}
    found = kmeans(matrix, 4, **options)
    nearest = CentredRows.nearest

    def without_gaps(self, rows, centroids):
        labels, gaps = nearest(self, rows, centroids)
        return labels, torch.full_like(gaps, -torch.inf)

    monkeypatch.setattr(CentredRows, "nearest", without_gaps)
    slow = kmeans(matrix, 4, **options)
    np.testing.assert_array_equal(found.labels, slow.labels)
    np.testing.assert_allclose(found.centroids, slow.centroids, atol=1e-6)


@pytest.mark.parametrize("metric", METRICS)
def test_a_processor_without_fast_convolutions_gives_the_same(metric, monkeypatch):
    matrix = blobs(5000, 40)
    found = kmeans(matrix, 6, metric=metric, seed=1)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    same = kmeans(matrix, 6, metric=metric, seed=1)
    np.testing.assert_array_equal(found.labels, same.labels)
    np.testing.assert_allclose(found.centroids, same.centroids, atol=1e-6)


@pytest.fixture
def shortened():
    """A process in which convolutions, but not matrix products, may run in bfloat16."""
    conv = torch.backends.mkldnn.conv
    before, conv.fp32_precision = conv.fp32_precision, "bf16"
    yield
    conv.fp32_precision = before


@pytest.mark.usefixtures("shortened")
def test_products_are_those_of_float32_where_the_process_shortens_convolutions():
    rows = torch.from_numpy(blobs(2048, 64))
    assert torch.equal(products(rows, rows[:9]), torch.nn.functional.linear(rows, rows[:9]))


@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 7, 3), (3, 1, 2), (5, 2, 1), (2048, 384, 50), (77, 33, 5)])
def test_products(shape):
    count, dims, k = shape
    rng = np.random.default_rng(0)
    rows, columns = rng.normal(size=(count, dims)), rng.normal(size=(k, dims))
    offset = rng.normal(size=k)
    given = [torch.from_numpy(array).float() for array in (rows, columns, offset)]
    found = products(*given)
    assert found.shape == (count, k)
    assert found.is_contiguous()
    np.testing.assert_allclose(found.numpy(), rows @ columns.T + offset, atol=1e-4)


def test_sums_are_those_of_float64_whatever_the_block():
    matrix = blobs(300, 7)
    rows = torch.arange(1, 300, 2)
    labels = rows % 5
    expected = np.zeros((6, 7))
    np.add.at(expected, labels.numpy(), matrix[1::2].astype(np.float64))
    for memory_mb in (0.001, 256):
        found = CentredRows(matrix, torch.from_numpy(matrix), 6, memory_mb).sums(rows, labels, 6)
        np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.usefixtures("sampled")
@pytest.mark.parametrize("metric", METRICS)
def test_a_start_from_a_sample_is_as_good(metric):
    matrix = blobs(2000)
    matrix = normalize(matrix) if metric == "cosine" else matrix
    found = kmeans(matrix, 6, metric=metric, starts=5)
    means = np.stack([matrix[found.labels == label].mean(0) for label in range(6)])
    inertia = squares(matrix, means)[np.arange(2000), found.labels].sum()
    assert inertia <= 1.005 * Peer(6, n_init=5, random_state=0).fit(matrix).inertia_
    np.testing.assert_array_equal(found.labels, kmeans(matrix, 6, metric=metric, starts=5).labels)


@pytest.mark.usefixtures("sampled")
def test_a_sample_with_too_few_distinct_rows_is_not_used():
    matrix = np.zeros((3000, 2), np.float32)
    matrix[:3] = [[1, 0], [0, 1], [5, 5]]
    found = kmeans(matrix, 4, metric="euclidean")
    assert len(np.unique(found.labels)) == 4
    assert found.inertia == 0


def test_spherical_centroids_have_length_1_and_lengths_do_not_matter():
    matrix = blobs()
    scaled = matrix * np.float32(2) ** np.random.default_rng(1).integers(-3, 4, (len(matrix), 1))
    found, same = kmeans(matrix, 5), kmeans(scaled.astype(np.float32), 5)
    np.testing.assert_allclose(np.linalg.norm(found.centroids, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(found.labels, same.labels)
    cosines = normalize(matrix) @ found.centroids.T
    np.testing.assert_array_equal(found.labels, cosines.argmax(1))
    assert found.inertia == pytest.approx(2 * (1 - cosines.max(1)).sum(), rel=1e-4)


def test_more_starts_are_no_worse():
    matrix = blobs(spread=2.5)
    results = [kmeans(matrix, 9, metric="euclidean", starts=starts).inertia for starts in (1, 2, 5)]
    assert results == sorted(results, reverse=True)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    "matrix", [[[1, 2]], [[3, 4]] * 5, [[0, 0]] * 3, [[1e38, 2e37]] * 4, [[1e-41, 0]] * 4]
)
def test_one_row_and_equal_rows(matrix, metric):
    found = kmeans(matrix, 1, metric=metric)
    assert found.labels.tolist() == [0] * len(matrix)
    assert found.inertia == pytest.approx(0, abs=1e-12)
    expected = normalize(np.array(matrix[:1], np.float32)) if metric == "cosine" else matrix[:1]
    np.testing.assert_allclose(found.centroids, expected, rtol=1e-6, atol=1e-44)
    with pytest.raises(QueryError, match=r"only 1 distinct rows.*Choose k from 1 to 1"):
        kmeans(matrix, 2, metric=metric)


def test_as_many_clusters_as_distinct_rows():
    matrix = np.random.default_rng(0).permutation(np.repeat(np.eye(6), 4, axis=0))
    found = kmeans(matrix, 6)
    assert found.inertia == 0
    assert len(set(found.labels.tolist())) == 6
    with pytest.raises(QueryError, match="only 6 distinct"):
        kmeans(matrix, 7)


@pytest.mark.parametrize("moved", [lambda m: m + np.float32(4096), lambda m: m * np.float32(2.0**100)])
def test_rows_far_from_the_origin_and_huge_ones_are_clustered_the_same(moved):
    matrix = np.round(blobs() * 16) / 16  # so that moving them loses no digit
    expected = kmeans(matrix, 6, metric="euclidean", initial=matrix[:6])
    found = kmeans(moved(matrix), 6, metric="euclidean", initial=moved(matrix[:6]))
    np.testing.assert_array_equal(found.labels, expected.labels)


def test_near_duplicates_that_products_cannot_tell_apart_get_clusters_of_their_own():
    matrix = np.array([[1, 0], [1, 1e-6], [0, 1]], np.float32)
    assert sorted(kmeans(matrix, 3, metric="euclidean").labels.tolist()) == [0, 1, 2]


def test_progress_goes_up_to_its_total():
    told = []
    found = kmeans(blobs(), 4, starts=2, max_iterations=20, on_progress=lambda *done: told.append(done))
    assert {total for _, total in told} == {40}
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (40, 40)
    assert found.converged
    assert found.iterations <= 20


@pytest.mark.parametrize("after", [1, 10])
def test_what_progress_raises_stops_the_work(after):
    calls = []

    def stop(done, total):
        calls.append(done)
        if len(calls) == after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kmeans(blobs(), 6, on_progress=stop)
    assert len(calls) == after


def test_what_cannot_be_clustered_is_refused():
    matrix = blobs()
    for options in ({"k": 0}, {"k": 3, "starts": 0}, {"k": 3, "max_iterations": 0}):
        with pytest.raises(QueryError, match="Choose 1 or more"):
            kmeans(matrix, **options)
    with pytest.raises(QueryError, match="seed is -1"):
        kmeans(matrix, 3, seed=-1)
    with pytest.raises(QueryError, match="dot"):
        kmeans(matrix, 2, metric="dot")
    with pytest.raises(VectorError, match="initial centroids"):
        kmeans(matrix, 2, initial=matrix[:3])
    with pytest.raises(QueryError, match="Bring rows"):
        kmeans(np.empty((0, 3)), 1)


@pytest.mark.parametrize("metric", METRICS)
def test_rows_that_need_no_scaling_are_not_copied(metric, monkeypatch):
    matrix = normalize(blobs())
    used = []
    made = CentredRows.__init__

    def spy(self, rows, vectors, *rest):
        used.append((rows, vectors))
        made(self, rows, vectors, *rest)

    monkeypatch.setattr(CentredRows, "__init__", spy)
    index = Index(matrix)
    index.kmeans(3, metric=metric)
    index.kmeans(4, metric=metric)
    for rows, vectors in used:
        assert np.shares_memory(rows, matrix)
        assert vectors.data_ptr() == matrix.ctypes.data


def test_the_matrix_is_not_written_to():
    matrix = blobs()
    before = matrix.copy()
    matrix.flags.writeable = False
    for metric in METRICS:
        kmeans(matrix, 3, metric=metric)
    np.testing.assert_array_equal(matrix, before)
