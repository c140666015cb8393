"""Filters as text, for links: `queue:in:billing,delivery;year:between:1990,`."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from urllib.parse import unquote

from explorer.data.filters.specs import MAX_FILTERS, Between, Contains, During, Filter, OneOf
from explorer.errors import FilterError

MAX_CHARS = 6_000  # of all filters as text: browsers and proxies take addresses of 8,000
_SHOWN_CHARS = 60
_SEPARATORS = re.compile(r"[%:;,\x00-\x1f]")
_MISSING = "missing"
_NUMBER = re.compile(r"-?[0-9]{1,17}(\.[0-9]{1,25})?(e[+-]?[0-9]{1,3})?")
_DAY_END = dt.time(23, 59)


def format_filters(filters: Sequence[Filter]) -> str:
    """Filters as text, from which `parse_filters` makes the same filters.

    Raises:
        FilterError: The text is longer than a link can hold.
    """
    text = ";".join(map(_format, filters))
    if len(text) > MAX_CHARS:
        raise FilterError(
            f"The filters are {len(text):,} characters long in the link, which takes {MAX_CHARS:,}.",
            fix="Choose fewer values, or a shorter text.",
        )
    return text


def parse_filters(text: str) -> tuple[tuple[Filter, ...], tuple[str, ...]]:
    """Filters from the text of a link, and what of it is no filter.

    Args:
        text: What a link says; anything.

    Returns:
        The filters, one for each column at most, and a sentence for each part that was left out.
    """
    if len(text) > MAX_CHARS:
        return (), (f"The filters of this link have {len(text):,} characters; links take {MAX_CHARS:,}.",)
    found: dict[str, Filter] = {}
    problems = []
    parts = [part for part in text.split(";") if part]
    for part in parts[:MAX_FILTERS]:
        try:
            one = _parse(part)
        except (ValueError, FilterError):
            shown = part if len(part) <= _SHOWN_CHARS else f"{part[:_SHOWN_CHARS]}…"
            problems.append(f"“{shown}” in this link is no filter.")
            continue
        if one.column in found:
            problems.append(f'This link has several filters of the column "{one.column}"; the last is used.')
        found[one.column] = one
    if len(parts) > MAX_FILTERS:
        problems.append(f"This link has {len(parts):,} filters; the first {MAX_FILTERS} are used.")
    return tuple(found.values()), tuple(problems)


def _format(one: Filter) -> str:
    if isinstance(one, OneOf):
        kind, parts = "in", [_quoted(value) for value in one.values]
    elif isinstance(one, Contains):
        kind, parts = "contains", [_quoted(one.text)]
    elif isinstance(one, Between):
        kind, parts = "between", [_number(one.low), _number(one.high)]
    else:
        kind, parts = "during", [_moment(one.first, dt.time()), _moment(one.last, _DAY_END)]
    if isinstance(one, Between | During) and one.missing:
        parts.append(_MISSING)
    return f"{_quoted(one.column)}:{kind}:{','.join(parts)}"


def _parse(part: str) -> Filter:
    column, kind, rest = part.split(":")
    column, parts = unquote(column), rest.split(",")
    if kind == "in":
        return OneOf(column, tuple(dict.fromkeys(map(unquote, parts))))
    if kind == "contains":
        (sought,) = parts
        return Contains(column, unquote(sought))
    if kind not in ("between", "during"):
        raise ValueError(kind)
    first, last, *others = parts
    if others not in ([], [_MISSING]):
        raise ValueError(rest)
    if kind == "between":
        return Between(column, _read_number(first), _read_number(last), bool(others))
    return During(column, _read_moment(first, dt.time()), _read_moment(last, _DAY_END), bool(others))


def _quoted(text: str) -> str:
    """A text whose separators are written as in addresses: %3A for a colon."""
    return _SEPARATORS.sub(lambda found: f"%{ord(found[0]):02X}", text)


def _number(number: float | None) -> str:
    return "" if number is None else repr(float(number)).removesuffix(".0")


def _read_number(text: str) -> float | None:
    if not text:
        return None
    if not _NUMBER.fullmatch(text) or not math.isfinite(float(text)):
        raise ValueError(text)
    return float(text)


def _moment(moment: dt.datetime | None, usual: dt.time) -> str:
    """A minute; only its day if it is the usual minute of that end of a range."""
    if moment is None:
        return ""
    return (
        moment.date().isoformat()
        if moment.time() == usual
        else moment.isoformat(timespec="minutes").replace(":", ".")
    )


def _read_moment(text: str, usual: dt.time) -> dt.datetime | None:
    if not text:
        return None
    day, _, minute = text.partition("T")
    time = dt.time.fromisoformat(minute.replace(".", ":")) if minute else usual
    return dt.datetime.combine(dt.date.fromisoformat(day), time)
