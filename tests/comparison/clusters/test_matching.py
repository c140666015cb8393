from itertools import permutations

import numpy as np
import pandas as pd
import pytest

from explorer.comparison.clusters.matching import flows, match, overlap
from explorer.errors import QueryError


def labels(k, seed, count=60, *, noise=False):
    made = np.random.default_rng(seed).integers(-1 if noise else 0, k, count)
    made[:k] = np.arange(k)  # no cluster is empty
    return made


def partition(clusters):
    """The rows of each cluster, whatever its number."""
    return {frozenset(np.flatnonzero(clusters == one).tolist()) for one in np.unique(clusters)}


def kept(first, second):
    """How many rows are in clusters of the same number."""
    return int(((first == second) & (first >= 0)).sum())


def most_kept(first, second):
    """The most rows that can be in clusters of the same number, by trying all numbers."""
    table = pd.crosstab(first[(first >= 0) & (second >= 0)], second[(first >= 0) & (second >= 0)]).to_numpy()
    small, large = sorted(table.shape)
    table = table if table.shape[0] == small else table.T
    return max(
        sum(table[row, column] for row, column in enumerate(order))
        for order in permutations(range(large), small)
    )


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("sizes", [(2, 2), (4, 4), (3, 6), (6, 3), (1, 5)])
@pytest.mark.parametrize("seed", range(4))
def test_partners_share_as_many_rows_as_can_be_found_by_trying_all(seed, sizes, noise):
    first, second = (labels(k, 10 * seed + k, noise=noise) for k in sizes)
    same, found = match([first, second])
    np.testing.assert_array_equal(same, first)
    assert partition(found) == partition(second)
    np.testing.assert_array_equal(found == -1, second == -1)
    assert kept(first, found) == most_kept(first, second)


def test_renumbered_clusters_get_their_numbers_back():
    first = labels(5, 0)
    order = np.random.default_rng(1).permutation(5)
    np.testing.assert_array_equal(match([first, order[first]])[1], first)


def test_clusters_without_a_partner_get_numbers_of_their_own_larger_ones_first():
    first = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    second = np.array([0, 2, 2, 2, 1, 3, 3, 3])
    third = np.array([1, 1, 1, 0, 2, 2, 2, 2])
    _, one, other = match([first, second, third])
    assert one.tolist() == [2, 0, 0, 0, 3, 1, 1, 1]
    assert other.tolist() == [0, 0, 0, 4, 1, 1, 1, 1]


def test_a_partner_shares_a_row():
    # The assignment would pair 1 with the cluster that is left over, although they share nothing.
    first = np.array([0, 0, 0, 1])
    second = np.array([0, 0, 1, 0])
    found = match([first, second])[1]
    assert found.tolist() == [0, 0, 2, 0]


def test_noise_alone_has_no_clusters():
    first, second = labels(3, 0), np.full(60, -1)
    assert match([first, second])[1].tolist() == second.tolist()
    assert match([second, first])[1].tolist() == first.tolist()
    assert overlap(first, second).shape == (3, 0)


@pytest.mark.parametrize("noise", [False, True])
def test_overlap_is_that_of_pandas(noise):
    first, second = labels(4, 1, noise=noise), labels(6, 2, noise=noise)
    both = (first >= 0) & (second >= 0)
    np.testing.assert_array_equal(overlap(first, second), pd.crosstab(first[both], second[both]))


def test_flows_hold_every_row_once_noise_included():
    first, second = labels(4, 1, noise=True), labels(6, 2, noise=True)
    table = flows(first, second)
    assert table["rows"].sum() == len(first)
    assert table["rows"].is_monotonic_decreasing
    counts = pd.crosstab(first, second)
    for line in table.itertuples():
        assert line.rows == counts.loc[line.first, line.second]
        assert line.share_of_first == pytest.approx(line.rows / (first == line.first).sum())
        assert line.share_of_second == pytest.approx(line.rows / (second == line.second).sum())
    assert len(table) == (counts.to_numpy() > 0).sum()


def test_one_row_flows_from_its_cluster_to_its_cluster():
    (line,) = flows(np.array([0]), np.array([3])).to_dict("records")
    assert line == {"first": 0, "second": 3, "rows": 1, "share_of_first": 1.0, "share_of_second": 1.0}


def test_clusters_of_other_rows_are_refused():
    with pytest.raises(QueryError, match="cannot be compared"):
        match([labels(2, 0), labels(2, 0, count=9)])
