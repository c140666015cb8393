"""Whether a person has just come to a page, from another one or by a link, or sees it again."""

from __future__ import annotations

import streamlit as st

_PAGE, _ARRIVED = "explorer-page", "explorer-arrived"


def note_page(title: str) -> None:
    """Record which page is shown; another one than before is an arrival."""
    if st.session_state.get(_PAGE) != title:
        st.session_state[_PAGE] = title
        st.session_state[_ARRIVED] = True


def shown_page() -> str:
    """The name of the page that is shown."""
    return str(st.session_state[_PAGE])


def has_arrived() -> bool:
    """Whether a person has come to the page since `forget_arrival` was called last."""
    return _ARRIVED in st.session_state


def forget_arrival() -> None:
    """Take the arrival as seen. A run can be interrupted before: then the next one sees it again."""
    st.session_state.pop(_ARRIVED, None)
