import threading

import numpy as np
import pytest

from explorer.analysis import placing, principal, projection
from explorer.analysis.placing import cosines_to_rows, place
from explorer.analysis.projection import Projection, pca, project, umap
from explorer.analysis.specs import MapSpec
from explorer.errors import JobCancelledError, NotEnoughMemoryError, QueryError, VectorError
from explorer.jobs.process import WorkerProcesses
from explorer.tensor import Index

# umap-learn says so when it is imported; Python hides it unless warnings are errors.
pytestmark = pytest.mark.filterwarnings("ignore:Tensorflow not installed:ImportWarning")


@pytest.fixture(autouse=True)
def _made_each_time(monkeypatch):
    """Maps that were kept would make every comparison of two of them pass."""
    monkeypatch.setattr(projection, "find_map", lambda _name: None)


def index_of(vectors):
    return Index(np.asarray(vectors, dtype=np.float32))


def unit(vectors):
    return vectors / np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)


@pytest.fixture(scope="module")
def random():
    rng = np.random.default_rng(0)
    return index_of(rng.normal(size=(300, 24)) * np.linspace(3, 0.2, 24) + rng.normal(size=24))


@pytest.fixture(scope="module")
def blobs():
    """Two groups in opposite directions; every tenth row repeats the one before it."""
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(300, 16))
    vectors[:, 0] += np.where(np.arange(300) < 145, 10, -10)
    vectors[10::10] = vectors[9:-1:10]
    return index_of(vectors)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_pca_is_scikit_learns_up_to_sign(random, metric, monkeypatch):
    from sklearn.decomposition import PCA

    for module in (projection, principal):
        monkeypatch.setattr(module, "_BLOCK", 1000)  # several blocks, the last one short
    rows = unit(random.vectors) if metric == "cosine" else random.vectors.astype(np.float64)
    peer = PCA(n_components=3, svd_solver="full").fit(rows)
    expected = peer.transform(rows)
    made = pca(random, 3, metric=metric)
    signs = np.sign((made.coordinates * expected).sum(axis=0))
    np.testing.assert_allclose(made.coordinates, expected * signs, atol=1e-6 * np.abs(expected).max())
    np.testing.assert_allclose(made.explained, peer.explained_variance_ratio_, rtol=1e-9)
    assert (made.method, made.dims, made.metric, made.fallback) == ("pca", 3, metric, None)


def test_pca_is_the_same_each_time_and_whatever_the_length_of_the_rows(random):
    made = pca(random)
    assert (pca(random).coordinates == made.coordinates).all()
    longer = index_of(random.vectors * np.linspace(1, 9, 300)[:, None])
    np.testing.assert_allclose(pca(longer).coordinates, made.coordinates, atol=1e-6)
    assert np.abs(pca(longer, metric="euclidean").coordinates).max() > 5


def test_an_axis_points_to_its_largest_entry():
    line = index_of(np.outer([-1, 0, 2], [3, -4, 1]))
    assert pca(line, metric="euclidean").coordinates[:, 0].argmax() == 0


@pytest.mark.parametrize("rows", [1, 2, 5])
@pytest.mark.parametrize("value", [0.0, 0.1, 1e30])
def test_equal_rows_fall_on_one_point(rows, value):
    made = pca(index_of(np.full((rows, 7), value)), 3, metric="euclidean")
    assert made.coordinates.shape == (rows, 3)
    assert not made.coordinates.any()
    assert made.explained == (0, 0, 0)


def test_dimensions_beyond_the_rank_are_zero():
    rng = np.random.default_rng(2)
    flat = pca(index_of(np.outer(rng.normal(size=40), rng.normal(size=9)) + 5), 3, metric="euclidean")
    assert flat.coordinates[:, 0].any()
    assert not flat.coordinates[:, 1:].any()
    assert flat.explained == (pytest.approx(1), 0, 0)
    narrow = pca(index_of([[1, 0], [0, 1], [1, 1]]), 3)
    assert narrow.coordinates.shape == (3, 3)
    assert not narrow.coordinates[:, 2].any()
    assert len(narrow.explained) == 3


def test_the_cosines_of_new_vectors_are_those_of_the_search(monkeypatch):
    monkeypatch.setattr(placing, "_BLOCK", 100)  # several blocks, the last one short
    index = Index(np.random.default_rng(0).normal(size=(70, 6)))
    new = np.random.default_rng(1).normal(size=(3, 6))
    found = index.search(new, 70, "cosine")
    np.testing.assert_array_equal(
        np.take_along_axis(cosines_to_rows(index, new), found.indices, axis=1), found.scores
    )


def test_rows_of_zeros_have_a_place():
    assert np.isfinite(pca(index_of([[0, 0], [1, 0], [0, 1]])).coordinates).all()


def test_a_map_cannot_be_written_to(random):
    with pytest.raises(ValueError, match="read-only"):
        pca(random).coordinates[0, 0] = 1


@pytest.mark.parametrize("wrong", [{"dims": 0}, {"metric": "dot"}])
def test_what_pca_cannot_be_asked(random, wrong):
    with pytest.raises(QueryError):
        pca(random, **wrong)


@pytest.mark.parametrize("method", ["pca", "umap"])
def test_a_spec_says_which_map_is_made(random, method, monkeypatch):
    monkeypatch.setattr(projection, "lay_out", lambda _indices, _distances, start, *_: start.copy())
    spec = MapSpec(method, 3, "euclidean", n_neighbors=9, min_dist=0.2, seed=4)
    made = project(random, spec)
    assert (made.method, made.dims, made.metric) == (method, 3, "euclidean")
    assert (made.neighbors, made.min_distance, made.seed) == (
        (9, 0.2, 4) if method == "umap" else (None,) * 3
    )


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_few_rows_are_shown_by_pca(rows):
    index = index_of(np.eye(3)[:rows])
    made = umap(index, MapSpec(seed=5))
    assert (made.method, made.fallback, made.seed) == ("pca", "few", None)
    assert (made.coordinates == pca(index).coordinates).all()


def test_equal_rows_are_shown_by_pca():
    made = umap(index_of(np.outer(range(1, 9), [1, 2, 2])), MapSpec())  # of one direction
    assert (made.method, made.fallback) == ("pca", "equal")
    assert not made.coordinates.any()


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_umap_is_given_the_exact_neighbours(blobs, metric, monkeypatch):
    given = []

    def spy(indices, distances, start, min_distance, *_):
        given.append((indices, distances, min_distance))
        return start.copy()

    monkeypatch.setattr(projection, "lay_out", spy)
    umap(blobs, MapSpec(n_neighbors=12, min_dist=0.3, metric=metric))
    ((indices, distances, min_distance),) = given
    assert min_distance == 0.3
    assert indices.shape == distances.shape == (300, 12)
    assert (indices[:, 0] == np.arange(300)).all()
    assert (distances[:, 0] == 0).all()
    assert (distances >= 0).all()
    assert (np.diff(distances, axis=1) >= 0).all()
    assert (indices[10::10, 1] == np.arange(9, 299, 10)).all()  # the row that is repeated comes next
    rows = blobs.vectors.astype(np.float64)
    if metric == "cosine":
        expected = 1 - unit(blobs.vectors) @ unit(blobs.vectors).T
    else:
        expected = np.linalg.norm(rows[:, None] - rows, axis=2)
    np.fill_diagonal(expected, -1)
    own = np.arange(300)[:, None]
    np.testing.assert_allclose(distances[:, 1:], np.sort(expected, axis=1)[:, 1:12], atol=1e-6)
    np.testing.assert_allclose(distances[:, 1:], expected[own, indices[:, 1:]], atol=1e-6)


@pytest.mark.slow
def test_umap_keeps_groups_apart_and_repeats_together(blobs):
    made = umap(blobs, MapSpec(n_neighbors=10))
    assert made.coordinates.shape == (300, 2)
    assert made.coordinates.dtype == np.float32
    assert np.isfinite(made.coordinates).all()
    assert (made.method, made.neighbors, made.min_distance, made.seed) == ("umap", 10, 0.1, 0)
    left, right = made.coordinates[:145], made.coordinates[145:]
    across = np.linalg.norm(left[:, None] - right, axis=2)
    within = max(np.linalg.norm(side - side.mean(axis=0), axis=1).max() for side in (left, right))
    assert across.min() > 0
    assert np.linalg.norm(left.mean(axis=0) - right.mean(axis=0)) > 2 * within
    apart = np.linalg.norm(made.coordinates[10::10] - made.coordinates[9:-1:10], axis=1)
    assert np.median(apart) < 0.1 * within


@pytest.mark.slow
def test_the_same_seed_gives_the_same_map(random):
    made = umap(random, MapSpec(seed=3))
    assert umap(random, MapSpec(seed=3)).coordinates.tobytes() == made.coordinates.tobytes()
    assert umap(random, MapSpec(seed=4)).coordinates.tobytes() != made.coordinates.tobytes()


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("rows", [4, 5, 9])
def test_neighbours_are_at_most_all_rows(rows, metric):
    made = umap(index_of(np.eye(9)[:rows]), MapSpec(dims=3, metric=metric))
    assert made.neighbors == rows
    assert made.coordinates.shape == (rows, 3)
    assert np.isfinite(made.coordinates).all()


@pytest.mark.slow
def test_a_few_distinct_rows_and_rows_on_a_line_have_a_map():
    repeated = umap(index_of(np.eye(4)[np.arange(60) % 3]), MapSpec())
    assert np.isfinite(repeated.coordinates).all()
    line = umap(index_of(np.outer(np.arange(30), [1, 2, 3])), MapSpec(metric="euclidean", dims=3))
    assert np.isfinite(line.coordinates).all()


@pytest.mark.slow
def test_umap_tells_how_far_it_is_and_prints_nothing(random, capfd):
    told = []
    quiet = umap(random, MapSpec())
    assert (umap(random, MapSpec(), on_progress=told.append).coordinates == quiet.coordinates).all()
    phases = list(dict.fromkeys(progress.phase for progress in told))
    assert phases == ["Finding neighbours", "Starting UMAP", "Weighting neighbours", "Laying out the map"]
    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions)
    assert told[-1].total == 500
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
@pytest.mark.parametrize("phase", ["Finding neighbours", "Weighting neighbours", "Laying out the map"])
def test_umap_can_be_stopped_in_each_phase(random, phase):
    def stop(progress):
        if progress.phase == phase:
            raise JobCancelledError("Stopped.")

    with pytest.raises(JobCancelledError):
        umap(random, MapSpec(), on_progress=stop)
    after = threading.Thread(target=umap, args=(random, MapSpec()), daemon=True)
    after.start()
    after.join(60)
    assert not after.is_alive()  # nothing is left locked


def some_map(space, metric="cosine"):
    points = np.random.default_rng(5).normal(size=(len(space), 2)).astype(np.float32)
    return Projection(points, "umap", 2, metric, seed=0, neighbors=15, min_distance=0.1)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_a_row_is_placed_on_its_point(random, metric):
    shown = some_map(random, metric)
    placed = place(random, shown, random.vectors)
    assert placed.dtype == np.float32
    assert (placed == shown.coordinates).all()
    assert place(random, shown, random.vectors[7]).shape == (1, 2)


def test_a_repeated_row_is_placed_on_the_first_ones_point(blobs):
    shown = some_map(blobs)
    np.testing.assert_array_equal(place(blobs, shown, blobs.vectors[20]), shown.coordinates[19:20])


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_a_new_text_is_placed_among_its_nearest(random, metric):
    shown = some_map(random, metric)
    new = np.random.default_rng(6).normal(size=24).astype(np.float32)
    if metric == "cosine":
        squares = 1 - unit(random.vectors) @ unit(new[None])[0]
    else:
        squares = ((random.vectors - new) ** 2).sum(axis=1)
    nearest = np.argsort(squares)[:5]
    expected = np.average(shown.coordinates[nearest], axis=0, weights=1 / squares[nearest])
    np.testing.assert_allclose(place(random, shown, new, k=5)[0], expected, rtol=1e-4, atol=1e-5)


def test_vectors_of_another_model_cannot_be_placed(random):
    with pytest.raises(VectorError, match="3 dimensions"):
        place(random, some_map(random), [1.0, 2.0, 3.0])


@pytest.mark.parametrize(
    ("method", "needed", "instead"), [("umap", 91, "or PCA"), ("umap-learn", 203, "the fast UMAP, or PCA")]
)
def test_a_map_that_does_not_fit_in_memory_is_refused_before_it_begins(
    random, memory_of, method, needed, instead, monkeypatch
):
    monkeypatch.setattr(WorkerProcesses, "has_idle", False)
    memory_of(50)
    with pytest.raises(NotEnoughMemoryError, match=f"map of 300 rows needs about {needed} MB .*{instead}"):
        project(random, MapSpec(method))
    assert project(random, MapSpec("pca")).method == "pca"


def test_a_map_that_is_kept_needs_no_memory(random, memory_of, monkeypatch):
    kept = np.zeros((300, 2), dtype=np.float32)
    monkeypatch.setattr(projection, "find_map", lambda _name: (kept, 1.0))
    memory_of(0)
    assert project(random, MapSpec("umap")).coordinates is kept


@pytest.mark.parametrize(
    ("rows", "left", "started"), [(624, 100, False), (624, 16, True), (20_000, 200, False)]
)
def test_maps_that_were_seen_to_fit_are_not_refused(rows, left, started, memory_of, monkeypatch):
    monkeypatch.setattr(WorkerProcesses, "has_idle", started)
    memory_of(left)
    projection._require_memory(rows, "umap")


@pytest.mark.parametrize("vectors", [np.eye(3, 5), np.ones((50, 5))])
def test_where_pca_replaces_umap_no_memory_is_needed(vectors, memory_of):
    memory_of(0)
    assert project(index_of(vectors), MapSpec("umap")).fallback
