"""Converting a model to a graph for OpenVINO, in a process of its own; `graphs` starts it.

Usage: `python -m explorer.encode.engines.convert NAME FOLDER TARGET`. A permanent failure is written to the
target; any other ends the process with an error, and a later call tries again.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from explorer.encode.engines.bert.description import describe
from explorer.encode.engines.bert.graph import INPUTS, build
from explorer.encode.engines.convert_images import MAX_APART, image_graph
from explorer.encode.engines.graph_outcomes import About, NoGraphError, check_distance, check_modules
from explorer.encode.engines.graphs import GRAPH, TEXT_GRAPH, graph_files, write_about
from explorer.encode.engines.loading import fast_tokenizer, load_model
from explorer.encode.engines.openvino_library import EXACT, core, library
from explorer.encode.models import ModelFiles

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
    """Write the graph of a model, or those of its image and text encoders, and its `About` into a folder.

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
    if files.facts.takes_images:
        about = image_graph(model, target)
        if not about.refused:
            about = replace(about, text_inputs=_text_graph(model, target))
    else:
        about = _converted(files, model, target)
    write_about(target, about)
    return about


def _text_graph(model: Any, target: Path) -> tuple[str, ...]:  # noqa: ANN401
    """Write the graph of the text encoder of a model for images and texts; return its inputs.

    Without a graph, there are none, and torch encodes texts.
    """

    def batch(texts: list[str]) -> dict[str, torch.Tensor]:
        return {name: value for name, value in model.preprocess(texts).items() if torch.is_tensor(value)}

    check = _Check(_WholeModel(model).eval(), batch, 0)
    try:
        about = _traced(check, target / TEXT_GRAPH)
    except MemoryError:
        raise
    except Exception as error:  # of the model or of its graph; that of the images is good without this one
        about = About(refused=str(error))
    if not about.refused and about.apart <= MAX_APART:
        return about.inputs
    for file in graph_files(TEXT_GRAPH):
        (target / file).unlink(missing_ok=True)
    return ()


def _converted(files: ModelFiles, model: Any, target: Path) -> About:  # noqa: ANN401
    tokenizer = fast_tokenizer(files, model)
    if tokenizer is None:
        return About(refused="its tokenizer has no fast equivalent")

    def batch(texts: list[str]) -> dict[str, torch.Tensor]:
        made = tokenizer.tokenize(texts).batch(np.arange(len(texts)))
        return {name: torch.from_numpy(values) for name, values in made.items()}

    check = _Check(_WholeModel(model).eval(), batch, tokenizer.pad_id)
    about = _built(files, check)
    if about.refused:
        about = _traced(check, target / GRAPH)
    if about.refused and _write_out_attention(model):
        about = _traced(check, target / GRAPH)
    return about


@dataclass(frozen=True)
class _Check:
    """The comparison of graphs with the model itself.

    Attributes:
        whole: The model.
        batch: Makes its inputs for texts.
        pad_id: Token id that pads shorter texts.
    """

    whole: _WholeModel
    batch: Callable[[list[str]], dict[str, torch.Tensor]]
    pad_id: int

    def outcome(self, graph: Any, inputs: tuple[str, ...], *, built: bool) -> About:  # noqa: ANN401
        """Compare a graph, or the path of one, with the model on texts of other lengths, and other numbers.

        They show whether a trace is general.
        """
        compiled = core().compile_model(graph, "CPU", EXACT)
        texts = [
            " ".join(["word", "Text,", "another"][n % 3] for n in range(words)) for words in _CHECK_WORDS
        ]
        apart, dims = 0.0, 0
        for group in (*([text] for text in texts), texts, texts[1:4]):
            tensors = self.batch(group)
            with torch.inference_mode():
                expected = self.whole(**tensors).numpy()
            given = compiled({name: tensors[name].numpy() for name in inputs})[0]
            try:
                apart, dims = max(apart, check_distance(given, expected)), expected.shape[1]
            except NoGraphError as error:
                return About(refused=error.what)
        return About(built=built, dims=dims, inputs=inputs, pad_id=self.pad_id, apart=apart)


def _built(files: ModelFiles, check: _Check) -> About:
    """The outcome for the graph of a model of the BERT family; any other is refused."""
    try:
        graph = build(describe(files))
    except NoGraphError as error:
        return About(refused=error.what)
    return check.outcome(graph, INPUTS, built=True)


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


def _traced(check: _Check, target: Path) -> About:
    """The graph of a model, written into a file and compared with the model."""
    openvino = library()
    try:
        with torch.no_grad(), warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # tracing warns of each branch it fixes; the check below covers them
            graph = openvino.convert_model(check.whole, example_input=check.batch(_EXAMPLE))
    except MemoryError:
        raise
    except Exception as error:  # the libraries raise many types for models they cannot convert
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return About(refused=f"the model cannot be converted ({reason})")
    inputs = tuple(port.any_name for port in graph.inputs)  # only those the model reads
    openvino.save_model(graph, target, compress_to_fp16=False)
    return check.outcome(target, inputs, built=False)


if __name__ == "__main__":
    convert(ModelFiles(sys.argv[1], Path(sys.argv[2]), "", "folder"), Path(sys.argv[3]))
