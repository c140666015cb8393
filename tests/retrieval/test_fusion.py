from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.errors import QueryError
from explorer.retrieval.fusion import reciprocal_rank_fusion

rankings = st.lists(st.lists(st.integers(0, 8), unique=True, max_size=9), max_size=4)


@given(rankings, st.integers(1, 12))
def test_scores_are_sums_of_reciprocal_ranks_and_ties_are_in_row_order(drawn, k):
    exact = {}
    for ranking in drawn:
        for rank, row in enumerate(ranking, start=1):
            exact[row] = exact.get(row, 0) + Fraction(1, 60 + rank)
    found = reciprocal_rank_fusion([np.array(one, dtype=np.int64) for one in drawn], k)
    scores = [float(exact[row]) for row in found.indices.tolist()]
    np.testing.assert_allclose(found.scores, scores, rtol=1e-6)
    assert sorted(scores, reverse=True) == pytest.approx(scores)
    assert len(found.indices) == min(k, len(exact))
    left = [float(exact[row]) for row in exact if row not in found.indices]
    assert not left or max(left) <= scores[-1] + 1e-12


def test_equal_ranks_come_in_row_order():
    found = reciprocal_rank_fusion([np.array([5, 2]), np.array([2, 5])], 2)
    assert found.indices.tolist() == [2, 5]


def test_k_below_one_is_named():
    with pytest.raises(QueryError, match="k is 0"):
        reciprocal_rank_fusion([], 0)
