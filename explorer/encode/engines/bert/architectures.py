"""The architectures of the family: how each names its settings and weights, and where it differs from BERT.

The names are those of the modules in `transformers/models/*/modeling_*.py`, and of `configuration_*.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

# MPNetEncoder computes with 32 buckets whatever its configuration says.
RELATIVE_BUCKETS = 32
RELATIVE_BIAS = "encoder.relative_attention_bias.weight"
WORDS = "embeddings.word_embeddings.weight"
POSITIONS = "embeddings.position_embeddings.weight"
TYPES = "embeddings.token_type_embeddings.weight"
EMBEDDING_NORM = "embeddings.LayerNorm"
# In files, but not part of the vectors: BERT's own pooling, and positions as older releases saved them.
UNUSED = frozenset({"pooler.dense.weight", "pooler.dense.bias", "embeddings.position_ids"})


@dataclass(frozen=True)
class Settings:
    """The keys of config.json.

    Attributes:
        width: Dimensions of a token's vector.
        layers: Number of layers.
        heads: Number of attention heads of a layer.
        inner: Dimensions inside the feed-forward network.
        activation: The activation function between its two matrices.
        epsilon: What layer normalisation adds to the variance; empty if it is always 1e-12.
    """

    width: str = "hidden_size"
    layers: str = "num_hidden_layers"
    heads: str = "num_attention_heads"
    inner: str = "intermediate_size"
    activation: str = "hidden_act"
    epsilon: str = "layer_norm_eps"


@dataclass(frozen=True)
class Layer:
    """The names of the weights of a layer, without `.weight` and `.bias`.

    Attributes:
        prefix: What they begin with, by the number of the layer.
        query: Matrix of the queries, as are `key` and `value` of theirs.
        attended: Matrix that joins the heads.
        attention_norm: Normalisation after attention.
        widen: First matrix of the feed-forward network.
        narrow: Its second matrix.
        output_norm: Normalisation after it.
    """

    prefix: str = "encoder.layer.{}."
    query: str = "attention.self.query"
    key: str = "attention.self.key"
    value: str = "attention.self.value"
    attended: str = "attention.output.dense"
    attention_norm: str = "attention.output.LayerNorm"
    widen: str = "intermediate.dense"
    narrow: str = "output.dense"
    output_norm: str = "output.LayerNorm"


@dataclass(frozen=True)
class Architecture:
    """An architecture, as it differs from BERT.

    Attributes:
        settings: The keys of config.json.
        layer: The names of the weights of a layer.
        has_token_types: Whether there are vectors for the two texts of a pair; we encode only first texts.
        padding_id: Token id after which positions are counted, skipping tokens of that id; None if the first
            token has position 0. If config.json names another, that one counts.
        has_own_padding_id: Whether `padding_id` counts whatever config.json says.
        is_relative: Whether attention adds a bias for the distance between two tokens.
    """

    settings: Settings = field(default_factory=Settings)
    layer: Layer = field(default_factory=Layer)
    has_token_types: bool = True
    padding_id: int | None = None
    has_own_padding_id: bool = False
    is_relative: bool = False

    def shapes(
        self, *, tokens: int, types: int, positions: int, width: int, inner: int, layers: int, heads: int
    ) -> dict[str, tuple[int, ...]]:
        """The weights that a model must have, by name, with their shapes."""
        shapes: dict[str, tuple[int, ...]] = {WORDS: (tokens, width), POSITIONS: (positions, width)}
        if self.has_token_types:
            shapes[TYPES] = (types, width)
        if self.is_relative:
            shapes[RELATIVE_BIAS] = (RELATIVE_BUCKETS, heads)
        shapes |= _norm(EMBEDDING_NORM, width)
        for number in range(layers):
            shapes |= self._layer_shapes(number, width, inner)
        return shapes

    def _layer_shapes(self, number: int, width: int, inner: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        names, prefix = self.layer, self.layer.prefix.format(number)
        matrices = {names.query: (width, width), names.key: (width, width), names.value: (width, width),
                    names.attended: (width, width), names.widen: (inner, width),
                    names.narrow: (width, inner)}  # fmt: skip
        for name, shape in matrices.items():
            yield f"{prefix}{name}.weight", shape
            yield f"{prefix}{name}.bias", shape[:1]
        for name in (names.attention_norm, names.output_norm):
            yield from _norm(prefix + name, width).items()


def _norm(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


_ROBERTA = Architecture(padding_id=1)
# By the `model_type` of config.json.
ARCHITECTURES = {
    "bert": Architecture(),
    "roberta": _ROBERTA,
    "xlm-roberta": _ROBERTA,
    "camembert": _ROBERTA,
    "mpnet": Architecture(
        layer=Layer(
            query="attention.attn.q",
            key="attention.attn.k",
            value="attention.attn.v",
            attended="attention.attn.o",
            attention_norm="attention.LayerNorm",
        ),
        has_token_types=False,
        padding_id=1,
        has_own_padding_id=True,
        is_relative=True,
    ),
    "distilbert": Architecture(
        settings=Settings(
            width="dim",
            layers="n_layers",
            heads="n_heads",
            inner="hidden_dim",
            activation="activation",
            epsilon="",
        ),
        layer=Layer(
            prefix="transformer.layer.{}.",
            query="attention.q_lin",
            key="attention.k_lin",
            value="attention.v_lin",
            attended="attention.out_lin",
            attention_norm="sa_layer_norm",
            widen="ffn.lin1",
            narrow="ffn.lin2",
            output_norm="output_layer_norm",
        ),
        has_token_types=False,
    ),
}
