from itertools import combinations

import numpy as np
import pytest

import explorer
from explorer.comparison.agreement.disagreement import (
    RowAgreement,
    lowest_rows,
    queries_by_agreement,
    rows_by_agreement,
    side_by_side,
    telling_words,
)
from explorer.comparison.measures.neighbors import neighbor_lists
from explorer.errors import QueryError
from tests.comparison.made_contenders import contender_of
from tests.tensor import reference


@pytest.fixture
def contenders():
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(40, 4))
    return [contender_of(shared + noise * rng.normal(size=(40, 4))) for noise in (0, 0.3, 1)]


@pytest.mark.parametrize("k", [1, 4, 60])
def test_rows_are_ordered_by_the_mean_jaccard_index_of_all_pairs(contenders, k):
    rows = np.array([1, 4, 9, 16, 25, 36])
    found = rows_by_agreement(neighbor_lists(contenders, rows, k), k)
    near = [reference.neighbors(each.vectors, min(k, 39), "cosine")[0] for each in contenders]
    expected = {
        row: np.mean(
            [len({*a[row]} & {*b[row]}) / len({*a[row]} | {*b[row]}) for a, b in combinations(near, 2)]
        )
        for row in rows.tolist()
    }
    assert found.rows.tolist() == sorted(expected, key=lambda row: (expected[row], row))
    np.testing.assert_allclose(found.values, sorted(expected.values()))


def test_two_contenders_side_by_side(contenders):
    lists = neighbor_lists(contenders, np.array([7]), 5).nearest(5)
    found = side_by_side(7, lists[0, 0], lists[2, 0])
    first, second = (reference.neighbors(contenders[which].vectors, 5, "cosine")[0][7] for which in (0, 2))
    assert found.first.tolist() == first.tolist()
    assert found.second.tolist() == second.tolist()
    places = [second.tolist().index(row) if row in second else -1 for row in first]
    assert found.place.tolist() == places
    assert max(places) >= 0
    assert min(places) == -1


def test_without_neighbours_the_lists_are_empty():
    found = side_by_side(0, np.empty(0, np.int64), np.empty(0, np.int64))
    assert found.place.shape == (0,)


def test_one_contender_or_no_neighbour_cannot_be_compared(contenders):
    lists = neighbor_lists(contenders, np.arange(3), 2)
    with pytest.raises(QueryError, match="0 neighbours in 3 contenders"):
        rows_by_agreement(lists, 0)
    with pytest.raises(QueryError, match="in 1 contenders"):
        rows_by_agreement(neighbor_lists(contenders[:1], np.arange(3), 2), 2)


def test_words_of_the_rows_with_the_lowest_agreement():
    texts = [
        f"the battery exploded in house {row}" if row % 5 == 0 else f"the invoice of month {row}"
        for row in range(60)
    ]
    values = np.array([0.1 if row % 5 == 0 else 0.9 for row in range(60)])
    order = np.argsort(values, kind="stable")
    agreement = RowAgreement(order, values[order], 10)
    words = telling_words(explorer.open_corpus(texts), agreement)
    assert {"battery", "exploded"} <= set(words)
    assert "invoice" not in words
    assert "the" not in words


def test_words_of_the_rows_with_the_lowest_agreement_are_no_function_words():
    texts = [f"they aren't there, battery {row}" if row < 12 else f"the invoice {row}" for row in range(60)]
    values = np.where(np.arange(60) < 12, 0.1, 0.9)
    words = telling_words(explorer.open_corpus(texts), RowAgreement(np.arange(60), values, 10))
    assert words == ("battery",)


def test_rows_that_all_agree_equally_have_no_telling_words():
    corpus = explorer.open_corpus(["one text", "another text"])
    assert telling_words(corpus, RowAgreement(np.arange(2), np.ones(2), 10)) == ()
    assert telling_words(corpus, RowAgreement(np.arange(0), np.ones(0), 10)) == ()


def test_the_lowest_fifth_of_rows_includes_those_tied_with_it():
    rows = np.array([7, 3, 5, 1, 9])
    assert lowest_rows(RowAgreement(rows, np.array([0.1, 0.2, 0.3, 0.4, 0.5]), 10)).tolist() == [7]
    assert lowest_rows(RowAgreement(rows, np.array([0.1, 0.1, 0.1, 0.4, 0.5]), 10)).tolist() == [7, 3, 5]
    assert lowest_rows(RowAgreement(rows, np.full(5, 0.3), 10)).tolist() == []


def test_queries_are_ordered_by_the_mean_overlap_of_all_pairs():
    rng = np.random.default_rng(0)
    rankings = np.array([[rng.permutation(14)[:6] for _ in range(20)] for _ in range(3)])
    rankings[:, 3] = rankings[0, 3]
    unsearchable = np.full((1, 20, 6), -1)
    found = queries_by_agreement(np.concatenate([rankings[:1], unsearchable, rankings[1:]]))
    expected = [
        np.mean([len({*a} & {*b}) / 6 for a, b in combinations(rankings[:, at].tolist(), 2)])
        for at in range(20)
    ]
    assert found.queries.tolist() == sorted(range(20), key=lambda at: (round(expected[at], 12), at))
    np.testing.assert_allclose(found.values, sorted(expected))
    assert found.first_hits.tolist() == [len({*rankings[:, at, 0]}) for at in found.queries.tolist()]
    assert (found.k, found.values[-1], found.queries[-1]) == (6, 1, 3)


def test_a_contender_without_hits_for_some_of_the_queries_is_left_out():
    rankings = np.arange(24).reshape(3, 2, 4)
    rankings[1] = rankings[0]
    rankings[2, 1] = -1  # it failed after the first query
    assert queries_by_agreement(rankings).values.tolist() == [1, 1]


def test_queries_need_two_contenders_that_can_be_searched():
    rankings = np.stack([np.arange(8).reshape(2, 4), np.full((2, 4), -1)])
    with pytest.raises(QueryError, match="Fewer than two contenders can be searched"):
        queries_by_agreement(rankings)
