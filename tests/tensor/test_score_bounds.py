import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from explorer.tensor import METRICS, rounding
from explorer.tensor.rounding import UNIT_ROUNDOFF, dot_error, gamma
from explorer.tensor.score_bounds import ScoreBounds, Scratch
from explorer.tensor.scores import Rows
from explorer.tensor.search_matrix import SearchMatrix
from tests.tensor import reference
from tests.tensor.matrices import KINDS, make

CPU = torch.device("cpu")
ORDINARY = sorted(set(KINDS) - {"extreme", "tiny"})


def bounds_and_floors(matrix, queries, metric, dtype):
    """Bounds (rows, queries) and, for the exact score of each pair, what they have to reach."""
    rows, asked = (Rows.of(side, CPU) for side in (matrix, queries))
    error = dot_error(matrix.shape[1], dtype, CPU)
    bounds_of = ScoreBounds.of(rows, metric, dtype, error)
    found = bounds_of.bounds(rows.vectors, slice(None), bounds_of.queries(asked), Scratch(CPU))
    exact = torch.from_numpy(reference.scores(queries, matrix, metric)).T
    floors = torch.stack([bounds_of.floors(line, asked.norms) for line in exact])
    return found.double(), floors, bounds_of


@pytest.mark.slow
@given(
    kind=st.sampled_from(ORDINARY),
    metric=st.sampled_from(METRICS),
    dtype=st.sampled_from(list(UNIT_ROUNDOFF)),
    seed=st.integers(0, 2**32),
    rows=st.integers(1, 70),
    count=st.sampled_from([1, 2, 8, 40]),
    dims=st.sampled_from([1, 2, 24, 384]),
)
def test_no_score_exceeds_its_bound(kind, metric, dtype, seed, rows, count, dims):
    matrix, queries = make(kind, seed, rows, dims), make(kind, seed // 2, count, dims)
    queries[0] = matrix[0]
    found, floors, _ = bounds_and_floors(matrix, queries, metric, dtype)
    assert (found >= floors).all()


@pytest.mark.slow
@pytest.mark.parametrize("dtype", UNIT_ROUNDOFF)
@pytest.mark.parametrize("dims", [768, 5000])
def test_no_score_of_long_vectors_exceeds_its_bound(dims, dtype):
    # Without a minus sign rounding errors have the least reason to cancel out.
    matrix, queries = np.abs(make("normal", 0, 700, dims)), np.abs(make("normal", 1, 24, dims))
    found, floors, _ = bounds_and_floors(matrix, queries, "cosine", dtype)
    assert (found >= floors).all()


@pytest.mark.parametrize("kind", ["extreme", "tiny"])
@pytest.mark.parametrize("metric", METRICS)
def test_no_score_exceeds_its_float64_bound_at_any_scale(kind, metric):
    matrix = make(kind, 0, 300, 16)
    found, floors, _ = bounds_and_floors(matrix, matrix, metric, torch.float64)
    assert (found >= floors).all()


@pytest.mark.parametrize("dtype", UNIT_ROUNDOFF)
@pytest.mark.parametrize("metric", METRICS)
def test_a_bound_is_close_to_the_score(metric, dtype):
    """A bound that is never too low is easy; it also has to rule rows out."""
    matrix = make("normal", 0, 200, 384)
    found, floors, bounds_of = bounds_and_floors(matrix, matrix[:20], metric, dtype)
    size = {"cosine": 1, "dot": 30, "euclidean": 2 * 30 * 30}[metric]  # lengths are near √384
    assert (found - floors).max() <= 2 * bounds_of.error * size


def test_error_bounds_follow_higham():
    assert gamma(10, 2.0**-24) == pytest.approx(10 * 2.0**-24, rel=1e-6)
    assert gamma(1000, 2.0**-10) == pytest.approx(1000 / 24)
    errors = [dot_error(384, dtype, CPU) for dtype in UNIT_ROUNDOFF]
    assert errors == sorted(errors)
    assert errors[0] < 1e-12
    assert errors[1] < 1e-4
    assert errors[2] == pytest.approx(3 * 2**-8, rel=0.02)


def test_the_error_follows_how_this_process_multiplies(monkeypatch):
    monkeypatch.setattr(rounding, "float32_is_shortened", lambda device: True)
    assert dot_error(384, torch.float32, CPU) == pytest.approx(dot_error(384, torch.bfloat16, CPU))
    assert dot_error(384, torch.float64, CPU) < 1e-12


@pytest.mark.parametrize("precision", ["high", "medium"])
def test_bounds_notice_when_float32_is_shortened(precision):
    matrix = SearchMatrix(np.eye(4, dtype=np.float32), CPU)
    usual = matrix.score_bounds("cosine", torch.float32)
    assert matrix.score_bounds("cosine", torch.float32) is usual
    torch.set_float32_matmul_precision(precision)
    try:
        assert matrix.score_bounds("cosine", torch.float32).error > 100 * usual.error
    finally:
        torch.set_float32_matmul_precision("highest")


def test_scratch_memory_is_reused_and_grows():
    scratch = Scratch(CPU)
    first = scratch.take("a", (4, 3), torch.float32)
    assert scratch.take("a", (2, 3), torch.float32).data_ptr() == first.data_ptr()
    assert scratch.take("b", (4, 3), torch.float32).data_ptr() != first.data_ptr()
    assert scratch.take("a", (4, 3), torch.float64).dtype == torch.float64
    assert scratch.take("a", (40, 30), torch.float32).shape == (40, 30)
    assert np.prod(scratch.take("a", (0, 3), torch.float32).shape) == 0
