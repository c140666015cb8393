"""Long work as the pages see it: spaces that are ready or on their way, and the job panel."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from explorer.data.corpus import Corpus
from explorer.encode.jobs import Job, JobView, registry
from explorer.encode.progress import OnProgress, Progress
from explorer.encode.spec import EncoderSpec
from explorer.ui import warm
from explorer.ui.model_names import encoder_name
from explorer.ui.session import Session
from explorer.ui.text import as_html, markdown, show_error
from explorer.ui.token import point_to_token, token_for

if TYPE_CHECKING:
    from explorer.analysis.space import Space
    from explorer.encode.tokens import TokenAudit

_POLL_SECONDS = 1.0
_HERE_POLL_SECONDS = 0.5  # a person looks at the place where the answer will be
_SOON_SECONDS = 0.5  # what ends by then needs no progress: nobody could read it
_TOKENS = "tokens"
T = TypeVar("T")
# Spaces of open sessions, by encoder and texts: two visitors with the same rows hold one matrix.
_shared: weakref.WeakValueDictionary[tuple[EncoderSpec, str, str], Space] = weakref.WeakValueDictionary()


def space_or_progress(session: Session) -> Space | None:
    """The active space; while it is not ready its job is started or followed, and the page says so."""
    spec, corpus = session.encoder, session.corpus
    space = session.spaces.get(spec) or _take_shared(session)
    if space is not None:
        session.spaces[spec] = space
        return space
    job = session.jobs.get(spec)
    if job is None:
        job = _ask(session)
    if job.state == "done":
        space = job.result
        session.spaces[spec] = space.for_corpus(corpus)
        _shared[_kept_under(session)] = session.spaces[spec]
        return session.spaces[spec]
    _explain(job, session, "Encoding", encode)
    if job.state == "failed":
        point_to_token(spec)
    return None


def result_or_progress(
    session: Session, key: Hashable, title: str, work: Callable[[OnProgress], T], *, lane: str = "analysis"
) -> T | None:
    """What a page computes on the session's rows; None while it is under way, and the page says so.

    Args:
        session: Whose rows; a result is kept in it, so that coming back computes nothing.
        key: What the result depends on, beside the corpus and the encoder.
        title: What a person reads while it is computed.
        work: Computes it, in a worker thread.
        lane: What it waits for; `quick` is for work of seconds, which must not wait for work of minutes.
    """
    whole = (key, session.encoder, session.corpus.fingerprint)
    return _kept_or_progress(session, whole, title, work, lane)


def _kept_or_progress(
    session: Session,
    key: Hashable,
    title: str,
    work: Callable[[OnProgress], T],
    lane: str,
    *,
    here: bool = False,
) -> T | None:
    def ask(session: Session) -> None:
        session.keep_result(key, registry().submit(key, title, work, lane=lane, visitor=session.visitor))

    if key not in session.results:
        ask(session)
    job = session.results[key]
    job.wait(_SOON_SECONDS)
    if job.state == "done":
        session.keep_result(key, job)
        result: T = job.result
        return result
    _explain(job, session, title, ask, here=here)
    return None


def counting(say: OnProgress, phase: str, unit: str) -> Callable[[int, int], None]:
    """Progress of work that only counts, as the job panel takes it."""

    def report(done: int, total: int) -> None:
        say(Progress(phase, done, total, fraction=done / max(1, total), unit=unit))

    return report


def _explain(
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


def encode(session: Session) -> None:
    """Start encoding the session's corpus with its active encoder, unless it is under way."""
    if session.encoder not in session.spaces and _take_shared(session) is None:
        _ask(session)


def audit_or_progress(session: Session, corpus: Corpus, spec: EncoderSpec) -> TokenAudit | None:
    """The token audit of a corpus for an encoder; None while it is counted, which is shown in its place."""

    def count(on_progress: OnProgress) -> TokenAudit:
        from explorer.encode.models import find_model
        from explorer.encode.tokens import TokenAudit, count_tokens

        code = spec.trust_remote_code
        files = find_model(spec.model, revision=spec.revision, trust_remote_code=code)
        say = counting(on_progress, "Counting tokens", "rows")
        lengths = count_tokens(files, corpus.texts, prompt=spec.prompt or "", on_progress=say)
        return TokenAudit(lengths, files.max_length)

    named = (spec.model, spec.revision, spec.trust_remote_code)
    key = (_TOKENS, *named, spec.prompt, corpus.text_fingerprint)
    _leave_others(session, key)
    return _kept_or_progress(session, key, f"Counting the tokens of {corpus.name}", count, "quick", here=True)


def _leave_others(session: Session, key: tuple[Hashable, ...]) -> None:
    """Count no more of rows that are not looked at now."""
    for other, job in list(session.results.items()):
        if isinstance(other, tuple) and other[0] == _TOKENS and other != key and not job.ended:
            session.results.pop(other).leave(session.visitor)


def job_panel(session: Session) -> None:
    """What this visitor waits for, with progress and cancel, but for what has a place of its own."""
    awaited, session.awaited = session.awaited, []
    if any(job.ended for job in awaited):
        st.rerun()  # it ended while the rest of the page was drawn
    session.placed = {job for job in session.placed if not job.ended}
    if _followed(session):
        _follow(session)


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


def _ask(session: Session) -> Job:
    spec, corpus = session.encoder, session.corpus
    token = token_for(spec)

    def work(on_progress: OnProgress) -> Space:
        warm.wait()
        from explorer.embedding import embed_spec

        return embed_spec(corpus, spec, token=token, on_progress=on_progress)

    job = registry().submit(
        ("encode", *_kept_under(session)),
        f"Encoding {corpus.name} with {encoder_name(spec)}",
        work,
        # What a server makes wait is in nobody's way here.
        lane=f"elsewhere for {session.visitor}" if spec.provider else "device",
        visitor=session.visitor,
    )
    session.jobs[spec] = job
    return job


def _kept_under(session: Session) -> tuple[EncoderSpec, str, str]:
    """What names the session's space: the same for all visitors who may share it."""
    spec, corpus = session.encoder, session.corpus
    rows = corpus.fingerprint if spec.own_vectors else corpus.text_fingerprint
    # A space from elsewhere encodes queries with the token of whoever opened it.
    return spec, rows, session.visitor if spec.provider else ""


def _take_shared(session: Session) -> Space | None:
    shared = _shared.get(_kept_under(session))
    return None if shared is None else shared.for_corpus(session.corpus)
