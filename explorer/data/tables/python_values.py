"""Cells of any Arrow type as Python values and as text; this never raises.

Arrow holds values that Python cannot: years beyond 9999, unknown time zones, records with duplicate field
names, times beyond 24 hours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from explorer.data.tables.arrow_types import is_list, is_text
from explorer.data.tables.values import as_text

_UNITS = {"s": "s", "ms": "ms", "us": "µs", "ns": "ns"}
_A_SECOND = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_DAY = 86_400
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896  # of the years 1 and 9999, from 1970
_DURATION = 999_999_999 * _DAY
# Arrow's own errors, Python's ranges, names of time zones (KeyError), bytes that are not text.
_REFUSED = (pa.ArrowException, ValueError, OverflowError, KeyError, OSError, NotImplementedError, TypeError)


def cells(values: pa.Array | pa.ChunkedArray) -> list[Any]:
    """Python values; what Python cannot hold becomes text, and a record becomes a dict with unique keys."""
    if isinstance(values, pa.ChunkedArray):
        return [cell for chunk in values.chunks for cell in cells(chunk)]
    values = without_extensions(values)
    try:
        return list(values.to_pylist())
    except _REFUSED:
        return _cells(values)


def without_extensions(values: pa.Array) -> pa.Array:
    """Values in their storage types, also within lists and records: Arrow can do more with these."""
    kind = _stored(values.type)
    return values if kind == values.type else values.cast(kind)


def texts(values: pa.Array | pa.ChunkedArray) -> list[str | None]:
    """Each value as text: text as it is, lists and records as JSON, null as None."""
    return [as_text(cell) for cell in cells(values)]


def as_strings(column: pa.ChunkedArray) -> list[str]:
    """Each value of a plain column as a person would write it; null and NaN become ""."""
    return list(pc.fill_null(plain_text(column), "").to_pylist())


def plain_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A plain column as text, as a person would write it; NaN becomes null."""
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
    if pa.types.is_timestamp(column.type) and column.type.tz is not None:  # Arrow may lack time zones
        utc = column.cast(pa.timestamp(column.type.unit)).cast(pa.string())
        return pc.binary_join_element_wise(utc, "Z", "")
    return column.cast(pa.string())


def in_range(values: pa.ChunkedArray) -> bool:
    """Whether all values of a column of dates, times or durations are within Python's range."""
    kind = values.type
    if pa.types.is_interval(kind):
        return False
    second = 1 if pa.types.is_date32(kind) else _A_SECOND["ms" if pa.types.is_date64(kind) else kind.unit]
    low, high = -_DURATION * second, _DURATION * second
    if pa.types.is_date32(kind):
        low, high = _FIRST_DAY, _LAST_DAY
    elif pa.types.is_time(kind):
        low, high = 0, _DAY * second - 1
        if kind.unit == "ns" and _has_parts_of_microseconds(values):
            return False
    elif not pa.types.is_duration(kind):  # a time zone can shift a timestamp by a day
        low, high = (_FIRST_DAY + 1) * _DAY * second, _LAST_DAY * _DAY * second
    for chunk in values.chunks:
        bounds = pc.min_max(_numbers(chunk))
        least, most = bounds["min"].as_py(), bounds["max"].as_py()
        if least is not None and (least < low or most > high):
            return False
    return True


def moments(values: pa.ChunkedArray) -> list[str | None]:
    """Dates, times or durations out of range as text: ISO 8601 with any year, or a count of units."""
    return [text for chunk in values.chunks for text in _moments(chunk)]


def known_zone(kind: pa.DataType) -> bool:
    """Whether a type has no time zone, or a known one."""
    try:
        return kind.tz is None or pa.scalar(0, kind).as_py() is not None
    except _REFUSED:
        return False


def _cells(values: pa.Array) -> list[Any]:
    kind = values.type
    if pa.types.is_dictionary(kind):
        known = cells(values.dictionary)
        return [None if place is None else known[place] for place in values.indices.to_pylist()]
    if pa.types.is_struct(kind):
        return _records(values)
    if pa.types.is_map(kind):
        return _spread(
            values, list(zip(_within(values, values.keys), _within(values, values.items), strict=True))
        )
    if is_list(kind) or pa.types.is_list_view(kind) or pa.types.is_large_list_view(kind):
        return _lists(values)
    if pa.types.is_temporal(kind) and not pa.types.is_interval(kind):
        return _moments(values)
    if is_text(kind):
        binary = (
            values.cast(pa.large_binary())
            if not pa.types.is_string_view(kind)
            else values.view(pa.binary_view())
        )
        return [None if cell is None else cell.decode(errors="replace") for cell in binary.to_pylist()]
    return [_cell(values[place]) for place in range(len(values))]


def list_values(values: pa.Array) -> pa.Array:
    """The values of all lists that are not null, one after the other."""
    kind = values.type
    if not pa.types.is_fixed_size_list(kind) or not values.null_count:
        return values.flatten()
    # Arrow cannot take extension types out of lists of a fixed size, some of which are null.
    start = values.offset * kind.list_size
    inside = without_extensions(values.values.slice(start, len(values) * kind.list_size))
    lists = pa.FixedSizeListArray.from_arrays(inside, kind.list_size, mask=values.is_null())
    return lists.flatten()


def _cell(scalar: pa.Scalar) -> Any:  # noqa: ANN401 - of any type
    if not scalar.is_valid:
        return None
    try:
        return scalar.as_py()
    except _REFUSED:
        return f"({scalar.type.id})"


def _records(values: pa.StructArray) -> list[Any]:
    names: list[str] = []
    for place in range(values.type.num_fields):
        name = values.type.field(place).name
        wanted, number = name, 2
        while name in names:
            name, number = f"{wanted} ({number})", number + 1
        names.append(name)
    fields = [cells(field) for field in values.flatten()]
    there = values.is_valid().to_pylist()
    return [
        {name: field[place] for name, field in zip(names, fields, strict=True)} if there[place] else None
        for place in range(len(values))
    ]


def _lists(values: pa.Array) -> list[Any]:
    flat = cells(list_values(values))
    lengths = pc.list_value_length(values).to_pylist()
    found: list[Any] = []
    at = 0
    for length in lengths:
        found.append(None if length is None else flat[at : at + length])
        at += length or 0
    return found


def _spread(values: pa.MapArray, pairs: list[tuple[Any, Any]]) -> list[Any]:
    offsets = values.offsets.to_pylist()
    there = values.is_valid().to_pylist()
    return [
        pairs[offsets[place] - offsets[0] : offsets[place + 1] - offsets[0]] if there[place] else None
        for place in range(len(values))
    ]


def _within(values: pa.MapArray, child: pa.Array) -> list[Any]:
    first, last = values.offsets[0].as_py(), values.offsets[-1].as_py()
    return cells(child.slice(first, last - first))


def _moments(values: pa.Array) -> list[str | None]:
    """Dates and times as ISO 8601; times beyond a day and durations as a count of units."""
    kind = values.type
    unit = "D" if pa.types.is_date32(kind) else "ms" if pa.types.is_date64(kind) else kind.unit
    numbers = _numbers(values)
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        zone = "Z" if pa.types.is_timestamp(kind) and _has_zone(kind) else ""
        counted = pc.fill_null(numbers, 0).to_numpy().astype(np.int64).view(f"datetime64[{unit}]")
        texts = [f"{text}{zone}" for text in np.datetime_as_string(counted).tolist()]
    elif pa.types.is_time(kind) and pc.all(_within_a_day(numbers, unit)).as_py():
        texts = pc.fill_null(values.cast(pa.string()), "").to_pylist()
    else:
        texts = [f"{number} {_UNITS[unit]}" for number in numbers.to_pylist()]
    there = values.is_valid().to_pylist()
    return [text if valid else None for text, valid in zip(texts, there, strict=True)]


def _within_a_day(numbers: pa.Array, unit: str) -> pa.Array:
    return pc.and_(pc.greater_equal(numbers, 0), pc.less(numbers.cast(pa.int64()), _DAY * _A_SECOND[unit]))


def _has_parts_of_microseconds(values: pa.ChunkedArray) -> bool:
    numbers = values.cast(pa.int64())
    return bool(pc.any(pc.not_equal(pc.multiply(pc.divide(numbers, 1000), 1000), numbers)).as_py())


def _numbers(values: pa.Array) -> pa.Array:
    """The integers that store dates, times and durations."""
    return values.view(pa.int32() if values.type.bit_width == 32 else pa.int64())


def _has_zone(kind: pa.DataType) -> bool:
    try:
        return kind.tz is not None
    except UnicodeDecodeError:
        return True


def _stored(kind: pa.DataType) -> pa.DataType:
    """A type with extension types replaced by their storage types."""
    if isinstance(kind, pa.BaseExtensionType):
        return _stored(kind.storage_type)
    if pa.types.is_struct(kind):
        fields = [kind.field(place) for place in range(kind.num_fields)]
        return pa.struct([field.with_type(_stored(field.type)) for field in fields])
    if pa.types.is_map(kind):
        return pa.map_(_stored(kind.key_type), kind.item_field.with_type(_stored(kind.item_type)))
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(_stored(kind.value_type)))
    if pa.types.is_large_list(kind):
        return pa.large_list(kind.value_field.with_type(_stored(kind.value_type)))
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(kind.value_field.with_type(_stored(kind.value_type)), kind.list_size)
    return kind
