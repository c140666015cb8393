"""A number input bound to the link."""

from __future__ import annotations

import math
from typing import TypeVar

import streamlit as st

_MAX_CHARS = 32
_MAX_LINKED = 1e15

Number = TypeVar("Number", int, float)


def linked_number(
    label: str,
    low: Number,
    high: Number,
    default: Number,
    step: Number | None = None,
    *,
    key: str,
    width: int,
    disabled: bool = False,
    about: str | None = None,
) -> Number:
    """Draw a number input bound to the link and return its number.

    Args:
        label: Its label.
        low: The minimum.
        high: The maximum.
        default: Its value without a link.
        step: The step of its buttons.
        key: Its name in the link.
        width: In pixels.
        disabled: Whether it is shown but cannot be changed.
        about: The tooltip of the label.
    """
    # Only the link needs checking: once the input exists, Streamlit keeps both equal and never empty.
    asked = None if key in st.session_state else st.query_params.get(key)
    if asked is not None and not _is_decimal(asked):
        # Streamlit drops values that are not numbers, but fails on numbers too large for a float.
        del st.query_params[key]
        st.rerun()
    chosen = st.number_input(
        label,
        low,
        high,
        default,
        step,
        key=key,
        help=about,
        disabled=disabled,
        width=width,
        bind="query-params",
    )
    return default if chosen is None else chosen


def _is_decimal(text: str) -> bool:
    """Whether a text is a number of reasonable size as browsers write it, exponents included."""
    if len(text) > _MAX_CHARS or not text.isascii():
        return False
    try:
        number = float(text)
    except ValueError:
        return False
    return math.isfinite(number) and abs(number) <= _MAX_LINKED
