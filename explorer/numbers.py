"""Numbers as visitors type them, in links and in lists of rows, and shares as they read them."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

_ASTRONOMICAL = 1e15  # from here on, nobody counts the digits
# Limited in length, so that no time is spent on numbers that are out of range anyway; ASCII digits only.
_NUMBER = re.compile(r"[0-9]{1,15}")


_LEAST, _MOST = 0.0005, 0.9995  # what is nearer to nothing or to all would be written as that


def percent(share: float) -> str:
    """A share, 0 to 1, as everything shown writes it: `36.4 %`, and never 0.0 % or 100.0 % of a part.

    A half is rounded up, as browsers do in tables and legends: 39 of 624 are 6.3 % here and there.
    """
    if 0 < share < _LEAST:
        return "< 0.1 %"
    if _MOST <= share < 1:
        return "> 99.9 %"
    return f"{Decimal(100 * float(share)).quantize(Decimal('0.1'), ROUND_HALF_UP)} %"


def readable_number(value: float, digits: int = 3) -> str:
    """A number to some significant digits, or to all of those before the point: `0.0123`, `1,990`."""
    rounded = abs(float(f"{value:.{digits}g}"))  # 999.6 is 1,000
    whole = 10**digits <= rounded < _ASTRONOMICAL
    return f"{value:,.0f}" if whole else f"{value:,.{digits}g}"


def threshold_text(threshold: float) -> str:
    """A threshold of scores in hundredths, `0.90`, or with more decimals if it has more: `0.9997`."""
    return f"{threshold:.2f}" if round(threshold, 2) == threshold else f"{threshold:.7g}"


def ordinal(number: int) -> str:
    """A place as people say it: `1st`, `22nd`, `113th`."""
    teens = 10 <= number % 100 < 20
    return f"{number:,}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


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
