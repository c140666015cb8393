"""Whether only the selected rows are searched."""

from __future__ import annotations

import streamlit as st

from explorer.data.tables.values import count
from explorer.session.selection import Selection
from explorer.session.session import Session


def choose_within(session: Session) -> Selection | None:
    """Draw the choice to search only the selected rows, if there are any; return them if it is on.

    It is off at first for each selection: rows may have been selected to look at them, not to search them.
    """
    selection = session.selection
    if selection is None:
        return None
    label = f"Only the {count(len(selection), 'selected row')}"
    return selection if st.toggle(label, key=_key(selection), persist_state="session") else None


def stay_within(selection: Selection) -> None:
    """Have only these rows searched when the Search page is next drawn."""
    st.session_state[_key(selection)] = True


def _key(selection: Selection) -> str:
    return f"within-{selection.key}"
