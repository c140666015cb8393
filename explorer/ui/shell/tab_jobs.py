"""Work that does not depend on the corpus: in the background, with the last answer kept by the tab.

Unlike the results of `result_or_progress`, these answers are kept when other rows are opened.
"""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import streamlit as st

from explorer.errors import ExplorerError, HubSilentError, JobCancelledError
from explorer.jobs.outcome import Done, Failed, Pending
from explorer.jobs.progress import OnProgress
from explorer.jobs.registry import Job, Lane, registry
from explorer.session.session import Session
from explorer.ui.shell.job_progress import outcome_soon, show_outcome
from explorer.ui.shell.text import show_error

_ASKED = "explorer-tab-jobs"
T = TypeVar("T")


@dataclass
class _Asked:
    """A request of a tab, and the job that answers it."""

    key: Hashable
    job: Job[Any]
    own: list[Any] = field(default_factory=list)  # the answer, if the job does not keep it


def ask_hub(
    session: Session,
    kind: str,
    key: Hashable,
    title: str,
    work: Callable[[OnProgress], T],
    *,
    lane: Lane = Lane.HUB,
) -> T | ExplorerError | None:
    """An answer of the Hub; visitors who ask the same share it.

    Args:
        session: Who asks.
        kind: The kind of request; the tab keeps the last answer of each kind.
        key: What the answer depends on.
        title: The job's name on the screen.
        work: Sends the request, in a worker thread.
        lane: The lane it waits in.

    Returns:
        As for `answer_or_progress`.
    """
    asked = _asked().get(kind)
    if asked is None or asked.key != key:
        if asked is not None and asked.job.waits_for(session.visitor):
            asked.job.leave(session.visitor)  # not begun yet, and replaced by this request
        job = registry().submit((kind, key), title, work, lane=lane, visitor=session.visitor)
        _asked()[kind] = _Asked(key, job)
    given: T | ExplorerError | None = answer_or_progress(session, kind, show=_show_hub_error)
    return given


def ask_alone(
    session: Session, kind: str, key: Hashable, title: str, work: Callable[[OnProgress], T], *, lane: Lane
) -> None:
    """Start work for this tab only, unless it was this tab's last request of the kind.

    The answer is private to the tab: no other visitor joins the job, and it is dropped with the tab.

    Args:
        session: Who asks.
        kind: As for `ask_hub`.
        key: What the answer depends on.
        title: The job's name on the screen.
        work: Done in a worker thread.
        lane: The lane it waits in.
    """
    asked = _asked().get(kind)
    if asked is not None and asked.key == key:
        return
    if asked is not None:
        asked.job.leave(session.visitor)  # the earlier file was replaced
    own: list[Any] = []

    def keep(on_progress: OnProgress) -> None:
        own.append(work(on_progress))

    name = (kind, secrets.token_hex(8))  # unique, so that nobody else can join
    job = registry().submit(name, title, keep, lane=lane, visitor=session.visitor, shared=False)
    _asked()[kind] = _Asked(key, job, own)


def was_asked(kind: str) -> bool:
    """Whether this tab has a request of a kind that was not forgotten."""
    return kind in _asked()


def forget(session: Session, kind: str) -> None:
    """Drop the last request of a kind; its job is stopped unless others wait for it."""
    asked = _asked().pop(kind, None)
    if asked is not None:
        asked.job.leave(session.visitor)


def answer_or_progress(
    session: Session, kind: str, *, show: Callable[[ExplorerError], None] = show_error, here: bool = False
) -> Any:  # noqa: ANN401 - what was asked for
    """The answer to the last request of a kind.

    Args:
        session: Who asked.
        kind: The kind of the request.
        show: Draws an error.
        here: Whether progress is shown here instead of at the top of the page.

    Returns:
        The answer; if it failed, the error, already drawn; None while it is pending, which the page shows.
    """
    asked = _asked()[kind]
    outcome = outcome_soon(asked.job, session.visitor)
    if isinstance(outcome, Done):
        return asked.own[0] if asked.own else outcome.result
    again = functools.partial(forget, session, kind)
    show_outcome(session, outcome, key=kind, again=again, here=here, show=show)
    if isinstance(outcome, Pending):
        return None
    return outcome.error if isinstance(outcome, Failed) else JobCancelledError("It was stopped.")


def _asked() -> dict[str, _Asked]:
    return cast("dict[str, _Asked]", st.session_state.setdefault(_ASKED, {}))


def _show_hub_error(error: ExplorerError) -> None:
    """Draw an error; an unreachable Hub is only a notice, since everything else works."""
    if isinstance(error, HubSilentError):
        st.info(
            "The Hugging Face Hub cannot be reached; everything on this machine works without it.",
            icon=":material/cloud_off:",
        )
    else:
        show_error(error)
