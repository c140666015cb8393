"""A toggle that links carry."""

from __future__ import annotations

import streamlit as st

from explorer.ui.widgets.linked_value import linked_value

_ON, _OFF = "true", "false"


def linked_toggle(label: str, *, key: str, drawn: bool = True, about: str, disabled: bool = False) -> bool:
    """Draw a toggle bound to the link, off without one, and return whether it is on.

    Args:
        label: Its label.
        key: Its name in the link.
        drawn: Whether it is drawn; see `linked_value`.
        about: The tooltip of the label.
        disabled: Whether it is shown but cannot be changed.
    """
    linked = st.query_params.get(key, "").lower()
    return linked_value(
        key,
        linked == _ON if linked else None,
        False,
        lambda on: st.toggle(label, on, key=key, help=about, disabled=disabled),
        allowed=lambda _: True,
        word=lambda on: _ON if on else _OFF,
        drawn=drawn,
    )
