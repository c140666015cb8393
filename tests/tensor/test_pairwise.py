import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.errors import QueryError, VectorError
from explorer.tensor import METRICS, paired, pairwise
from explorer.tensor.pairwise import pairs_at, random_pairs
from tests.tensor import reference
from tests.tensor.matrices import make, matrices


@pytest.mark.slow
@given(
    matrix=matrices(), metric=st.sampled_from(METRICS), count=st.integers(1, 20),
    memory_mb=st.sampled_from([0.0001, 0.01, 256]),
)  # fmt: skip
def test_scores_are_those_of_the_reference(matrix, metric, count, memory_mb):
    expected = reference.rounded(reference.scores(matrix[:count], matrix, metric))
    size = 0
    if metric != "euclidean":  # products of opposite sign cancel out, in the reference as well
        wide = np.linalg.norm(matrix.astype(np.float64), axis=1)
        size = 1 if metric == "cosine" else np.outer(wide[:count], wide)
    found = pairwise(matrix[:count], matrix, metric, memory_mb=memory_mb)
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(found[~finite], expected[~finite])
    found, expected = found[finite].astype(np.float64), expected[finite].astype(np.float64)
    limit = 1e-6 * np.abs(expected) + 1e-13 * np.broadcast_to(size, finite.shape)[finite] + 2e-45
    assert (np.abs(found - expected) <= limit).all()


@pytest.mark.parametrize("metric", METRICS)
def test_one_matrix_is_scored_with_itself(metric):
    matrix = make("zeros", 0, 20, 5)
    np.testing.assert_array_equal(pairwise(matrix, metric=metric), pairwise(matrix, matrix, metric))


def test_distances_of_near_identical_vectors_keep_their_digits():
    vector = np.full(64, 1000, np.float32)
    step = np.spacing(vector[0])
    near = vector.copy()
    near[3] += step
    found = pairwise([vector, near], metric="euclidean")
    np.testing.assert_array_equal(found, [[0, -step], [-step, 0]])
    assert not np.signbit(found[0, 0])


def test_a_cosine_with_a_zero_vector_is_0():
    np.testing.assert_array_equal(pairwise([[0, 0], [1, 1]]), [[0, 0], [0, 1]])


def test_no_rows_give_no_scores():
    assert pairwise(np.empty((0, 3)), np.ones((2, 3))).shape == (0, 2)
    assert pairwise(np.ones((2, 3)), np.empty((0, 3)), "euclidean").shape == (2, 0)


def test_what_cannot_be_compared_is_refused():
    with pytest.raises(VectorError, match="2 dimensions, the other 3"):
        pairwise(np.eye(2), np.eye(3))
    with pytest.raises(QueryError, match="l1"):
        pairwise(np.eye(2), metric="l1")


@pytest.mark.slow
@given(matrix=matrices(), metric=st.sampled_from(METRICS))
def test_each_row_is_scored_with_its_partner(matrix, metric):
    partners = matrix[::-1]
    found = paired(matrix, partners, metric)
    assert found.dtype == np.float32
    expected = reference.rounded(reference.scores(matrix, partners, metric)).diagonal()
    finite = np.isfinite(expected)
    np.testing.assert_array_equal(found[~finite], expected[~finite])
    wide = np.linalg.norm(matrix.astype(np.float64), axis=1)
    size = 1.0 if metric != "dot" else (wide * wide[::-1])[finite]
    limit = 1e-6 * np.abs(expected[finite]).astype(np.float64) + 1e-13 * size + 2e-45
    assert (np.abs(found[finite].astype(np.float64) - expected[finite]) <= limit).all()
    np.testing.assert_array_equal(found, found[::-1])  # a pair the other way round has the same score


def test_partners_of_the_same_vectors_have_the_same_score():
    vectors = np.random.default_rng(0).normal(size=(50, 384)).astype(np.float32)
    assert (paired(vectors, vectors.copy()) == 1).all()


def test_partners_of_another_shape_are_refused():
    with pytest.raises(VectorError, match="2 dimensions, the other 3"):
        paired(np.ones((2, 2)), np.ones((2, 3)))
    with pytest.raises(VectorError, match="2 vectors on one side and 1 on the other"):
        paired(np.ones((2, 2)), np.ones((1, 2)))


@pytest.mark.parametrize(("rows", "pairs"), [(2, 1), (7, 21), (7, 20), (300, 5000), (3_000_000, 20_000)])
def test_random_pairs_are_different_rows_and_different_pairs(rows, pairs):
    first, second = random_pairs(rows, pairs, seed=3)
    assert len(set(zip(first.tolist(), second.tolist(), strict=True))) == pairs
    assert first.min() >= 0
    assert (first < second).all()
    assert second.max() < rows


def test_places_of_pairs_arepairs_at_without_rounding():
    j = np.array([1, 2, 3, 10**5, 94_906_267, 2**31], np.int64)
    first = j * (j - 1) // 2
    for places, expected in ((first, (0 * j, j)), (first + j - 1, (j - 1, j))):
        for found, wanted in zip(pairs_at(places), expected, strict=True):
            np.testing.assert_array_equal(found, wanted)
