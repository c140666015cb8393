import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.errors import QueryError
from explorer.tensor import METRICS
from explorer.tensor.scores import Rows, check_metric, pair_scores
from tests.tensor import reference
from tests.tensor.matrices import make, matrices

CPU = torch.device("cpu")


def all_pairs(matrix, metric):
    rows = Rows.of(matrix, CPU)
    left, right = (torch.from_numpy(side.ravel()) for side in np.indices((len(matrix), len(matrix))))
    return pair_scores(rows, left, rows, right, metric).view(len(matrix), -1).numpy()


@given(matrix=matrices(30), metric=st.sampled_from(METRICS))
def test_scores_are_the_reference_bit_for_bit(matrix, metric):
    scores = all_pairs(matrix, metric)
    np.testing.assert_array_equal(scores, reference.scores(matrix, matrix, metric))
    np.testing.assert_array_equal(scores, scores.T)
    assert not np.signbit(scores[scores == 0]).any()


@settings(max_examples=30)
@given(matrix=matrices(12))
def test_scores_are_what_exact_arithmetic_gives(matrix):
    """Against `math.fsum`, which rounds once."""
    wide = matrix.astype(np.float64)
    dots = np.array([[math.fsum(a * b) for b in wide] for a in wide])
    size = np.array([[math.fsum(np.abs(a * b)) for b in wide] for a in wide])
    squares = np.array([[math.fsum((a - b) ** 2) for b in wide] for a in wide])
    lengths = np.sqrt(np.outer(dots.diagonal(), dots.diagonal()))
    assert (np.abs(all_pairs(matrix, "dot") - dots) <= 1e-15 * size).all()
    np.testing.assert_allclose(all_pairs(matrix, "euclidean"), -np.sqrt(squares), rtol=1e-15)
    assert (np.abs(all_pairs(matrix, "cosine") * lengths - dots) <= 2e-15 * lengths).all()


@pytest.mark.parametrize("metric", METRICS)
def test_identical_rows_score_alike_wherever_they_stand(metric):
    matrix = make("one_row", 0, 3001, 384)
    query = Rows.of(make("normal", 1, 1, 384), CPU)
    rows = Rows.of(matrix, CPU)
    scores = pair_scores(query, torch.zeros(3001, dtype=torch.int64), rows, torch.arange(3001), metric)
    assert len(scores.unique()) == 1


def test_a_metric_has_to_exist():
    for metric in METRICS:
        check_metric(metric)
    with pytest.raises(QueryError, match="no metric 'l2'"):
        check_metric("l2")
