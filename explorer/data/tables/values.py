"""Values as text, and text as Arrow columns that hold it exactly."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

# What str.strip() removes, spelled out because RE2's \s covers ASCII only.
_WHITESPACE = (
    r"[\x09-\x0d\x1c-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}"
    r"\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
)
_EMPTY = f"^{_WHITESPACE}*$"
NUMBER = r"^[ \t]*[+-]?([0-9]+([.,][0-9]+)*|[.,][0-9]+)([eE][+-]?[0-9]+)?[ \t]*$"
_ITEM = r"([+-]?[0-9.][0-9.eE+-]*|[+-]?(NaN|nan|Infinity|inf)|null)"
LIST_OF_NUMBERS = rf"^\s*\[\s*{_ITEM}([\s,]+{_ITEM})*\s*\]\s*$"  # as JSON writes it, or NumPy without commas
_SURROGATE = re.compile("[\ud800-\udfff]")
NESTED = "lists or records, kept as JSON text"
MIXED = "values of several kinds, or numbers beyond 64 bits, kept as text"
_NUMBERS = (pa.int64(), pa.uint64(), pa.float64())  # each holds more than those before it

Remarks = tuple[str, ...]  # what was done to the values of a column, each to follow its name in a note


def without_surrogates(text: str) -> str:
    """The text with each lone surrogate, which no encoding can hold, replaced by U+FFFD."""
    return _SURROGATE.sub("\ufffd", text)


def as_text(value: object) -> str | None:
    """A value as text: text as it is, None as None, anything else as JSON."""
    if value is None or isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, default=str)
    except (TypeError, ValueError):  # keys that JSON does not know, a list within itself
        return str(value)


def chunked(data: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    """Either form as the chunked one; Arrow splits a very long array by itself."""
    return data if isinstance(data, pa.ChunkedArray) else pa.chunked_array([data])


def text_column(values: Sequence[str | None]) -> tuple[pa.ChunkedArray, Remarks]:
    """A column of text from strings and None, of type `string`, and remarks on it."""
    data, halves = _texts(values)
    return data, (half_remark(halves),) if halves else ()


def column_of(values: Sequence[object]) -> tuple[pa.ChunkedArray, Remarks]:
    """A column from Python values, typed if all are of one kind, else text; and remarks on it."""
    data, mixed, halves = typed(values)
    return data, ((MIXED,) if mixed else ()) + ((half_remark(halves),) if halves else ())


def typed(values: Sequence[object]) -> tuple[pa.ChunkedArray, bool, int]:
    """Python values as Arrow, whether mixed kinds made them text, and how many changed.

    Values that change are texts with a lone surrogate; see `half_remark`.
    """
    if set(map(type, values)) <= {str, type(None)}:
        data, halves = _texts(values)  # type: ignore[arg-type]
        return data, False, halves
    try:
        return chunked(pa.array(values)), False, 0
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        data, halves = _texts([as_text(value) for value in values])
        return data, True, halves


def joined(chunks: Sequence[pa.ChunkedArray]) -> pa.ChunkedArray | None:
    """Join batches of one column in a type that holds all values; None where only text does."""
    kinds = {chunk.type for chunk in chunks if not pa.types.is_null(chunk.type)}
    numbers = all(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in kinds)
    if len(kinds) > 1 and not numbers:
        return None
    kind = max(kinds, key=_NUMBERS.index) if len(kinds) > 1 else next(iter(kinds), pa.null())
    try:
        pieces = [piece for chunk in chunks for piece in chunk.cast(kind).chunks]
    except pa.ArrowInvalid:  # a number that the wider type does not hold exactly
        return None
    return pa.chunked_array(pieces, kind)


def half_remark(values: int) -> str:
    """The remark on how many texts had a lone surrogate, which no encoding can hold."""
    return f"lone surrogates (half characters) were replaced by � in {count(values, 'value')}"


def _texts(values: Sequence[str | None]) -> tuple[pa.ChunkedArray, int]:
    try:
        return chunked(pa.array(values, pa.string())), 0
    except UnicodeEncodeError:
        clean = [None if value is None else without_surrogates(value) for value in values]
        changed = sum(new != old for new, old in zip(clean, values, strict=True))
        return chunked(pa.array(clean, pa.string())), changed


def empty_mask(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """True where a text column is null, empty or only whitespace."""
    return pc.fill_null(pc.match_substring_regex(column, _EMPTY), True)


def count(number: int, noun: str) -> str:
    """A number and its noun in the right form: "1 row", "1,200 rows"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def shortened(text: str, most: int) -> str:
    """The beginning of a text, on one line.

    Args:
        text: The text.
        most: How many characters are kept; an ellipsis stands for the rest.
    """
    flat = " ".join(text[: 4 * most].split())
    return flat if len(flat) <= most and len(text) <= 4 * most else flat[:most].rstrip() + "…"
