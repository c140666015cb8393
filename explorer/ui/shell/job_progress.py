"""Long-running work on pages: results or their progress, outcomes of jobs, the job panel."""

from __future__ import annotations

import html
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, cast

import streamlit as st

from explorer.errors import (
    ColumnError,
    EmptyDataError,
    ExplorerError,
    UnknownCorpusError,
    UnreadableFileError,
)
from explorer.jobs.outcome import Done, Failed, Outcome, Pending, Stopped, Unfinished, outcome_of
from explorer.jobs.progress import OnProgress
from explorer.jobs.registry import Job, Lane, registry
from explorer.session.session import Session
from explorer.ui.shell.announcements import announce, say, say_announced
from explorer.ui.shell.progress_text import progress_line, spoken_progress
from explorer.ui.shell.text import as_html, markdown, show_error
from explorer.warm_up import is_warm, page_is_drawn

_POLL_SECONDS = 1.0
_FIRST_POLL_SECONDS = 0.25  # until the heavy imports are done: then the first answer takes a moment
_HERE_POLL_SECONDS = 0.5  # shorter, since the person is looking at the place of the answer
_SOON_SECONDS = 0.5  # progress of shorter work is not shown: nobody could read it
_QUICK_ROWS = 5_000  # up to this many, the longest analysis takes seconds
_DRAWN = "explorer-jobs-drawn"
# Errors that a retry cannot fix.
_LASTING = (UnreadableFileError, EmptyDataError, ColumnError, UnknownCorpusError)
_Panel = Literal["page", "others"]
T = TypeVar("T")


@dataclass
class _Drawn:
    """The jobs shown by the page being drawn.

    Attributes:
        sent: The panels that have been sent: if one is drawn again, the browser has asked for it.
        awaited: Jobs whose results the page lacks.
        placed: Jobs whose progress is shown only in the place of their results, on this page.
        placed_before: Those of the run before.
        at_top: Jobs of the page that have no such place.
        followed: Keys of the jobs in each panel.
        unsaid: Jobs whose progress was drawn and whose end was not announced.
    """

    sent: set[_Panel] = field(default_factory=set)
    awaited: list[Job[Any]] = field(default_factory=list)
    placed: set[Job[Any]] = field(default_factory=set)
    placed_before: set[Job[Any]] = field(default_factory=set)
    at_top: list[Job[Any]] = field(default_factory=list)
    followed: dict[_Panel, set[Hashable]] = field(default_factory=dict)
    unsaid: set[Job[Any]] = field(default_factory=set)


def result_or_progress(
    session: Session,
    key: Hashable,
    title: str,
    work: Callable[[OnProgress], T],
    *,
    lane: Lane = Lane.QUICK,
    here: bool = False,
) -> T | None:
    """A result computed on the active space; None while it is being computed, which the page shows.

    Args:
        session: The session with the space, which is ready; it keeps the result, so that returning to the
            page computes nothing.
        key: What the result depends on, besides the space.
        title: The job's name on the screen.
        work: Computes the result in a worker thread. Visitors with the same rows share it, so it must not
            contain anything that the corpus's fingerprint ignores, such as its name.
        lane: The lane it waits in; see `analysis_lane` for work that can take minutes.
        here: Whether progress is shown here instead of at the top of the page.
    """
    whole = (key, session.spaces[session.encoder].fingerprint)
    return session_result_or_progress(session, whole, title, work, lane=lane, here=here)


def session_result_or_progress(
    session: Session,
    key: Hashable,
    title: str,
    work: Callable[[OnProgress], T],
    *,
    lane: Lane = Lane.QUICK,
    here: bool = False,
) -> T | None:
    """A result computed from something other than the active space; see `result_or_progress`.

    Args:
        session: The session that keeps the result.
        key: Everything the result depends on.
        title: As for `result_or_progress`.
        work: As for `result_or_progress`.
        lane: As for `result_or_progress`.
        here: Whether progress is shown here instead of at the top of the page.
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


def known_result(session: Session, key: Hashable) -> Any:  # noqa: ANN401
    """What `session_result_or_progress` computed before; None if it did not, or has not yet."""
    job = session.results.get(key)
    outcome = None if job is None else outcome_of(job, session.visitor)
    return outcome.result if isinstance(outcome, Done) else None


def forget_result(session: Session, key: Hashable) -> None:
    """Forget a result that `session_result_or_progress` computed, so that the page computes it again."""
    session.results.pop(key, None)
    registry().forget(key)


def analysis_lane(rows: int) -> Lane:
    """The lane of work that takes minutes with many rows; with few rows it must not wait for such work."""
    return Lane.QUICK if rows <= _QUICK_ROWS else Lane.LONG


def outcome_soon(job: Job[T], visitor: str) -> Outcome[T]:
    """The outcome of a job, after a short wait so that a quick job draws no progress."""
    wait_briefly([job])
    return outcome_of(job, visitor)


def wait_briefly(jobs: Iterable[Job[Any]]) -> None:
    """Wait briefly for jobs that may end at once, no longer for many than for one."""
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
        key: Makes the key of its button unique on the page.
        again: Asks for it again.
        here: Whether progress is shown here instead of at the top of the page.
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
    """Reset what the run before recorded: another page may show the same job in another place."""
    drawn = _drawn()
    drawn.awaited = []
    drawn.placed_before, drawn.placed = drawn.placed, set()


def has_jobs(session: Session) -> bool:
    """Whether the job panel is likely to show jobs of this visitor at the end of the run that has begun."""
    drawn = _drawn()
    elsewhere = drawn.placed_before | drawn.placed
    others = drawn.followed.get("others", set())
    return any(
        job not in elsewhere and job.key not in others for job in registry().awaited_by(session.visitor)
    )


def job_panel(session: Session) -> None:
    """Draw the jobs that this page waits for, except those shown in the place of their results.

    Each has its progress and a button that cancels it. What the page announced is said here, with the jobs
    that are done; errors are alerts and say themselves.
    """
    drawn = _drawn()
    ended = {job for job in drawn.unsaid if job.ended}
    drawn.unsaid -= ended
    for job in ended:
        if isinstance(outcome_of(job, session.visitor), Done):
            announce(f"Done: {job.title}.")
    say_announced()
    awaited, drawn.awaited = drawn.awaited, []
    _leave_stale(session, awaited)
    # Those with a place of their own are followed there; a panel without jobs would move the page.
    drawn.at_top = [job for job in awaited if job not in drawn.placed]
    drawn.placed = {job for job in drawn.placed if not job.ended}
    if drawn.at_top:
        _send(session, "page")


def other_jobs(session: Session) -> None:
    """Draw this visitor's jobs that the page does not wait for, likewise; call it after `job_panel`.

    They stand in a corner of the window, where they move nothing.
    """
    if _followed(session, "others"):
        with st.container(key="other-jobs"):
            _send(session, "others")


def _send(session: Session, panel: _Panel) -> None:
    warm = is_warm()
    _drawn().sent.discard(panel)
    follow = st.fragment(_follow, run_every=_POLL_SECONDS if warm else _FIRST_POLL_SECONDS)
    follow(session, panel, _drawn().at_top, warm)


def _leave_stale(session: Session, awaited: list[Job[Any]]) -> None:
    """Leave jobs that have not begun and were replaced by another choice, such as of a slider."""
    kinds = {_kind(job.key) for job in awaited}
    for key, job in list(session.results.items()):
        if job.waits_for(session.visitor) and job not in awaited and _kind(key) in kinds:
            session.leave([session.results.pop(key)])


def _kind(key: Hashable) -> Hashable:
    """The kind of a job, independent of choices, encoder and rows."""
    while isinstance(key, tuple):
        key = key[0]
    return key


@st.fragment(run_every=_HERE_POLL_SECONDS)
def _follow_here(session: Session, job: Job[Any]) -> None:
    if job.ended:
        st.rerun()
    _draw(job, session)


def _followed(session: Session, panel: _Panel) -> list[Job[Any]]:
    drawn = _drawn()
    jobs = [job for job in registry().awaited_by(session.visitor) if job not in drawn.placed]
    return [job for job in jobs if (job in drawn.at_top) == (panel == "page")]


def _follow(session: Session, panel: _Panel, awaited: list[Job[Any]], warm: bool) -> None:
    jobs, drawn = _followed(session, panel), _drawn()
    if panel in drawn.sent and not warm:
        page_is_drawn()
    drawn.sent.add(panel)
    before = drawn.followed.get(panel, set())
    drawn.followed[panel] = {job.key for job in jobs}
    # The page shows the outcome of a job that ended, which may have been while the page was being drawn.
    pending = panel == "others" or all(
        isinstance(outcome_of(job, session.visitor), Pending) for job in awaited
    )
    if before - drawn.followed[panel] or not pending:
        st.rerun()
    for job in jobs:
        _draw(job, session)
    if is_warm() != warm:  # only here: a click on Cancel comes with this run
        st.rerun()


def _draw(job: Job[Any], session: Session) -> None:
    view = registry().view(job)
    _drawn().unsaid.add(job)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.html(as_html(view.title), width="content")
            if st.button("Cancel", key=f"cancel-{hash(job.key)}", icon=":material/close:"):
                stopped = job.leave(session.visitor)
                if not stopped:
                    st.toast("It continues for another visitor who is waiting for it too.")
                st.rerun()
        # Not st.progress, which is called "progress" whatever its work is.
        name, done = html.escape(view.title), min(1.0, view.progress.fraction)
        bar = f'<progress aria-label="{name}" value="{done:.3f}"></progress>'
        st.html(f'<div class="job-progress">{html.escape(progress_line(view))}{bar}</div>')
        if view.progress.note:
            st.caption(view.progress.note)
        say(spoken_progress(view), place=f"job-{hash(job.key)}")


def _drawn() -> _Drawn:
    return cast("_Drawn", st.session_state.setdefault(_DRAWN, _Drawn()))
