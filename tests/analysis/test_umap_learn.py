import numpy as np
import pytest

from explorer.analysis import projection, umap_learn
from explorer.analysis.placing import place
from explorer.analysis.projection import pca, project
from explorer.analysis.specs import MapSpec
from explorer.analysis.trust import trust
from explorer.analysis.umap_learn import PROCESSES, UNLABELED, label_targets, transform
from explorer.analysis.umap_learn_worker import answer
from explorer.errors import ComputeError, JobCancelledError, QueryError
from explorer.jobs.progress import ignore_progress
from explorer.settings import settings
from tests.analysis.test_projection import index_of

# Those that compile umap-learn, here or in its process, take seconds.
slow = pytest.mark.slow
pytestmark = [
    pytest.mark.xdist_group("umap-learn"),  # so that one process compiles it
    pytest.mark.filterwarnings("ignore:Tensorflow not installed:ImportWarning"),
    pytest.mark.filterwarnings("ignore:.*inverse_transform will be unavailable:UserWarning"),
]


@pytest.fixture
def here(monkeypatch):
    """umap-learn works in this process, where it is compiled for what it is compared with."""
    monkeypatch.setattr(PROCESSES, "ask", answer)


@pytest.fixture
def fits(monkeypatch):
    """Counts the maps that are really made, and makes none."""
    calls = []

    def fit(vectors, spec, targets, tell):
        calls.append(targets)
        return np.zeros((len(vectors), spec.dims), np.float32)

    monkeypatch.setattr(projection, "fit", fit)
    return calls


@pytest.fixture(scope="module")
def vectors():
    """Sixty rows in three groups that overlap; every tenth row repeats the one before it."""
    rng = np.random.default_rng(0)
    made = rng.normal(size=(60, 8)) + 1.2 * np.eye(3, 8)[np.arange(60) // 20]
    made[10::10] = made[9:-1:10]
    return made.astype(np.float32)


@pytest.fixture(scope="module")
def index(vectors):
    return index_of(vectors)


@pytest.fixture(scope="module")
def labels():
    """The group of each row; of every third, nobody knows."""
    return ["" if row % 3 == 0 else "abc"[row // 20] for row in range(60)]


def spec_of(**changed):
    return MapSpec(**{"method": "umap-learn", "n_neighbors": 8, **changed})


def umap_of(spec):
    """umap-learn called as its documentation shows."""
    from umap import UMAP

    return UMAP(
        n_neighbors=spec.n_neighbors,
        n_components=spec.dims,
        metric=spec.metric,
        min_dist=spec.min_dist,
        random_state=spec.seed,
        n_jobs=1,
        densmap=spec.densmap,
    )


@slow
@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"dims": 3, "min_dist": 0.4, "n_neighbors": 5, "metric": "euclidean", "seed": 7},
        {"metric": "manhattan"},
        {"metric": "chebyshev"},
        {"metric": "correlation"},
        {"densmap": True},
        {"supervised": True},
        {"supervised": True, "densmap": True},
    ],
    ids=str,
)
def test_the_points_are_those_of_umap_learn(here, index, vectors, labels, changed):
    spec = spec_of(**changed)
    numbers = np.array(["abc".find(label) if label else -1 for label in labels])
    expected = umap_of(spec).fit_transform(vectors, numbers if spec.supervised else None)
    made = project(index, spec, labels=labels)
    assert made.coordinates.dtype == np.float32
    assert (made.coordinates == expected).all()
    assert (made.method, made.metric, made.dims, made.seed) == (
        "umap-learn",
        spec.metric,
        spec.dims,
        spec.seed,
    )
    assert (made.neighbors, made.min_distance) == (spec.n_neighbors, spec.min_dist)
    assert (made.densmap, made.supervised, made.recall) == (spec.densmap, spec.supervised, None)


@slow
def test_labels_draw_rows_together_and_those_without_one_go_along(here, index, labels):
    known = np.flatnonzero([label != "" for label in labels])
    groups = known // 20

    def purity(made):
        """The share of a labelled row's five nearest labelled rows on the map that have its label."""
        points = made.coordinates[known]
        distances = np.linalg.norm(points[:, None] - points, axis=2)
        nearest = np.argsort(distances, axis=1)[:, 1:6]
        return (groups[nearest] == groups[:, None]).mean()

    supervised = project(index, spec_of(supervised=True), labels=labels)
    assert purity(supervised) > purity(project(index, spec_of()))
    assert np.isfinite(supervised.coordinates).all()


@slow
@pytest.mark.parametrize("metric", ["cosine", "manhattan"])
def test_new_rows_are_placed_by_umap_learns_transform(here, index, vectors, metric):
    from umap.distances import named_distances

    spec = spec_of(metric=metric)
    peer = umap_of(spec).fit(vectors)
    new = vectors[[3, 30, 50]] + np.float32(0.3)
    expected = peer.transform(new)
    distances = np.array([[named_distances[metric](left, right) for right in vectors] for left in new])
    nearest = np.argsort(distances, axis=1)[:, :8]
    by_its_distances = transform(
        peer.embedding_,
        nearest,
        np.take_along_axis(distances, nearest, axis=1),
        spec.min_dist,
        ignore_progress,
    )
    assert (by_its_distances == expected).all()
    # By ours, which differ in the last bits, other random rows push the new ones away.
    made = project(index, spec)
    placed = place(index, made, new)
    assert placed.shape == (3, 2)
    assert (placed == place(index, made, new)).all()
    width = np.ptp(made.coordinates, axis=0).max()
    assert np.linalg.norm(placed - expected, axis=1).max() < 0.25 * width


@slow
def test_fewer_rows_than_neighbours_and_repeated_rows_have_a_map(here):
    few = project(index_of(np.eye(9)[:5]), spec_of(n_neighbors=15))
    assert few.neighbors == 4
    assert np.isfinite(few.coordinates).all()
    repeated = project(index_of(np.eye(4)[np.arange(60) % 3]), spec_of())
    assert np.isfinite(repeated.coordinates).all()


@slow
def test_a_row_opposite_to_all_its_neighbours_has_a_place(here):
    rng = np.random.default_rng(2)
    vectors = np.tile(rng.normal(size=8), (20, 1))
    vectors[7] *= -1
    vectors[0, 0] += 0.1
    assert np.isfinite(project(index_of(vectors), spec_of()).coordinates).all()


@slow
def test_trust_is_measured_by_the_maps_own_distance(here, index, vectors):
    from scipy.spatial.distance import cdist
    from sklearn.manifold import trustworthiness

    for metric, name in (("manhattan", "cityblock"), ("correlation", "correlation")):
        made = project(index, spec_of(metric=metric))
        expected = trustworthiness(
            cdist(vectors.astype(np.float64), vectors.astype(np.float64), name),
            made.coordinates,
            n_neighbors=5,
            metric="precomputed",
        )
        assert trust(index, made, k=5).trustworthiness == pytest.approx(expected, abs=0.02)


@slow
def test_it_works_in_a_process_of_its_own_that_stops_when_told_to(vectors, monkeypatch):
    # For a dozen rows, compiling takes much longer than running as plain Python.
    monkeypatch.setenv("NUMBA_DISABLE_JIT", "1")
    index = index_of(vectors[::5])
    phases = []
    first = project(index, spec_of(), on_progress=lambda told: phases.append(told.phase))
    assert list(dict.fromkeys(phases)) == ["Starting umap-learn", "Finding neighbours", "Laying out the map"]
    running = PROCESSES._idle._process

    def stop(told):
        if told.phase == "Laying out the map":
            raise JobCancelledError("Stopped.")

    with pytest.raises(JobCancelledError):
        project(index, spec_of(seed=1), on_progress=stop)
    assert running.returncode is not None
    assert PROCESSES._idle is None
    again = project(index_of(index.take(slice(None)).copy()), spec_of())  # kept: no process is needed
    assert PROCESSES._idle is None
    assert (again.coordinates == first.coordinates).all()
    assert not list((settings().cache_folder / "umap-learn").glob("new-*"))


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_few_rows_are_shown_by_pca(fits, rows):
    index = index_of(np.eye(3)[:rows])
    made = project(index, spec_of())
    assert (made.method, made.fallback, len(fits)) == ("pca", "few", 0)
    assert (made.coordinates == pca(index).coordinates).all()


def test_four_rows_have_no_map_in_three_dimensions(fits):
    assert project(index_of(np.eye(4)), spec_of(dims=3)).fallback == "few"
    assert project(index_of(np.eye(4)), spec_of(dims=2)).fallback is None
    assert project(index_of(np.eye(5)), spec_of(dims=3)).fallback is None


def test_equal_rows_are_shown_by_pca(fits):
    made = project(index_of(np.ones((9, 3))), spec_of(metric="chebyshev"))
    assert (made.method, made.metric, made.fallback, len(fits)) == ("pca", "euclidean", "equal", 0)


def test_labels_are_numbered_and_rows_without_one_are_unlabeled():
    assert label_targets(["b", "", "a", "b"]).tolist() == [1, UNLABELED, 0, 1]
    with pytest.raises(QueryError, match="None of these rows has a label"):
        label_targets(["", ""])


def test_a_supervised_map_needs_labels(index, fits):
    with pytest.raises(QueryError, match="needs labels"):
        project(index, spec_of(supervised=True))
    project(index, spec_of(), labels=["a"] * 60)
    assert fits == [None]


def test_a_map_is_kept_under_all_that_it_depends_on(index, fits, monkeypatch):
    labels = ["a", "b", ""] * 20
    project(index, spec_of(), labels=labels)
    project(index, spec_of())
    assert len(fits) == 1
    for number, changed in enumerate(
        [{"seed": 1}, {"metric": "manhattan"}, {"densmap": True}, {"min_dist": 0.2}, {"supervised": True}], 2
    ):
        project(index, spec_of(**changed), labels=labels)
        assert len(fits) == number
    project(index, spec_of(supervised=True), labels=["a", "b", "b"] * 20)
    assert len(fits) == 7
    monkeypatch.setattr(projection, "versions", lambda: ("umap-learn 9",))
    project(index, spec_of())
    assert len(fits) == 8


def test_versions_name_umap_learn():
    assert any(version.startswith("umap-learn 0.") for version in umap_learn.versions())


def test_a_densmap_has_no_transform(index, fits):
    made = project(index, spec_of(densmap=True))
    assert not made.has_transform
    assert (place(index, made, index.take(slice(None))) == made.coordinates).all()


def test_what_umap_learn_says_of_a_failure_is_passed_on(index, monkeypatch):
    def fails(request, tell):
        raise ComputeError("umap-learn failed (ValueError: too odd).")

    monkeypatch.setattr(PROCESSES, "ask", fails)
    with pytest.raises(ComputeError, match="too odd"):
        project(index, spec_of())


def test_rows_without_a_place_are_an_error(index, monkeypatch):
    monkeypatch.setattr(umap_learn, "ask_with_arrays", lambda *_: np.full((60, 2), np.nan, np.float32))
    with pytest.raises(ComputeError, match="no coordinates"):
        project(index, spec_of())


def test_a_full_disk_is_said(index, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(ComputeError, match="No space left on device"):
        project(index, spec_of())


@pytest.mark.slow
def test_importing_what_makes_maps_does_not_import_umap_learn():
    import subprocess
    import sys

    from tests.conftest import ROOT

    code = "import sys, explorer.analysis.projection; print('umap' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert told.stdout.strip() == "False"
