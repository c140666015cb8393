"""Images as the inputs of a model, decoded batch by batch by several threads."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from explorer.data.images.images import ImageItem
from explorer.jobs.cores import cores

_MOST = 128  # images of a batch: 77 MB of pixels at 224 × 224
_UNKNOWN_TOKENS = 256  # of an image, where a model's configuration does not tell its patches


class ImageBatches:
    """Images that are ready to be divided into batches; see `Tokens`.

    An image is decoded when its batch is made, and only its pixels as the model reads them are kept.

    Args:
        images: The images.
        model: The `SentenceTransformer`, which takes images.
        token_budget: Of the engine.

    Attributes:
        lengths: int32, shape (images,): tokens of each, as the model divides it into patches.
    """

    def __init__(self, images: Sequence[ImageItem], model: Any, token_budget: int) -> None:  # noqa: ANN401
        self._images = images
        self._model = model
        tokens = max(_patches(model), token_budget // _MOST)
        self.lengths = np.full(len(images), tokens, dtype=np.int32)

    def batch(self, positions: np.ndarray) -> dict[str, Any]:
        """The features that the model's own processor returns for the images."""
        import torch

        with ThreadPoolExecutor(cores(), thread_name_prefix="decode") as pool:
            each = list(pool.map(self._features, positions))
        return {
            name: torch.cat([features[name] for features in each]) if torch.is_tensor(value) else value
            for name, value in each[0].items()
        }

    def _features(self, position: int) -> dict[str, Any]:
        with self._images[position].open() as image:
            return dict(self._model.preprocess([image]))


def _patches(model: Any) -> int:  # noqa: ANN401
    """The tokens of an image: its patches, by the configuration of the model's vision part."""
    config = getattr(model[0], "config", None)
    vision = getattr(config, "vision_config", config)
    size, patch = getattr(vision, "image_size", None), getattr(vision, "patch_size", None)
    if not isinstance(size, int) or not isinstance(patch, int):
        return _UNKNOWN_TOKENS
    return max(1, (size // patch) ** 2)
