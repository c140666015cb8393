"""Converting a model to a graph for OpenVINO, in a process of its own; `graphs` starts it.

Usage: `python -m explorer.encode.engines.convert NAME FOLDER TARGET`. A permanent failure is written to the
target; any other ends the process with an error, and a later call tries again.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from explorer.encode.engines.graphs import GRAPH, About, check_modules, write_about
from explorer.encode.engines.loading import fast_tokenizer, load_model
from explorer.encode.engines.openvino import library
from explorer.encode.models import ModelFiles

# The largest relative distance allowed between the float32 vectors of torch and of the graph. It means a
# cosine above 0.99999999; MiniLM has 1e-6.
_MAX_APART = 1e-4
_EXAMPLE = ["One text", "and another, longer one", "to be traced."]
_CHECK_WORDS = (1, 2, 3, 7, 20, 61, 300, 600)


class _WholeModel(torch.nn.Module):
    """A sentence-transformers model as one module from tensors to vectors."""

    def __init__(self, model: Any) -> None:  # noqa: ANN401
        super().__init__()
        self._parts = torch.nn.ModuleList(model)
        self._truncated_to = model.truncate_dim

    def forward(
        self,
        input_ids: torch.Tensor,
        attention_mask: torch.Tensor,
        token_type_ids: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Vectors, shape (texts, dims)."""
        features = {"input_ids": input_ids, "attention_mask": attention_mask}
        if token_type_ids is not None:
            features["token_type_ids"] = token_type_ids
        for part in self._parts:
            features = part(features)
        # `SentenceTransformer.encode` truncates the dimensions the same way.
        return features["sentence_embedding"][:, : self._truncated_to]


def convert(files: ModelFiles, target: Path) -> About:
    """Write the graph of a model, and its `About`, into a folder.

    Args:
        files: The model.
        target: The folder; it exists and is empty.

    Returns:
        What it wrote to `about.json`.

    Raises:
        ModelError: The files do not make a model that embeds texts.
    """
    check_modules(files)
    model = load_model(files, torch.device("cpu"), torch.float32)
    about = _converted(files, model, target)
    write_about(target, about)
    return about


def _converted(files: ModelFiles, model: Any, target: Path) -> About:  # noqa: ANN401
    tokenizer = fast_tokenizer(files, model)
    if tokenizer is None:
        return About(refused="its tokenizer has no fast equivalent")

    def batch(texts: list[str]) -> dict[str, torch.Tensor]:
        made = tokenizer.tokenize(texts).batch(np.arange(len(texts)))
        return {name: torch.from_numpy(values) for name, values in made.items()}

    about = _traced(_WholeModel(model).eval(), batch, tokenizer.pad_id, target)
    if about.refused and _write_out_attention(model):
        about = _traced(_WholeModel(model).eval(), batch, tokenizer.pad_id, target)
    return about


def _write_out_attention(model: Any) -> bool:  # noqa: ANN401
    """Make a model mask attention with a large negative number instead of infinity; False if it cannot.

    A token that can attend to no other, such as padding far from the text in ModernBERT's local attention,
    gets 0 from torch's fused attention and NaN from OpenVINO's.
    """
    transformer = model.transformers_model
    try:
        if transformer is not None:
            transformer.set_attn_implementation("eager")
    except (ValueError, ImportError):
        return False
    return transformer is not None


def _traced(
    whole: _WholeModel, batch: Callable[[list[str]], dict[str, torch.Tensor]], pad_id: int, target: Path
) -> About:
    """The graph of a model, written into a folder and compared with the model."""
    openvino = library()
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # tracing warns of each branch it fixes; the check below covers them
            graph = openvino.convert_model(whole, example_input=batch(_EXAMPLE))
    except MemoryError:
        raise
    except Exception as error:  # the libraries raise many types for models they cannot convert
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return About(refused=f"the model cannot be converted ({reason})")
    inputs = tuple(port.any_name for port in graph.inputs)  # only those the model reads
    openvino.save_model(graph, target / GRAPH, compress_to_fp16=False)

    # Texts of other lengths, and more or fewer of them, show whether the trace is general.
    compiled = openvino.Core().compile_model(target / GRAPH, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    texts = [" ".join(["word", "Text,", "another"][n % 3] for n in range(words)) for words in _CHECK_WORDS]
    apart, dims = 0.0, 0
    for group in (*([text] for text in texts), texts, texts[1:4]):
        tensors = batch(group)
        with torch.inference_mode():
            expected = whole(**tensors).double().numpy()
        given = compiled({name: tensors[name].numpy() for name in inputs})[0].astype(np.float64)
        if given.shape != expected.shape:
            return About(refused="the converted model returns vectors of a different shape")
        if not np.isfinite(given).all():
            return About(refused="the converted model returns values that are not numbers")
        distance = np.linalg.norm(given - expected, axis=1) / np.linalg.norm(expected, axis=1)
        apart, dims = max(apart, float(distance.max())), expected.shape[1]
    if not apart <= _MAX_APART:
        return About(refused=f"the converted model's vectors are {apart:.1e} from torch's")
    return About(dims=dims, inputs=inputs, pad_id=pad_id, apart=apart)


if __name__ == "__main__":
    convert(ModelFiles(sys.argv[1], Path(sys.argv[2]), "", "folder"), Path(sys.argv[3]))
