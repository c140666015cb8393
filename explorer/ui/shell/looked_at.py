"""The header's note that other rows than the open ones are looked at on the Data page."""

from __future__ import annotations

import weakref

import streamlit as st

from explorer.data.tables.values import shortened
from explorer.session.session import Session
from explorer.ui.shell.text import markdown

_KEY = "explorer-looked-at"
_CHARS = 24


def look_at(session: Session, name: str) -> None:
    """Record which rows the Data page shows in this tab without being open.

    Args:
        session: The session whose rows are open.
        name: The name of the other rows; "" for none.
    """
    st.session_state[_KEY] = (weakref.ref(session), name)


def show_looked_at(session: Session) -> None:
    """Draw a link to the rows that are looked at, if there are any."""
    beside, name = st.session_state.get(_KEY, (None, ""))
    if name and beside() is session:
        st.page_link(
            "pages/data.py",
            label=f"Looking at {markdown(shortened(name, _CHARS))}, not open yet",
            icon=":material/visibility:",
            help="Rows chosen on the Data page that are not open yet. Every page shows the open ones.",
        )
