import itertools
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
import torch
from sklearn.manifold import trustworthiness

from explorer.analysis import layout_worker
from explorer.analysis.layout import PROCESSES, lay_out
from explorer.analysis.layout_worker import lay_out_here
from explorer.analysis.map_forces import force_table
from explorer.errors import ComputeError, JobCancelledError
from explorer.jobs.process import python_path
from explorer.jobs.progress import ignore_progress
from explorer.settings import settings
from tests.analysis.nearest import neighbors_of
from tests.conftest import ROOT

pytestmark = pytest.mark.slow  # compiling takes seconds


def given(vectors, k=15, dims=2):
    """Neighbours and initial coordinates, as `lay_out` takes them."""
    return *neighbors_of(vectors, k), vectors[:, :dims] - vectors[:, :dims].mean(axis=0)


def laid(vectors, *, k=15, dims=2, min_distance=0.1, seed=0, threads=2, tell=ignore_progress):
    """The layout, in this process."""
    forces = force_table(min_distance)
    return lay_out_here(*given(vectors, k, dims), forces, seed=seed, threads=threads, report=tell)


@pytest.fixture
def two_threads():
    """What the process is asked for, whatever the number of threads of the other tests."""
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
    monkeypatch.setattr(layout_worker, "_BLOCK", 100)  # so that even these rows are shared out
    made = {threads: laid(clustered, dims=dims, seed=3, threads=threads) for threads in (1, 2, 3)}
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
    assert told[0].phase == "Weighting neighbours"
    assert [progress.done for progress in told[1:]] == list(range(501))
    assert {progress.phase for progress in told[1:]} == {"Laying out the map"}
    assert {progress.total for progress in told[1:]} == {500}
    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.5, 1)


def test_what_is_raised_stops_the_work_at_once(clustered, monkeypatch):
    monkeypatch.setattr(layout_worker, "_BLOCK", 100)
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
    monkeypatch.setattr(layout_worker, "_BLOCK", 100)
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


@pytest.mark.parametrize(("dims", "min_distance"), [(2, 0.1), (3, 0.4)])
def test_a_process_of_its_own_gives_the_same_points_bit_for_bit(clustered, dims, min_distance, two_threads):
    told, told_here = [], []
    made = lay_out(*given(clustered, dims=dims), min_distance, 5, told.append)
    expected = laid(clustered, dims=dims, min_distance=min_distance, seed=5, tell=told_here.append)
    assert (made.dtype, made.shape) == (np.float32, (800, dims))
    assert made.tobytes() == expected.tobytes()
    assert {progress.phase for progress in told} == {"Starting UMAP", *(one.phase for one in told_here)}
    # A step is told again while nothing new comes from the process, so that a stop is noticed.
    steps = [step for step, _again in itertools.groupby(told) if step.phase != "Starting UMAP"]
    assert steps == told_here
    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions)


def test_a_stop_ends_the_process_at_once_and_leaves_nothing(clustered):
    asked = given(clustered)
    PROCESSES.prepare()
    running = PROCESSES._idle._process

    def stop(progress):
        if progress.done == 7:
            raise JobCancelledError("Stopped.")

    with pytest.raises(JobCancelledError):
        lay_out(*asked, 0.1, 0, stop)
    with pytest.raises(ProcessLookupError):
        os.kill(running.pid, 0)
    assert list((settings().cache_folder / "umap").iterdir()) == []
    assert lay_out(*asked, 0.1, 0, ignore_progress).tobytes() == laid(clustered).tobytes()


def test_a_process_that_memory_ran_out_for_says_so(clustered):
    PROCESSES.prepare()
    running = PROCESSES._idle._process
    with pytest.raises(ComputeError, match=r"ended unexpectedly \(Killed\). Its memory"):
        lay_out(*given(clustered), 0.1, 0, lambda _progress: running.kill())


def test_a_script_without_a_main_guard_makes_a_map_and_imports_no_compiler(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import sys\n"
        "import numpy as np\n"
        "from explorer.analysis.projection import umap\n"
        "from explorer.analysis.specs import MapSpec\n"
        "from explorer.tensor import Index\n"
        "print(umap(Index(np.eye(12)), MapSpec()).coordinates.shape, 'llvmlite' in sys.modules)\n"
    )
    here = {**os.environ, "PYTHONPATH": python_path()}
    ended = subprocess.run([sys.executable, script], env=here, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "(12, 2) False\n", "")


@pytest.mark.parametrize("seconds", [0, 0.5])
def test_a_process_that_ends_while_warming_up_ends_well(seconds):
    code = (
        "import threading, time\n"
        "from explorer.analysis.layout import PROCESSES\n"
        "threading.Thread(target=PROCESSES.prepare, daemon=True).start()\n"
        f"time.sleep({seconds})\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_the_process_imports_nothing_that_delays_it():
    code = "import sys, explorer.analysis.layout_worker; print(*sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"torch", "pandas", "streamlit", "sklearn"} & set(told.stdout.split())
