from unittest.mock import patch

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from explorer.tensor import top_k
from explorer.tensor.top_k import Candidates, TopKBuffer

CPU = torch.device("cpu")


@pytest.mark.slow
@given(
    rows=st.integers(1, 300), queries=st.integers(1, 20), width=st.integers(1, 60), step=st.integers(1, 300),
    seed=st.integers(0, 2**32), order=st.sampled_from(["any", "rising", "falling", "equal", "few"]),
    merged=st.sampled_from([1, 100, 1 << 20]),
)  # fmt: skip
def test_the_highest_bounds_are_kept(rows, queries, width, step, seed, order, merged):
    bounds = np.random.default_rng(seed).standard_normal((rows, queries)).astype(np.float32)
    bounds = {
        "any": bounds, "rising": np.sort(bounds, axis=0), "falling": -np.sort(bounds, axis=0),
        "equal": np.ones_like(bounds), "few": np.round(bounds),
    }[order]  # fmt: skip
    width = min(width, rows)
    best = TopKBuffer(queries, width, torch.float32, CPU)
    with patch.object(top_k, "_MERGED", merged):
        for start in range(0, rows, step):
            best.absorb(torch.tensor(bounds[start : start + step]), start)
    np.testing.assert_array_equal(best.bounds, -np.sort(-bounds.T, axis=1)[:, :width])
    np.testing.assert_array_equal(np.take_along_axis(bounds.T, best.rows.numpy(), 1), best.bounds)
    assert all(len(set(line)) == width for line in best.rows.tolist())


def test_a_row_left_out_is_never_kept():
    bounds = torch.zeros(40, 2)
    bounds[7, 0] = -torch.inf
    best = TopKBuffer(2, 39, torch.float32, CPU)
    best.absorb(bounds, 0)
    assert 7 not in best.rows[0].tolist()
    assert best.bounds.isfinite().all()


@given(
    pairs=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 50), st.integers(-3, 3)), max_size=80),
    k=st.integers(1, 9),
)
def test_candidates_are_ordered_by_query_score_and_row(pairs, k):
    query, row, score = (torch.tensor([pair[i] for pair in pairs], dtype=torch.int64) for i in range(3))
    best = Candidates(query, row, score.double()).best(k)
    expected = []
    for number in range(5):
        expected += sorted((p for p in pairs if p[0] == number), key=lambda p: (-p[2], p[1]))[:k]
    assert list(zip(best.query.tolist(), best.row.tolist(), best.score.tolist(), strict=True)) == expected
    assert len(Candidates.join([best, best])) == 2 * len(expected)
