"""What controls share whose values links carry, drawn or not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

Value = TypeVar("Value", bound=str | float)


def linked_value(
    key: str,
    asked: Value | None,
    usual: Value,
    draw: Callable[[Value], Value],
    *,
    allowed: Callable[[Value], bool],
    word: Callable[[Value], str] = str,
    drawn: bool = True,
    control: str | None = None,
) -> Value:
    """The value of a control, which it puts into the link; the usual one is left out.

    One in a closed popover need not be drawn. Then its value is what the browser sends in the run that closes
    the popover, else what the link asks for, else what it was last in this tab: the link of a page to which
    the menu leads says nothing, and Streamlit forgets controls that are not drawn.

    Args:
        key: Its name in the link.
        asked: The value in the link; None if it has none.
        usual: The value without a link.
        draw: Draws the control, at first with the value given, and returns its value.
        allowed: Whether the control can have a value: links are typed, and other rows may have been opened.
        word: A value as the link has it.
        drawn: Whether it is drawn.
        control: The key of the control, if it is not `key`.
    """
    linked = asked if asked is not None and allowed(asked) else None
    if drawn:
        value = draw(usual if linked is None else linked)
    else:
        known = (st.session_state.get(control or key), linked, st.session_state.get(_last(key)))
        value = next((one for one in known if one is not None and allowed(one)), usual)
    st.session_state[_last(key)] = value
    put_in_link(key, word(value), word(usual))
    return value


def put_in_link(key: str, word: str, usual: str) -> None:
    """Put a choice into the link; the usual one is left out of it."""
    if word == usual:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != word:
        st.query_params[key] = word


def _last(key: str) -> str:
    return f"{key}-last"
