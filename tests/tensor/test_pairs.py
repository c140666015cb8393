import re
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.errors import JobCancelledError, QueryError, VectorError
from explorer.tensor import METRICS, Index, pairs
from tests.tensor import reference
from tests.tensor.matrices import KINDS, make, matrices

metrics = st.sampled_from(METRICS)
budgets = st.sampled_from([0.001, 0.02, 256])  # MB: tiles of some pairs, of a hundred, of all


def pairs_above(vectors, threshold, *, memory_mb=256, **options):
    return Index(vectors, memory_mb=memory_mb).pairs_above(threshold, **options)


def expected(matrix, threshold, metric, rows=None):
    """Every pair i < j at or above the threshold, by its float64 score."""
    left, right = np.triu_indices(len(matrix), 1)
    scores = reference.scores(matrix, matrix, metric)[left, right]
    wanted = scores >= threshold
    if rows is not None:
        wanted &= rows[left] & rows[right]
    left, right, scores = left[wanted], right[wanted], scores[wanted]
    order = np.lexsort((right, left, -scores))
    return left[order], right[order], reference.rounded(scores[order])


def same(found, columns):
    for column, wanted, dtype in zip(
        (found.left, found.right, found.scores), columns, (np.int64, np.int64, np.float32), strict=True
    ):
        assert column.dtype == dtype
        np.testing.assert_array_equal(column, wanted)


@pytest.mark.slow
@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(matrix=matrices(40), metric=metrics, memory_mb=budgets, data=st.data())
def test_pairs_are_those_of_the_reference(coarse, matrix, metric, memory_mb, data):
    scores = reference.scores(matrix, matrix, metric)
    # Exactly at the score of two rows, just over it, or anywhere.
    at = st.sampled_from(np.unique(scores).tolist())
    threshold = data.draw(st.one_of(at, at.map(lambda score: np.nextafter(score, np.inf)), st.floats(-2, 2)))
    rows = data.draw(st.sampled_from([None, np.arange(len(matrix)) % 3 > 0]))
    found = pairs_above(matrix, threshold, metric=metric, rows=rows, memory_mb=memory_mb)
    same(found, expected(matrix, threshold, metric, rows))


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_several_blocks_of_many_dimensions(coarse, kind, metric, monkeypatch):
    monkeypatch.setattr(pairs, "_BLOCK", 64)
    matrix = make(kind, 1, 140, 48)
    scores = np.sort(reference.scores(matrix, matrix, metric)[np.triu_indices(140, 1)])
    for threshold in scores[[-30, -2000]]:
        same(pairs_above(matrix, threshold, metric=metric, memory_mb=2), expected(matrix, threshold, metric))


def test_a_coarse_format_gives_way_where_it_leaves_too_much(coarse):
    """All scores lie within what bfloat16 and float32 cannot tell apart, and the threshold among them."""
    matrix = make("near_ties", 5, 150, 32)
    threshold = np.median(reference.scores(matrix, matrix, "cosine")[np.triu_indices(150, 1)])
    same(pairs_above(matrix, threshold), expected(matrix, threshold, "cosine"))


@pytest.mark.parametrize("rows", [0, 1])
def test_no_pairs_without_two_rows(rows):
    found = pairs_above(np.ones((rows, 3), np.float32), -1.0)
    assert len(found) == 0
    same(found, ([], [], []))


def test_two_rows_are_one_pair():
    same(pairs_above([[3.0, 4.0], [6.0, 8.0]], 1.0), ([0], [1], [1.0]))
    assert len(pairs_above([[3.0, 4.0], [6.0, 8.0]], 1.0000001)) == 0


def test_equal_rows_are_all_pairs_in_order():
    found = pairs_above(np.full((40, 4), 0.5), 1.0)
    same(found, (*np.triu_indices(40, 1), np.ones(780)))


def test_infinite_thresholds_take_all_or_nothing():
    matrix = make("normal", 0, 20, 5)
    for metric in METRICS:
        assert len(pairs_above(matrix, -np.inf, metric=metric)) == 190
        assert len(pairs_above(matrix, np.inf, metric=metric)) == 0
    assert len(pairs_above(matrix, 1.0, metric="euclidean")) == 0  # negative distances are never above 0


def test_exactly_the_limit_is_allowed():
    matrix = make("normal", 0, 20, 5)
    assert len(pairs_above(matrix, -1.0, limit=190)) == 190
    with pytest.raises(QueryError, match="More than 189 pairs"):
        pairs_above(matrix, -1.0, limit=189)


def test_too_many_pairs_name_a_threshold_that_may_do():
    matrix = make("normal", 0, 300, 5)
    with pytest.raises(QueryError, match="Choose a higher threshold") as caught:
        pairs_above(matrix, -1.0, limit=1_000)
    named = float(re.search(r"such as (\S+)\.$", caught.value.fix)[1])
    assert 500 < len(pairs_above(matrix, named, limit=2_000)) <= 1_000
    assert round(named, 2) == named  # a slider has it


def test_no_threshold_is_named_where_all_pairs_score_the_same():
    with pytest.raises(QueryError, match=r"Choose a higher threshold\.$"):
        pairs_above(np.ones((50, 4)), 0.5, limit=100)


@pytest.mark.parametrize("rows", [None, np.arange(120) % 3 > 0])
@pytest.mark.parametrize("limit", [1, 40, 700, 7_139, 7_140])
def test_the_closest_pairs_are_those_of_the_lowest_threshold_that_no_more_reach(limit, rows, monkeypatch):
    monkeypatch.setattr(pairs, "_BLOCK", 16)
    matrix = make("normal", 4, 120, 5)
    found = pairs_above(matrix, -0.5, rows=rows, limit=limit, closest=True, memory_mb=0.02)
    all_of_them = expected(matrix, -0.5, "cosine", rows)
    scores = all_of_them[-1]
    if len(scores) > limit:
        assert len(found) == limit  # no two scores are equal
        assert scores[limit] <= found.threshold <= scores[limit - 1]
    else:
        assert found.threshold == -0.5
    same(found, [column[: len(found)] for column in all_of_them])


def test_of_pairs_with_the_same_score_all_or_none_are_among_the_closest():
    vectors = np.ones((33, 4))
    vectors[:3] *= -1  # 438 pairs score 1, and 90 score -1
    assert len(pairs_above(vectors, -2.0, limit=500, closest=True)) == 438
    with pytest.raises(QueryError, match="More than 400 pairs have the same score, 1: ") as caught:
        pairs_above(vectors, -2.0, limit=400, closest=True)
    assert caught.value.fix == "Choose another encoder, or fewer rows."


def test_the_work_stops_soon_after_the_limit(monkeypatch):
    monkeypatch.setattr(pairs, "_BLOCK", 16)
    done = []
    with pytest.raises(QueryError, match="More than 200 pairs"):
        pairs_above(np.ones((2_000, 4)), 0.5, limit=200, on_progress=lambda *now: done.append(now))
    assert len(done) <= 1


def test_progress_counts_every_pair_once(monkeypatch):
    monkeypatch.setattr(pairs, "_BLOCK", 16)
    told = []
    pairs_above(make("normal", 0, 101, 6), 0.9, memory_mb=0.05, on_progress=lambda *now: told.append(now))
    assert len(told) > 10
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert {total for _, total in told} == {101 * 100 // 2}
    assert told[-1][0] == 101 * 100 // 2


def test_progress_can_cancel():
    calls = []

    def cancel(done, total):
        calls.append(done)
        raise JobCancelledError("stop")

    with pytest.raises(JobCancelledError):
        pairs_above(make("normal", 0, 100, 6), 0.9, memory_mb=0.01, on_progress=cancel)
    assert len(calls) == 1


def test_tiles_keep_to_the_memory(monkeypatch):
    taken = []
    take = pairs.Scratch.take

    def measured(self, name, shape, dtype):
        taken.append(np.prod(shape) * dtype.itemsize)
        return take(self, name, shape, dtype)

    monkeypatch.setattr(pairs.Scratch, "take", measured)
    pairs_above(make("normal", 0, 500, 16), 0.5, rows=np.ones(500, dtype=bool), memory_mb=1)
    assert max(taken) < 2**20 / 4


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"threshold": float("nan")}, "not a number"),
        ({"limit": 0}, "0 pairs were asked for"),
        ({"metric": "cosin"}, "no metric 'cosin'"),
        ({"rows": np.array([0, 1])}, "one bool for each of the 2 rows"),
        ({"rows": np.ones(3, dtype=bool)}, "one bool for each of the 2 rows"),
    ],
)
def test_wrong_questions(changed, message):
    with pytest.raises(QueryError, match=message):
        pairs_above(**{"vectors": np.eye(2), "threshold": 0.5, **changed})


def test_wrong_vectors():
    with pytest.raises(VectorError, match="Row 1"):
        pairs_above([[1.0, 2.0], [np.nan, 1.0]], 0.5)


def test_read_only_vectors_on_a_device_of_choice():
    matrix = make("normal", 0, 30, 8)
    matrix.flags.writeable = False
    found = Index(matrix, device=torch.device("cpu")).pairs_above(0.2)
    same(found, expected(matrix, 0.2, "cosine"))


@pytest.mark.slow
def test_all_pairs_of_a_subset_of_wordnet():
    """Vectors of 5,000 glosses, shortened to their hashed words, against a float64 product of all pairs."""
    source = Path(__file__).parents[3] / "shared/data/wordnet.parquet"
    if not source.exists():
        pytest.skip(f"{source} is not here")
    sparse = pytest.importorskip("sklearn.feature_extraction.text")
    import explorer

    texts = explorer.open_corpus(str(source), text="gloss").texts[:40_000:8]
    hashed = sparse.HashingVectorizer(n_features=384, norm=None).fit_transform(texts)
    matrix = hashed.toarray().astype(np.float32)
    exact = matrix.astype(np.float64)
    lengths = np.linalg.norm(exact, axis=1)
    exact /= np.where(lengths == 0, 1, lengths)[:, None]
    table = exact @ exact.T
    for threshold in (0.8123, 0.9512):
        left, right = np.nonzero(np.triu(table >= threshold, 1))
        found = pairs_above(matrix, threshold)
        assert set(zip(found.left.tolist(), found.right.tolist(), strict=True)) == set(
            zip(left.tolist(), right.tolist(), strict=True)
        )
        np.testing.assert_allclose(found.scores, table[found.left, found.right], rtol=1e-6)
