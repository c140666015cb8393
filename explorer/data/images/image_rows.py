"""Which rows of a corpus are images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.data.corpus import Corpus


def has_images(corpus: Corpus) -> bool:
    """Whether the rows have a column of images, even if some of them have none in it."""
    return corpus.images is not None


def has_only_images(corpus: Corpus) -> bool:
    """Whether each row is an image."""
    return corpus.images is not None and bool(corpus.images.present().all())


def image_rows(corpus: Corpus) -> NDArray[np.bool_]:
    """Whether each row is an image, bool, shape (rows,)."""
    return np.zeros(len(corpus), dtype=bool) if corpus.images is None else corpus.images.present()


def is_image(corpus: Corpus, row: int) -> bool:
    """Whether a row, from 0, is an image."""
    return corpus.images is not None and corpus.images.item(row) is not None


def image_sizes(corpus: Corpus) -> NDArray[np.int64]:
    """Width and height in pixels of the rows that are images, int64, shape (images, 2)."""
    if corpus.images is None:
        return np.empty((0, 2), np.int64)
    sizes: NDArray[np.int64] = corpus.images.sizes()[corpus.images.present()].astype(np.int64)
    return sizes
