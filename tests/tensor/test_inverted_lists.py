import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.errors import JobCancelledError, QueryError
from explorer.tensor import METRICS, Index, centred_products, inverted_lists, search_matrix
from tests.tensor import reference
from tests.tensor.matrices import KINDS, make

RECALL = 0.8
# Recall is that of 300 rows, and so is off by 0.02 or less; with ties the reference rounds as well.
OFF = 0.06


@pytest.fixture(params=["float32", "bfloat16"])
def small(request, monkeypatch):
    """Few rows are searched the quick way too, on a processor with bfloat16 and on one without."""
    monkeypatch.setattr(search_matrix, "fast_dtype", lambda device: getattr(torch, request.param))
    monkeypatch.setattr(centred_products, "fast_dtype", lambda device: getattr(torch, request.param))
    monkeypatch.setattr(inverted_lists, "_FEWEST", 300)
    monkeypatch.setattr(inverted_lists, "_SAMPLE", 300)


@pytest.fixture
def quick(small, monkeypatch):
    """Whether the last search that could be quick was."""
    calls = []
    real = inverted_lists.approximate_neighbors

    def spy(*args):
        calls.append(real(*args))
        return calls[-1]

    monkeypatch.setattr("explorer.tensor.index.approximate_neighbors", spy)
    return lambda: calls[-1] is not None


def groups(seed, rows, dims, sizes=(1,)):
    """Rows around as many random centres as there are sizes."""
    rng = np.random.default_rng(seed)
    centre = rng.choice(len(sizes), rows, p=np.array(sizes) / np.sum(sizes))
    centres = rng.standard_normal((len(sizes), dims))
    return (centres[centre] + 0.3 * rng.standard_normal((rows, dims))).astype(np.float32)


def check(matrix, k, metric, found):
    """Everything that has to be true of neighbours, however many are missing."""
    rows = np.arange(len(matrix))[:, None]
    table = reference.scores(matrix, matrix, metric)
    assert found.indices.shape == found.similarities.shape == (len(matrix), min(k, len(matrix) - 1))
    assert found.indices.dtype == np.int64
    assert found.similarities.dtype == np.float32
    assert (found.indices != rows).all()
    assert all(len(set(line)) == len(line) for line in found.indices.tolist())
    scores = np.take_along_axis(table, found.indices, 1)
    np.testing.assert_array_equal(found.similarities, reference.rounded(scores))
    step, after = np.diff(scores, axis=1), np.diff(found.indices, axis=1)
    assert ((step < 0) | ((step == 0) & (after > 0))).all()
    table[rows[:, 0], rows[:, 0]] = -np.inf
    last = -np.sort(-table, axis=1)[:, k - 1 : k]
    assert (scores >= last).mean() == pytest.approx(found.recall, abs=OFF)


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS)
def test_many_groups_are_searched_the_quick_way(quick, metric):
    matrix = groups(0, 1500, 16, [1] * 40)
    if metric == "dot":
        matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
    found = Index(matrix).neighbors(5, metric, min_recall=RECALL)
    assert quick()
    assert RECALL <= found.recall <= 1
    check(matrix, 5, metric, found)


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    kind=st.sampled_from(sorted(KINDS)), seed=st.integers(0, 2**32), rows=st.integers(300, 700),
    dims=st.sampled_from([1, 2, 8, 24]), metric=st.sampled_from(METRICS), k=st.integers(1, 12),
    memory_mb=st.sampled_from([0.02, 1, 256]),
)  # fmt: skip
def test_hard_matrices_keep_the_promise(quick, kind, seed, rows, dims, metric, k, memory_mb):
    matrix = make(kind, seed, rows, dims)
    index = Index(matrix, memory_mb=memory_mb)
    found = index.neighbors(k, metric, min_recall=RECALL)
    assert found.recall >= RECALL
    check(matrix, k, metric, found)
    if not quick():
        assert found.recall == 1
        np.testing.assert_array_equal(found.indices, index.neighbors(k, metric).indices)


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("sizes", [[1], [1000] + [1] * 30, [2.0**-n for n in range(12)]], ids=str)
def test_one_tight_group_and_groups_of_uneven_size(small, metric, sizes):
    matrix = groups(1, 1200, 24, sizes)
    matrix[:, 0] += 20
    found = Index(matrix).neighbors(8, metric, min_recall=RECALL)
    assert found.recall >= RECALL
    check(matrix, 8, metric, found)


@pytest.mark.slow
def test_where_lists_do_not_help_the_search_is_exact(quick):
    matrix = make("normal", 0, 800, 200)
    found = Index(matrix).neighbors(5, min_recall=0.99)
    assert not quick()
    assert found.recall == 1
    np.testing.assert_array_equal(found.indices, reference.neighbors(matrix, 5, "cosine")[0])


@pytest.mark.slow
@pytest.mark.parametrize("metric", METRICS)
def test_a_row_that_ties_with_a_neighbour_is_as_good(quick, metric):
    matrix = np.repeat(groups(2, 60, 16, [1] * 9), 25, axis=0)
    found = Index(matrix).neighbors(6, metric, min_recall=0.99)
    assert found.recall >= 0.99
    check(matrix, 6, metric, found)


@pytest.mark.slow
def test_rows_without_direction_have_neighbours(quick):
    matrix = groups(3, 1500, 16, [1] * 30)
    matrix[::3] = 0
    found = Index(matrix).neighbors(5, min_recall=RECALL)
    check(matrix, 5, "cosine", found)


@pytest.mark.slow
@pytest.mark.parametrize("scale", [2.0**-50, 2.0**50, 1e-40, 1e37])
@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_scale_does_not_matter(quick, metric, scale):
    matrix = groups(0, 1500, 16, [1] * 40) * np.float32(scale)
    found = Index(matrix).neighbors(5, metric, min_recall=RECALL)
    check(matrix, 5, metric, found)
    assert quick() == (2.0**-60 < scale < 2.0**60)


def test_memory_does_not_change_what_is_found(quick):
    matrix = groups(0, 1500, 16, [1] * 40)
    whole = Index(matrix).neighbors(5, min_recall=RECALL)
    parts = Index(matrix, memory_mb=0.3).neighbors(5, min_recall=RECALL)
    assert quick()
    np.testing.assert_array_equal(parts.similarities, whole.similarities)
    again = Index(matrix).neighbors(5, min_recall=RECALL)
    np.testing.assert_array_equal(again.indices, whole.indices)


@pytest.mark.slow
def test_few_rows_and_a_recall_of_1_are_searched_exactly(quick):
    matrix = groups(0, 1500, 16, [1] * 40)
    for found, of in (
        (Index(matrix).neighbors(5), matrix),
        (Index(matrix[:299]).neighbors(5, min_recall=0.5), matrix[:299]),
    ):
        assert found.recall == 1
        indices, scores = reference.neighbors(of, 5, "cosine")
        np.testing.assert_array_equal(found.indices, indices)
        np.testing.assert_array_equal(found.similarities, scores)


@pytest.mark.parametrize("rows", [0, 1, 2, 400])
def test_more_neighbours_than_rows(small, rows):
    matrix = make("normal", 0, rows, 4)
    found = Index(matrix).neighbors(1000, min_recall=0.5)
    assert found.indices.shape == (rows, max(0, rows - 1))
    assert found.recall == 1


@pytest.mark.parametrize("recall", [0, -1, 1.01, float("nan")])
def test_a_recall_that_cannot_be(recall):
    with pytest.raises(QueryError, match="recall"):
        Index(np.eye(3)).neighbors(1, min_recall=recall)


@pytest.mark.slow
def test_progress_only_grows_and_ends_with_all_rows(quick):
    calls = []
    index = Index(groups(0, 1500, 16, [1] * 40), memory_mb=0.3)
    index.neighbors(5, min_recall=RECALL, on_progress=lambda *call: calls.append(call))
    assert quick()
    done = [rows for rows, _ in calls]
    assert {total for _, total in calls} == {1500}
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0, 1500)
    assert len(set(done)) > 3

    for last in (1, len(calls) // 2, len(calls) - 1):
        left = last

        def stop(done, total):
            nonlocal left
            left -= 1
            if left <= 0:
                raise JobCancelledError("Stopped.")

        with pytest.raises(JobCancelledError):
            index.neighbors(5, min_recall=RECALL, on_progress=stop)
        assert left == 0
