"""Numbers that visitors write: in links, and in lists of rows."""

from __future__ import annotations

import re
from typing import TypeVar

import streamlit as st

# Bounded, so that nothing is spent on the digits of a number that is out of range anyway; of other scripts'
# digits none is meant.
_NUMBER = re.compile(r"[0-9]{1,15}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")

Number = TypeVar("Number", int, float)


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
        disabled: Whether it is shown only.
        about: More about it.
    """
    asked = st.query_params.get(key)
    if asked is not None and not _DECIMAL.fullmatch(asked):
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
