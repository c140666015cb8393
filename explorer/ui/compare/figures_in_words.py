"""Figures of a comparison as short texts, besides those of `explorer.comparison.numbers`."""

from __future__ import annotations

import math

from explorer.comparison.numbers import number, probability


def signed(value: float, places: int, *, plus: bool = True) -> str:
    """A number with a real minus sign, and a plus sign if wanted."""
    return number(value, places, plus=plus)


def p_text(p: float) -> str:
    """A p-value: p = 0.012, p < 0.001."""
    if math.isnan(p):
        return "p unknown"
    return f"p {text}" if (text := probability(p)).startswith("<") else f"p = {text}"


def ordinal(number: int) -> str:
    """1st, 2nd, 3rd, 4th …; for numbers below 11."""
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number, 'th') }"
