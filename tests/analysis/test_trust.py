from dataclasses import replace

import numpy as np
import pytest
from sklearn.manifold import trustworthiness

from explorer.analysis import trust as module
from explorer.analysis.projection import Projection, pca
from explorer.analysis.trust import stability, trust
from explorer.errors import QueryError
from tests.analysis.test_projection import index_of


def map_of(points, metric="cosine"):
    return Projection(np.array(points, dtype=np.float32), "umap", 2, metric)


@pytest.fixture(scope="module")
def random():
    return index_of(np.random.default_rng(0).normal(size=(240, 12)))


@pytest.fixture(scope="module")
def points():
    return np.random.default_rng(1).normal(size=(240, 2)).astype(np.float32)


def expected_parts(closeness, shown, k):
    """Venna and Kaski's sum, row by row, with ties by row: closeness in one space, then in the other."""
    n = len(closeness)
    parts = []
    for i in range(n):
        others = [j for j in range(n) if j != i]
        order = sorted(others, key=lambda j: (-closeness[i, j], j))
        rank = {j: place for place, j in enumerate(order, 1)}
        nearest = sorted(others, key=lambda j: (-shown[i, j], j))[:k]
        missed = sum(max(0, rank[j] - k) for j in nearest)
        parts.append(1 - 2 * missed / (k * (2 * n - 3 * k - 1)))
    return np.array(parts)


@pytest.mark.parametrize("k", [1, 7, 100])
def test_both_equal_scikit_learns_in_the_cosine_metric(random, points, k, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 5000)  # several blocks of rows and of columns
    unit = random.vectors / np.linalg.norm(random.vectors.astype(np.float64), axis=1, keepdims=True)
    found = trust(random, map_of(points), k=k)
    expected = trustworthiness(random.vectors.astype(np.float64), points, n_neighbors=k, metric="cosine")
    assert found.trustworthiness == pytest.approx(expected, abs=1e-12)
    # On unit vectors the Euclidean order, which scikit-learn has for the map, is the cosine's.
    swapped = trustworthiness(points.astype(np.float64), unit, n_neighbors=k)
    assert found.continuity == pytest.approx(swapped, abs=1e-12)
    assert (found.k, found.total, len(found.rows)) == (k, 240, 240)


def test_both_equal_scikit_learns_in_the_euclidean_metric(random, points):
    found = trust(random, map_of(points, "euclidean"), k=7)
    rows = random.vectors.astype(np.float64)
    assert found.trustworthiness == pytest.approx(trustworthiness(rows, points, n_neighbors=7), abs=1e-12)
    assert found.continuity == pytest.approx(trustworthiness(points, rows, n_neighbors=7), abs=1e-12)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_repeated_rows_rank_in_their_order(metric):
    rng = np.random.default_rng(3)
    vectors = np.repeat(rng.normal(size=(15, 33)), 6, axis=0)[rng.permutation(90)].astype(np.float32)
    points = np.repeat(rng.normal(size=(30, 2)), 3, axis=0)[rng.permutation(90)].astype(np.float32)
    wide = vectors.astype(np.float64)
    if metric == "cosine":
        wide /= np.linalg.norm(wide, axis=1, keepdims=True)
    closeness, shown = (
        -np.square(rows[:, None] - rows).sum(axis=2).round(12) for rows in (wide, points.astype(np.float64))
    )
    found = trust(index_of(vectors), map_of(points, metric), k=4)
    np.testing.assert_allclose(found.row_trustworthiness, expected_parts(closeness, shown, 4), atol=1e-12)
    np.testing.assert_allclose(found.row_continuity, expected_parts(shown, closeness, 4), atol=1e-12)


def test_rows_parts_make_the_whole_and_a_sample_has_the_same_parts(random, points):
    whole = trust(random, map_of(points), k=5)
    assert whole.trustworthiness == pytest.approx(whole.row_trustworthiness.mean())
    assert whole.continuity == pytest.approx(whole.row_continuity.mean())
    for parts in (whole.row_trustworthiness, whole.row_continuity):
        assert parts.min() >= 0
        assert parts.max() <= 1
    part = trust(random, map_of(points), k=5, sample=60, seed=2)
    assert len(part.rows) == len(set(part.rows.tolist())) == 60
    assert (np.diff(part.rows) > 0).all()
    np.testing.assert_array_equal(part.row_trustworthiness, whole.row_trustworthiness[part.rows])
    np.testing.assert_array_equal(part.row_continuity, whole.row_continuity[part.rows])
    assert part.trustworthiness == pytest.approx(whole.trustworthiness, abs=0.1)
    assert (trust(random, map_of(points), sample=60, seed=2).rows == part.rows).all()
    assert (trust(random, map_of(points), sample=60, seed=3).rows != part.rows).any()


def test_the_space_itself_is_a_perfect_map(points):
    space = index_of(points)
    found = trust(space, pca(space, metric="euclidean"))
    assert (found.trustworthiness, found.continuity) == (1, 1)


@pytest.mark.parametrize(("rows", "k"), [(1, 0), (2, 0), (3, 1), (4, 1), (31, 15)])
def test_neighbours_are_fewer_than_half_of_the_rows(rows, k):
    space = index_of(np.random.default_rng(4).normal(size=(rows, 5)))
    found = trust(space, map_of(np.arange(2.0 * rows).reshape(rows, 2)), k=99)
    assert found.k == k
    assert 0 <= found.trustworthiness <= 1
    assert 0 <= found.continuity <= 1
    if k == 0:
        assert (found.trustworthiness, found.continuity) == (1, 1)


def test_equal_rows_on_one_point_are_a_perfect_map():
    found = trust(index_of(np.ones((12, 3))), map_of(np.zeros((12, 2))), k=3)
    assert (found.trustworthiness, found.continuity) == (1, 1)


def test_trust_tells_how_far_it_is_and_can_be_stopped(random, points):
    told = []
    trust(random, map_of(points), sample=20, on_progress=told.append)
    assert [(progress.done, progress.total) for progress in told][-1] == (20, 20)

    def stop(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trust(random, map_of(points), on_progress=stop)


def test_a_map_of_other_rows_is_refused(random, points):
    with pytest.raises(QueryError, match="10 points"):
        trust(random, map_of(points[:10]))
    for wrong in ({"k": 0}, {"sample": 0}):
        with pytest.raises(QueryError):
            trust(random, map_of(points), **wrong)


def test_a_map_turned_and_scaled_is_as_it_was(points):
    turned = np.stack([-3 * points[:, 1], 3 * points[:, 0]], axis=1)
    same = stability([map_of(points), map_of(points), map_of(turned)], k=10)
    assert same.overlap == 1
    assert (same.row_overlap == 1).all()
    assert (same.maps, same.k, same.total, len(same.rows)) == (3, 10, 240, 240)


def test_overlap_is_the_mean_of_jaccards_index():
    line = [[0, 0], [1, 0], [3, 0], [7, 0], [15, 0]]
    moved = [[0, 0], [1, 0], [3, 0], [7, 0], [-2, 0]]
    # Two nearest, on the one and on the other map: 12|14, 02|02, 10|10, 21|21, 32|01.
    expected = [1 / 3, 1, 1, 1, 0]
    found = stability([map_of(line), map_of(moved)], k=2)
    np.testing.assert_allclose(found.row_overlap, expected)
    assert found.overlap == pytest.approx(np.mean(expected))
    three = stability([map_of(line), map_of(moved), map_of(line)], k=2)
    np.testing.assert_allclose(three.row_overlap, (2 * np.array(expected) + 1) / 3)


def test_stability_of_a_sample_and_of_tiny_maps(points):
    other = map_of(points[::-1])
    whole = stability([map_of(points), other], k=5)
    part = stability([map_of(points), other], k=5, sample=30, seed=1)
    np.testing.assert_array_equal(part.row_overlap, whole.row_overlap[part.rows])
    assert stability([map_of([[1, 1]])] * 2).overlap == 1
    assert stability([map_of([[1, 1], [2, 2]])] * 2).k == 1


def test_stability_needs_two_maps_of_the_same_rows(points):
    with pytest.raises(QueryError, match="two maps"):
        stability([map_of(points)])
    with pytest.raises(QueryError, match="two maps"):
        stability([map_of(points), map_of(points[:5])])
    with pytest.raises(QueryError):
        stability([map_of(points), replace(map_of(points))], k=0)
