"""Classifying rows by how close they are to the names and descriptions of categories."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.classification.categories import Category, categories_of
from explorer.classification.predictions import Predictions, softmax
from explorer.encode.engines.pair_models import check_template
from explorer.jobs.progress import OnProgress
from explorer.tensor import normalize
from explorer.tensor.matrices import blocks

COSINE_SCALE = 20.0
"""By what cosines are multiplied before their softmax.

It is what sentence-transformers trains with by default (`MultipleNegativesRankingLoss`): in training, the
softmax of such scores is the probability that of several texts one belongs to a query.
"""
IMAGE_TEMPLATE = "a photo of a {}."
"""The sentence that images are compared with, as in the paper of CLIP (arXiv 2103.00020, section 3.1.4)."""
_USUAL_IMAGE_SCALE = 100.0  # at which the training of CLIP clips its own, and which its models have reached


def classify_by_similarity(
    space: Space,
    categories: Iterable[str | Category],
    *,
    image_template: str = IMAGE_TEMPLATE,
    on_progress: OnProgress | None = None,
) -> Predictions:
    """Classify rows by their cosine with the name and description of each category, encoded as a query.

    The probabilities are the softmax of `COSINE_SCALE` times the cosines. Rows that are images are compared
    with a sentence that names the category, and the scale is what the model learned in training: cosines of
    images with texts differ little, so that models for both have a larger one.

    Args:
        space: The rows.
        categories: See `categories_of`.
        image_template: The sentence for images, with `{}` where the name goes; a category with a description
            is encoded with that instead, as for texts.
        on_progress: Called while the categories are encoded; an exception it raises stops the work.

    Raises:
        QueryError: The categories or the template cannot be used, or the space has no encoder.
    """
    chosen = categories_of(categories)
    check_template(image_template)
    names, source = tuple(one.name for one in chosen), "similarity to categories"
    described = [one.text for one in chosen]
    sentences = [one.text if one.description else image_template.format(one.name) for one in chosen]
    images = space.corpus.images
    present = np.zeros(len(space), bool) if images is None else images.present()
    if not present.any():
        return predictions_near(space, space.encode_queries(described, on_progress), names, source)
    told = space.encode_queries(sentences, on_progress)
    scale = space.encoder.engine.image_scale or _USUAL_IMAGE_SCALE
    found = predictions_near(space, told, names, source, scale)
    if not present.all():
        texts = predictions_near(space, space.encode_queries(described, on_progress), names, source)
        found.probabilities[~present] = texts.probabilities[~present]
    return found


def predictions_near(
    space: Space,
    centres: NDArray[np.float32],
    names: tuple[str, ...],
    source: str,
    scale: float = COSINE_SCALE,
) -> Predictions:
    """Probabilities of the categories that have these vectors, shape (categories, dims).

    They are the softmax of `scale` times the cosines.
    """
    units = normalize(centres).T
    probabilities = np.empty((len(space), len(names)), dtype=np.float32)
    for start, stop in blocks(len(space), space.dims):
        rows = normalize(space.index.take(slice(start, stop)))
        probabilities[start:stop] = softmax(scale * (rows @ units))
    return Predictions(names, probabilities, several=False, source=source)
