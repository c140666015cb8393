"""An input of a number that is in the link too."""

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
    """Draw an input of a number that is in the link too; give the number.

    Args:
        label: Its label.
        low: The least it may be.
        high: The most it may be.
        default: What it is without a link.
        step: What its buttons add.
        key: Its name in the link.
        width: In pixels.
        disabled: Whether it is shown but cannot be changed.
        about: More about it.
    """
    # Only a link is judged: once the input is there, Streamlit keeps both equal and lets nobody delete it.
    asked = None if key in st.session_state else st.query_params.get(key)
    if asked is not None and not _is_decimal(asked):
        # Streamlit drops what is no number, but fails on one that is too large for a float.
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
    """Whether a text is a number of usual size, as a browser writes one: exponents too."""
    if len(text) > _MAX_CHARS or not text.isascii():
        return False
    try:
        number = float(text)
    except ValueError:
        return False
    return math.isfinite(number) and abs(number) <= _MAX_LINKED
