import numpy as np
import pytest
from scipy.spatial import procrustes

from explorer.comparison.maps.alignment import align
from explorer.errors import QueryError

MIRROR = np.diag([1.0, -1.0])


def points(count=40, seed=0):
    """Points of which some coincide."""
    made = np.random.default_rng(seed).normal(size=(count, 2)) * [3, 1]
    made[1 : count // 8] = made[0]
    return made


def turned(made, angle, *, mirrored=False):
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return made @ turn @ (MIRROR if mirrored else np.eye(2))


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("angle", [0, 0.3, 2, np.pi])
def test_a_turned_mirrored_moved_and_scaled_copy_is_laid_over_its_original(angle, mirrored):
    reference = points()
    found = align(7 * turned(reference, angle, mirrored=mirrored) + [100, -3], reference)
    np.testing.assert_allclose(found.coordinates, reference, atol=1e-12)
    assert found.similarity == pytest.approx(1)


@pytest.mark.parametrize("seed", range(5))
def test_other_maps_are_aligned_as_scipy_does_up_to_its_last_scaling(seed):
    moved, reference = points(seed=seed), points(seed=seed + 100)
    found = align(moved, reference)
    target, expected, disparity = procrustes(reference, moved)
    assert found.similarity == pytest.approx(np.sqrt(1 - disparity))
    centre = reference.mean(axis=0)
    size = np.linalg.norm(reference - centre)
    np.testing.assert_allclose((reference - centre) / size, target, atol=1e-12)
    np.testing.assert_allclose((found.coordinates - centre) / size * found.similarity, expected, atol=1e-12)
    assert np.linalg.norm(found.coordinates - centre) == pytest.approx(size)


@pytest.mark.parametrize("seed", range(3))
def test_no_other_rotation_or_reflection_comes_closer(seed):
    moved, reference = points(seed=seed), points(seed=seed + 100)
    best = np.linalg.norm(align(moved, reference).coordinates - reference)
    centre = reference.mean(axis=0)
    own = moved - moved.mean(axis=0)
    own *= np.linalg.norm(reference - centre) / np.linalg.norm(own)
    others = [
        np.linalg.norm(turned(own, angle, mirrored=mirrored) + centre - reference)
        for angle in np.linspace(0, 2 * np.pi, 500)
        for mirrored in (False, True)
    ]
    assert best <= min(others) + 1e-9
    assert min(others) == pytest.approx(best, rel=1e-3)


def test_maps_without_extent_have_nothing_to_turn():
    reference = points()
    equal = align(np.full((40, 2), 5.0), reference)
    np.testing.assert_allclose(equal.coordinates, np.tile(reference.mean(axis=0), (40, 1)))
    assert np.isnan(equal.similarity)
    on_a_dot = align(reference, np.full((40, 2), 5.0))
    np.testing.assert_allclose(on_a_dot.coordinates, reference - reference.mean(axis=0) + 5)
    assert np.isnan(on_a_dot.similarity)
    one = align(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]))
    np.testing.assert_allclose(one.coordinates, [[3, 4]])


def test_two_rows_always_coincide():
    found = align(np.array([[0.0, 0.0], [0.0, 9.0]]), np.array([[1.0, 1.0], [2.0, 1.0]]))
    np.testing.assert_allclose(found.coordinates, [[1, 1], [2, 1]], atol=1e-12)
    assert found.similarity == pytest.approx(1)


def test_coordinates_of_maps_are_not_changed():
    moved, reference = points().astype(np.float32), points(seed=1).astype(np.float32)
    before = moved.copy(), reference.copy()
    assert align(moved, reference).coordinates.dtype == np.float64
    np.testing.assert_array_equal(moved, before[0])
    np.testing.assert_array_equal(reference, before[1])


def test_maps_of_other_rows_are_refused():
    with pytest.raises(QueryError, match="cannot be aligned"):
        align(points(4), points(5))
    with pytest.raises(QueryError, match="cannot be aligned"):
        align(points(4)[:0], points(4)[:0])


def test_other_points_of_a_map_are_moved_as_it_was():
    moved, reference = points(seed=1), points(seed=2)
    found = align(moved, reference)
    np.testing.assert_allclose(found.place(moved), found.coordinates, atol=1e-12)
    copy = align(7 * turned(points(), 0.3, mirrored=True) + [100, -3], points())
    other = np.array([[5.0, -2.0]])
    there = 7 * turned(other, 0.3, mirrored=True) + [100, -3]
    np.testing.assert_allclose(copy.place(there), other, atol=1e-9)
    same = align(np.ones((3, 2)), points(3))
    np.testing.assert_allclose(same.place(np.array([[1.0, 1.0]]))[0], points(3).mean(axis=0))
