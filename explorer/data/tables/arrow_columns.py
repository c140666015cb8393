"""Arrow columns of any type, converted to plain ones: text, numbers, true/false, dates and times."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from explorer.data.images.columns import image_column, may_hold_images
from explorer.data.tables.arrow_types import is_binary, is_list, is_number, is_text, leaves
from explorer.data.tables.budget import Budget
from explorer.data.tables.python_values import (
    in_range,
    known_zone,
    list_values,
    moments,
    texts,
    without_extensions,
)
from explorer.data.tables.source_table import TableBuilder
from explorer.data.tables.values import NESTED, Remarks, chunked, text_column
from explorer.errors import TooLargeError, UnreadableFileError
from explorer.jobs.progress import OnProgress
from explorer.settings import settings

# Longer lists of numbers are vectors, whose JSON nobody can read; lists of whole numbers may be tokens.
_VECTOR_BYTES_A_ROW = 256
_NUMBERS_BYTES_A_ROW = 1_000
_STEP_BYTES = 32_000_000  # of Python values that live at a time
_CELL_BYTES = 64  # of a Python value, beside its text

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


def add_column(
    builder: TableBuilder,
    label: str,
    values: pa.ChunkedArray,
    remarks: Remarks = (),
    on_progress: OnProgress | None = None,
    *,
    open_paths: bool = False,
) -> None:
    """Add a column of any Arrow type to a table being built: of a plain type, of images, or left out.

    Args:
        builder: The table.
        label: The column's name in the source.
        values: Its values.
        remarks: What has been done to them already.
        on_progress: Called with the number of images read; an exception it raises stops the work.
        open_paths: See `image_column`.

    Raises:
        UnreadableFileError: A text column holds bytes that are not UTF-8.
        TooLargeError: It is too large once dictionaries are expanded and lists are written as text.
    """
    if may_hold_images(values.type):
        found = image_column(values, label, None, on_progress, open_paths=open_paths)
        if found is not None:
            builder.add_images(label, found.images, found.names, found.notes)
            return
    if reason := left_out(values.type, values.nbytes / max(len(values), 1)):
        builder.leave_out(label, reason, (lambda: values) if is_list_of_numbers(values.type) else None)
        return
    plain = ColumnBuilder(values.type, f'{builder.name}, column "{label}"', builder.budget)
    plain.add(values)
    data, more = plain.column()
    builder.add(label, data, remarks + more)


class ColumnBuilder:
    """A column converted to a plain type batch by batch; the size of a batch is counted before it expands.

    Args:
        kind: The type of its values.
        where: The column, for error messages.
        budget: Bounds its memory.
    """

    def __init__(self, kind: pa.DataType, where: str, budget: Budget) -> None:
        self._where = where
        self._budget = budget
        self._chunks: list[pa.Array] = []
        self._nested = False
        self._remarks: dict[str, None] = {}
        self._kind = _stored(kind)

    def add(self, values: pa.Array | pa.ChunkedArray) -> None:
        """Add the next values, whose storage type can differ from the column's.

        Raises:
            UnreadableFileError: A text is not UTF-8.
            TooLargeError: A cell, or all of them together, is too large.
        """
        if isinstance(values, pa.ChunkedArray):
            for chunk in values.chunks:
                self.add(chunk)
            return
        try:
            self._add(without_extensions(values))
        except (pa.ArrowInvalid, UnicodeDecodeError) as error:
            raise UnreadableFileError(
                "The column should hold text, but some of its bytes are not valid UTF-8.",
                where=self._where,
                fix="Write it again with that column decoded.",
            ) from error

    def column(self) -> tuple[pa.ChunkedArray, Remarks]:
        """All values added, and remarks on what was done to them."""
        kind = self._chunks[0].type if self._chunks else pa.string() if is_text(self._kind) else self._kind
        if not any(is_plain(kind) for is_plain in (*_PLAIN, pa.types.is_string)):
            kind = pa.string()
            self._nested = True
        data = pa.chunked_array(self._chunks, kind)
        if pa.types.is_float16(kind):
            data = data.cast(pa.float32())
        elif pa.types.is_decimal(kind) and kind.scale < 0:  # which Parquet files cannot hold
            data = data.cast(pa.string())
            self._remarks["decimal numbers with a negative scale, kept as text"] = None
        elif pa.types.is_timestamp(kind) and not known_zone(kind):
            plain = pa.timestamp(kind.unit)
            data = pa.chunked_array([chunk.view(plain) for chunk in data.chunks], plain)
            self._remarks["its time zone is unknown, so its times are in UTC"] = None
        if pa.types.is_temporal(data.type) and not in_range(data):
            data = chunked(pa.array(moments(data), pa.string()))
            self._budget.spend(data.nbytes)
            self._remarks["dates, times or durations outside the usual range, kept as text"] = None
        if self._nested:
            self._remarks = {NESTED: None, **self._remarks}
        return data, tuple(self._remarks)

    def _add(self, values: pa.Array) -> None:
        kind = values.type
        if pa.types.is_dictionary(kind) and not kind.value_type.num_fields:
            self._budget.spend(_expanded(values))
            self._add(values.cast(kind.value_type) if len(values) else pa.array([], kind.value_type))
            return
        if any(is_plain(kind) for is_plain in _PLAIN):
            self._budget.spend(values.nbytes)
            self._chunks.append(values)
        elif is_text(kind):
            if not pa.types.is_dictionary(values.type):
                self._budget.spend(values.nbytes)
            for text in chunked(values.cast(pa.string())).chunks:
                text.validate(full=True)  # Arrow trusts a file that says its text is UTF-8
                self._chunks.append(text)
        else:
            self._nested = True
            self._add_nested(values)

    def _add_nested(self, values: pa.Array) -> None:
        """Lists and records as JSON, in steps small enough to hold few Python values at a time."""
        if len(values) > 1 and _weight(values) > _STEP_BYTES:
            half = len(values) // 2
            self._add_nested(values.slice(0, half))
            self._add_nested(values.slice(half))
            return
        most = settings().max_cell_chars
        if len(values) == 1 and _weight(values) > max(_STEP_BYTES, most * _CELL_BYTES):
            raise TooLargeError(
                f"A cell holds over {most:,} characters.",
                where=self._where,
                fix="Shorten or split the lists, or ask the host to raise EXPLORER_MAX_CELL_CHARS.",
            )
        data, remarks = text_column(texts(values))
        self._budget.spend(data.nbytes)
        self._chunks += data.chunks
        self._remarks.update(dict.fromkeys(remarks))


def widest_row(kind: pa.DataType) -> int:
    """The bytes of a null row, since fixed-size lists take space for missing values too."""
    if isinstance(kind, pa.BaseExtensionType):
        return widest_row(kind.storage_type)
    if pa.types.is_fixed_size_list(kind):
        return int(kind.list_size) * max(1, widest_row(kind.value_type))
    if pa.types.is_dictionary(kind):
        return 4
    if kind.num_fields:
        return sum(widest_row(kind.field(place).type) for place in range(kind.num_fields))
    return 8


def leaf_count(kind: pa.DataType) -> int:
    """The columns that Parquet makes of a type."""
    return sum(1 for _ in leaves(kind))


def _stored(kind: pa.DataType) -> pa.DataType:
    if isinstance(kind, pa.BaseExtensionType):
        return _stored(kind.storage_type)
    return _stored(kind.value_type) if pa.types.is_dictionary(kind) else kind


def _expanded(values: pa.Array) -> int:
    """The bytes of values once each has its own copy of its dictionary entry."""
    kind = values.type
    if isinstance(kind, pa.BaseExtensionType):
        return _expanded(values.storage)
    if pa.types.is_dictionary(kind):
        known = values.dictionary
        if is_text(known.type) or is_binary(known.type):
            sizes = pc.fill_null(pc.binary_length(known.cast(pa.large_binary())), 0).cast(pa.int64())
            return 4 * len(values) + (pc.sum(sizes.take(values.indices)).as_py() or 0)
        return 16 * len(values)
    return sum(_expanded(child) for child in _children(values)) or int(values.nbytes)


def _weight(values: pa.Array) -> int:
    """The approximate size of values as Python objects, in bytes."""
    children = _children(values)
    if children:
        return _CELL_BYTES * len(values) + sum(_weight(child) for child in children)
    return _CELL_BYTES * len(values) + _expanded(values)


def _children(values: pa.Array) -> list[pa.Array]:
    kind = values.type
    if pa.types.is_struct(kind):
        return list(values.flatten())
    if pa.types.is_map(kind):
        first, last = values.offsets[0].as_py(), values.offsets[-1].as_py()
        return [child.slice(first, last - first) for child in (values.keys, values.items)]
    if is_list(kind):
        return [list_values(values)]
    return []


def is_list_of_numbers(kind: pa.DataType) -> bool:
    """Whether each value is a plain list of numbers."""
    return is_list(kind) and is_number(kind.value_type)


def left_out(kind: pa.DataType, bytes_a_row: float = 0) -> str:
    """Why a column of this type is left out; empty when it is kept."""
    if any(map(is_binary, leaves(kind))):
        return "it holds raw bytes, such as images"
    if bytes_a_row <= _VECTOR_BYTES_A_ROW or not kind.num_fields:
        return ""
    if all(map(pa.types.is_floating, leaves(kind))) or (
        bytes_a_row > _NUMBERS_BYTES_A_ROW and all(map(is_number, leaves(kind)))
    ):
        return "its lists of numbers are too long to display, like vectors"
    return ""
