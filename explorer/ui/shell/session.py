"""The session of this tab: kept across reruns and pages, named by the link, and restored after a reload."""

from __future__ import annotations

import hashlib
import secrets
from typing import cast

import streamlit as st

from explorer.session.filter_link import LABELS
from explorer.session.link import CORPUS, PARAMETERS, corpus_parameter, open_link, parameters_of
from explorer.session.session import Session
from explorer.session.session_store import session_store
from explorer.ui.shell.closed_tabs import close_when_disconnected

OWN = "explorer-"
"""How the keys of values begin that belong to a tab and to no control."""
_KEY = f"{OWN}session"
LINKED_EDITS = "cluster-edits-asked"
"""What the link that opened this tab says of clusters of its rows, until the Clusters page follows it."""
_XSRF_COOKIE = "_streamlit_xsrf"  # set by Streamlit in every browser; identifies the browser


def has_session() -> bool:
    """Whether this tab has a session yet."""
    return _KEY in st.session_state


def current_session() -> Session:
    """The session of this tab; the first call opens what the link names, or the first sample."""
    session = cast("Session | None", st.session_state.get(_KEY))
    if session is not None:
        return session
    return _enter(open_link(st.query_params, identify_visitor(), st.query_params.get_all(LABELS)))


def switch_to(session: Session, corpus: str) -> None:
    """Show other rows in this tab: as this browser had them, with its selection and encoders, or anew.

    Args:
        session: The tab's session, which is kept for a return; the work that it waits for stops.
        corpus: How a link names the rows; see `corpus_parameter`.
    """
    _leave(session)
    before = session_store().find(session.visitor, corpus)
    _enter(open_link({CORPUS: corpus} if before is None else parameters_of(before), session.visitor))


def replace_session(session: Session, other: Session) -> None:
    """Show another session in this tab, such as one from a file. The one before is kept for a return.

    Args:
        session: The tab's session; the work that it waits for stops.
        other: The session to show.
    """
    _leave(session)
    # Controls that keep their values would not follow the other session: the tab is as a new one.
    for key in list(st.session_state):
        if not str(key).startswith(OWN):
            del st.session_state[key]
    _enter(other)


def _leave(session: Session) -> None:
    session.leave_all()
    session_store().keep(session, corpus_parameter(session.corpus))
    st.session_state.pop(LINKED_EDITS, None)
    st.query_params.pop("like", None)  # a row's number; what is bound to a control cannot be taken away here


def _enter(session: Session) -> Session:
    session.enter_tab()
    close_when_disconnected(session)
    st.session_state[_KEY] = session
    return session


def remember(session: Session) -> None:
    """Write the session into the address bar and keep it for a reload."""
    session_store().keep(session, corpus_parameter(session.corpus))
    wanted, said = parameters_of(session), st.query_params.to_dict()
    for name in PARAMETERS:
        if name in wanted and said.get(name) != wanted[name]:
            st.query_params[name] = wanted[name]
        elif name not in wanted and name in said:
            del st.query_params[name]


def identify_visitor() -> str:
    """Identify the browser by a hash of the secret part of Streamlit's own cookie; random without one."""
    from streamlit.web.server.starlette.starlette_app_utils import decode_xsrf_token_string

    cookie = st.context.cookies.get(_XSRF_COOKIE)
    secret, _ = decode_xsrf_token_string(cookie) if cookie else (None, None)
    if not secret:
        return secrets.token_hex(16)
    return hashlib.blake2b(secret, digest_size=16).hexdigest()
