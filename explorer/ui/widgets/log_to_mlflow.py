"""Logging to MLflow: the control, its progress, and what was logged."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from explorer.jobs.lanes import Lane
from explorer.jobs.progress import OnProgress
from explorer.mlflow_store.connection import is_installed, missing
from explorer.session.session import Session
from explorer.settings import settings
from explorer.ui.shell.tab_jobs import answer_or_progress, ask_alone, forget, was_asked
from explorer.ui.shell.text import markdown, show_error

if TYPE_CHECKING:
    from explorer.tracking.runs import Logged

Log = Callable[[str, bool, OnProgress], "Logged"]
"""Logs under a name, with texts or without."""
_NAME, _TEXTS = "mlflow-name", "mlflow-texts"  # keys of the controls, followed by the kind
_NAME_CHARS = 100


def offer_logging(
    session: Session, kind: str, title: str, log: Log, *, name: str = "", about: str, texts: str = ""
) -> Logged | None:
    """Draw what logs something to MLflow, if the host allows it.

    Args:
        session: The session.
        kind: What is logged, in a word; the tab keeps what was last logged of each kind.
        title: The name of the job.
        log: Logs it, in a worker thread.
        name: The name that is suggested; empty to leave it to `log`.
        about: What is logged.
        texts: What is logged besides if the visitor wants texts to be; empty if there are none.

    Returns:
        What this tab logged last of this kind; None if there is nothing yet.
    """
    if not settings().allow_mlflow_logging:
        return None
    with st.popover("Log to MLflow", icon=":material/cloud_upload:", type="tertiary", width="content"):
        if not is_installed():
            show_error(missing())
            return None
        st.caption(about)
        st.text_input("Name in MLflow", name, key=f"{_NAME}-{kind}", max_chars=_NAME_CHARS)
        if texts:
            st.toggle("With texts", key=f"{_TEXTS}-{kind}", help=texts)
        st.button(
            "Log it",
            key=f"mlflow-log-{kind}",
            on_click=_begin,
            args=(session, kind, title, log),
        )
        return _show_logged(session, kind)


def _begin(session: Session, kind: str, title: str, log: Log) -> None:
    """Begin to log, with what the controls say now, which may be newer than what was drawn."""
    name = (st.session_state[f"{_NAME}-{kind}"] or "").strip()
    texts = bool(st.session_state.get(f"{_TEXTS}-{kind}"))
    job = f"mlflow-{kind}"
    forget(session, job)
    ask_alone(
        session, job, secrets.token_hex(8), title, lambda told: log(name, texts, told), lane=Lane.DOWNLOAD
    )


def _show_logged(session: Session, kind: str) -> Logged | None:
    """Draw how far it is, or what was logged and how it is loaded."""
    job = f"mlflow-{kind}"
    if not was_asked(job):
        return None
    from explorer.tracking.runs import Logged

    logged = answer_or_progress(session, job, here=True)
    if not isinstance(logged, Logged):
        return None
    st.success(f"Logged as “{markdown(logged.model or logged.name)}”.", icon=":material/check:")
    st.caption(f"Run {logged.run}. In Python:")
    st.code(logged.python, language=None, wrap_lines=True)  # its colours lack contrast
    return logged
