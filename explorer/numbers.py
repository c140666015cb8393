"""Numbers typed by visitors: in links, and in lists of rows."""

from __future__ import annotations

import re

# Limited in length, so that no time is spent on numbers that are out of range anyway; ASCII digits only.
_NUMBER = re.compile(r"[0-9]{1,15}")


def number_from(text: str, low: int, high: int) -> int | None:
    """Parse a whole number.

    Args:
        text: What a visitor wrote; anything.
        low: The minimum.
        high: The maximum.

    Returns:
        The number; None unless the text is a number from `low` to `high`, written in up to 15 digits.
    """
    if not _NUMBER.fullmatch(text):
        return None
    number = int(text)
    return number if low <= number <= high else None
