import shutil

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import explorer
from explorer.analysis.duplicates import find_close_pairs, find_duplicates, usual_floor
from explorer.analysis.space import Space, make_index
from explorer.errors import JobCancelledError, QueryError
from tests.tensor import reference
from tests.tensor.matrices import make


def space(texts, vectors):
    """A space of any vectors; equal texts have to be given equal vectors, as an encoder does."""
    return Space(explorer.open_corpus(list(texts)), make_index(np.asarray(vectors, np.float32)))


def components(count, edges):
    """Connected rows, by spreading the lowest number until nothing changes."""
    lowest = list(range(count))
    changed = True
    while changed:
        changed = False
        for a, b in edges:
            low = min(lowest[a], lowest[b])
            changed |= lowest[a] != low or lowest[b] != low
            lowest[a] = lowest[b] = low
    return [[row for row in range(count) if lowest[row] == low] for low in sorted(set(lowest))]


@pytest.fixture
def tickets(prepared, tmp_path):
    """The sample with marked pairs."""
    shutil.copytree(prepared.vectors(), tmp_path / "cache")
    return explorer.embed("support-tickets")


@pytest.mark.slow
@settings(max_examples=60)
@given(
    kind=st.sampled_from(["normal", "repeated", "one_row", "whole", "zeros", "multiples"]),
    seed=st.integers(0, 2**32),
    source=st.lists(st.integers(0, 11), min_size=1, max_size=30),
    threshold=st.sampled_from([-1.0, 0.0, 0.3, 0.7, 0.95, 1.0]),
)
def test_they_are_those_of_a_search_through_all_pairs(kind, seed, source, threshold):
    vectors = make(kind, seed, 12, 3)
    texts = [f"text {number}" for number in source]
    found = find_duplicates(space(texts, vectors[source]), threshold)

    first = [texts.index(text) for text in texts]
    assert found.first.tolist() == first
    assert found.repeated == len(texts) - len(set(texts))
    scores = reference.scores(vectors[source], vectors[source], "cosine").astype(np.float32)
    rows = sorted(set(first))
    near = {(a, b) for a in rows for b in rows if a < b and scores[a, b] >= np.float32(threshold)}
    assert set(zip(found.pairs.left.tolist(), found.pairs.right.tolist(), strict=True)) == near
    assert len(found.pairs) == len(near)
    assert (np.diff(found.pairs.scores) <= 0).all()

    parts = [part for part in components(len(texts), [*enumerate(first), *near]) if len(part) > 1]
    assert sorted(group.rows.tolist() for group in found.groups) == parts
    order = [(-len(group), -group.score, group.kept) for group in found.groups]
    assert order == sorted(order)
    for group in found.groups:
        members = group.rows.tolist()
        assert group.kept == members[0]
        assert group.texts == len({texts[row] for row in members})
        inside = [float(scores[a, b]) for a, b in near if a in members]
        assert group.score == max([1.0] if group.texts < len(group) else inside)
    dropped = {row for part in parts for row in part[1:]}
    assert np.flatnonzero(~found.keep).tolist() == sorted(dropped)


def test_repeats_are_told_from_near_pairs():
    found = find_duplicates(
        space(["a", "b", "a", "c", "d", "d"], [[1, 0], [1, 0.01], [1, 0], [-1, 1], [0, -1], [0, -1]]), 0.99
    )
    assert [(group.rows.tolist(), group.texts) for group in found.groups] == [([0, 1, 2], 2), ([4, 5], 1)]
    assert [group.score for group in found.groups] == [1.0, 1.0]
    assert found.pairs.left.tolist() == [0]
    assert found.pairs.right.tolist() == [1]
    assert found.keep.tolist() == [True, False, False, True, True, False]


def test_different_texts_with_equal_vectors_are_found_at_one():
    vectors = make("normal", 3, 40, 7)
    rounding = np.diag(reference.scores(vectors, vectors, "cosine"))
    assert rounding.min() < 1  # so that a float64 score of equal vectors can be under 1
    found = find_duplicates(space([f"text {row}" for row in range(80)], np.repeat(vectors, 2, axis=0)), 1.0)
    assert [group.rows.tolist() for group in found.groups] == [[row, row + 1] for row in range(0, 80, 2)]


def test_a_chain_is_one_group():
    angles = np.arange(8) * 0.1
    found = find_duplicates(space("abcdefgh", np.c_[np.cos(angles), np.sin(angles)]), 0.99)
    assert [group.rows.tolist() for group in found.groups] == [list(range(8))]
    assert len(found.pairs) == 7


def test_one_row_has_no_duplicates():
    found = find_duplicates(space(["alone"], [[1.0, 2.0]]), 0.5)
    assert found.groups == ()
    assert found.keep.tolist() == [True]
    assert len(found.pairs) == 0


def test_thousands_of_repeats_are_one_group_and_no_pairs():
    found = find_duplicates(space(["again"] * 3_000, np.ones((3_000, 4))), 0.5, limit=1)
    assert len(found.pairs) == 0
    assert [len(group) for group in found.groups] == [3_000]
    assert found.keep.sum() == 1


def test_too_many_near_pairs():
    with pytest.raises(QueryError, match="More than 10 pairs"):
        find_duplicates(space("abcdef", np.ones((6, 2))), 0.5, limit=10)
    with pytest.raises(QueryError, match="not a number"):
        find_duplicates(space("ab", np.ones((2, 2))), float("nan"))


def test_with_too_many_near_pairs_the_closest_are_those_of_a_higher_threshold():
    items = space([f"text {row}" for row in range(40)], make("normal", 5, 40, 4))
    whole, close = find_close_pairs(items, 0.0), find_close_pairs(items, 0.0, limit=100, closest=True)
    assert (whole.cut, whole.floor, whole.reached(0.5)) == (False, 0.0, 0.5)
    assert close.cut
    threshold = close.reached(0.0)
    assert round(threshold, 2) == threshold
    assert 0 <= threshold - close.floor < 0.01
    assert close.reached(1.0) == 1.0
    for at in (threshold, 0.95):
        found, same = close.duplicates(at), whole.duplicates(at)
        assert found.pairs.scores.tolist() == same.pairs.scores.tolist()
        assert [group.rows.tolist() for group in found.groups] == [
            group.rows.tolist() for group in same.groups
        ]
    assert 80 < len(close.duplicates(threshold).pairs) <= 100
    assert len(whole.duplicates(threshold - 0.01).pairs) > 100
    with pytest.raises(QueryError, match="Not all pairs below"):
        close.duplicates(0.0)


@pytest.mark.parametrize(("noise", "shown"), [(0.003, None), (0.03, 0.9995), (0.3, 0.95)])
def test_the_closest_of_pairs_that_hardly_differ_are_not_all_left_out_by_rounding(noise, shown):
    vectors = np.ones((60, 8)) + noise * np.random.default_rng(0).normal(size=(60, 8))
    items = space([f"text {row}" for row in range(60)], vectors)
    close = find_close_pairs(items, 0.5, limit=500, closest=True)
    threshold = close.reached(0.5)
    assert threshold == (shown or close.floor) < 1
    assert 250 < len(close.duplicates(threshold).pairs) <= 500


@pytest.mark.parametrize("noise", [0, 1e-5])
def test_more_pairs_of_one_score_than_are_kept(noise):
    vectors = np.ones((60, 8)) + noise * np.random.default_rng(0).normal(size=(60, 8))
    with pytest.raises(QueryError, match="More than 500 pairs have the same score, 1: ") as caught:
        find_close_pairs(space([f"text {row}" for row in range(60)], vectors), 0.5, limit=500, closest=True)
    assert "another encoder" in caught.value.fix


def test_it_can_be_cancelled():
    def cancel(progress):
        assert (progress.done, progress.total, progress.unit) == (3, 3, "pairs")
        raise JobCancelledError("stop")

    with pytest.raises(JobCancelledError):
        find_duplicates(space("abca", np.ones((4, 2))), 0.5, on_progress=cancel)


@pytest.mark.slow
@pytest.mark.parametrize("threshold", [0.6, 0.8, 0.9])
def test_every_marked_pair_of_the_tickets_is_found(tickets, threshold):
    table = tickets.corpus.table
    row = {name: place for place, name in enumerate(table["id"].to_pylist())}
    marked = {
        tuple(sorted((place, row[other])))
        for place, other in enumerate(table["related_to"].to_pylist())
        if other
    }
    assert len(marked) > 20
    unit = tickets.vectors.astype(np.float64)
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    above = {(a, b) for a, b in marked if unit[a] @ unit[b] >= threshold}
    assert above
    found = find_duplicates(tickets, threshold)
    pairs = set(zip(found.pairs.left.tolist(), found.pairs.right.tolist(), strict=True))
    for a, b in above:
        first = tuple(sorted((found.first[a], found.first[b])))
        assert first[0] == first[1] or first in pairs
    assert len(pairs) == (np.triu(unit @ unit.T, 1) >= threshold)[np.ix_(*[np.unique(found.first)] * 2)].sum()


def test_one_search_from_a_low_score_serves_every_higher_threshold():
    vectors = make("normal", 5, 60, 3)
    items = space([f"text {row % 50}" for row in range(60)], vectors[np.arange(60) % 50])
    close = find_close_pairs(items, 0.2)
    assert close.texts == 50
    for threshold in (0.2, 0.7, float(close.pairs.scores[7]), 1.0):
        found, alone = close.duplicates(threshold), find_duplicates(items, threshold)
        assert close.above(threshold) == len(alone.pairs)
        assert found.pairs.left.tolist() == alone.pairs.left.tolist()
        assert found.pairs.scores.tolist() == alone.pairs.scores.tolist()
        assert [group.rows.tolist() for group in found.groups] == [g.rows.tolist() for g in alone.groups]
        assert found.keep.tolist() == alone.keep.tolist()
    with pytest.raises(QueryError, match="Not all pairs below"):
        close.duplicates(0.1)
    with pytest.raises(QueryError, match="Not all pairs below"):
        close.duplicates(float("nan"))


def test_the_row_that_is_preferred_is_kept():
    found = find_duplicates(
        space(["a", "b", "a", "c", "d", "d"], [[1, 0], [1, 0.01], [1, 0], [-1, 1], [0, -1], [0, -1]]), 0.99
    )
    assert all(group.keeps_first for group in found.groups)
    other = found.keeping([2, 5, 1, 3, 99, -1])  # 3 is in no group; of 2 and 1 the latest wins
    assert [group.kept for group in other.groups] == [1, 5]
    assert not any(group.keeps_first for group in other.groups)
    assert other.keep.tolist() == [False, True, False, True, False, True]
    assert found.keep.tolist() == [True, False, False, True, True, False]
    assert found.keeping([]).keep.tolist() == found.keep.tolist()


def test_the_usual_floor_is_a_score_that_about_so_many_pairs_reach():
    vectors = make("normal", 6, 300, 8)
    items = space([f"text {row}" for row in range(300)], vectors)
    scores = np.sort(reference.scores(vectors, vectors, "cosine")[np.triu_indices(300, 1)])[::-1]
    assert usual_floor(items, pairs=1_000) == pytest.approx(scores[999], abs=1e-6)
    assert len(find_close_pairs(items, usual_floor(items, pairs=1_000)).pairs) == 1_000
    drawn = usual_floor(items, pairs=1_000, sample=150)
    assert 700 <= len(find_close_pairs(items, drawn).pairs) <= 1_400
    assert usual_floor(items, pairs=50_000) == -1
    assert usual_floor(space(["a", "a", "b"], np.eye(3)[[0, 0, 1]]), pairs=1) == -1
    assert usual_floor(space(["a"], [[1.0]]), pairs=1) == -1
