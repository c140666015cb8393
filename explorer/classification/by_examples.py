"""Classifying rows by a few examples of each category."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.classification.by_similarity import predictions_near
from explorer.classification.predictions import Predictions
from explorer.errors import QueryError
from explorer.tensor import normalize
from explorer.tensor.matrices import blocks

ExampleMethod = Literal["logistic regression", "nearest centroid"]
EXAMPLE_METHODS: tuple[ExampleMethod, ...] = get_args(ExampleMethod)
_FOLDS = 5


def classify_by_examples(
    space: Space, examples: Mapping[int, str], *, method: ExampleMethod = "logistic regression"
) -> Predictions:
    """Classify rows by examples.

    `nearest centroid` takes the mean direction of each category's examples as what it is close to, and is as
    `classify_by_similarity` from there (Rocchio's classifier). `logistic regression` is scikit-learn's, on
    vectors of length 1, each category weighing the same. With two examples or more of each category its
    probabilities are calibrated by a temperature fitted on folds left out: five, or as many as there are
    examples of the rarest category.

    Args:
        space: The rows.
        examples: The category of each row that is an example, by its number, from 0.
        method: `logistic regression` or `nearest centroid`.

    Returns:
        The probabilities for all rows, also of the examples; the categories in alphabetical order.

    Raises:
        QueryError: The examples are of fewer than two categories, a row does not exist, or there is no such
            method.
    """
    if method not in EXAMPLE_METHODS:
        raise QueryError(
            f"There is no method “{method}”.", where="examples", fix=f"Choose {' or '.join(EXAMPLE_METHODS)}."
        )
    rows = np.fromiter(examples, dtype=np.int64, count=len(examples))
    for row in rows[(rows < 0) | (rows >= len(space))][:1]:
        raise QueryError(
            f"Row {int(row)} is marked as an example, and there is no such row.",
            where=space.corpus.name,
            fix=f"Rows go from 0 to {len(space) - 1}.",
        )
    names, codes = np.unique(np.array(list(examples.values()), dtype=np.str_), return_inverse=True)
    if len({name.casefold() for name in names.tolist()}) < len(names):
        raise QueryError(
            "Some categories of the examples differ in capitals only.",
            where=space.corpus.name,
            fix="Write each category in one way.",
        )
    if len(names) < 2:
        raise QueryError(
            f"The examples are of {len(names)} categor{'y' if len(names) == 1 else 'ies'}.",
            where=space.corpus.name,
            fix="Mark at least one row of each of two categories.",
        )
    found = predicted_by(space, rows, codes.astype(np.int64), tuple(names.tolist()), method)
    learned = np.zeros(len(space), dtype=bool)
    learned[rows] = True
    return replace(found, learned=learned)


def predicted_by(
    space: Space,
    rows: NDArray[np.int64],
    codes: NDArray[np.int64],
    names: tuple[str, ...],
    method: ExampleMethod,
) -> Predictions:
    """Probabilities from rows of known categories, places in `names`; see `classify_by_examples`."""
    vectors = normalize(space.index.take(rows))
    if method == "nearest centroid":
        centres = np.stack([vectors[codes == code].mean(axis=0) for code in range(len(names))])
        return predictions_near(space, centres, names, "nearest centroid")
    return _by_regression(space, vectors, codes, names)


def _by_regression(
    space: Space, vectors: NDArray[np.float32], codes: NDArray[np.int64], names: tuple[str, ...]
) -> Predictions:
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold
    from threadpoolctl import threadpool_limits

    model = LogisticRegression(class_weight="balanced", max_iter=1_000)
    fewest = int(np.bincount(codes).min())
    if fewest > 1:
        folds = StratifiedKFold(min(_FOLDS, fewest), shuffle=True, random_state=0)
        model = CalibratedClassifierCV(model, method="temperature", cv=folds, ensemble=False)
    with threadpool_limits(1):  # the matrices are so small that threads wait for each other most of the time
        model.fit(vectors, codes)
    probabilities = np.empty((len(space), len(names)), dtype=np.float32)
    for start, stop in blocks(len(space), space.dims):
        probabilities[start:stop] = model.predict_proba(normalize(space.index.take(slice(start, stop))))
    return Predictions(names, probabilities, several=False, source="logistic regression")
