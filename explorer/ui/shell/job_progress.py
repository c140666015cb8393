"""Long work as the pages see it: results that are ready or under way, outcomes of jobs, the job panel."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

import streamlit as st

from explorer.errors import (
    ColumnError,
    EmptyDataError,
    ExplorerError,
    UnknownCorpusError,
    UnreadableFileError,
)
from explorer.jobs.outcome import Done, Failed, Outcome, Stopped, Unfinished, outcome_of
from explorer.jobs.progress import OnProgress
from explorer.jobs.registry import Job, Lane, registry
from explorer.session.session import Session
from explorer.ui.shell.progress_text import progress_line
from explorer.ui.shell.text import as_html, markdown, show_error

_POLL_SECONDS = 1.0
_HERE_POLL_SECONDS = 0.5  # a person looks at the place where the answer will be
_SOON_SECONDS = 0.5  # what ends by then needs no progress: nobody could read it
_QUICK_ROWS = 5_000  # with which the longest analysis takes seconds
_DRAWN = "explorer-jobs-drawn"
# Errors that come again however often the same is asked for.
_LASTING = (UnreadableFileError, EmptyDataError, ColumnError, UnknownCorpusError)
T = TypeVar("T")


@dataclass
class _Drawn:
    """What the page that is being drawn shows of jobs.

    Attributes:
        awaited: Jobs whose results it has to do without.
        placed: Jobs whose progress is shown where their results will be, and nowhere else.
        followed: Keys of the jobs in the panel.
    """

    awaited: list[Job[Any]] = field(default_factory=list)
    placed: set[Job[Any]] = field(default_factory=set)
    followed: set[Hashable] = field(default_factory=set)


def result_or_progress(
    session: Session,
    key: Hashable,
    title: str,
    work: Callable[[OnProgress], T],
    *,
    lane: Lane = Lane.QUICK,
) -> T | None:
    """What a page computes on the active space; None while it is under way, and the page says so.

    Args:
        session: Whose space, which is ready; a result is kept in it, so that coming back computes nothing.
        key: What the result depends on, beside the space.
        title: What a person reads while it is computed.
        work: Computes it, in a worker thread. Visitors with the same rows share what it gives: what a
            fingerprint leaves out of a corpus, such as its name, must not be in there.
        lane: What it waits for; see `analysis_lane` for work that may take minutes.
    """
    whole = (key, session.spaces[session.encoder].fingerprint)
    return kept_or_progress(session, whole, title, work, lane=lane)


def kept_or_progress(
    session: Session,
    key: Hashable,
    title: str,
    work: Callable[[OnProgress], T],
    *,
    lane: Lane = Lane.QUICK,
    here: bool = False,
) -> T | None:
    """What a page computes of something else than the active space; see `result_or_progress`.

    Args:
        session: Who keeps it.
        key: All that the result depends on.
        title: As above.
        work: As above.
        lane: As above.
        here: Whether progress is shown in this place, and not at the top of the page.
    """

    def ask() -> None:
        session.keep_result(key, registry().submit(key, title, work, lane=lane, visitor=session.visitor))

    if key not in session.results:
        ask()
    job: Job[T] = session.results[key]
    outcome = outcome_soon(job, session.visitor)
    if isinstance(outcome, Done):
        session.keep_result(key, job)
        return outcome.result
    show_outcome(session, outcome, key=title, again=ask, here=here)
    return None


def analysis_lane(rows: int) -> Lane:
    """Where work waits that takes minutes with many rows; with few it must not wait for that of others."""
    return Lane.QUICK if rows <= _QUICK_ROWS else Lane.LONG


def outcome_soon(job: Job[T], visitor: str) -> Outcome[T]:
    """The outcome of a job that may end at once, so that its progress is not drawn for nothing."""
    wait_briefly([job])
    return outcome_of(job, visitor)


def wait_briefly(jobs: Iterable[Job[Any]]) -> None:
    """Wait for jobs that may end at once, not longer for many than for one."""
    until = time.monotonic() + _SOON_SECONDS
    for job in jobs:
        job.wait(max(0.0, until - time.monotonic()))


def show_outcome(
    session: Session,
    outcome: Unfinished,
    *,
    key: str,
    again: Callable[[], None],
    here: bool = False,
    show: Callable[[ExplorerError], None] = show_error,
) -> None:
    """Draw the outcome of a job without a result: its progress, its error, or that it was stopped.

    Args:
        session: Who asked for it.
        outcome: Its outcome.
        key: Tells its button from the others on the page.
        again: Asks for it again.
        here: Whether progress is shown in this place, and not at the top of the page.
        show: Draws an error.
    """
    if isinstance(outcome, Failed):
        show(outcome.error)
        if not isinstance(outcome.error, _LASTING):
            st.button("Try again", key=f"again-{key}", icon=":material/refresh:", on_click=again)
    elif isinstance(outcome, Stopped):
        kept = " Finished work is kept." if outcome.resumable else ""
        st.info(f"{markdown(outcome.title)} was stopped.{kept}", icon=":material/pause_circle:")
        label = "Resume" if outcome.resumable else "Start again"
        st.button(label, key=f"go-on-{key}", icon=":material/play_arrow:", on_click=again)
    else:
        _drawn().awaited.append(outcome.job)
        if here:
            _drawn().placed.add(outcome.job)
            _follow_here(session, outcome.job)


def begin_page() -> None:
    """Forget what a run that was broken off had to do without."""
    _drawn().awaited = []


def job_panel(session: Session) -> None:
    """What this visitor waits for, with progress and cancel, but for what has a place of its own."""
    drawn = _drawn()
    awaited, drawn.awaited = drawn.awaited, []
    _leave_stale(session, awaited)
    if any(job.ended for job in awaited):
        st.rerun()  # it ended while the rest of the page was drawn
    drawn.placed = {job for job in drawn.placed if not job.ended}
    if _followed(session):
        _follow(session)


def _leave_stale(session: Session, awaited: list[Job[Any]]) -> None:
    """Stop waiting for what has not begun and the page now asks for with another choice, as of a slider."""
    kinds = {_kind(job.key) for job in awaited}
    for key, job in list(session.results.items()):
        if job.waits_for(session.visitor) and job not in awaited and _kind(key) in kinds:
            job.leave(session.visitor)
            del session.results[key]


def _kind(key: Hashable) -> Hashable:
    """What is asked for, whatever the choices, the encoder and the rows."""
    while isinstance(key, tuple):
        key = key[0]
    return key


@st.fragment(run_every=_HERE_POLL_SECONDS)
def _follow_here(session: Session, job: Job[Any]) -> None:
    if job.ended:
        st.rerun()
    _draw(job, session)


def _followed(session: Session) -> list[Job[Any]]:
    return [job for job in registry().awaited_by(session.visitor) if job not in _drawn().placed]


@st.fragment(run_every=_POLL_SECONDS)
def _follow(session: Session) -> None:
    jobs, drawn = _followed(session), _drawn()
    before, drawn.followed = drawn.followed, {job.key for job in jobs}
    if before - drawn.followed:
        st.rerun()  # something ended: the page can show it
    for job in jobs:
        _draw(job, session)


def _draw(job: Job[Any], session: Session) -> None:
    view = registry().view(job)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.html(as_html(view.title), width="content")
            if st.button("Cancel", key=f"cancel-{hash(job.key)}", icon=":material/close:"):
                stopped = job.leave(session.visitor)
                if not stopped:
                    st.toast("It continues for another visitor, who waits for it too.")
                st.rerun()
        st.progress(min(1.0, view.progress.fraction), text=progress_line(view))
        if view.progress.note:
            st.caption(view.progress.note)


def _drawn() -> _Drawn:
    return cast("_Drawn", st.session_state.setdefault(_DRAWN, _Drawn()))
