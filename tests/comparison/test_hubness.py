import numpy as np
import pytest
from scipy.stats import skew
from sklearn.neighbors import NearestNeighbors

from explorer.comparison.hubness import hubness, k_occurrences
from tests.comparison.contenders import contender_of


def test_occurrences_are_those_of_scikit_learns_neighbours_of_the_sample():
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(120, 10))
    rows = np.sort(rng.choice(120, 60, replace=False))
    _, near = NearestNeighbors(n_neighbors=6, metric="cosine").fit(vectors[rows]).kneighbors()
    expected = np.bincount(near[:, :5].ravel(), minlength=60)
    for ranks_only in (False, True):
        contender = contender_of(vectors, ranks_only=ranks_only)
        np.testing.assert_array_equal(k_occurrences(contender, rows, 5), expected)


def test_hubness_is_their_skewness():
    vectors = np.random.default_rng(1).normal(size=(80, 40))
    contender = contender_of(vectors)
    rows = np.arange(80)
    found = hubness([contender], rows, rows)
    assert found.values[0] == pytest.approx(skew(k_occurrences(contender, rows, 10)))
    low, high = found.intervals[0]
    assert low < found.values[0] < high


def test_it_grows_with_the_dimensions_as_published():
    rng = np.random.default_rng(2)
    rows = np.arange(400)
    contenders = [contender_of(rng.normal(size=(400, dims)) + 0.5) for dims in (3, 20, 100)]
    values = hubness(contenders, rows, rows).values
    assert values[0] < values[1] < values[2]
    assert values[2] > 1


def test_rows_that_all_occur_equally_often_have_no_skewness():
    angles = np.arange(12) * np.pi / 6
    contender = contender_of(np.c_[np.cos(angles), np.sin(angles)])
    assert k_occurrences(contender, np.arange(12), 11).tolist() == [11] * 12
    found = hubness([contender], np.arange(12), np.arange(12), 40)
    assert np.isnan(found.values[0])
    assert np.isnan(found.intervals[0]).all()
