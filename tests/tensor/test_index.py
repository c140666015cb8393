import dataclasses
import threading

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.errors import JobCancelledError, QueryError, VectorError
from explorer.tensor import METRICS, Index, exact_search
from explorer.tensor.scores import pair_scores
from tests.tensor import reference
from tests.tensor.matrices import KINDS, make, matrices

metrics = st.sampled_from(METRICS)
budgets = st.sampled_from([0.001, 0.02, 256])  # MB: blocks of 16 rows, of some hundred, of all
both_formats = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def same(found, expected):
    indices, scores, *_ = dataclasses.astuple(found)
    assert indices.dtype == np.int64
    assert scores.dtype == np.float32
    np.testing.assert_array_equal(indices, expected[0])
    np.testing.assert_array_equal(scores, expected[1])


@pytest.mark.slow
@both_formats
@given(matrix=matrices(), metric=metrics, k=st.integers(1, 120), memory_mb=budgets)
def test_neighbors_are_those_of_the_reference(coarse, matrix, metric, k, memory_mb):
    found = Index(matrix, memory_mb=memory_mb).neighbors(k, metric)
    same(found, reference.neighbors(matrix, k, metric))


@pytest.mark.slow
@both_formats
@given(
    matrix=matrices(), metric=metrics, k=st.integers(1, 120), memory_mb=budgets,
    count=st.sampled_from([1, 2, 9]), seed=st.integers(0, 2**32), strange=st.booleans(),
)  # fmt: skip
def test_search_finds_what_the_reference_finds(coarse, matrix, metric, k, memory_mb, count, seed, strange):
    rng = np.random.default_rng(seed)
    queries = matrix[rng.integers(0, len(matrix), count)]
    if strange:
        queries = rng.standard_normal(queries.shape).astype(np.float32)
    found = Index(matrix, memory_mb=memory_mb).search(queries, k, metric)
    same(found, reference.ranking(reference.scores(queries, matrix, metric), k))


@pytest.mark.slow
@settings(max_examples=40)
@given(matrix=matrices(), metric=metrics, k=st.integers(1, 40), memory_mb=budgets, data=st.data())
def test_search_among_some_rows(matrix, metric, k, memory_mb, data):
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(matrix), max_size=len(matrix))))
    numbers = data.draw(st.permutations(np.flatnonzero(mask).tolist()))
    index = Index(matrix, memory_mb=memory_mb)
    expected = reference.ranking(
        reference.scores(matrix[:3], matrix, metric), k, np.array(sorted(numbers), np.int64)
    )
    same(index.search(matrix[:3], k, metric, rows=mask), expected)
    same(index.search(matrix[:3], k, metric, rows=[*numbers, *numbers[:2]]), expected)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_many_rows_of_many_dimensions(coarse, kind, metric):
    matrix = make(kind, 1, 700, 96)
    queries = np.concatenate([matrix[:9], make("normal", 2, 9, 96)])
    found = Index(matrix, memory_mb=1).search(queries, 7, metric)
    same(found, reference.ranking(reference.scores(queries, matrix, metric), 7))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("kind", ["normal", "near_ties", "one_row", "extreme", "zeros"])
def test_block_size_does_not_change_the_result(coarse, kind, metric):
    matrix = make(kind, 3, 150, 16)
    whole = Index(matrix).neighbors(5, metric)
    parts = Index(matrix, memory_mb=0.01).neighbors(5, metric)
    same(parts, (whole.indices, whole.similarities))


@pytest.mark.parametrize("metric", METRICS)
def test_thousands_of_identical_rows_come_in_row_order(coarse, metric):
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((6000, 32)).astype(np.float32)
    same_rows = np.sort(rng.permutation(6000)[:4000])
    matrix[same_rows] = matrix[same_rows[0]]
    found = Index(matrix).search(matrix[same_rows[7]] * 2, 50, metric, rows=np.arange(6000) != same_rows[3])
    table = reference.scores(matrix[same_rows[7]][None] * 2, matrix, metric)
    same(found, reference.ranking(table, 50, np.delete(np.arange(6000), same_rows[3])))
    if metric == "cosine":
        np.testing.assert_array_equal(found.indices[0], np.delete(same_rows, 3)[:50])


def test_neighbors_leave_out_the_row_itself_and_not_its_copies(coarse):
    found = Index(np.ones((2000, 3))).neighbors(2, "euclidean")
    np.testing.assert_array_equal(found.indices[:4], [[1, 2], [0, 2], [0, 1], [0, 1]])
    np.testing.assert_array_equal(found.indices[-1], [0, 1])
    np.testing.assert_array_equal(found.similarities, 0)


def test_rows_that_differ_below_float32_are_told_apart(coarse):
    # Exact dot products with (1, 1, …): 2 + n·2⁻³⁰, while float32 keeps 2 + n·2⁻²².
    order = np.random.default_rng(0).permutation(500)
    matrix = np.zeros((500, 8), np.float32)
    matrix[:, 0], matrix[:, 1] = 2, order * 2.0**-30
    found = Index(matrix).search(np.ones(8), 500, "dot")
    np.testing.assert_array_equal(found.indices[0], np.argsort(-order))


def test_more_near_ties_than_a_shortlist_holds_are_told_apart(coarse):
    order = np.random.default_rng(0).permutation(5000)
    matrix = np.zeros((5000, 8), np.float32)
    matrix[:, 0], matrix[:, 1] = 2, order * 2.0**-40
    for metric, query in (("dot", np.ones(8)), ("euclidean", [2, 1, 0, 0, 0, 0, 0, 0])):
        found = Index(matrix).search(query, 10, metric)
        np.testing.assert_array_equal(found.indices[0], np.argsort(-order)[:10])


@pytest.mark.parametrize("length", [1e-45, 1e30, 3e38])
@pytest.mark.parametrize("metric", METRICS)
def test_a_query_of_another_scale_than_the_rows(coarse, metric, length):
    matrix = make("normal", 0, 300, 4)
    queries = (make("normal", 1, 9, 4) > 0) * np.float32(length)
    found = Index(matrix).search(queries, 5, metric)
    same(found, reference.ranking(reference.scores(queries, matrix, metric), 5))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "metric"),
    [("one_row", "cosine"), ("far_away", "euclidean"), ("zeros", "euclidean"), ("nothing", "dot")],
)
def test_hard_matrices_are_not_scored_pair_by_pair(coarse, monkeypatch, kind, metric):
    scored = []

    def counting(left, left_rows, *rest):
        scored.append(len(left_rows))
        return pair_scores(left, left_rows, *rest)

    monkeypatch.setattr(exact_search, "pair_scores", counting)
    matrix = np.zeros((900, 16), np.float32) if kind == "nothing" else make(kind, 0, 900, 16)
    same(Index(matrix).neighbors(5, metric), reference.neighbors(matrix, 5, metric))
    assert sum(scored) < 900 * 900 / 8


def test_floors_are_never_rounded_up():
    values = torch.tensor(np.random.default_rng(0).standard_normal(1000))
    rounded = exact_search._rounded_down(values, torch.float32)
    assert (rounded <= values).all()
    assert (values - rounded <= 1e-6 * values.abs()).all()


def test_euclidean_tells_neighbours_apart_far_from_the_origin(coarse):
    matrix = (1e6 + np.random.default_rng(0).integers(0, 40, (300, 4))).astype(np.float32)
    found = Index(matrix).neighbors(6, "euclidean")
    same(found, reference.neighbors(matrix, 6, "euclidean"))


def test_a_zero_vector_scores_0_and_ties_break_by_row(coarse):
    matrix = [[0, 0], [1, 0], [-1, 0], [0, 0], [0, 2]]
    index = Index(matrix)
    found = index.search([[0, 0], [1, 0]], 5)
    np.testing.assert_array_equal(found.indices, [[0, 1, 2, 3, 4], [1, 0, 3, 4, 2]])
    np.testing.assert_array_equal(found.scores, [[0] * 5, [1, 0, 0, 0, -1]])
    assert not np.signbit(found.scores[found.scores == 0]).any()
    np.testing.assert_array_equal(index.neighbors(2).indices, [[1, 2], [0, 3], [0, 3], [0, 1], [0, 1]])


def test_one_query_may_be_one_dimensional():
    found = Index([[1, 2], [3, 4]]).search([3.0, 4.0], 1, "euclidean")
    np.testing.assert_array_equal(found.indices, [[1]])
    np.testing.assert_array_equal(found.scores, [[0]])


def test_k_shrinks_to_the_rows_there_are():
    index = Index(np.eye(3))
    assert index.search(np.eye(3)[:2], 10).indices.shape == (2, 3)
    assert index.search(np.eye(3)[:2], 10, rows=[2]).indices.tolist() == [[2], [2]]
    assert index.neighbors(10).indices.shape == (3, 2)
    assert Index([[1.0]]).neighbors().indices.shape == (1, 0)


@pytest.mark.parametrize(
    ("vectors", "queries", "rows", "shape"),
    [
        (np.empty((0, 2)), np.ones((3, 2)), None, (3, 0)),
        (np.ones((4, 2)), np.ones((3, 2)), [], (3, 0)),
        (np.ones((4, 2)), np.ones((3, 2)), [False] * 4, (3, 0)),
        (np.ones((4, 2)), np.empty((0, 2)), None, (0, 4)),
    ],
)
def test_nothing_to_find_or_to_ask(vectors, queries, rows, shape):
    found = Index(vectors).search(queries, 5, rows=rows)
    assert found.indices.shape == found.scores.shape == shape
    assert found.indices.dtype == np.int64
    assert found.scores.dtype == np.float32


def test_no_rows_have_no_neighbours():
    assert Index(np.empty((0, 2))).neighbors(5).indices.shape == (0, 0)


@pytest.mark.parametrize("k", [0, -1])
def test_k_below_one_is_refused(k):
    with pytest.raises(QueryError, match=f"{k} rows"):
        Index(np.eye(2)).search([1, 0], k)
    with pytest.raises(QueryError, match=f"{k} rows"):
        Index(np.empty((0, 2))).neighbors(k)


def test_an_unknown_metric_is_refused():
    index = Index(np.eye(2))
    for ask in (
        lambda: index.search([1, 0], 1, "manhattan"),
        lambda: index.neighbors(1, "manhattan"),
        lambda: index.similarity(metric="manhattan"),
        lambda: index.random_pairs("manhattan"),
    ):
        with pytest.raises(QueryError, match=r"manhattan.*cosine, dot, euclidean"):
            ask()


def test_other_dimensions_name_both():
    with pytest.raises(VectorError, match="3 dimensions, the vectors have 2"):
        Index(np.eye(2)).search([1, 0, 0], 1)


def test_a_query_with_nan_is_refused():
    with pytest.raises(VectorError, match="Row 1 of the query vectors"):
        Index(np.eye(2)).search([[1, 0], [np.nan, 0]], 1)


@pytest.mark.parametrize(
    "rows", [[2], [-1], [0.5], [[0, 1]], ["a"], [True], np.ones((2, 2), bool), 0], ids=str
)
def test_rows_that_are_not_there_are_refused(rows):
    with pytest.raises(QueryError):
        Index(np.eye(2)).search([1, 0], 1, rows=rows)


def test_the_matrix_is_neither_copied_nor_open_to_change():
    matrix = np.eye(4, dtype=np.float32)
    index = Index(matrix)
    assert np.shares_memory(index.vectors, matrix)
    assert not index.vectors.flags.writeable
    assert matrix.flags.writeable
    assert len(index) == 4


def test_on_mps_the_processor_searches():
    assert Index(np.eye(2), device=torch.device("mps")).search([1, 0], 1).indices.tolist() == [[0]]


def test_a_read_only_matrix_is_taken_as_it_is():
    matrix = np.frombuffer(np.eye(4, dtype=np.float32).tobytes(), np.float32).reshape(4, 4)
    index = Index(matrix)
    assert np.shares_memory(index.vectors, matrix)
    assert index.search(matrix[2], 1).indices.tolist() == [[2]]


@pytest.mark.parametrize("matrix", [np.arange(24).reshape(6, 4), np.arange(48.0).reshape(12, 4)[::2, ::-1]])
def test_whole_numbers_and_strided_views_are_searched(matrix):
    same(Index(matrix).neighbors(3, "dot"), reference.neighbors(matrix, 3, "dot"))


def test_progress_goes_from_the_first_block_to_all_rows():
    calls = []
    matrix = make("normal", 0, 300, 8)
    Index(matrix, memory_mb=0.02).neighbors(3, on_progress=lambda *call: calls.append(call))
    done = [rows for rows, _ in calls]
    assert {total for _, total in calls} == {300}
    assert done == sorted(done)
    assert done[0] == 0
    assert done[-1] == 300
    assert len(set(done)) > 3


@pytest.mark.parametrize("kind", ["normal", "near_ties"])
def test_an_exception_of_on_progress_ends_the_work(kind):
    calls = []

    def cancel(done, total):
        calls.append((done, total))
        if len(calls) == 5:
            raise JobCancelledError("Stopped.")

    index = Index(make(kind, 0, 300, 8), memory_mb=0.02)
    for ask in (index.neighbors, lambda **more: index.search(index.vectors, 3, **more)):
        calls.clear()
        with pytest.raises(JobCancelledError):
            ask(on_progress=cancel)
        assert len(calls) == 5


@pytest.mark.slow
def test_an_index_serves_threads_at_once():
    matrix = make("repeated", 0, 400, 8)
    index = Index(matrix, memory_mb=0.05)
    expected = {metric: reference.neighbors(matrix, 5, metric) for metric in METRICS}
    found = {}

    def work(metric):
        found[metric] = index.neighbors(5, metric)

    threads = [threading.Thread(target=work, args=(metric,)) for metric in METRICS]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for metric in METRICS:
        same(found[metric], expected[metric])


@pytest.mark.parametrize("precision", ["high", "medium"])
def test_a_process_that_shortens_float32_products_gets_the_same_answers(precision):
    matrix = make("near_ties", 0, 100, 64)
    index = Index(matrix)
    usual = index.neighbors(5)
    torch.set_float32_matmul_precision(precision)
    try:
        found = index.neighbors(5)
    finally:
        torch.set_float32_matmul_precision("highest")
    same(found, (usual.indices, usual.similarities))


@pytest.mark.parametrize("metric", METRICS)
def test_similarity_of_chosen_rows(metric):
    matrix = make("zeros", 0, 30, 6)
    index = Index(matrix)
    expected = reference.scores(matrix, matrix, metric).astype(np.float32)
    np.testing.assert_allclose(index.similarity(metric=metric), expected, rtol=1e-6, atol=1e-6)
    found = index.similarity([3, 5, 3], np.array([8, 0]), metric)
    np.testing.assert_allclose(found, expected[[3, 5, 3]][:, [8, 0]], rtol=1e-6, atol=1e-6)
    assert index.similarity([3, 5], metric=metric).shape == (2, 2)
    with pytest.raises(QueryError, match="from 0 to 29"):
        index.similarity([30])


@pytest.mark.parametrize("metric", METRICS)
def test_random_pairs_are_all_pairs_where_there_are_few(metric):
    matrix = make("normal", 0, 40, 6)
    upper = reference.scores(matrix, matrix, metric)[np.triu_indices(40, 1)]
    found = Index(matrix).random_pairs(metric)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.sort(upper.astype(np.float32)))


def test_random_pairs_are_drawn_by_seed_and_none_twice():
    index = Index(make("normal", 0, 40, 6))
    everything = index.random_pairs("euclidean")
    found = index.random_pairs("euclidean", pairs=500)
    assert len(np.unique(everything)) == 780  # so a pair drawn twice would show
    assert len(np.unique(found)) == 500
    assert np.isin(found, everything).all()
    assert (np.diff(found) > 0).all()
    np.testing.assert_array_equal(found, index.random_pairs("euclidean", pairs=500))
    assert not np.array_equal(found, index.random_pairs("euclidean", pairs=500, seed=1))


@pytest.mark.parametrize("rows", [0, 1])
def test_fewer_than_two_rows_have_no_pairs(rows):
    assert Index(np.ones((rows, 3))).random_pairs().shape == (0,)


def test_no_pairs_is_no_question():
    with pytest.raises(QueryError, match="0 pairs"):
        Index(np.eye(3)).random_pairs(pairs=0)
