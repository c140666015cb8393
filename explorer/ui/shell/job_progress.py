"""Long work as the pages see it: results that are ready or on their way, and the job panel."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from explorer.data.corpus import Corpus
from explorer.encode.spec import EncoderSpec
from explorer.jobs.progress import OnProgress, Progress
from explorer.jobs.registry import Job, JobView, Lane, registry
from explorer.ui.shell.session import Session
from explorer.ui.shell.text import as_html, markdown, show_error

if TYPE_CHECKING:
    from explorer.encode.tokens import TokenAudit

_POLL_SECONDS = 1.0
_HERE_POLL_SECONDS = 0.5  # a person looks at the place where the answer will be
_SOON_SECONDS = 0.5  # what ends by then needs no progress: nobody could read it
_QUICK_ROWS = 5_000  # with which the longest analysis takes seconds
_TOKENS = "tokens"
T = TypeVar("T")


def result_or_progress(
    session: Session, key: Hashable, title: str, work: Callable[[OnProgress], T], *, lane: Lane = Lane.QUICK
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
    return _kept_or_progress(session, whole, title, work, lane)


def _kept_or_progress(
    session: Session,
    key: Hashable,
    title: str,
    work: Callable[[OnProgress], T],
    lane: Lane,
    *,
    here: bool = False,
) -> T | None:
    def ask(session: Session) -> None:
        session.keep_result(key, registry().submit(key, title, work, lane=lane, visitor=session.visitor))

    if key not in session.results:
        ask(session)
    job = session.results[key]
    wait_briefly(job)
    if job.state == "done":
        session.keep_result(key, job)
        result: T = job.result
        return result
    explain(job, session, title, ask, here=here)
    return None


def wait_briefly(job: Job) -> None:
    """Wait for a job that may end at once, so that its progress is not drawn for nothing."""
    job.wait(_SOON_SECONDS)


def analysis_lane(rows: int) -> Lane:
    """Where work waits that takes minutes with many rows; with few it must not wait for that of others."""
    return Lane.QUICK if rows <= _QUICK_ROWS else Lane.LONG


def counting(say: OnProgress, phase: str, unit: str) -> Callable[[int, int], None]:
    """Progress of work that only counts, as the job panel takes it."""

    def report(done: int, total: int) -> None:
        say(Progress(phase, done, total, fraction=done / max(1, total), unit=unit))

    return report


def explain(
    job: Job, session: Session, what: str, again: Callable[[Session], None], *, here: bool = False
) -> None:
    """Say why a job gave nothing yet; what is under way is shown here, or at the top of the page."""
    if job.state == "failed" and job.error is not None:
        show_error(job.error)
        st.button("Try again", type="primary", key=f"again-{what}", on_click=again, args=(session,))
    elif job.state == "cancelled" or not job.awaited_by(session.visitor):
        st.info(f"{markdown(what)} was stopped. What was finished is kept.", icon=":material/pause_circle:")
        st.button("Go on", type="primary", key=f"go-on-{what}", on_click=again, args=(session,))
    elif here:
        show_here(session, job)
    else:
        session.awaited.append(job)


def audit_or_progress(session: Session, corpus: Corpus, spec: EncoderSpec) -> TokenAudit | None:
    """The token audit of a corpus for a model on this machine; None without it, or while it is counted.

    Counting is shown where the audit will be.
    """
    from explorer.encode.models import files_on_disk

    files = files_on_disk(spec.model, revision=spec.revision, trust_remote_code=spec.trust_remote_code)
    if files is None:
        return None

    def count(on_progress: OnProgress) -> TokenAudit:
        from explorer.encode.tokens import TokenAudit, count_tokens

        say = counting(on_progress, "Counting tokens", "rows")
        lengths = count_tokens(files, corpus.texts, prompt=spec.prompt or "", on_progress=say)
        return TokenAudit(lengths, files.max_length)

    title = f"Counting the tokens of {len(corpus):,} rows"
    key = (_TOKENS, files.name, files.identity, spec.prompt, corpus.items_fingerprint)
    _leave_others(session, key)
    return _kept_or_progress(session, key, title, count, Lane.QUICK, here=True)


def _leave_others(session: Session, key: tuple[Hashable, ...]) -> None:
    """Count no more of rows that are not looked at now."""
    for other, job in list(session.results.items()):
        if isinstance(other, tuple) and other[0] == _TOKENS and other != key and not job.ended:
            session.results.pop(other).leave(session.visitor)


def job_panel(session: Session) -> None:
    """What this visitor waits for, with progress and cancel, but for what has a place of its own."""
    awaited, session.awaited = session.awaited, []
    _leave_stale(session, awaited)
    if any(job.ended for job in awaited):
        st.rerun()  # it ended while the rest of the page was drawn
    session.placed = {job for job in session.placed if not job.ended}
    if _followed(session):
        _follow(session)


def _leave_stale(session: Session, awaited: list[Job]) -> None:
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


def show_here(session: Session, job: Job) -> None:
    """A job's progress in the place where its result will be, so that it moves nothing else.

    Args:
        session: Who waits for it.
        job: It has not ended, or has just now; the page is drawn anew when it does.
    """
    session.awaited.append(job)
    session.placed.add(job)
    _follow_here(session, job)


@st.fragment(run_every=_HERE_POLL_SECONDS)
def _follow_here(session: Session, job: Job) -> None:
    if job.ended:
        st.rerun()
    _draw(job, session)


def _followed(session: Session) -> list[Job]:
    return [job for job in registry().awaited_by(session.visitor) if job not in session.placed]


@st.fragment(run_every=_POLL_SECONDS)
def _follow(session: Session) -> None:
    jobs = _followed(session)
    seen = st.session_state.get("explorer-followed", set())
    st.session_state["explorer-followed"] = {job.key for job in jobs}
    if seen - {job.key for job in jobs}:
        st.rerun()  # something ended: the page can show it
    for job in jobs:
        _draw(job, session)


def _draw(job: Job, session: Session) -> None:
    view = registry().view(job)
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.html(as_html(view.title), width="content")
            if st.button("Cancel", key=f"cancel-{hash(job.key)}", icon=":material/close:"):
                stopped = job.leave(session.visitor)
                if not stopped:
                    st.toast("It goes on for another visitor; you no longer wait for it.")
                st.rerun()
        st.progress(min(1.0, view.progress.fraction), text=progress_line(view))
        if view.progress.note:
            st.caption(view.progress.note)


def progress_line(view: JobView) -> str:
    """A job's progress in one line: what, how many, how fast, how long still."""
    progress = view.progress
    if view.state == "waiting" and view.ahead:
        return f"Waiting for {view.ahead} other job{'s' if view.ahead > 1 else ''}"
    parts = [progress.phase]
    if progress.total and progress.done:
        parts[0] += f" · {progress.done:,} of {progress.total:,} {progress.unit}"
    if view.rate:
        parts.append(f"{view.rate:,.0f} {progress.unit}/s")
    if view.seconds_left is not None:
        parts.append(f"{duration(view.seconds_left)} left")
    if progress.cached:
        parts.append(f"{progress.cached:,} from the cache or repeated")
    if view.waiting > 1:
        parts.append(f"shared with {view.waiting - 1} other visitor{'s' if view.waiting > 2 else ''}")
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """A time span in plain words: `8 s`, `3 min 20 s`, `1 h 5 min`."""
    whole = max(1, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
