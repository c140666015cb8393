import numpy as np
import pytest

from explorer.analysis.map_forces import FIRST, STEP_BITS, STEPS, force_table


@pytest.mark.parametrize("min_distance", [0, 0.1, 0.5, 1])
def test_the_forces_are_those_of_umap_learns_curve(min_distance):
    from umap.umap_ import find_ab_params

    a, b = find_ab_params(1.0, min_distance)
    attraction, repulsion = force_table(min_distance).astype(np.float64)
    steps = (FIRST + (np.arange(STEPS + 2) << STEP_BITS)).astype(np.int32)
    square = steps.view(np.float32).astype(np.float64)
    assert (square[0], square[-2]) == (2.0**-30, 2.0**14)
    curve = 1 + a * square**b
    np.testing.assert_allclose(attraction, -2 * a * b * square ** (b - 1) / curve, rtol=1e-6)
    np.testing.assert_allclose(repulsion, 2 * b / (0.001 + square) / curve, rtol=1e-6)
    between = (square[1:] + square[:-1]) / 2
    exact = -2 * a * b * between ** (b - 1) / (1 + a * between**b)
    np.testing.assert_allclose((attraction[1:] + attraction[:-1]) / 2, exact, rtol=5e-4)
