import os

import numpy as np
import pytest

from explorer.analysis.clusters import cluster
from explorer.analysis.hdbscan import PROCESSES, hdbscan_labels
from explorer.analysis.specs import ClusterSpec
from explorer.errors import ComputeError, JobCancelledError
from explorer.jobs.progress import ignore_progress
from explorer.settings import settings
from explorer.tensor import Index


@pytest.fixture
def started(monkeypatch):
    """The processes that were started, none of them kept from before."""
    from explorer.jobs import process

    PROCESSES.close()
    made = []
    popen = process.subprocess.Popen
    monkeypatch.setattr(
        process.subprocess, "Popen", lambda *args, **options: made.append(popen(*args, **options)) or made[-1]
    )
    return made


def left_over():
    return list((settings().cache_folder / "hdbscan").iterdir())


@pytest.mark.slow
def test_labels_are_those_of_scikit_learn(started):
    from sklearn.cluster import HDBSCAN

    rows = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
    rows[:150] += 8
    told = []
    for min_samples in (5, 9):
        found = hdbscan_labels(rows, 10, min_samples, told.append)
        expected = HDBSCAN(min_cluster_size=10, min_samples=min_samples, copy=True).fit_predict(rows)
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == np.int64
    assert "Finding dense regions" in {progress.phase for progress in told}
    assert left_over() == []
    assert len(started) == 1  # the second found the process of the first


@pytest.mark.slow
def test_stopping_ends_the_process_and_leaves_nothing(started):
    def stop(progress):
        if progress.phase == "Finding dense regions":
            raise JobCancelledError("Stopped.")

    index = Index(np.random.default_rng(0).normal(size=(50, 4)))
    with pytest.raises(JobCancelledError):
        cluster(index, ClusterSpec("hdbscan"), on_progress=stop)
    (process,) = started
    assert process.returncode is not None
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)
    assert left_over() == []


@pytest.mark.slow
def test_what_went_wrong_in_the_process_is_said():
    with pytest.raises(ComputeError, match="min_samples"):
        hdbscan_labels(np.ones((3, 2), np.float32), 2, 9, ignore_progress)


def test_a_folder_that_cannot_be_written_is_an_error_for_a_person():
    (settings().cache_folder / "hdbscan").write_text("in the way")
    with pytest.raises(ComputeError, match="cannot work on this server"):
        hdbscan_labels(np.ones((3, 2), np.float32), 2, 2, ignore_progress)
