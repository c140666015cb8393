"""What a model of the family computes, read from its files; every other model is refused.

A refusal costs only time, as the model is then traced from torch. So anything unknown is refused, even where
it might not matter.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from explorer.encode.engines.bert.architectures import ARCHITECTURES, UNUSED, Architecture
from explorer.encode.engines.bert.weights import WeightsError, read_weights
from explorer.encode.engines.graph_outcomes import NoGraphError, check_modules
from explorer.encode.model_safety import read_json
from explorer.encode.models import ModelFiles
from explorer.hub.json_values import as_count
from explorer.hub.model_modules import transformer_settings

Weights = dict[str, NDArray[np.float32]]

# Settings that change what a model computes, and the only value that is known here.
_CONFIG = {
    "position_embedding_type": "absolute",
    "is_decoder": False,
    "add_cross_attention": False,
    "is_encoder_decoder": False,
    "quantization_config": None,
    "pruned_heads": {},
    "auto_map": None,
}
# All settings of a Transformer module that sentence-transformers 6.2 writes; others are refused.
_TRANSFORMER = {
    "do_lower_case": False,
    "transformer_task": "feature-extraction",
    "modality_config": {"text": {"method": "forward", "method_output_name": "last_hidden_state"}},
    "module_output_name": "token_embeddings",
}
_NORMALIZE = {"module_input_name": "sentence_embedding", "module_output_name": "sentence_embedding"}
_DENSE = {**_NORMALIZE, "use_residual": False}
_EPSILON = 1e-12  # of the original BERT, and of DistilBERT always
_POOLINGS = ("mean", "cls", "max")
_ACTIVATIONS = {
    "torch.nn.modules.activation.Tanh": "tanh",
    "torch.nn.modules.linear.Identity": "identity",
}


class NotOfFamilyError(NoGraphError):
    """The model is not of the BERT family, or has something that BERT has not."""


@dataclass(frozen=True)
class Dense:
    """A matrix applied to the pooled vector.

    Attributes:
        weight: float32, shape (out, in).
        bias: float32, shape (out,); None if it has none.
        activation: What is applied to the result.
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32] | None
    activation: Literal["tanh", "identity"]


@dataclass(frozen=True)
class Normalize:
    """Scaling to length 1."""


@dataclass(frozen=True)
class Description:
    """A model of the family.

    Attributes:
        architecture: Its names, and how it differs from BERT.
        weights: The weights of the transformer by name.
        layers: Number of layers.
        heads: Number of attention heads.
        epsilon: What layer normalisation adds to the variance.
        pad_id: Token id that pads shorter texts.
        padding_id: Token id after which positions are counted; None if the first position is 0.
        pooling: How token vectors become one.
        after: The modules applied to the pooled vector, in order.
        truncated_to: Dimensions that are kept at the end; None for all.
        dims: Dimensions of the model's vectors.
    """

    architecture: Architecture
    weights: Weights
    layers: int
    heads: int
    epsilon: float
    pad_id: int
    padding_id: int | None
    pooling: Literal["mean", "cls", "max"]
    after: tuple[Dense | Normalize, ...]
    truncated_to: int | None
    dims: int


def describe(files: ModelFiles) -> Description:
    """Read a model of the BERT family.

    Raises:
        NotOfFamilyError: The model is of another architecture, or has something else than the family.
        NoGraphError: It has modules of other kinds; see `check_modules`.
        UnusableModelError: A file is not readable JSON.
    """
    check_modules(files)
    return _Reader(files).description()


class _Reader:
    """Reads one model; all paths were checked to be inside its folder by `check_folder`."""

    def __init__(self, files: ModelFiles) -> None:
        self._files = files
        self._folder = files.tokenizer_folder  # that of the transformer

    def description(self) -> Description:
        config = self._json(self._folder / "config.json")
        architecture = ARCHITECTURES.get(str(config.get("model_type")))
        if architecture is None:
            raise self._refusal(f"its architecture is {str(config.get('model_type'))[:40]}")
        if (self._folder / "adapter_config.json").exists():
            raise self._refusal("it has an adapter")
        self._check_values(config, _CONFIG, "config.json")
        settings = dict(transformer_settings(lambda name: self._json(self._folder / name), ""))
        settings.pop("max_seq_length", None)  # `ModelFiles.max_length` has it
        self._check_only(settings, _TRANSFORMER, "its transformer")
        names = architecture.settings
        if config.get(names.activation) != "gelu":
            raise self._refusal(f"its activation is {str(config.get(names.activation))[:40]}")
        sizes = {
            name: self._count(config, getattr(names, name)) for name in ("width", "layers", "heads", "inner")
        }
        if sizes["width"] % sizes["heads"]:
            raise self._refusal("its heads do not divide its dimensions")
        tokens, positions = (self._count(config, key) for key in ("vocab_size", "max_position_embeddings"))
        types = self._count(config, "type_vocab_size") if architecture.has_token_types else 0
        weights = self._weights(
            self._folder,
            architecture.shapes(tokens=tokens, types=types, positions=positions, **sizes),
            UNUSED,
        )
        pad_id, padding_id = self._padding(config, architecture, tokens)
        longest = positions if padding_id is None else positions - padding_id - 1
        if self._files.max_length is None or self._files.max_length > longest:
            raise self._refusal("it has fewer positions than its maximum length")
        after = self._after_pooling(sizes["width"])
        dims = next((len(one.weight) for one in reversed(after) if isinstance(one, Dense)), sizes["width"])
        truncated_to = self._files.facts.truncated_to
        return Description(
            architecture=architecture,
            weights=weights,
            layers=sizes["layers"],
            heads=sizes["heads"],
            epsilon=self._epsilon(config, names.epsilon),
            pad_id=pad_id,
            padding_id=padding_id,
            pooling=self._pooling(sizes["width"]),
            after=after,
            truncated_to=truncated_to,
            dims=min(dims, truncated_to or dims),
        )

    def _padding(
        self, config: Mapping[str, Any], architecture: Architecture, tokens: int
    ) -> tuple[int, int | None]:
        """The `pad_id` and the `padding_id` of the description."""
        pad_id = as_count(config.get("pad_token_id", architecture.padding_id or 0))
        if pad_id is None or pad_id >= tokens:
            raise self._refusal("its config.json names no token for padding")
        if architecture.padding_id is None or architecture.has_own_padding_id:
            return pad_id, architecture.padding_id
        return pad_id, pad_id

    def _pooling(self, width: int) -> Literal["mean", "cls", "max"]:
        folder = self._files.folder / self._files.modules[1][1]
        sizes = {"embedding_dimension", "word_embedding_dimension"}
        config = self._json(folder / "config.json")
        if any(config[key] != width for key in sizes & set(config)):
            raise self._refusal("it pools vectors of other dimensions than its transformer's")
        others = {key for key in config if not key.startswith("pooling_mode")} - sizes - {"include_prompt"}
        pooling = self._files.facts.pooling
        if others or pooling not in _POOLINGS:
            raise self._refusal(f"its pooling is {(min(others) if others else str(pooling))[:40]}")
        return cast(Literal["mean", "cls", "max"], pooling)

    def _after_pooling(self, width: int) -> tuple[Dense | Normalize, ...]:
        kinds = self._files.module_kinds
        if kinds[:2] != ["Transformer", "Pooling"] or not {"Dense", "Normalize"}.issuperset(kinds[2:]):
            raise self._refusal(f"its modules are {', '.join(kinds) or 'not listed'}")
        after: list[Dense | Normalize] = []
        for kind, path in self._files.modules[2:]:
            folder = self._files.folder / path
            if kind == "Dense":
                dense = self._dense(folder, width)
                after.append(dense)
                width = len(dense.weight)
            else:
                config = self._json(folder / "config.json")
                self._check_only(config, _NORMALIZE, "its Normalize module")
                after.append(Normalize())
        return tuple(after)

    def _dense(self, folder: Path, width: int) -> Dense:
        config = self._json(folder / "config.json")
        own = {"in_features", "out_features", "bias", "activation_function"}
        self._check_only({key: config[key] for key in set(config) - own}, _DENSE, "its Dense module")
        activation = _ACTIVATIONS.get(str(config.get("activation_function")))
        if activation is None or config.get("in_features") != width:
            raise self._refusal(f"its Dense module has {str(config.get('activation_function'))[:60]}")
        out, bias = self._count(config, "out_features"), config.get("bias", True) is True
        shapes: dict[str, tuple[int, ...]] = {"linear.weight": (out, width)}
        if bias:
            shapes["linear.bias"] = (out,)
        weights = self._weights(folder, shapes)
        return Dense(
            weights["linear.weight"],
            weights.get("linear.bias"),
            cast(Literal["tanh", "identity"], activation),
        )

    def _weights(
        self, folder: Path, shapes: Mapping[str, tuple[int, ...]], unused: frozenset[str] = frozenset()
    ) -> Weights:
        """The weights in a module's folder, which must be just those expected."""
        if not (folder / "model.safetensors").is_file():
            raise self._refusal("its weights are not in one model.safetensors")
        try:
            # The Hub's cache and packages replace files whole; in a folder, somebody may write over them.
            weights = read_weights(folder / "model.safetensors", mapped=self._files.origin != "folder")
        except WeightsError as error:
            raise self._refusal(f"its weights cannot be read: {error}") from error
        weights = {name: values for name, values in weights.items() if name not in unused}
        for name in sorted(set(shapes) - set(weights)):
            raise self._refusal(f"the weights {name} are missing")
        for name in sorted(set(weights) - set(shapes)):
            raise self._refusal(f"it has other weights too: {name[:80]}")
        for name, shape in shapes.items():
            if weights[name].shape != shape:
                raise self._refusal(f"the weights {name} have the shape {weights[name].shape}")
        return weights

    def _check_only(self, given: Mapping[str, Any], known: Mapping[str, Any], where: str) -> None:
        """Refuse keys other than the known ones, and other values."""
        others = set(given) - set(known)
        if others:
            raise self._refusal(f"{where} has the setting {min(others)[:40]}")
        self._check_values(given, known, where)

    def _check_values(self, given: Mapping[str, Any], known: Mapping[str, Any], where: str) -> None:
        """Refuse other values than the known ones, which may be left out or null."""
        for key, value in known.items():
            if given.get(key) not in (None, value):
                raise self._refusal(f"{key} of {where} is {str(given[key])[:40]}")

    def _count(self, config: Mapping[str, Any], key: str) -> int:
        count = as_count(config.get(key))
        if not count:
            raise self._refusal(f"config.json has no {key}")
        return count

    def _epsilon(self, config: Mapping[str, Any], key: str) -> float:
        epsilon = config.get(key, _EPSILON)
        if not isinstance(epsilon, float) or not 0 < epsilon < 1:
            raise self._refusal(f"its {key} is {str(epsilon)[:40]}")
        return epsilon

    def _json(self, path: Path) -> Mapping[str, Any]:
        """A table in a JSON file; empty if there is no such file."""
        content = read_json(path, self._files.name) if path.is_file() else {}
        if not isinstance(content, dict):
            raise self._refusal(f"{path.name} is not a table")
        return content

    def _refusal(self, why: str) -> NotOfFamilyError:
        return NotOfFamilyError(f"it is not quite of the BERT family: {why}", where=self._files.name)
