import numpy as np
import pytest

from explorer.analysis import density
from explorer.analysis.clusters import cluster
from explorer.analysis.density import density_labels
from explorer.analysis.specs import ClusterSpec
from explorer.errors import JobCancelledError, QueryError
from explorer.settings import settings
from explorer.tensor import Index


@pytest.fixture
def started(monkeypatch):
    """The processes that were started."""
    made = []
    popen = density.subprocess.Popen
    monkeypatch.setattr(
        density.subprocess, "Popen", lambda *args, **options: made.append(popen(*args, **options)) or made[-1]
    )
    return made


def left_over():
    return list((settings().cache_folder / "clusters").iterdir())


def test_labels_are_those_of_scikit_learn():
    from sklearn.cluster import HDBSCAN

    rows = np.random.default_rng(0).normal(size=(300, 4)).astype(np.float32)
    rows[:150] += 8
    told = []
    found = density_labels(rows, 10, 5, lambda *now: told.append(now))
    expected = HDBSCAN(min_cluster_size=10, min_samples=5, copy=True).fit_predict(rows)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.int64
    assert set(told) == {(0, 1)}
    assert left_over() == []


def test_stopping_ends_the_process_and_leaves_nothing(started):
    def stop(done, total):
        raise JobCancelledError("Stopped.")

    index = Index(np.random.default_rng(0).normal(size=(50, 4)))
    with pytest.raises(JobCancelledError):
        cluster(index, ClusterSpec("hdbscan"), on_progress=stop)
    (process,) = started
    assert process.returncode is not None
    assert process.returncode != 0
    assert left_over() == []


def test_what_went_wrong_in_the_process_is_said():
    with pytest.raises(QueryError, match="min_samples"):
        density_labels(np.ones((3, 2), np.float32), 2, 9, None)


def test_a_folder_that_cannot_be_written_is_an_error_for_a_person():
    (settings().cache_folder / "clusters").write_text("in the way")
    with pytest.raises(QueryError, match="handed over on disk"):
        density_labels(np.ones((3, 2), np.float32), 2, 2, None)
