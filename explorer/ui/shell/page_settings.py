"""The settings of pages for session files: kept as the link of a page says them, and followed once."""

from __future__ import annotations

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from explorer.session.page_link import is_of_a_page
from explorer.session.session import Session


def keep_page_settings(session: Session, title: str) -> None:
    """Keep what the link of a page says that was just drawn, besides rows and encoder.

    Nothing else of its address is kept; see `is_of_a_page`.
    """
    session.pages = session.pages | {
        title: {name: tuple(st.query_params.get_all(name)) for name in st.query_params if is_of_a_page(name)}
    }
    session.unseen_pages = session.unseen_pages - {title}


def follow_page_settings(session: Session, title: str) -> None:
    """Put the settings of a session file into the link of a page that was not drawn since it was opened.

    What the link says already is left as it is: a way from another page asks for something.
    """
    if title not in session.unseen_pages:
        return
    for name, values in session.pages.get(title, {}).items():
        if name not in st.query_params:
            st.query_params[name] = list(values)
    context = get_script_run_ctx()
    if context is not None:
        # Streamlit gives new controls the link that the page began with.
        with context.session_state.query_params() as link:
            link.set_initial_query_params_from_current()
