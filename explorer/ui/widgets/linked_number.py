"""A number input that links carry."""

from __future__ import annotations

import math
from typing import TypeVar

import streamlit as st

from explorer.ui.widgets.linked_value import linked_value

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
        drawn: Whether it is drawn; see `linked_value`.
        disabled: Whether it is shown but cannot be changed.
        about: The tooltip of the label.
    """

    def draw(number: Number) -> Number:
        return st.number_input(
            label, low, high, number, step, key=key, help=about, disabled=disabled, width=width
        )

    def allowed(number: Number) -> bool:
        return math.isfinite(number) and low <= number <= high

    asked = _number(st.query_params.get(key, ""), type(default))
    return linked_value(key, asked, default, draw, allowed=allowed, drawn=drawn)


def _number(text: str, kind: type[Number]) -> Number | None:
    """The number in a link; None if it has none."""
    if len(text) > _MAX_CHARS or not text.isascii():
        return None
    try:
        return kind(text)
    except ValueError:
        return None
