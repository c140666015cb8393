import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import softmax as reference

from explorer.classification.predictions import NONE_OF_THESE, Predictions, softmax, vote
from explorer.errors import QueryError

probabilities = arrays(
    np.float32,
    st.tuples(st.integers(1, 6), st.integers(2, 5)),
    elements=st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]),
)


def made(values, names=None, several=False, source="made"):
    values = np.asarray(values, dtype=np.float32)
    return Predictions(tuple(names or "abcdefgh"[: values.shape[1]]), values, several, source)


@given(probabilities, st.sampled_from([0.0, 0.25, 0.6, 1.0]))
def test_what_follows_from_probabilities_is_as_row_by_row(values, threshold):
    found = made(values)
    for row, line in enumerate(values.tolist()):
        best = line.index(max(line))
        assert found.likeliest[row] == best
        assert found.confidence[row] == line[best]
        assert found.margins[row] == sorted(line)[-1] - sorted(line)[-2]
        assert found.assigned(threshold)[row] == (best if line[best] >= threshold else NONE_OF_THESE)
        assert found.applying(threshold)[row].tolist() == [value >= threshold for value in line]


def test_a_vote_is_the_weighted_mean():
    first, second = made([[0.9, 0.1], [0.2, 0.8]], source="one"), made([[0.5, 0.5], [1, 0]], source="two")
    np.testing.assert_allclose(vote([first, second]).probabilities, [[0.7, 0.3], [0.6, 0.4]], atol=1e-6)
    weighted = vote([first, second], [3, 1])
    np.testing.assert_allclose(weighted.probabilities, [[0.8, 0.2], [0.4, 0.6]], atol=1e-6)
    assert weighted.source == "one (75 %) and two (25 %)"
    assert vote([first, second], [0, 2]).source == "two (100 %)"


@pytest.mark.parametrize(
    ("of", "weights", "said"),
    [
        ([], None, "no predictions"),
        ([made([[1, 0]]), made([[1, 0]], "xy")], None, "other rows or categories"),
        ([made([[1, 0]]), made([[1, 0], [0, 1]])], None, "other rows or categories"),
        ([made([[1, 0]]), made([[1, 0]], several=True)], None, "other rows or categories"),
        ([made([[1, 0]])], [1, 2], "There are 1 predictions and the weights"),
        ([made([[1, 0]]), made([[1, 0]])], [0, 0], "the weights"),
        ([made([[1, 0]]), made([[1, 0]])], [-1, 2], "the weights"),
        ([made([[1, 0]]), made([[1, 0]])], [np.nan, 2], "the weights"),
    ],
)
def test_predictions_that_cannot_be_combined_are_named(of, weights, said):
    with pytest.raises(QueryError) as raised:
        vote(of, weights)
    assert said in raised.value.what


@given(arrays(np.float32, (3, 4), elements=st.floats(-1e4, 1e4, width=32)))
def test_softmax_is_scipys(scores):
    np.testing.assert_allclose(softmax(scores), reference(scores, axis=1), atol=1e-6)
