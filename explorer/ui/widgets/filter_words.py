"""Filters in a few words, as plain text."""

from __future__ import annotations

import datetime as dt

from explorer.data.filters.specs import Between, Contains, Filter, OneOf
from explorer.data.tables.values import shortened

NONE = "(none)"  # a missing value
_VALUES = 3
_VALUE_CHARS = 30
_DAY_END = dt.time(23, 59)


def filter_words(one: Filter) -> str:
    """What a filter asks: "queue: billing, delivery", "year: 1990 to 1999", "body contains “refund”"."""
    column = shortened(one.column, _VALUE_CHARS)
    if isinstance(one, Contains):
        return f"{column} contains “{shortened(one.text, _VALUE_CHARS)}”"
    if isinstance(one, OneOf):
        named = [shortened(value, _VALUE_CHARS) or NONE for value in one.values[:_VALUES]]
        rest = len(one.values) - len(named)
        return f"{column}: {', '.join(named)}{f' and {rest:,} more' if rest else ''}"
    if isinstance(one, Between):
        low, high = (None if end is None else number_words(end) for end in (one.low, one.high))
    else:
        low = None if one.first is None else moment_words(one.first, dt.time())
        high = None if one.last is None else moment_words(one.last, _DAY_END)
    if low is not None and high is not None:
        asked = f"{low} to {high}" if low != high else low
    elif low is None and high is None:
        asked = "any value"
    else:
        asked = f"from {low}" if high is None else f"up to {high}"
    return f"{column}: {asked}{f' or {NONE}' if one.missing else ''}"


def number_words(number: float) -> str:
    """A number of a column: as it stands there, since it can be a year or a code."""
    return f"{number:.15g}"


def moment_words(moment: dt.datetime, usual: dt.time) -> str:
    """A minute; only its day if it is the usual minute of that end of a range."""
    return moment.date().isoformat() if moment.time() == usual else moment.isoformat(" ", "minutes")
