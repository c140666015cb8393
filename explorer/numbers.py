"""Numbers that visitors write: in links, and in lists of rows."""

from __future__ import annotations

import re

# Bounded, so that nothing is spent on the digits of a number that is out of range anyway; of other scripts'
# digits none is meant.
_NUMBER = re.compile(r"[0-9]{1,15}")


def number_from(text: str, low: int, high: int) -> int | None:
    """The whole number that a text is.

    Args:
        text: What a visitor wrote; anything.
        low: The least it may be.
        high: The most it may be.

    Returns:
        The number; None where the text is no number from `low` to `high`, written in up to 15 digits.
    """
    if not _NUMBER.fullmatch(text):
        return None
    number = int(text)
    return number if low <= number <= high else None
