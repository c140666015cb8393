"""Checked values from the Hub's JSON responses, parts of which were written by strangers."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

_MAX_COUNT = 1 << 53  # larger integers are not exact in every JSON parser


def as_table(value: object) -> Mapping[str, Any]:
    """A JSON object; empty if the value is not one."""
    return value if isinstance(value, dict) else {}


def as_list(value: object, most: int | None = None) -> list[Any]:
    """A JSON array, or its first `most` values; empty if the value is not one."""
    return value[:most] if isinstance(value, list) else []


def as_text(value: object, most: int) -> str | None:
    """The first `most` characters of a string without surrounding whitespace; None if nothing remains."""
    return value.strip()[:most] or None if isinstance(value, str) else None


def as_count(value: object) -> int | None:
    """A non-negative integer below 2^53; None if the value is not one."""
    return (
        value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MAX_COUNT else None
    )


def as_time(value: object) -> datetime.datetime | None:
    """A time in ISO 8601; None if the value is not one."""
    try:
        return datetime.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
