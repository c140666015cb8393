"""Converting the image encoder of a model to a graph for OpenVINO; `convert` calls it."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image

from explorer.encode.engines.graph_outcomes import About, NoGraphError, check_distance
from explorer.encode.engines.graphs import GRAPH
from explorer.encode.engines.image_batches import stacks
from explorer.encode.engines.openvino_library import EXACT, core, library

PIXELS = "pixel_values"
MAX_APART = 1e-5  # as for `check_distance`; a model of the size of CLIP ViT-B/32 has 1e-6
_SIZES = ((640, 480), (480, 640), (224, 224), (50, 300), (1_200, 400), (31, 17))  # of the images to check
_GRAIN = 16  # pixels, about, of what is on them


class _ImageEncoder(torch.nn.Module):
    """A sentence-transformers model as one module from the pixels of images to vectors."""

    def __init__(self, model: Any) -> None:  # noqa: ANN401
        super().__init__()
        self._parts = torch.nn.ModuleList(model)
        self._truncated_to = model.truncate_dim

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        """Vectors, shape (images, dims)."""
        features: dict[str, Any] = {PIXELS: pixel_values, "modality": "image"}
        for part in self._parts:
            features = part(features)
        vectors: torch.Tensor = features["sentence_embedding"][:, : self._truncated_to]
        return vectors


def image_graph(model: Any, target: Path) -> About:  # noqa: ANN401
    """Write the graph of a model's image encoder into a folder, and compare it with the model.

    Args:
        model: The `SentenceTransformer`, in float32.
        target: The folder.
    """
    features = [dict(model.preprocess([image])) for image in _images()]
    if set(features[0]) != {PIXELS, "modality"} or not stacks(model.preprocess):
        return About(refused="its images are not tensors of pixels of one shape")
    pixels = torch.cat([each[PIXELS] for each in features])
    whole = _ImageEncoder(model).eval()
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # tracing warns of each branch it fixes: the size of images
            graph = library().convert_model(whole, example_input={PIXELS: pixels[:3]})
        graph.reshape([-1, *pixels.shape[1:]])
    except MemoryError:
        raise
    except Exception as error:  # the libraries raise many types for models they cannot convert
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return About(refused=f"the model cannot be converted ({reason})")
    library().save_model(graph, target / GRAPH, compress_to_fp16=False)
    return _outcome(target / GRAPH, whole, pixels)


def _outcome(graph: Path, whole: _ImageEncoder, pixels: torch.Tensor) -> About:
    """Compare a graph with the model on images alone and together, and in other numbers than traced."""
    compiled = core().compile_model(graph, "CPU", EXACT)
    with torch.inference_mode():
        expected = whole(pixels).numpy()
    apart = 0.0
    try:
        for group in (*(slice(n, n + 1) for n in range(len(pixels))), slice(None), slice(1, 3)):
            apart = max(apart, check_distance(compiled([pixels[group].numpy()])[0], expected[group]))
    except NoGraphError as error:
        return About(refused=error.what)
    if apart > MAX_APART:
        return About(refused=f"the graph's vectors are {apart:.1e} from torch's")
    return About(dims=expected.shape[1], inputs=(PIXELS,), apart=apart)


def _images() -> list[Image.Image]:
    """Images of many colours and edges, in several shapes, and a blank one."""
    rng = np.random.default_rng(0)
    drawn = []
    for width, height in _SIZES:
        shape = (height // _GRAIN + 2, width // _GRAIN + 2, 3)
        coarse = Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8))
        drawn.append(coarse.resize((width, height)))
    return [*drawn, Image.new("RGB", _SIZES[0], "white")]
