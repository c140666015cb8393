"""A number input that links carry."""

from __future__ import annotations

import math
from typing import TypeVar

import streamlit as st

from explorer.ui.widgets.linked_choice import put_in_link

_MAX_CHARS = 32

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
    drawn: bool = True,
    disabled: bool = False,
    about: str | None = None,
) -> Number:
    """Draw a number input bound to the link and return its number. The default is left out of the link.

    Args:
        label: Its label.
        low: The minimum.
        high: The maximum.
        default: Its value without a link.
        step: The step of its buttons.
        key: Its name in the link.
        width: In pixels.
        drawn: Whether it is drawn; if not, as in a closed popover, the number is that of the link.
        disabled: Whether it is shown but cannot be changed.
        about: The tooltip of the label.
    """
    number = _linked(key, low, high, default)
    if drawn:
        number = st.number_input(
            label, low, high, number, step, key=key, help=about, disabled=disabled, width=width
        )
    else:
        # In the run that closes the popover, the browser may send a number that is not yet in the link.
        number = st.session_state.get(key, number)
    put_in_link(key, f"{number}", f"{default}")
    return number


def _linked(key: str, low: Number, high: Number, default: Number) -> Number:
    """The number that the link has under a key; the default if it has none that the input allows."""
    text = st.query_params.get(key, "")
    if len(text) > _MAX_CHARS or not text.isascii():
        return default
    try:
        number = type(default)(text)
    except ValueError:
        return default
    return number if math.isfinite(number) and low <= number <= high else default
