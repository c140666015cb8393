"""Queries of two parts, such as an image and a sentence."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.errors import QueryError
from explorer.tensor.matrices import normalize


def mixed_query(words: ArrayLike, image: ArrayLike, image_weight: float = 0.5) -> NDArray[np.float32]:
    """The vector of a query that is words and an image: their weighted sum, each scaled to length 1.

    The sum is scaled to length 1 as well, so that its scores are on one scale whatever the weight. Images
    usually differ more in their scores with an image than in those with a text, so that at equal weights the
    image decides more.

    Args:
        words: The vector of the words in the space, float32, shape (dims,) or (queries, dims).
        image: The vector of the image, of a row for instance, of the same shape.
        image_weight: How much the image counts, from 0, only the words, to 1, only the image.

    Returns:
        float32, of the same shape.

    Raises:
        QueryError: The weight is not from 0 to 1.
    """
    if not 0 <= image_weight <= 1:
        raise QueryError(
            f"An image was to count {image_weight} of a query.",
            fix="Give a weight from 0, only the words, to 1, only the image.",
        )
    told, seen = (np.atleast_2d(np.asarray(part, dtype=np.float32)) for part in (words, image))
    mixed = (1 - image_weight) * normalize(told) + image_weight * normalize(seen)
    scaled: NDArray[np.float32] = normalize(mixed.astype(np.float32)).reshape(np.shape(words))
    return scaled
