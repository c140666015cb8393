import numpy as np
import pytest
from scipy.spatial.distance import cdist

from explorer.analysis import distances
from explorer.analysis.distances import distances_to_rows

NAMES = {"manhattan": "cityblock"}


@pytest.mark.parametrize("metric", ["cosine", "euclidean", "manhattan", "chebyshev", "correlation"])
def test_distances_are_scipys(metric, monkeypatch):
    monkeypatch.setattr(distances, "_BLOCK", 40)  # several blocks, the last one short
    rows = np.random.default_rng(0).normal(size=(23, 6)).astype(np.float32)
    wide = rows.astype(np.float64)
    expected = cdist(wide[:5], wide, NAMES.get(metric, metric))
    np.testing.assert_allclose(distances_to_rows(rows[:5], rows, metric), expected, atol=1e-12)


@pytest.mark.parametrize(("metric", "row"), [("cosine", [0, 0, 0]), ("correlation", [2, 2, 2])])
def test_a_row_without_a_direction_is_at_1_from_all(metric, row):
    rows = np.array([row, [1, 2, 4], row], dtype=np.float32)
    assert distances_to_rows(rows[:1], rows, metric).tolist() == [[1, 1, 1]]
