import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import explorer
from explorer.comparison.contenders.csls import CslsContender
from explorer.comparison.measures.two_view import (
    expected_reciprocal_ranks,
    two_view_measures,
)
from explorer.comparison.measures.views import Views
from explorer.errors import QueryError
from tests.comparison.made_contenders import contender_of, encoded
from tests.tensor import reference


def views(left, right, groups=None):
    count = len(left)
    hidden = [frozenset(a.split()) & frozenset(b.split()) for a, b in zip(left, right, strict=True)]
    groups = np.arange(count) if groups is None else np.asarray(groups)
    return Views(np.arange(count) + 3, groups, tuple(left), tuple(right), tuple(hidden), 0)


def contender(**options):
    return contender_of(np.eye(4), **options)


def two_view_retrieval(contenders, given_views, **options):
    return two_view_measures(contenders, given_views, **options)[0]


def view_overlap(contenders, given_views, k=10, **options):
    return two_view_measures(contenders, given_views, k, **options)[1]


def random_views(seed, count=12):
    rng = np.random.default_rng(seed)
    words = [f"word{number}" for number in range(15)]

    def side():
        return [" ".join(rng.choice(words, rng.integers(2, 5))) for _ in range(count)]

    return views(side(), side(), rng.integers(0, count, count))


@given(
    seed=st.integers(0, 2**32),
    count=st.integers(1, 6),
    levels=st.integers(1, 4),
)
def test_reciprocal_ranks_are_the_mean_over_all_orders_of_ties(seed, count, levels):
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, levels, (count, count)).astype(np.float32)
    allowed = rng.random((count, count)) < 0.7
    np.fill_diagonal(allowed, False)
    found = expected_reciprocal_ranks(scores, allowed)
    for query in range(count):
        documents = [query, *np.flatnonzero(allowed[query])]
        orders = [
            order
            for order in itertools.permutations(documents)
            if all(scores[query, a] >= scores[query, b] for a, b in itertools.pairwise(order))
        ]
        expected = np.mean([1 / (1 + order.index(query)) for order in orders])
        assert found[query] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("masked", [False, True])
def test_each_first_view_is_searched_among_all_second_views_but_those_of_its_group(masked):
    given_views = random_views(3)
    shown = given_views.masked() if masked else given_views
    found = two_view_retrieval([contender()], given_views, masked=masked)
    scores = reference.scores(encoded(shown.left), encoded(shown.right), "cosine").astype(np.float32)
    for place, value in enumerate(found.values[0]):
        rivals = [
            other
            for other in range(len(given_views))
            if other == place or given_views.groups[other] != given_views.groups[place]
        ]
        higher = sum(scores[place, other] > scores[place, place] for other in rivals)
        tied = sum(scores[place, other] == scores[place, place] for other in rivals)
        assert value == pytest.approx(np.mean([1 / (higher + rank) for rank in range(1, tied + 1)]))
    assert found.units.tolist() == given_views.rows.tolist()
    assert found.groups.tolist() == given_views.groups.tolist()


def test_equal_words_find_everything_until_they_are_masked():
    left = [f"a{number} b{number} c{number} first{number}" for number in range(40)]
    right = [f"a{number} b{number} c{number} second{number}" for number in range(40)]
    given_views = views(left, right)
    plain = two_view_retrieval([contender()], given_views, masked=False).values[0]
    masked = two_view_retrieval([contender()], given_views).values[0]
    assert plain.mean() == 1
    # By chance the mean of 1 / rank among 40 is their harmonic number / 40.
    chance = np.sum(1 / np.arange(1, 41)) / 40
    spread = np.sqrt((np.mean(1 / np.arange(1, 41) ** 2) - chance**2) / 40)
    assert abs(masked.mean() - chance) < 4 * spread


@pytest.mark.parametrize("k", [1, 3, 50])
def test_overlap_is_the_published_formula(k):
    given_views = random_views(5)
    unique = ([f"{text} {side}{row}" for row, text in enumerate(texts)] for side, texts in
              (("left", given_views.left), ("right", given_views.right)))  # fmt: skip
    given_views = views(*unique, given_views.groups)  # no ties
    found = view_overlap([contender()], given_views, k, masked=False).values[0]
    near = []
    for side in (given_views.left, given_views.right):
        scores = reference.scores(encoded(side), encoded(side), "cosine").astype(np.float32)
        others = [np.flatnonzero(given_views.groups != group) for group in given_views.groups]
        near.append([rows[np.argsort(-scores[place, rows])][:k] for place, rows in enumerate(others)])
    expected = [len({*a} & {*b}) / len(a) for a, b in zip(*near, strict=True)]
    np.testing.assert_allclose(found, expected)


def test_equal_views_overlap_completely_and_unrelated_ones_by_chance():
    rng = np.random.default_rng(0)
    texts = [f"one{row} two{row % 50}" for row in rng.permutation(200)]
    others = [f"other{row} more{row}" for row in rng.permutation(200)]
    assert view_overlap([contender()], views(texts, texts), 1, masked=False).values.mean() > 0.9
    apart = view_overlap([contender()], views(texts, others), 10).values[0]
    error = apart.std(ddof=1) / np.sqrt(200)
    assert abs(apart.mean() - 10 / 199) < 4 * error


def test_rows_that_share_no_word_with_any_other_overlap_by_chance_and_not_in_row_order():
    class Nothing:
        space = None

        def score_texts(self, queries, documents, *, on_progress=None):
            return np.zeros((len(queries), len(documents)), np.float32)

    found = view_overlap([Nothing()], random_views(1, 200), 10).values[0]
    assert abs(found.mean() - 10 / 199) < 0.03


def test_a_contender_without_an_encoder_has_no_value_and_the_others_keep_theirs():
    both = [contender(encodes=False), contender()]
    for found in (two_view_retrieval(both, random_views(2)), view_overlap(both, random_views(2))):
        assert np.isnan(found.values[0]).all()
        assert np.isfinite(found.values[1]).all()


def test_tfidf_has_no_value_as_it_knows_the_halves_of_each_row_by_heart():
    rng = np.random.default_rng(0)
    texts = [" ".join(f"word{number}" for number in rng.choice(400, 14)) for _ in range(60)]
    space = explorer.embed(texts, "tfidf")
    halves = [text.split() for text in texts]
    given_views = views(*([" ".join(half[part]) for half in halves] for part in (slice(7), slice(7, None))))

    class Words:
        def __init__(self, space):
            self.space = space

        def score_texts(self, queries, documents, *, on_progress=None):
            encoded_texts = (space.encoder.encode_queries(list(side)) for side in (queries, documents))
            return np.matmul(*(side if place == 0 else side.T for place, side in enumerate(encoded_texts)))

    found = two_view_retrieval([Words(space), Words(None)], given_views)
    assert np.isnan(found.values[0]).all()
    # These are random words, so nothing but memory can find the other half.
    assert found.values[1].mean() > 0.5


def test_csls_on_tfidf_has_no_value_either():
    texts = ["some words and others", "other words and more", "nothing of the kind at all"]
    side = CslsContender(explorer.embed(texts, "tfidf"), "csls")
    assert np.isnan(two_view_retrieval([side], random_views(0)).values).all()


def test_no_views_and_one_view():
    nothing = views([], [])
    assert two_view_retrieval([contender()], nothing).values.shape == (1, 0)
    assert view_overlap([contender()], nothing).values.shape == (1, 0)
    one = views(["some words"], ["other words"])
    assert two_view_retrieval([contender()], one).values.tolist() == [[1]]
    assert view_overlap([contender()], one).values.tolist() == [[1]]


def test_a_neighbour_is_the_least_that_can_be_asked_for():
    with pytest.raises(QueryError, match="0 neighbours"):
        view_overlap([contender()], random_views(0), 0)
