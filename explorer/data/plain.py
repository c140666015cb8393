"""Arrow columns of any type, brought to plain ones: text, numbers, true/false, dates and times."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence

import pyarrow as pa

from explorer.data.values import Column, ReadColumn, as_text, text_column
from explorer.errors import ColumnError, UnreadableFileError

# Longer lists of numbers are vectors, and their JSON nothing to read; whole numbers may be tokens.
_VECTOR_BYTES_A_ROW = 256
_NUMBERS_BYTES_A_ROW = 1_000

_PLAIN = (
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_floating,
    pa.types.is_decimal,
    pa.types.is_date,
    pa.types.is_time,
    pa.types.is_timestamp,
    pa.types.is_duration,
    pa.types.is_null,
)


def plain_columns(
    names: Sequence[str],
    data: Sequence[pa.ChunkedArray | Column],
    source: str,
    *,
    notes: Sequence[str] = (),
) -> tuple[list[tuple[str, Column]], list[str], dict[str, ReadColumn]]:
    """The columns in plain types, a note on each that was left out, and those of these that hold vectors.

    Args:
        names: The columns' names as they stand in the source.
        data: Their values, of any Arrow type, or columns that are plain already.
        source: The file's name, for messages.
        notes: Notes on columns that were left out before.

    Raises:
        ColumnError: None is left.
        UnreadableFileError: A column said to be text holds bytes that are not.
    """
    columns: list[tuple[str, Column]] = []
    notes = list(notes)
    vectors: dict[str, ReadColumn] = {}
    for name, values in zip(names, data, strict=True):
        if isinstance(values, Column):
            columns.append((name, values))
        elif reason := left_out(values.type, values.nbytes / max(len(values), 1)):
            notes.append(f'Column "{name}" is left out: {reason}.')
            if is_list_of_numbers(values.type):
                vectors[name] = functools.partial(_same, values)
        else:
            columns.append((name, _plain(values, f'{source}, column "{name}"')))
    if notes and not columns and not vectors:
        raise ColumnError("No column can be shown as text.", where=source, fix=" ".join(notes))
    return columns, notes, vectors


def is_list_of_numbers(kind: pa.DataType) -> bool:
    """Whether each value is a plain list of numbers."""
    is_list = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return bool(is_list and _is_number(kind.value_type))


def left_out(kind: pa.DataType, bytes_a_row: float = 0) -> str:
    """Why a column of this type is not kept; empty when it is."""
    if any(map(_is_binary, _leaves(kind))):
        return "it holds raw bytes, such as images"
    if bytes_a_row <= _VECTOR_BYTES_A_ROW or not kind.num_fields:
        return ""
    if all(map(pa.types.is_floating, _leaves(kind))) or (
        bytes_a_row > _NUMBERS_BYTES_A_ROW and all(map(_is_number, _leaves(kind)))
    ):
        return "its lists of numbers are too long to read, as those of vectors are"
    return ""


def _same(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return values


def _plain(values: pa.ChunkedArray, where: str) -> Column:
    kind = values.type
    if isinstance(kind, pa.BaseExtensionType):
        chunks = [chunk.storage for chunk in values.chunks]
        return _plain(pa.chunked_array(chunks, kind.storage_type), where)
    if pa.types.is_dictionary(kind):
        return _plain(values.cast(kind.value_type), where)
    if any(is_plain(kind) for is_plain in _PLAIN):
        return Column(values)
    try:
        if _is_text(kind):
            text = values.cast(pa.string())
            text.validate(full=True)  # Arrow trusts a file that says its text is UTF-8
            return Column(text)
        column = text_column([as_text(value) for value in values.to_pylist()])
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        raise UnreadableFileError(
            "The column should hold text, but some of its bytes are not valid UTF-8.",
            where=where,
            fix="Write it again with that column decoded.",
        ) from error
    return Column(column.data, ("lists or records, kept as JSON text", *column.remarks), nested=True)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _is_binary(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


def _leaves(kind: pa.DataType) -> Iterator[pa.DataType]:
    """The types of the values themselves, at the bottom of lists and records."""
    if isinstance(kind, pa.BaseExtensionType):
        yield from _leaves(kind.storage_type)
    elif pa.types.is_dictionary(kind):
        yield from _leaves(kind.value_type)
    elif kind.num_fields:
        for position in range(kind.num_fields):
            yield from _leaves(kind.field(position).type)
    else:
        yield kind
