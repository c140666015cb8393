"""Values of the Hub's answers, which are JSON that strangers had a hand in: of the kind expected, and cut."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

_MAX_COUNT = 1 << 53  # from here on JSON's numbers are not exact everywhere


def as_table(value: object) -> Mapping[str, Any]:
    """An object; empty when it is none."""
    return value if isinstance(value, dict) else {}


def as_list(value: object, most: int | None = None) -> list[Any]:
    """An array, or its first `most` values; empty when it is none."""
    return value[:most] if isinstance(value, list) else []


def as_text(value: object, most: int) -> str | None:
    """The first `most` characters of a text, without the space around it; None when nothing is left."""
    return value.strip()[:most] or None if isinstance(value, str) else None


def as_count(value: object) -> int | None:
    """A number of things; None when it is none."""
    return (
        value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MAX_COUNT else None
    )


def as_time(value: object) -> datetime.datetime | None:
    """A time in ISO 8601; None when it is none."""
    try:
        return datetime.datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
