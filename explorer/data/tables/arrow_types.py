"""Kinds of Arrow types, each with all its variants: Arrow has several types of text, bytes and lists."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa


def is_text(kind: pa.DataType) -> bool:
    """Whether values are strings."""
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def is_number(kind: pa.DataType) -> bool:
    """Whether values are integers or floating-point numbers."""
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def is_binary(kind: pa.DataType) -> bool:
    """Whether values are bytes."""
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def is_list(kind: pa.DataType) -> bool:
    """Whether values are lists whose items are stored one after the other, so views of lists excluded."""
    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def leaves(kind: pa.DataType) -> Iterator[pa.DataType]:
    """The types of the values themselves, at the bottom of lists and records."""
    if isinstance(kind, pa.BaseExtensionType):
        yield from leaves(kind.storage_type)
    elif pa.types.is_dictionary(kind):
        yield from leaves(kind.value_type)
    elif kind.num_fields:
        for position in range(kind.num_fields):
            yield from leaves(kind.field(position).type)
    else:
        yield kind
