"""Images as the inputs of a model, decoded batch by batch by several threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

from explorer.data.images.images import ImageItem
from explorer.errors import EncodeError, ExplorerError
from explorer.jobs.cores import cores

if TYPE_CHECKING:
    from PIL import Image

_MOST = 128  # images of a batch: 77 MB of pixels at 224 × 224
_UNKNOWN_TOKENS = 256  # of an image, where a model's configuration does not tell its patches
_PROBES = ((64, 64), (640, 480), (300, 900))  # pixels of blank images, of different shapes and areas
Features = dict[str, Any]
Preprocess = Callable[["list[Image.Image]"], Features]


class ImageBatches:
    """Images that are ready to be divided into batches; see `Tokens`.

    An image is decoded when its batch is made, and only its pixels as the model reads them are kept.

    Args:
        images: The images.
        model: The `SentenceTransformer`, which takes images.
        token_budget: Of the engine.
        together: The result of `stacks`; if False, each image is a batch of its own.

    Attributes:
        lengths: int32, shape (images,): tokens of each, as the model divides it into patches.
    """

    def __init__(
        self,
        images: Sequence[ImageItem],
        model: Any,  # noqa: ANN401
        token_budget: int,
        *,
        together: bool,
    ) -> None:
        self._images = images
        self._preprocess: Preprocess = model.preprocess
        tokens = max(_patches(model), token_budget // _MOST) if together else token_budget
        self.lengths = np.full(len(images), tokens, dtype=np.int32)

    def batch(self, positions: np.ndarray) -> Features:
        """The features that the model's own processor returns for the images.

        Raises:
            DataError: An image can no longer be opened.
            EncodeError: The model's own processor does not take an image.
        """
        if len(positions) == 1:
            return self._features(positions[0])
        import torch

        with ThreadPoolExecutor(cores(), thread_name_prefix="decode") as pool:
            each = list(pool.map(self._features, positions))
        return {
            name: torch.cat([features[name] for features in each]) if torch.is_tensor(value) else value
            for name, value in each[0].items()
        }

    def _features(self, position: int) -> Features:
        item = self._images[position]
        with item.open() as image:
            try:
                return dict(self._preprocess([image]))
            except (ExplorerError, MemoryError):
                raise
            except Exception as error:  # processors raise many types, such as for very long images
                reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
                raise EncodeError(
                    f"The model's own processor does not take the image: {reason[:200]}",
                    where=item.name,
                    fix="Leave it out, or choose another model.",
                ) from error


def stacks(preprocess: Preprocess) -> bool:
    """Whether a processor turns all images into tensors of one shape, so that several make one batch.

    Others keep an image's shape or divide it into more or fewer tiles, or put it into a message to the model,
    whose length depends on the image; then features of several images cannot just be put together.

    Args:
        preprocess: Returns the features of a list of images.
    """
    from PIL import Image

    first, *others = [_shapes(preprocess([Image.new("RGB", size)])) for size in _PROBES]
    return all(shape == first for shape in others) and all(
        shape[:1] == (1,) for shape in first.values() if isinstance(shape, tuple)
    )


def _shapes(features: Features) -> dict[str, Any]:
    """The shape of each tensor as a tuple; what is no tensor as it is, in writing."""
    return {
        name: tuple(value.shape) if hasattr(value, "shape") else repr(value)
        for name, value in features.items()
    }


def _patches(model: Any) -> int:  # noqa: ANN401
    """The tokens of an image: its patches, by the configuration of the model's vision part."""
    config = getattr(model[0], "config", None)
    vision = getattr(config, "vision_config", config)
    size, patch = getattr(vision, "image_size", None), getattr(vision, "patch_size", None)
    if not isinstance(size, int) or not isinstance(patch, int):
        return _UNKNOWN_TOKENS
    return max(1, (size // patch) ** 2)
