"""Reading of tensor types and shapes from safetensors headers: huggingface.co/docs/safetensors."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from explorer.hub.json_values import as_count, as_list, as_table

_MAX_HEADER_BYTES = 25_000_000
_MAX_DIMS = 500
# The bits of each type: `Dtype::bitsize` in safetensors/src/tensor.rs of github.com/huggingface/safetensors.
_BITS = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(("I8", "U8", "BOOL"), 8),
    **dict.fromkeys(("F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    "F4": 4,
}


@dataclass(frozen=True)
class TensorHeader:
    """A tensor in a safetensors file.

    Attributes:
        kind: Its type, as in the format: `F32`, `BF16`, ….
        shape: Its shape.
    """

    kind: str
    shape: tuple[int, ...]


def header_entries(read: Callable[[int, int], bytes]) -> tuple[int, Mapping[str, object]]:
    """Where the data of a file begins, in bytes, and its header: an unchecked entry for each tensor, by name.

    Args:
        read: Returns the bytes of the file from start to end (exclusive).

    Raises:
        ValueError: The header is not readable JSON, or is longer than 25 MB.
    """
    length = int.from_bytes(read(0, 8), "little")
    try:
        header = as_table(json.loads(read(8, 8 + min(length, _MAX_HEADER_BYTES))))
    except RecursionError as error:
        raise ValueError("the header is nested too deeply") from error
    return 8 + length, header


def read_header(read: Callable[[int, int], bytes]) -> dict[str, TensorHeader]:
    """The tensors of a file, by name; invalid entries are left out.

    Args:
        read: As for `header_entries`.
    """
    try:
        _, header = header_entries(read)
    except ValueError:
        return {}
    found = {}
    for name, tensor in header.items():
        kind, shape = as_table(tensor).get("dtype"), as_list(as_table(tensor).get("shape"), _MAX_DIMS)
        dims = [dim for dim in map(as_count, shape) if dim is not None]
        if isinstance(kind, str) and len(dims) == len(shape):
            found[name] = TensorHeader(kind, tuple(dims))
    return found


def count_parameters(tensors: Iterable[TensorHeader]) -> dict[str, int]:
    """Number of parameters of each type."""
    counts: dict[str, int] = {}
    for tensor in tensors:
        counts[tensor.kind] = counts.get(tensor.kind, 0) + math.prod(tensor.shape)
    return counts


def weights_size(counts: object) -> int | None:
    """Size of weights in bytes, from the number of parameters of each type; None if one is unknown."""
    if not isinstance(counts, Mapping) or not counts:
        return None
    bits = 0
    for kind, count in counts.items():
        if kind not in _BITS or as_count(count) is None:
            return None
        bits += _BITS[kind] * count
    return bits // 8
