"""What can be done with the rows that are selected on the map."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from explorer.session.selection import Selection
from explorer.session.session import Session
from explorer.ui.shell.going import go_to
from explorer.ui.widgets.within import stay_within

ACTIONS = {
    "alone": "Map these alone",
    "search": "Search among these",
    "compare": "Compare with the rest",
}
_ASKED = "map-asked"  # the action, and the selection it is for


def act(session: Session, name: str) -> None:
    """Do what a button beside the map says; called before the page is drawn.

    Args:
        session: The session with the selection.
        name: One of `ACTIONS`; anything else does nothing.
    """
    if session.selection is None:
        return
    if name == "alone":
        session.focus_on(session.selection)
    elif name in ACTIONS:
        st.session_state[_ASKED] = (name, session.selection.key)


def asked(session: Session) -> str:
    """The action that the page has to do until it is done or the selection is another; "" for none."""
    name, selection = st.session_state.get(_ASKED, ("", ""))
    if session.selection is None or session.selection.key != selection:
        return ""
    return str(name)


def search_among(selection: Selection) -> NoReturn:
    """Open the Search page, which searches only the selected rows."""
    done()
    stay_within(selection)
    go_to("pages/search.py")


def done() -> None:
    """The action is done."""
    st.session_state.pop(_ASKED, None)
