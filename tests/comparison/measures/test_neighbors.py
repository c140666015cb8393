import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from explorer.comparison.measures.neighbors import kept_neighbors, neighbor_lists
from tests.comparison.made_contenders import contender_of
from tests.tensor import reference


@given(seed=st.integers(0, 2**32), count=st.integers(1, 30), k=st.integers(1, 12))
def test_they_are_the_best_of_the_rows_that_are_kept(seed, count, k):
    rng = np.random.default_rng(seed)
    vectors = rng.integers(-2, 3, (count, 3))
    contender = contender_of(vectors)
    rows = np.sort(rng.choice(count, rng.integers(1, count + 1), replace=False))
    allowed = rng.random((count, count)) < 0.4

    def keep(places, near):
        return allowed[rows[places][:, None], near]

    found = kept_neighbors(contender, rows, k, keep)
    known = neighbor_lists([contender], rows, int(rng.integers(1, 8))).indices[0]
    np.testing.assert_array_equal(kept_neighbors(contender, rows, k, keep, known=known), found)
    table = reference.scores(vectors, vectors, "cosine")
    for line, row in zip(found, rows, strict=True):
        candidates = [other for other in range(count) if other != row and allowed[row, other]]
        best = sorted(candidates, key=lambda other: -table[row, other])[:k]
        assert line.tolist() == best + [-1] * (k - len(best))


def test_only_rows_with_too_few_are_asked_for_again():
    contender = contender_of(np.random.default_rng(0).normal(size=(200, 4)))
    rows = np.arange(10)
    kept_neighbors(contender, rows, 2, lambda places, near: (rows[places][:, None] != 4) | (near == 150))
    assert contender.asked[0] == (10, 3)
    assert {count for count, _ in contender.asked[1:]} == {1}
    assert contender.asked[-1][1] <= 199


def test_what_is_known_is_not_searched_again():
    contender = contender_of(np.random.default_rng(0).normal(size=(200, 4)))
    rows = np.arange(10)
    known = neighbor_lists([contender], rows, 5).indices[0]
    asked = len(contender.asked)
    kept_neighbors(contender, rows, 2, lambda _places, near: near >= 0, known=known)
    assert len(contender.asked) == asked


def test_lists_of_several_contenders():
    rng = np.random.default_rng(1)
    contenders = [contender_of(rng.normal(size=(20, 3))) for _ in range(3)]
    rows = np.array([2, 5, 9])
    lists = neighbor_lists(contenders, rows, 6)
    assert lists.indices.shape == (3, 3, 6)
    assert lists.total == 20
    for place, contender in enumerate(contenders):
        expected, _ = reference.neighbors(contender.vectors, 6, "cosine")
        np.testing.assert_array_equal(lists.indices[place], expected[rows])
    np.testing.assert_array_equal(lists.nearest(2), lists.indices[:, :, :2])
    np.testing.assert_array_equal(lists.of(np.array([9, 2])), lists.indices[:, [2, 0]])
    assert neighbor_lists(contenders, rows, 50).indices.shape == (3, 3, 19)
