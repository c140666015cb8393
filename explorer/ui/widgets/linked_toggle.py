"""A toggle that links carry."""

from __future__ import annotations

import streamlit as st

from explorer.ui.widgets.linked_choice import put_in_link

_ON, _OFF = "true", "false"


def linked_toggle(label: str, *, key: str, drawn: bool, about: str, disabled: bool = False) -> bool:
    """Draw a toggle bound to the link, off without one, and return whether it is on.

    Args:
        label: Its label.
        key: Its name in the link.
        drawn: Whether it is drawn; if not, as in a closed popover, the link says whether it is on.
        about: The tooltip of the label.
        disabled: Whether it is shown but cannot be changed.
    """
    on = st.query_params.get(key, "").lower() == _ON
    if drawn:
        on = st.toggle(label, on, key=key, help=about, disabled=disabled)
    else:
        # In the run that closes the popover, the browser may send what is not yet in the link.
        on = st.session_state.get(key, on)
    put_in_link(key, _ON if on else _OFF, _OFF)
    return on
