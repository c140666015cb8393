from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.cluster.hierarchy import fcluster, ward
from sklearn.metrics import adjusted_rand_score

from explorer.analysis import map_regions
from explorer.analysis.map_regions import divide

POINTS = hnp.arrays(
    np.float32,
    st.tuples(st.integers(1, 60), st.just(2)),
    elements=st.one_of(
        st.integers(-3, 3).map(float),
        st.floats(-(2.0**120), 2.0**120, width=32),
        st.floats(0, 1, width=32),
    ),
)


def divided(coordinates, *counts):
    return divide(np.asarray(coordinates, dtype=np.float32), counts, lambda *_: None)


def clumps(sizes, seed=0, spread=0.1):
    """Clumps of these sizes on a circle, and the clump of each point."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(len(sizes)), sizes)
    angle = 2 * np.pi * group / len(sizes)
    points = 3 * np.stack([np.cos(angle), np.sin(angle)], axis=1) + spread * rng.normal(size=(len(group), 2))
    return points.astype(np.float32), group


def test_regions_are_the_clumps():
    points, group = clumps([400, 300, 200, 100])
    coarse, fine = divided(points, 2, 4)
    assert adjusted_rand_score(group, fine.labels) == 1
    np.testing.assert_array_equal(fine.labels, group)  # those with the most rows first
    assert len(coarse.positions) == 2


def test_a_position_is_that_of_a_row_where_rows_are_dense():
    """The mean of a ring is in its void."""
    rng = np.random.default_rng(0)
    angle = rng.uniform(0, 2 * np.pi, 2000)
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1) + 0.02 * rng.normal(size=(2000, 2))
    far = [9, 0] + 0.1 * rng.normal(size=(500, 2))
    points = np.concatenate([ring, far]).astype(np.float32)
    (found,) = divided(points, 2)
    assert adjusted_rand_score(np.repeat([0, 1], [2000, 500]), found.labels) == 1
    assert np.linalg.norm(found.positions[0]) > 0.9
    for region, position in enumerate(found.positions):
        assert (points[found.labels == region] == position).all(axis=1).any()
    assert np.linalg.norm(found.positions[1] - [9, 0]) < 0.1


def test_borders_follow_valleys():
    """Where k-means cuts the larger of two clumps, because it is far larger, density does not."""
    rng = np.random.default_rng(0)
    large = rng.normal(size=(5000, 2)) * [1, 1]
    small = [4.5, 0] + 0.2 * rng.normal(size=(300, 2))
    (found,) = divided(np.concatenate([large, small]), 40)
    regions = found.labels[5000:]
    assert len(np.unique(regions)) <= 3
    inside = np.isin(found.labels[:5000], regions).mean()
    assert inside < 0.01


def test_merging_is_wards_where_all_weigh_the_same():
    points = np.random.default_rng(0).normal(size=(40, 2))
    for count, found in zip((2, 5, 11), map_regions._merged(points, np.ones(40), (11, 2, 5)), strict=True):
        expected = fcluster(ward(points), count, criterion="maxclust")
        assert adjusted_rand_score(expected, found) == 1


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_a_weight_counts_like_as_many_points_at_one_place(seed):
    rng = np.random.default_rng(seed)
    points, weights = rng.normal(size=(12, 2)), rng.integers(1, 5, 12)
    (found,) = map_regions._merged(points, weights.astype(float), (4,))
    expected = fcluster(ward(np.repeat(points, weights, axis=0)), 4, criterion="maxclust")
    assert adjusted_rand_score(expected, np.repeat(found, weights)) == 1


def test_a_few_far_rows_do_not_hide_the_others():
    points, group = clumps([500, 400, 300, 200])
    points[0] = [1e9, -1e9]
    (found,) = divided(points, 4)
    assert adjusted_rand_score(group[1:], found.labels[1:]) == 1


def test_clumps_are_few_however_the_rows_lie():
    points = np.random.default_rng(0).uniform(size=(20_000, 2))
    occupied, rows_in = np.unique(map_regions._cells(points.astype(np.float32)), return_counts=True)
    density, peaks = map_regions._clumps(occupied, rows_in)
    assert 100 < len(np.unique(peaks)) <= map_regions._CLUMPS
    place = dict(zip(occupied.tolist(), density, strict=True))
    for cell, peak in zip(occupied[::50].tolist(), peaks[::50].tolist(), strict=True):
        assert place.get(peak, np.inf) >= place[cell]  # climbing never descends


@pytest.mark.parametrize(("name", "share"), [("standard_normal", 0.04), ("standard_cauchy", 0.2)])
def test_where_there_is_one_peak_regions_are_still_small(name, share):
    points = getattr(np.random.default_rng(0), name)((100_000, 2))
    (_, _, fine) = divided(points, 8, 30, 120)
    sizes = np.bincount(fine.labels)
    assert len(sizes) == 120
    assert sizes.max() < share * len(points)


def test_large_clumps_are_halved_until_they_are_small_or_tight():
    places = np.array([[0, number] for number in range(100)], dtype=float)
    rows_in = np.where(np.arange(100) == 20, 10_000, 1)
    clump = map_regions._halved(np.zeros(100, dtype=np.int64), places, rows_in, 30)
    sizes, wide = np.bincount(clump, rows_in), np.bincount(clump)
    assert len(sizes) > 3
    assert ((sizes <= 30) | (wide <= map_regions._TIGHT)).all()
    assert (np.diff(clump) != 0).sum() == len(sizes) - 1  # each is in one piece


def test_rows_that_coincide_are_not_divided():
    assert divided(np.ones((50, 2)), 2, 8) == ()
    nearly = np.ones((5000, 2))
    nearly[:2] = [[0, 0], [1, 2]]
    (found,) = divided(nearly, 2, 8)
    assert len(found.positions) == 2


def test_there_are_no_more_regions_than_clumps():
    points, _ = clumps([40] * 6, spread=0.001)
    assert [len(division.positions) for division in divided(points, 2, 30, 120)] == [2, 6]
    assert [len(division.positions) for division in divided(points, 4, 30)] == [4]  # 6 is about the same


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(points=POINTS, seed=st.integers(0, 99))
def test_divisions_nest_and_do_not_depend_on_the_order(points, seed):
    found = divided(points, 2, 4, 9)
    order = np.random.default_rng(seed).permutation(len(points))
    again = divided(points[order], 2, 4, 9)
    assert len(found) == len(again)
    for division, other in zip(found, again, strict=True):
        np.testing.assert_array_equal(division.labels[order], other.labels)
        np.testing.assert_array_equal(division.positions, other.positions)
        sizes = np.bincount(division.labels)
        assert len(sizes) == len(division.positions) <= 9
        assert (np.diff(sizes) <= 0).all()
        for region, position in enumerate(division.positions):
            assert (points[division.labels == region] == position).all(axis=1).any()
    for coarse, fine in pairwise(found):
        for region in range(len(fine.positions)):
            assert len(np.unique(coarse.labels[fine.labels == region])) == 1


@pytest.mark.parametrize("step", [1, 2, 3])
def test_it_can_be_stopped_between_the_steps(step):
    def stop(done, total):
        assert total == 3
        if done == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        divide(clumps([20, 20])[0], [2], stop)
