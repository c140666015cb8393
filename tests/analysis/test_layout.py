import subprocess
import sys
import threading

import numpy as np
import pytest
import torch
from sklearn.manifold import trustworthiness

from explorer.analysis import layout
from explorer.analysis.layout import lay_out, warm_up
from explorer.errors import JobCancelledError
from tests.analysis.nearest import neighbors_of

pytestmark = pytest.mark.slow  # compiling takes seconds


def laid(vectors, *, k=15, dims=2, min_distance=0.1, seed=0, tell=lambda _: None):
    indices, distances = neighbors_of(vectors, k)
    return lay_out(
        indices, distances, vectors[:, :dims] - vectors[:, :dims].mean(axis=0), min_distance, seed, tell
    )


@pytest.fixture(autouse=True)
def _two_threads():
    """Rows are shared out, whatever the number of threads of the other tests."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def clustered():
    rng = np.random.default_rng(0)
    return rng.normal(size=(40, 6))[rng.integers(40, size=800)] + 0.3 * rng.normal(size=(800, 6))


@pytest.mark.parametrize("dims", [2, 3])
def test_the_same_seed_gives_the_same_points_whatever_the_number_of_threads(clustered, dims, monkeypatch):
    monkeypatch.setattr(layout, "_BLOCK", 100)  # so that even these rows are shared out
    made = {}
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        made[threads] = laid(clustered, dims=dims, seed=3)
    assert made[1].shape == (800, dims)
    assert made[1].dtype == np.float32
    assert made[1].tobytes() == made[2].tobytes() == made[3].tobytes()
    assert laid(clustered, dims=dims, seed=3).tobytes() == made[1].tobytes()
    assert laid(clustered, dims=dims, seed=4).tobytes() != made[1].tobytes()


@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.xdist_group("umap-learn")
def test_neighbours_are_kept_as_by_umap_learn(clustered, dims):
    from umap.umap_ import find_ab_params, fuzzy_simplicial_set, simplicial_set_embedding

    indices, distances = neighbors_of(clustered)
    random = np.random.RandomState(0)
    graph, *_ = fuzzy_simplicial_set(
        clustered,
        15,
        random,
        "precomputed",
        knn_indices=indices.astype(np.int32),
        knn_dists=distances.astype(np.float32),
    )
    a, b = find_ab_params(1.0, 0.1)
    theirs, _ = simplicial_set_embedding(
        None,
        graph,
        dims,
        initial_alpha=1.0,
        a=a,
        b=b,
        gamma=1.0,
        negative_sample_rate=5,
        n_epochs=None,
        init=clustered[:, :dims].astype(np.float32),
        random_state=random,
        metric="precomputed",
        metric_kwds={},
        densmap=False,
        densmap_kwds={},
        output_dens=False,
    )
    ours = laid(clustered, dims=dims)
    least = trustworthiness(clustered, theirs, n_neighbors=15) - 0.01
    assert trustworthiness(clustered, ours, n_neighbors=15) >= least
    assert trustworthiness(ours, clustered, n_neighbors=15) >= 0.9


def test_each_epoch_is_told(clustered):
    told = []
    laid(clustered, tell=told.append)
    assert [progress.phase for progress in told[:2]] == ["Preparing UMAP", "Weighting neighbours"]
    assert [progress.done for progress in told[2:]] == list(range(501))
    assert {progress.phase for progress in told[2:]} == {"Laying out the map"}
    assert {progress.total for progress in told[2:]} == {500}
    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.5, 1)


def test_what_is_raised_stops_the_work_at_once(clustered, monkeypatch):
    monkeypatch.setattr(layout, "_BLOCK", 100)
    expected, told = laid(clustered), []

    def stop(progress):
        told.append(progress)
        if progress.done == 7:
            raise JobCancelledError("Stopped.")

    with pytest.raises(JobCancelledError):
        laid(clustered, tell=stop)
    assert told[-1].done == 7
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("layout")]
    assert (laid(clustered) == expected).all()


def test_maps_made_at_once_are_the_same(clustered, monkeypatch):
    monkeypatch.setattr(layout, "_BLOCK", 100)
    made = []
    threads = [threading.Thread(target=lambda: made.append(laid(clustered))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({points.tobytes() for points in made}) == 1
    assert len(made) == 3


@pytest.mark.parametrize("dims", [1, 2, 3])
@pytest.mark.parametrize("rows", [4, 5, 16])
def test_a_few_rows_have_a_map(rows, dims):
    made = laid(np.random.default_rng(rows).normal(size=(rows, 3)), k=min(rows, 15), dims=dims)
    assert made.shape == (rows, dims)
    assert np.isfinite(made).all()
    assert len(np.unique(made, axis=0)) == rows


@pytest.mark.parametrize("min_distance", [0, 1])
@pytest.mark.parametrize("k", [2, 15])
def test_equal_rows_have_a_map(k, min_distance):
    distinct = np.random.default_rng(2).normal(size=(3, 4))
    made = laid(distinct[np.arange(90) % 3], k=k, dims=3, min_distance=min_distance)
    assert np.isfinite(made).all()


def test_a_dimension_without_extent_is_no_harm():
    vectors = np.zeros((40, 3))
    vectors[:, 0] = np.arange(40)
    assert np.isfinite(laid(vectors, dims=3)).all()


@pytest.mark.parametrize("seconds", [0.05, 0.5, 2])
def test_a_process_that_ends_while_warming_up_ends_well(seconds):
    code = (
        "import threading, time\n"
        "from explorer.analysis.layout import warm_up\n"
        "threading.Thread(target=warm_up, daemon=True).start()\n"
        f"time.sleep({seconds})\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_warming_up_twice_compiles_once():
    warm_up()
    compiled = layout._compiled()
    warm_up()
    assert layout._compiled() is compiled
