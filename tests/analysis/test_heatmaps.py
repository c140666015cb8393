import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.cluster.hierarchy import leaves_list, linkage, optimal_leaf_ordering

import explorer
from explorer.analysis import heatmaps
from explorer.analysis.heatmaps import (
    ORDERS,
    Distributions,
    Heatmap,
    distributions,
    group_similarity,
    heatmap,
    order_rows,
)
from explorer.analysis.space import Space, make_index
from explorer.errors import JobCancelledError, QueryError
from tests.tensor import reference
from tests.tensor.matrices import make, matrices

kinds = st.sampled_from(["normal", "repeated", "one_row", "whole", "zeros", "multiples"])


def index_of(vectors):
    return make_index(np.asarray(vectors, np.float32))


def space(vectors, labels=None):
    """A space of any vectors."""
    import pandas as pd

    rows = pd.DataFrame({"text": [f"row {row}" for row in range(len(vectors))]})
    if labels is not None:
        rows["label"] = labels
    corpus = explorer.open_corpus(rows, text="text", label=None if labels is None else "label")
    return Space(corpus, index_of(vectors))


def length(distances, order):
    """Sum of the distances from each row to the next."""
    return distances[order[:-1], order[1:]].sum()


def distances(vectors):
    table = 1 - reference.scores(vectors, vectors, "cosine").astype(np.float32).astype(np.float64)
    np.fill_diagonal(table, 0)
    return table.clip(min=0)


def branches(tree, count, flips=None):
    """The leaves below every node, the branches swapped where `flips` says so."""
    nodes = [[leaf] for leaf in range(count)]
    for (one, two), flip in zip(tree[:, :2].astype(int), flips or [False] * count, strict=False):
        nodes.append(nodes[two] + nodes[one] if flip else nodes[one] + nodes[two])
    return nodes


@settings(max_examples=40)
@given(kind=kinds, seed=st.integers(0, 2**32), count=st.integers(3, 8))
def test_no_turn_of_the_branches_is_shorter(kind, seed, count):
    vectors = make(kind, seed, count, 4)
    table = distances(vectors)
    order = order_rows(space(vectors), np.arange(count), "similarity")
    tree = linkage(table[np.triu_indices(count, 1)], "average")
    every = [
        length(table, np.array(branches(tree, count, flips)[-1]))
        for flips in itertools.product([False, True], repeat=count - 1)
    ]
    assert length(table, order) == pytest.approx(min(every), abs=1e-9)


@pytest.mark.parametrize("kind", ["normal", "repeated", "lengths", "negative", "zeros", "one_row"])
def test_an_order_by_similarity_keeps_every_branch_together(kind):
    vectors = make(kind, 1, 150, 8)
    table = distances(vectors)
    order = order_rows(space(vectors), np.arange(150), "similarity")
    above = table[np.triu_indices(150, 1)]
    tree = linkage(above, "average")
    place = np.argsort(order)
    assert all(np.ptp(place[leaves]) == len(leaves) - 1 for leaves in branches(tree, 150))
    scipys = leaves_list(optimal_leaf_ordering(tree, above))
    assert length(table, order) <= length(table, scipys) + 1e-9


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("rows", [[], [1], [2, 0], [0, 0, 1], [1, 2, 0]])
@pytest.mark.parametrize("kind", ["normal", "one_row", "zeros"])
def test_every_order_gives_the_same_rows(kind, rows, order):
    given = order_rows(space(make(kind, 0, 3, 4), ["b", None, "a"]), rows, order)
    assert given.dtype == np.int64
    assert sorted(given.tolist()) == sorted(rows)
    if order == "as given":
        assert given.tolist() == rows


def test_labels_order_rows_and_none_comes_last():
    some = space(np.eye(6), ["b", None, "a", "b", "", "a"])
    assert order_rows(some, [4, 5, 3, 2, 1, 0], "label").tolist() == [5, 2, 3, 0, 4, 1]


def test_what_cannot_be_ordered():
    some = space(np.eye(3))
    with pytest.raises(QueryError, match="no labels"):
        order_rows(some, [0, 1], "label")
    with pytest.raises(QueryError, match="no order 'size'"):
        order_rows(some, [0, 1], "size")
    with pytest.raises(QueryError, match="does not exist"):
        order_rows(some, [0, 3], "as given")
    with pytest.raises(QueryError, match="does not exist"):
        order_rows(some, [-1], "as given")
    with pytest.raises(QueryError, match="whole numbers"):
        order_rows(some, [0.5], "as given")


def test_2000_rows_are_the_most(monkeypatch):
    assert heatmaps.MAX_SIDE == 2_000
    monkeypatch.setattr(heatmaps, "MAX_SIDE", 4)
    some = space(make("normal", 0, 5, 3))
    assert heatmap(some, range(4), order="similarity").scores.shape == (4, 4)
    with pytest.raises(QueryError, match="5 rows are too many"):
        order_rows(some, range(5), "similarity")
    for rows, columns in ((range(5), None), (range(2), range(5))):
        with pytest.raises(QueryError, match="5 rows are too many"):
            heatmap(some, rows, columns)
    with pytest.raises(QueryError, match="5 groups are too many"):
        group_similarity(some.index, range(5))


@pytest.mark.parametrize("order", ORDERS)
def test_a_heatmap_scores_its_rows_and_columns(order):
    vectors = make("lengths", 2, 12, 6)
    some = space(vectors, list("abcabcabcabc"))
    table = reference.rounded(reference.scores(vectors, vectors, "cosine"))
    one = heatmap(some, [7, 2, 9, 4], order=order)
    two = heatmap(some, [7, 2, 9, 4], [0, 1, 2], order=order)
    np.testing.assert_array_equal(one.rows, one.columns)
    np.testing.assert_array_equal(two.rows, one.rows)
    np.testing.assert_array_equal(two.columns, order_rows(some, [0, 1, 2], order))
    for found in (one, two):
        assert found.scores.dtype == np.float32
        np.testing.assert_allclose(found.scores, table[np.ix_(found.rows, found.columns)], atol=1e-7)


def test_a_heatmap_of_no_rows():
    assert heatmap(space(np.eye(3)), [], order="similarity").scores.shape == (0, 0)
    assert heatmap(space(np.eye(3)), [], [1]).scores.shape == (0, 1)


@pytest.mark.slow
@settings(max_examples=60)
@given(vectors=matrices(40), data=st.data(), block=st.sampled_from([1, 50, 1 << 18]))
def test_means_of_groups_are_those_of_all_pairs(vectors, data, block):
    groups = np.array(data.draw(st.lists(st.integers(-1, 4), min_size=len(vectors), max_size=len(vectors))))
    cut = heatmaps.blocks
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(heatmaps, "blocks", lambda rows, width: cut(rows, width, block))
        found = group_similarity(index_of(vectors), groups)
    table = reference.scores(vectors, vectors, "cosine")
    assert found.groups.tolist() == sorted(set(groups.tolist()))
    assert found.sizes.tolist() == [int((groups == group).sum()) for group in found.groups]
    assert found.scores.dtype == np.float32
    for (i, a), (j, b) in itertools.product(enumerate(found.groups), repeat=2):
        chosen = np.outer(groups == a, groups == b) & ~np.eye(len(groups), dtype=bool)
        wanted = table[chosen].mean() if chosen.any() else np.nan
        np.testing.assert_allclose(found.scores[i, j], wanted, atol=1e-6)


def test_groups_of_some_rows_by_name():
    vectors = make("normal", 0, 9, 4)
    some, names = space(vectors), ["x", "y", "x"]
    found = group_similarity(some.index.subset([8, 1, 3]), names)
    assert found.groups.tolist() == ["x", "y"]
    assert found.sizes.tolist() == [2, 1]
    table = reference.scores(vectors, vectors, "cosine")
    cross = (table[8, 1] + table[3, 1]) / 2
    np.testing.assert_allclose(found.scores, [[table[8, 3], cross], [cross, np.nan]], atol=1e-6)
    with pytest.raises(QueryError, match="groups for 3 rows, but 9 rows"):
        group_similarity(some.index, names)


@settings(max_examples=30)
@given(vectors=matrices(40), k=st.integers(1, 5))
def test_nearest_scores_are_those_of_the_reference(vectors, k):
    found = distributions(index_of(vectors), k)
    _, wanted = reference.neighbors(vectors, min(k, len(vectors) - 1), "cosine")
    np.testing.assert_array_equal(found.nearest, wanted)
    left, right = np.triu_indices(len(vectors), 1)
    table = reference.rounded(reference.scores(vectors, vectors, "cosine"))
    np.testing.assert_array_equal(found.random, np.sort(table[left, right]))


def test_a_sample_says_its_rows_and_is_seeded():
    vectors = make("repeated", 0, 300, 6)
    some = space(vectors)
    one, two, other = (distributions(some.index, 2, sample=50, pairs=100, seed=seed) for seed in (1, 1, 2))
    assert len(set(one.rows.tolist())) == 50
    assert one.nearest.shape == (50, 2)
    assert one.random.shape == (100,)
    for name in ("rows", "nearest", "random"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert set(one.rows.tolist()) != set(other.rows.tolist())
    np.testing.assert_array_equal(one.nearest, reference.neighbors(vectors, 2, "cosine")[1][one.rows])


def test_one_row_has_no_distribution():
    found = distributions(index_of([[1.0, 2.0]]), 3)
    assert found.random.shape == (0,)
    assert found.nearest.shape == (1, 0)


@pytest.mark.parametrize("changed", [{"k": 0}, {"sample": 0}, {"pairs": 0}])
def test_nothing_asked_for(changed):
    with pytest.raises(QueryError, match=r"0 \w+ were asked for"):
        distributions(index_of(np.eye(3)), **changed)


def test_looking_up_neighbours_can_be_cancelled():
    def cancel(progress):
        raise JobCancelledError("stop")

    with pytest.raises(JobCancelledError):
        distributions(index_of(np.eye(3)), on_progress=cancel)


def test_what_scores_are_chance_and_how_many_rows_have_a_close_one():
    found = Distributions(
        np.linspace(0, 1, 101, dtype=np.float32),
        np.array([0, 4, 7]),
        np.array([[0.9, 0.1], [0.8999, 0.5], [1.0, 1.0]], np.float32),
    )
    assert found.chance == pytest.approx(0.99)
    assert [found.close_rows(score) for score in (0.5, 0.9, 1.0)] == [3, 2, 1]
    assert np.isnan(Distributions(np.array([], np.float32), found.rows, found.nearest).chance)


@settings(max_examples=30)
@given(kind=kinds, seed=st.integers(0, 2**32), rows=st.integers(1, 40))
def test_the_most_confused_groups_are_those_with_the_smallest_gap(kind, seed, rows):
    vectors = make(kind, seed, rows, 3)
    groups = np.random.default_rng(seed).integers(0, 6, rows)
    means = group_similarity(index_of(vectors), groups)
    scores = reference.scores(vectors, vectors, "cosine")

    def mean(one, other):
        pairs = [scores[a, b] for a in range(rows) for b in range(rows)
                 if groups[a] == one and groups[b] == other and a != b]  # fmt: skip
        return float(np.mean(pairs)) if pairs else np.nan

    names = np.unique(groups)
    gaps = {}
    for place, one in enumerate(names):
        for further, other in enumerate(names[place + 1 :], start=place + 1):
            within = [mean(one, one), mean(other, other)]
            if not np.isnan(within).any():
                gaps[place, further] = np.mean(within) - mean(one, other)
    confused = means.confused(1_000)
    pairs = list(zip(confused.first.tolist(), confused.second.tolist(), strict=True))
    assert sorted(pairs) == sorted(gaps)
    np.testing.assert_allclose(confused.gap, [gaps[pair] for pair in pairs], atol=1e-6)
    assert (np.diff(confused.gap) >= 0).all()
    for pair, between, within in zip(pairs, confused.between, confused.within, strict=True):
        one, other = names[list(pair)]
        np.testing.assert_allclose(between, mean(one, other), atol=1e-6)
        np.testing.assert_allclose(within, [mean(one, one), mean(other, other)], atol=1e-6)
    assert len(means.confused(2)) == min(2, len(gaps))


def test_like_groups_are_side_by_side():
    angles = np.array([0, 1.5, 0.1, 1.6, 0.2, 3.0])
    vectors = np.repeat(np.c_[np.cos(angles), np.sin(angles)], 2, axis=0)
    given_order = group_similarity(index_of(vectors), np.repeat(list("abcdef"), 2))
    ordered = given_order.ordered()
    assert "".join(ordered.groups) in ("acebdf", "fdbeca")
    place = [given_order.groups.tolist().index(name) for name in ordered.groups]
    np.testing.assert_array_equal(ordered.scores, given_order.scores[np.ix_(place, place)])
    np.testing.assert_array_equal(ordered.sizes, given_order.sizes[place])
    alone = group_similarity(index_of(vectors[:2]), ["x", "x"])
    assert alone.ordered().groups.tolist() == ["x"]
    assert len(alone.confused(5)) == 0


sides = st.lists(st.integers(0, 9), unique=True, min_size=1, max_size=8)


@given(sides, sides, st.randoms(use_true_random=False))
def test_each_pair_is_listed_once_closest_first(rows, columns, random):
    scores = {pair: random.choice([0.1, 0.5, 0.9]) for pair in np.ndindex(10, 10)}
    similar = np.array([[scores[min(a, b), max(a, b)] for b in columns] for a in rows], dtype=np.float32)
    places = Heatmap(np.array(rows), np.array(columns), similar).closest_pairs(60)
    listed = [frozenset((rows[at // len(columns)], columns[at % len(columns)])) for at in places]
    assert sorted(map(sorted, listed)) == sorted(
        map(sorted, {frozenset((a, b)) for a in rows for b in columns if a != b})
    )
    found = similar.ravel()[places]
    assert (np.diff(found) <= 0).all()


def test_only_the_closest_of_many_are_listed():
    rows = np.arange(100)
    scores = np.random.default_rng(0).random((100, 100), dtype=np.float32)
    scores = (scores + scores.T) / 2
    places = Heatmap(rows, rows, scores).closest_pairs(200)
    np.testing.assert_allclose(
        scores.ravel()[places], np.sort(scores[np.triu_indices(100, 1)])[::-1][:200], atol=1e-6
    )
