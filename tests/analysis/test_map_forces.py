import numpy as np
import pytest

from explorer.analysis.map_forces import FIRST, STEP_BITS, STEPS, compiled_move, force_table, move

# a and b of umap-learn's curve, by the minimum distance.
CURVES = {
    0: (1.9328083980052901, 0.7904949736958765),
    0.1: (1.57694346046584, 0.8950608779639974),
    0.5: (0.5830300203968329, 1.3341669926352966),
    1: (0.11497568236610484, 1.9292371499665542),
}


@pytest.mark.slow
@pytest.mark.xdist_group("umap-learn")
@pytest.mark.parametrize("min_distance", CURVES)
def test_the_curves_are_umap_learns(min_distance):
    from umap.umap_ import find_ab_params

    assert find_ab_params(1.0, min_distance) == pytest.approx(CURVES[min_distance], rel=1e-6)


@pytest.mark.parametrize("min_distance", CURVES)
def test_the_forces_are_those_of_umap_learns_curve(min_distance):
    a, b = CURVES[min_distance]
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


def test_where_compiled_code_cannot_be_kept_it_is_compiled_each_time(monkeypatch, caplog):
    def njit(_types, *, cache=False, **_options):
        if cache:
            raise OSError(28, "No space left on device")
        return lambda function: ("compiled", function)

    monkeypatch.setattr("numba.njit", njit)
    assert compiled_move.__wrapped__() == ("compiled", move)
    assert "No space left on device" in caplog.text
