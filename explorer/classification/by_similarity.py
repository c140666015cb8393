"""Classifying rows by how close they are to the names and descriptions of categories."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.classification.categories import Category, categories_of
from explorer.classification.predictions import Predictions, softmax
from explorer.jobs.progress import OnProgress
from explorer.tensor import normalize
from explorer.tensor.matrices import blocks

COSINE_SCALE = 20.0
"""By what cosines are multiplied before their softmax.

It is what sentence-transformers trains with by default (`MultipleNegativesRankingLoss`): in training, the
softmax of such scores is the probability that of several texts one belongs to a query.
"""


def classify_by_similarity(
    space: Space, categories: Iterable[str | Category], *, on_progress: OnProgress | None = None
) -> Predictions:
    """Classify rows by their cosine with the name and description of each category, encoded as a query.

    The probabilities are the softmax of `COSINE_SCALE` times the cosines.

    Args:
        space: The rows.
        categories: See `categories_of`.
        on_progress: Called while the categories are encoded; an exception it raises stops the work.

    Raises:
        QueryError: The categories cannot be used, or the space has no encoder.
    """
    chosen = categories_of(categories)
    described = space.encode_queries([one.text for one in chosen], on_progress)
    return predictions_near(space, described, tuple(one.name for one in chosen), "similarity to categories")


def predictions_near(
    space: Space, centres: NDArray[np.float32], names: tuple[str, ...], source: str
) -> Predictions:
    """Probabilities of the categories that have these vectors, shape (categories, dims)."""
    units = normalize(centres).T
    probabilities = np.empty((len(space), len(names)), dtype=np.float32)
    for start, stop in blocks(len(space), space.dims):
        rows = normalize(space.index.take(slice(start, stop)))
        probabilities[start:stop] = softmax(COSINE_SCALE * (rows @ units))
    return Predictions(names, probabilities, several=False, source=source)
