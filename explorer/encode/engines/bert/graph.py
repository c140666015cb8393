"""The graph of a model of the BERT family, in OpenVINO's operations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.encode.engines.bert.architectures import (
    EMBEDDING_NORM,
    POSITIONS,
    RELATIVE_BIAS,
    RELATIVE_BUCKETS,
    TYPES,
    WORDS,
)
from explorer.encode.engines.bert.description import Dense, Description
from explorer.encode.engines.openvino_library import library, operations

INPUTS = ("input_ids", "attention_mask")
_MASKED = -1e9  # added to the score of padding: its weight is then exactly 0, in bfloat16 too
_FARTHEST = 128  # tokens; MPNet has one bias for all distances from here on

Node = Any  # OpenVINO's types are those of a C++ library


def build(model: Description) -> Any:  # noqa: ANN401 - a library without types
    """The graph of a model: from `input_ids` and `attention_mask`, int64, shape (texts, tokens), to vectors.

    Texts are padded on the right, and their token types are 0. The graph shares the arrays of the weights,
    which may be in the model's file.

    Returns:
        An `openvino.Model`, whose result is float32, shape (texts, dims).
    """
    return _Builder(model).graph()


class _Builder:
    """Builds one graph; `x` is a node of token vectors, shape (texts, tokens, width)."""

    def __init__(self, model: Description) -> None:
        self._model = model
        self._weights = model.weights
        self._ops = operations()

    def graph(self) -> Any:  # noqa: ANN401 - a library without types
        ops, model = self._ops, self._model
        ids, mask = (ops.parameter([-1, -1], np.int64, name=name) for name in INPUTS)
        for parameter, name in ((ids, INPUTS[0]), (mask, INPUTS[1])):
            parameter.output(0).set_names({name})
        kept = ops.convert(mask, "f32")
        x = self._embedded(ids)
        bias = self._attention_bias(ids, kept)
        for number in range(model.layers):
            x = self._layer(x, bias, number)
        vector = self._pooled(x, kept)
        for module in model.after:
            vector = self._dense(vector, module) if isinstance(module, Dense) else self._unit(vector)
        if model.truncated_to is not None:
            vector = ops.slice(vector, [0], [model.truncated_to], [1], [1])
        return library().Model([ops.result(vector)], [ids, mask], "bert")

    def _embedded(self, ids: Node) -> Node:
        ops, weights = self._ops, self._weights
        positions = weights[POSITIONS]
        if self._model.architecture.has_token_types:
            positions = positions + weights[TYPES][0]
        words = ops.gather(self._constant(weights[WORDS]), ids, 0)
        places = ops.gather(self._constant(positions), self._positions(ids), 0)
        return self._norm(ops.add(words, places), EMBEDDING_NORM)

    def _positions(self, ids: Node) -> Node:
        """The position of each token: from 0, or counted after the padding id, skipping tokens of that id."""
        ops, padding_id = self._ops, self._model.padding_id
        if padding_id is None:
            return self._range(ids)
        # As create_position_ids_from_input_ids of transformers.
        padding = np.int64(padding_id)
        counted = ops.convert(ops.not_equal(ids, padding), "i64")
        return ops.add(ops.multiply(ops.cum_sum(counted, np.int64(1)), counted), padding)

    def _range(self, ids: Node) -> Node:
        """0, 1, …: shape (tokens,)."""
        ops = self._ops
        tokens = ops.gather(ops.shape_of(ids), np.int64(1), np.int64(0))
        return ops.range(np.int64(0), tokens, np.int64(1), "i64")

    def _attention_bias(self, ids: Node, kept: Node) -> Node:
        """Added to the score of each pair of tokens; shape (texts, 1 or heads, 1 or tokens, tokens)."""
        ops = self._ops
        masked = ops.multiply(ops.subtract(np.float32(1), ops.unsqueeze(kept, [1, 2])), np.float32(_MASKED))
        if not self._model.architecture.is_relative:
            return masked
        most = len(self._weights[POSITIONS])
        table = self._weights[RELATIVE_BIAS][relative_buckets(np.arange(1 - most, most))]
        place = self._range(ids)
        apart = ops.subtract(ops.unsqueeze(place, 0), ops.unsqueeze(place, 1))
        relative = ops.gather(self._constant(table), ops.add(apart, np.int64(most - 1)), 0)
        return ops.add(ops.unsqueeze(ops.transpose(relative, [2, 0, 1]), 0), masked)

    def _layer(self, x: Node, bias: Node, number: int) -> Node:
        ops, names = self._ops, self._model.architecture.layer
        prefix = names.prefix.format(number)
        query, key, value = (
            self._heads(self._linear(x, prefix + name)) for name in (names.query, names.key, names.value)
        )
        attended = ops.transpose(ops.scaled_dot_product_attention(query, key, value, bias), [0, 2, 1, 3])
        joined = self._linear(ops.reshape(attended, [0, 0, -1], special_zero=True), prefix + names.attended)
        x = self._norm(ops.add(joined, x), prefix + names.attention_norm)
        wide = ops.gelu(self._linear(x, prefix + names.widen), "erf")
        return self._norm(ops.add(self._linear(wide, prefix + names.narrow), x), prefix + names.output_norm)

    def _heads(self, x: Node) -> Node:
        """Shape (texts, heads, tokens, width / heads)."""
        ops, heads = self._ops, self._model.heads
        size = self._weights[WORDS].shape[1] // heads
        return ops.transpose(ops.reshape(x, [0, 0, heads, size], special_zero=True), [0, 2, 1, 3])

    def _linear(self, x: Node, name: str) -> Node:
        return self._affine(x, self._weights[f"{name}.weight"], self._weights[f"{name}.bias"])

    def _affine(self, x: Node, weight: NDArray[np.float32], bias: NDArray[np.float32] | None) -> Node:
        ops = self._ops
        product = ops.matmul(x, self._constant(weight), False, True)
        return product if bias is None else ops.add(product, self._constant(bias))

    def _norm(self, x: Node, name: str) -> Node:
        ops = self._ops
        scaled = ops.mvn(x, [-1], True, self._model.epsilon, "INSIDE_SQRT")
        gain, shift = (self._constant(self._weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return ops.add(ops.multiply(scaled, gain), shift)

    def _pooled(self, x: Node, kept: Node) -> Node:
        """Shape (texts, width); as `Pooling` of sentence-transformers."""
        ops = self._ops
        if self._model.pooling == "cls":
            return ops.gather(x, np.int64(0), np.int64(1))
        mask = ops.unsqueeze(kept, 2)
        if self._model.pooling == "max":
            lowest = np.float32(np.finfo(np.float32).min)
            return ops.reduce_max(ops.select(ops.greater(mask, np.float32(0)), x, lowest), [1])
        return ops.divide(ops.reduce_sum(ops.multiply(x, mask), [1]), ops.reduce_sum(mask, [1]))

    def _dense(self, vector: Node, module: Dense) -> Node:
        result = self._affine(vector, module.weight, module.bias)
        return self._ops.tanh(result) if module.activation == "tanh" else result

    def _unit(self, vector: Node) -> Node:
        """Divided by its length, or by 1e-12 if that is more; as torch's `normalize`."""
        return self._ops.normalize_l2(vector, [1], 1e-24, "max")

    def _constant(self, values: NDArray[np.float32]) -> Node:
        """A constant that shares the array's memory; it keeps the array."""
        return self._ops.constant(np.ascontiguousarray(values), shared_memory=True)


def relative_buckets(apart: NDArray[np.int64]) -> NDArray[np.int64]:
    """The row of MPNet's biases for each distance: `MPNetEncoder.relative_position_bucket` of transformers.

    Args:
        apart: The position attended to minus that of the token, int64, any shape.

    Returns:
        int64, of the same shape: near distances have a bucket each, farther ones share them by logarithm.
    """
    half = RELATIVE_BUCKETS // 2
    exact = half // 2
    distance = np.abs(apart)
    scale = np.log(np.maximum(distance, 1).astype(np.float32) / np.float32(exact))
    far = exact + (scale / np.float32(math.log(_FARTHEST / exact)) * np.float32(half - exact)).astype(
        np.int64
    )
    return half * (apart > 0) + np.where(distance < exact, distance, np.minimum(far, half - 1))
