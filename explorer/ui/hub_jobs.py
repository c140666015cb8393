"""Questions to the Hub as a page asks them: in the background, so that no page waits for the answer."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar, cast

import streamlit as st

from explorer.encode.jobs import Job, Lane, registry
from explorer.encode.progress import OnProgress
from explorer.errors import ExplorerError, HubSilentError, JobCancelledError
from explorer.ui.session import Session
from explorer.ui.text import markdown, show_error

_JOBS = "explorer-hub-jobs"
_SOON_SECONDS = 0.5
T = TypeVar("T")


def ask_hub(
    session: Session,
    kind: str,
    key: Hashable,
    title: str,
    work: Callable[[OnProgress], T],
    *,
    lane: Lane = Lane.HUB,
) -> T | ExplorerError | None:
    """What the Hub gives, from a worker thread.

    Unlike what `result_or_progress` gives, it depends on no corpus, and opening other rows forgets nothing.

    Args:
        session: Who asks.
        kind: What is asked for; the tab keeps the last answer of each kind.
        key: What the answer depends on.
        title: What a person reads meanwhile.
        work: Asks, in a worker thread.
        lane: What it waits for.

    Returns:
        The answer; the error, already drawn, when there is none; None while it is under way, and the page
        says so.
    """
    kept = cast("dict[str, Job]", st.session_state.setdefault(_JOBS, {}))
    job = kept.get(kind)
    if job is None or job.key != (kind, key):
        if job is not None and job.waits_for(session.visitor):
            job.leave(session.visitor)  # it has not begun, and the page asks for something else now
        job = registry().submit((kind, key), title, work, lane=lane, visitor=session.visitor)
        kept[kind] = job
    job.wait(_SOON_SECONDS)
    if job.state == "done":
        return cast("T", job.result)
    error = job.error
    if job.state == "cancelled" or not job.awaited_by(session.visitor):
        error = JobCancelledError("It was stopped.")
        st.info(f"{markdown(title)} was stopped.", icon=":material/pause_circle:")
    elif error is not None:
        show_hub_error(error)
    else:
        session.awaited.append(job)
        return None
    st.button("Try again", key=f"again-{kind}", icon=":material/refresh:", on_click=_forget, args=(kind,))
    return error


def _forget(kind: str) -> None:
    st.session_state[_JOBS].pop(kind, None)


def show_hub_error(error: ExplorerError) -> None:
    """Draw an error; that the Hub is out of reach is no alarm, since everything else works."""
    if isinstance(error, HubSilentError):
        st.info(
            "The Hugging Face Hub is out of reach; what is on this machine works without it.",
            icon=":material/cloud_off:",
        )
    else:
        show_error(error)
