"""The values of a column as filters compare them: numbers, moments, and text without case and accents."""

from __future__ import annotations

import datetime as dt
import re
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.data.corpus import Corpus
from explorer.data.tables.arrow_types import is_number
from explorer.data.tables.python_values import plain_text
from explorer.data.tables.values import LIST_OF_NUMBERS

Kind = Literal["category", "number", "time", "text"]
"""How a column is filtered; see `kind_of`."""

NO_TIME = np.iinfo(np.int64).min
"""What `moments_of` gives for a row without a date."""

MAX_LABELS = 1_000  # different values of the label column, beyond which it is filtered as text
MAX_CATEGORIES = 200  # the same for other columns
_SHARE = 0.9  # a column of text counts as numbers or dates when at least this share of its values are
_HEAD = 2_000  # rows from which a column of text is judged not to hold these

_EPOCH = dt.datetime(1970, 1, 1)
_MINUTE = 60_000_000  # microseconds
_FIRST, _LAST = ((end - _EPOCH) // dt.timedelta(minutes=1) for end in (dt.datetime.min, dt.datetime.max))
_NUMBER = r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?\s*$"
_DATE = r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
_LOCAL, _ZONED = rf"{_DATE})?\s*$", rf"{_DATE})(Z|[+-][0-9]{{2}}:?[0-9]{{2}})\s*$"
_ACCENTS = r"[\x{0300}-\x{036f}]+"  # not the marks of other scripts, which are letters there
_NEXT = r"[^\x{1160}-\x{11ff}\x{3099}\x{309a}]"  # not the rest of a syllable of Hangul, or of a voiced kana


def filterable(corpus: Corpus) -> list[str]:
    """The columns that can be filtered: label, metadata, then text; not lists, records, bytes and vectors."""
    names = [*([corpus.label] if corpus.label else []), *corpus.metadata, corpus.text]
    return [name for name in names if _is_plain(corpus.table[name])]


def kind_of(corpus: Corpus, column: str) -> Kind:
    """How a column is filtered: by its values if they are few, by a range, or by a text in it.

    Args:
        corpus: The rows.
        column: One of `filterable`.
    """
    values = corpus.table[column]
    if column == corpus.text:
        return "text"
    most = MAX_LABELS if column == corpus.label else MAX_CATEGORIES
    different = values.unique().drop_null()
    if column == corpus.label and len(different) <= most:
        return "category"
    if pa.types.is_boolean(values.type) or len(different) <= 2:
        return "category"
    if _is_numeric(values.type) or _mostly(values, _NUMBER):
        return "number"
    if _is_moment(values.type) or _mostly(values, _LOCAL, _ZONED):
        return "time"
    few = len(different) <= most and 2 * len(different) <= len(values)
    return "category" if few else "text"


def numbers_of(values: pa.ChunkedArray) -> NDArray[np.float64]:
    """Each value as a number, NaN for none, shape (rows,); integers beyond 2^53 are rounded.

    Numbers in columns of text are read where they are written plainly: 12, -0.5, 3e4.
    """
    written = _is_text(values.type)
    if written:
        plain = pc.fill_null(pc.match_substring_regex(values, _NUMBER), False)
        trimmed = pc.ascii_ltrim(pc.utf8_trim_whitespace(values), "+")
        values = pc.if_else(plain, trimmed, pa.scalar(None, pa.string()))
    elif not _is_numeric(values.type):
        return np.full(len(values), np.nan)
    found: NDArray[np.float64] = pc.fill_null(values.cast(pa.float64(), safe=False), np.nan).to_numpy()
    return np.where(np.isinf(found), np.nan, found) if written else found  # such as 1e999


def moments_of(values: pa.ChunkedArray) -> NDArray[np.int64]:
    """Each date or time in microseconds since 1970, `NO_TIME` for none, shape (rows,).

    Times with a zone are in UTC, others as they are. In columns of text, dates are read in the form of ISO
    8601: 2026-01-31, 2026-01-31 12:05, 2026-01-31T12:05:30+01:00.
    """
    if _is_text(values.type):
        return _read_moments(values)
    if not _is_moment(values.type):
        return np.full(len(values), NO_TIME)
    zone = values.type.tz if pa.types.is_timestamp(values.type) else None
    stamps = values.cast(pa.timestamp("us", zone), safe=False).cast(pa.int64())
    found: NDArray[np.int64] = pc.fill_null(stamps, NO_TIME).to_numpy()
    return found


def contains(values: pa.ChunkedArray, sought: str) -> NDArray[np.bool_]:
    """Which texts contain a text, without regard to case and accents, shape (rows,); see `_folded`.

    Args:
        values: The texts, none of them null.
        sought: The text to look for; no character has a special meaning.
    """
    needle = _folded(pa.chunked_array([[sought]], pa.string()))[0].as_py()
    texts = _folded(values)
    if needle.isascii():
        found = pc.match_substring(texts, needle)
    else:  # it must not end within a character: RE2, which Arrow uses, takes linear time
        found = pc.match_substring_regex(texts, f"{re.escape(needle)}({_NEXT}|$)")
    return np.asarray(found)


def _folded(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts in lower case without accents, so that "Crème" is equal to "creme".

    Characters are decomposed for compatibility (Unicode's NFKD), and combining diacritical marks dropped.
    """
    lower = pc.utf8_lower(values)
    plain = pc.string_is_ascii(values)
    if pc.all(plain).as_py():
        return lower
    # Only the texts that need it: decomposing takes ten times as long.
    other = pc.utf8_normalize(values.filter(pc.invert(plain)), "NFKD")
    bare = pc.utf8_lower(pc.replace_substring_regex(other, _ACCENTS, ""))
    for written, same in (("ß", "ss"), ("ς", "σ")):
        bare = pc.replace_substring(bare, written, same)
    return pc.replace_with_mask(
        lower.combine_chunks(), pc.invert(plain).combine_chunks(), bare.combine_chunks()
    )


def as_plain_text(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Each value as text; "" for what is missing: null and NaN."""
    return pc.fill_null(plain_text(values), "")


def microseconds(moment: dt.datetime) -> int:
    """A moment in microseconds since 1970."""
    return int((moment - _EPOCH) / dt.timedelta(microseconds=1))


def after(last: dt.datetime) -> int:
    """The first microsecond after a minute."""
    return microseconds(last) + _MINUTE


def moment(microseconds: int) -> dt.datetime:
    """The minute of a number of microseconds since 1970, or the nearest of the years 1 to 9999."""
    return _EPOCH + dt.timedelta(minutes=max(_FIRST, min(_LAST, microseconds // _MINUTE)))


def holds(values: pa.ChunkedArray, kind: Kind) -> bool:
    """Whether values of this type can be numbers, or moments; text can be both."""
    can = {"number": _is_numeric, "time": _is_moment}.get(kind)
    return can is None or can(values.type) or _is_text(values.type)


def _is_plain(values: pa.ChunkedArray) -> bool:
    kind = values.type
    if _is_text(kind):
        some = values.slice(0, _HEAD).drop_null()
        return not len(some) or not pc.all(pc.match_substring_regex(some, LIST_OF_NUMBERS)).as_py()
    return bool(_is_numeric(kind) or _is_moment(kind) or pa.types.is_boolean(kind))


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind))  # what tables are read into


def _is_numeric(kind: pa.DataType) -> bool:
    return is_number(kind) or bool(pa.types.is_decimal(kind))


def _is_moment(kind: pa.DataType) -> bool:
    return bool(pa.types.is_date(kind) or pa.types.is_timestamp(kind))


def _mostly(values: pa.ChunkedArray, *patterns: str) -> bool:
    """Whether most texts that are not empty match one of some patterns, judged by the first of them."""
    if not _is_text(values.type):
        return False
    for part in (values.slice(0, _HEAD), values):
        filled = part.filter(pc.greater(pc.binary_length(pc.utf8_trim_whitespace(part)), 0))
        if len(filled):
            some = filled.slice(0, _HEAD)
            matching = [pc.sum(pc.match_substring_regex(some, pattern)).as_py() for pattern in patterns]
            return bool(sum(matching) >= _SHARE * len(some))
    return False


def _read_moments(values: pa.ChunkedArray) -> NDArray[np.int64]:
    found = np.full(len(values), NO_TIME)
    trimmed = pc.utf8_trim_whitespace(values)
    for pattern, zone in ((_LOCAL, None), (_ZONED, "UTC")):
        matching = pc.fill_null(pc.match_substring_regex(trimmed, pattern), False)
        places = matching.to_numpy()
        if not places.any():
            continue
        texts = trimmed.filter(matching)
        try:
            stamps = texts.cast(pa.timestamp("us", zone)).cast(pa.int64()).to_numpy()
        except pa.ArrowInvalid:  # one of them is no date, such as February 30
            stamps = np.array([_read_moment(text) for text in texts.to_pylist()], dtype=np.int64)
        found[places] = stamps
    return found


def _read_moment(text: str) -> int:
    try:
        read = dt.datetime.fromisoformat(text)
        if read.tzinfo is not None:
            read = read.astimezone(dt.UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return NO_TIME
    return microseconds(read)
