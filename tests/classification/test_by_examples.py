import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.special import softmax
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

import explorer
from explorer.classification.by_examples import classify_by_examples
from explorer.errors import QueryError


@pytest.fixture(scope="module")
def space():
    return explorer.embed("support-tickets", precision="float32")


def examples_of(space, each, labels=("billing", "delivery", "app bugs")):
    found = {}
    for label in labels:
        found |= dict.fromkeys(
            [row for row, own in enumerate(space.corpus.labels) if own == label][:each], label
        )
    return found


@pytest.mark.parametrize("each", [1, 2, 4, 5, 20])
def test_regression_is_scikit_learns_calibrated_once_there_are_two_of_each(space, each):
    examples = examples_of(space, each)
    found = classify_by_examples(space, examples)
    model = LogisticRegression(class_weight="balanced", max_iter=1_000)
    if each > 1:
        folds = StratifiedKFold(min(5, each), shuffle=True, random_state=0)
        model = CalibratedClassifierCV(model, method="temperature", cv=folds, ensemble=False)
    model.fit(space.vectors[list(examples)], list(examples.values()))
    # Vectors of length 1 but for rounding, on which the search for the temperature ends a little elsewhere.
    np.testing.assert_allclose(found.probabilities, model.predict_proba(space.vectors), atol=1e-3)
    assert found.categories == tuple(model.classes_)
    assert np.flatnonzero(found.learned).tolist() == sorted(examples)


def test_the_nearest_centroid_is_that_of_the_largest_cosine(space):
    examples = examples_of(space, 8)
    found = classify_by_examples(space, examples, method="nearest centroid")
    vectors = space.vectors / np.linalg.norm(space.vectors, axis=1, keepdims=True)
    names = np.array(list(examples.values()))
    centroids = np.stack([vectors[list(examples)][names == name].mean(0) for name in found.categories])
    cosines = 1 - cdist(vectors, centroids, "cosine")
    assert found.likeliest.tolist() == cosines.argmax(axis=1).tolist()
    np.testing.assert_allclose(found.probabilities, softmax(20 * cosines, axis=1), atol=1e-5)


def test_categories_with_few_examples_weigh_as_much_as_those_with_many(space):
    many = examples_of(space, 3) | examples_of(space, 30, labels=("billing",))
    found = classify_by_examples(space, many)
    unweighted = LogisticRegression(max_iter=1_000).fit(space.vectors[list(many)], list(many.values()))
    assert found.categories[1] == "billing"
    assert (found.likeliest == 1).mean() < (unweighted.predict(space.vectors) == "billing").mean() - 0.1


@pytest.mark.parametrize(
    ("examples", "said"),
    [
        ({}, "The examples are of 0 categories"),
        ({0: "a", 1: "a"}, "The examples are of 1 category"),
        ({0: "a", 999_999: "b"}, "Row 999999 is marked as an example, and there is no such row"),
        ({-1: "a", 2: "b"}, "Row -1"),
        ({0: "a", 1: "A", 2: "b"}, "differ in capitals only"),
    ],
)
def test_examples_that_cannot_be_learned_from_are_named(space, examples, said):
    with pytest.raises(QueryError) as raised:
        classify_by_examples(space, examples)
    assert said in raised.value.what


def test_an_unknown_method_is_named(space):
    with pytest.raises(QueryError, match="no method “svm”"):
        classify_by_examples(space, {0: "a", 1: "b"}, method="svm")
