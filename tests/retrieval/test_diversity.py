import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics.pairwise import cosine_similarity

from explorer.errors import QueryError
from explorer.retrieval.diversity import maximal_marginal_relevance, scaled_onto


def reference(relevance, vectors, k, weight):
    """The formula of Carbonell and Goldstein, word by word."""
    similar = cosine_similarity(vectors)
    chosen, left = [], list(range(len(relevance)))
    while left and len(chosen) < k:

        def marginal(one):
            if not chosen:
                return relevance[one]
            return weight * relevance[one] - (1 - weight) * max(similar[one][other] for other in chosen)

        best = max(left, key=marginal)
        chosen.append(best)
        left.remove(best)
    return chosen


@given(
    st.integers(1, 12).flatmap(
        lambda rows: st.tuples(
            arrays(np.float32, rows, elements=st.floats(0, 1, width=16)),
            arrays(np.float32, (rows, 3), elements=st.integers(-4, 4)),
        )
    ),
    st.integers(1, 15),
    st.sampled_from([0.0, 0.3, 0.7, 1.0]),
)
def test_it_is_the_formula(drawn, k, weight):
    relevance, vectors = drawn
    found = maximal_marginal_relevance(relevance, vectors, k, weight)
    expected = reference(relevance.astype(float), vectors, k, weight)
    assert len(found) == len(expected)
    assert len(set(found.tolist())) == len(found)
    similar = cosine_similarity(vectors)
    for at, place in enumerate(found.tolist()):  # rounding may decide between equal ones

        def worth(one, before=found[:at]):
            return (
                relevance[one]
                if not len(before)
                else (weight * relevance[one] - (1 - weight) * similar[one][before].max())
            )

        others = [one for one in range(len(relevance)) if one not in found[:at]]
        assert worth(place) == pytest.approx(max(map(worth, others)), abs=1e-5)


def test_only_relevance_keeps_the_order_and_variety_puts_a_repeat_last():
    relevance = np.array([0.9, 0.8, 0.5])
    vectors = np.array([[1, 0], [1, 0], [0, 1]], dtype=np.float32)
    assert maximal_marginal_relevance(relevance, vectors, 3, 1.0).tolist() == [0, 1, 2]
    assert maximal_marginal_relevance(relevance, vectors, 3, 0.5).tolist() == [0, 2, 1]


@pytest.mark.parametrize(("k", "weight"), [(0, 0.5), (1, -0.1), (1, 1.1), (1, float("nan"))])
def test_what_cannot_be_asked_for_is_named(k, weight):
    with pytest.raises(QueryError):
        maximal_marginal_relevance(np.ones(2), np.ones((2, 2), dtype=np.float32), k, weight)


def test_scores_are_moved_and_stretched_onto_others_whatever_their_scale():
    scores, cosines = np.array([8.0, 2.0, -4.0]), np.array([0.9, 0.8, 0.3])
    np.testing.assert_allclose(scaled_onto(scores, cosines), [0.9, 0.6, 0.3])
    np.testing.assert_allclose(scaled_onto(1000 * scores - 7, cosines), [0.9, 0.6, 0.3])
    np.testing.assert_allclose(scaled_onto(cosines, cosines), cosines)
    assert scaled_onto(np.ones(3), cosines).tolist() == [0.9, 0.9, 0.9]
    assert scaled_onto(np.empty(0), np.empty(0)).shape == (0,)
