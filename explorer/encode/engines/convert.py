"""Converting a model to a graph for OpenVINO, in a process of its own; `graphs` starts it.

Usage: `python -m explorer.encode.engines.convert NAME FOLDER TARGET`. What went wrong for good is written to
the target; anything else ends the process with an error, and is tried again another time.
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

# Vectors of torch and of the graph, both float32, may be apart by this share of their length. That is a
# cosine above 0.99999999; MiniLM gives 1e-6.
_MAX_APART = 1e-4
_EXAMPLE = ["One text", "and another, longer one", "to be traced."]
_CHECK_WORDS = (1, 2, 3, 7, 20, 61, 300, 600)


class _Whole(torch.nn.Module):
    """A sentence-transformers model as one module that takes tensors and gives the vectors."""

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
        # As `SentenceTransformer.encode` cuts what authors chose to cut.
        return features["sentence_embedding"][:, : self._truncated_to]


def convert(files: ModelFiles, target: Path) -> About:
    """Write the graph of a model, and what is known of it, into a folder.

    Args:
        files: The model.
        target: The folder; it exists and is empty.

    Returns:
        What is written there as well.

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
        return About(refused="its tokenizer has no fast equal")

    def batch(texts: list[str]) -> dict[str, torch.Tensor]:
        made = tokenizer.tokenize(texts).batch(np.arange(len(texts)))
        return {name: torch.from_numpy(values) for name, values in made.items()}

    about = _traced(_Whole(model).eval(), batch, tokenizer.pad_id, target)
    if about.refused and _write_out_attention(model):
        about = _traced(_Whole(model).eval(), batch, tokenizer.pad_id, target)
    return about


def _write_out_attention(model: Any) -> bool:  # noqa: ANN401
    """Have a model mask attention by a large number in place of infinity; False where it cannot.

    A token that may look at no other, as padding far from a text in ModernBERT's local attention, gets 0 from
    torch's own attention and no number from OpenVINO's.
    """
    transformer = model.transformers_model
    try:
        if transformer is not None:
            transformer.set_attn_implementation("eager")
    except (ValueError, ImportError):
        return False
    return transformer is not None


def _traced(
    whole: _Whole, batch: Callable[[list[str]], dict[str, torch.Tensor]], pad_id: int, target: Path
) -> About:
    """The graph of a model, written into a folder and compared with the model."""
    openvino = library()
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # tracing warns of each branch it takes for good; see the check
            graph = openvino.convert_model(whole, example_input=batch(_EXAMPLE))
    except MemoryError:
        raise
    except Exception as error:  # the libraries raise many kinds for what they cannot convert
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return About(refused=f"the model cannot be converted ({reason})")
    inputs = tuple(port.any_name for port in graph.inputs)  # those the model really reads
    openvino.save_model(graph, target / GRAPH, compress_to_fp16=False)

    # Lengths and numbers of texts other than the example's show whether the trace holds for them too.
    compiled = openvino.Core().compile_model(target / GRAPH, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    texts = [" ".join(["word", "Text,", "another"][n % 3] for n in range(words)) for words in _CHECK_WORDS]
    apart, dims = 0.0, 0
    for group in (*([text] for text in texts), texts, texts[1:4]):
        tensors = batch(group)
        with torch.inference_mode():
            expected = whole(**tensors).double().numpy()
        given = compiled({name: tensors[name].numpy() for name in inputs})[0].astype(np.float64)
        if given.shape != expected.shape:
            return About(refused="the converted model gives vectors of another shape")
        if not np.isfinite(given).all():
            return About(refused="the converted model gives values that are not numbers")
        distance = np.linalg.norm(given - expected, axis=1) / np.linalg.norm(expected, axis=1)
        apart, dims = max(apart, float(distance.max())), expected.shape[1]
    if not apart <= _MAX_APART:
        return About(refused=f"the converted model's vectors are {apart:.1e} from torch's")
    return About(dims=dims, inputs=inputs, pad_id=pad_id, apart=apart)


if __name__ == "__main__":
    convert(ModelFiles(sys.argv[1], Path(sys.argv[2]), "", "folder"), Path(sys.argv[3]))
