"""Work that depends on no corpus, as a page asks for it: in the background, its last answer kept by the tab.

Unlike what `result_or_progress` gives, opening other rows forgets nothing of it.
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
    """What a tab asked for, and the job that answers."""

    key: Hashable
    job: Job[Any]
    own: list[Any] = field(default_factory=list)  # the answer, where the job does not keep it


def ask_hub(
    session: Session,
    kind: str,
    key: Hashable,
    title: str,
    work: Callable[[OnProgress], T],
    *,
    lane: Lane = Lane.HUB,
) -> T | ExplorerError | None:
    """What the Hub gives; visitors who ask the same share the answer.

    Args:
        session: Who asks.
        kind: What is asked for; the tab keeps the last answer of each kind.
        key: What the answer depends on.
        title: What a person reads meanwhile.
        work: Asks, in a worker thread.
        lane: What it waits for.

    Returns:
        As `answer`.
    """
    asked = _asked().get(kind)
    if asked is None or asked.key != key:
        if asked is not None and asked.job.waits_for(session.visitor):
            asked.job.leave(session.visitor)  # it has not begun, and the page asks for something else now
        job = registry().submit((kind, key), title, work, lane=lane, visitor=session.visitor)
        _asked()[kind] = _Asked(key, job)
    given: T | ExplorerError | None = answer(session, kind, show=_show_hub_error)
    return given


def ask_alone(
    session: Session, kind: str, key: Hashable, title: str, work: Callable[[OnProgress], T], *, lane: Lane
) -> None:
    """Begin work for this tab only, unless it was the last this tab asked for.

    The answer is the tab's alone: no other visitor joins the job, and it goes when the tab does.

    Args:
        session: Who asks.
        kind: As in `ask_hub`.
        key: What the answer depends on.
        title: What a person reads meanwhile.
        work: Done in a worker thread.
        lane: What it waits for.
    """
    asked = _asked().get(kind)
    if asked is not None and asked.key == key:
        return
    if asked is not None:
        asked.job.leave(session.visitor)  # nobody waits for a file that was replaced
    own: list[Any] = []

    def keep(on_progress: OnProgress) -> None:
        own.append(work(on_progress))

    name = (kind, secrets.token_hex(8))  # nobody can ask for the same
    job = registry().submit(name, title, keep, lane=lane, visitor=session.visitor)
    _asked()[kind] = _Asked(key, job, own)


def was_asked(kind: str) -> bool:
    """Whether this tab has asked for something of a kind, and not forgotten it."""
    return kind in _asked()


def forget(session: Session, kind: str) -> None:
    """Ask again next time; what is under way is stopped, unless others wait for it."""
    asked = _asked().pop(kind, None)
    if asked is not None:
        asked.job.leave(session.visitor)


def answer(
    session: Session, kind: str, *, show: Callable[[ExplorerError], None] = show_error, here: bool = False
) -> Any:  # noqa: ANN401 - what was asked for
    """The answer to the last request of a kind.

    Args:
        session: Who asked.
        kind: As it was asked.
        show: Draws an error.
        here: Whether progress is shown in this place, and not at the top of the page.

    Returns:
        The answer; the error, already drawn, when there is none; None while it is under way, and the page
        says so.
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
    """Draw an error; that the Hub is out of reach is no alarm, since everything else works."""
    if isinstance(error, HubSilentError):
        st.info(
            "The Hugging Face Hub is out of reach; what is on this machine works without it.",
            icon=":material/cloud_off:",
        )
    else:
        show_error(error)
