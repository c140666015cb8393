import numpy as np
import pytest
from scipy.special import softmax
from sentence_transformers import SentenceTransformer

import explorer
from explorer.classification.by_similarity import classify_by_similarity, predictions_near
from explorer.encode.models import find_model
from explorer.errors import QueryError

CATEGORIES = ["billing: invoices and refunds", "login", "delivery: parcels on their way"]
TEXTS = ["I cannot sign in", "where is my parcel", "a refund for a wrong invoice", "", "I cannot sign in"]


def test_it_is_the_softmax_of_the_library_s_scaled_cosines():
    space = explorer.embed(TEXTS[:3], precision="float32")
    found = classify_by_similarity(space, CATEGORIES)
    model = SentenceTransformer(str(find_model(space.spec.model).folder), device="cpu")
    cosines = model.encode(TEXTS[:3]) @ model.encode(CATEGORIES).T
    np.testing.assert_allclose(found.probabilities, softmax(20 * cosines, axis=1), atol=1e-4)
    assert found.categories == ("billing", "login", "delivery")
    assert [found.categories[place] for place in found.likeliest] == ["login", "delivery", "billing"]


def test_repeats_and_zero_vectors_have_probabilities_too():
    table = {"text": ["a", "b", "a"], "vector": [[1.0, 0.0], [0.0, 0.0], [1.0, 0.0]]}
    corpus = explorer.open_corpus(table, text="text", vectors="vector")
    space = explorer.embed(corpus, "")
    found = predictions_near(space, np.array([[2.0, 0.0], [0.0, 0.0]], dtype=np.float32), ("x", "y"), "made")
    np.testing.assert_allclose(found.probabilities[1], [0.5, 0.5])
    np.testing.assert_array_equal(found.probabilities[0], found.probabilities[2])
    with pytest.raises(QueryError, match="which model made them was not stated"):
        classify_by_similarity(space, ["x", "y"])
