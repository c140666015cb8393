"""Long work as the pages see it: spaces that are ready or on their way, and the job panel."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from explorer.data.corpus import Corpus
from explorer.encode.jobs import Job, JobView, Lane, registry
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
_SOON_SECONDS = 0.5  # what ends by then needs no progress: nobody could read it
_QUICK_ROWS = 5_000  # with which the longest analysis takes seconds
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
        session.spaces[spec] = _for_corpus(job.result, corpus)
        _shared[_kept_under(session)] = session.spaces[spec]
        return session.spaces[spec]
    _explain(job, session, "Encoding", encode)
    if job.state == "failed":
        point_to_token(spec)
    return None


def result_or_progress(
    session: Session, key: Hashable, title: str, work: Callable[[OnProgress], T], *, lane: Lane = Lane.QUICK
) -> T | None:
    """What a page computes on the session's rows; None while it is under way, and the page says so.

    Args:
        session: Whose rows; a result is kept in it, so that coming back computes nothing.
        key: What the result depends on, beside the corpus and the encoder.
        title: What a person reads while it is computed.
        work: Computes it, in a worker thread.
        lane: What it waits for; see `analysis_lane` for work that may take minutes.
    """
    whole = (key, session.encoder, session.corpus.fingerprint)
    return _kept_or_progress(session, whole, title, work, lane)


def _kept_or_progress(
    session: Session, key: Hashable, title: str, work: Callable[[OnProgress], T], lane: Lane
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
    _explain(job, session, title, ask)
    return None


def analysis_lane(rows: int) -> Lane:
    """Where work waits that takes minutes with many rows; with few it must not wait for that of others."""
    return Lane.QUICK if rows <= _QUICK_ROWS else Lane.LONG


def counting(say: OnProgress, phase: str, unit: str) -> Callable[[int, int], None]:
    """Progress of work that only counts, as the job panel takes it."""

    def report(done: int, total: int) -> None:
        say(Progress(phase, done, total, fraction=done / max(1, total), unit=unit))

    return report


def _explain(job: Job, session: Session, what: str, again: Callable[[Session], None]) -> None:
    """Say why a job gave nothing yet, when nothing more will come of it by itself."""
    _await(session, job)
    if job.state == "failed" and job.error is not None:
        show_error(job.error)
        st.button("Try again", type="primary", key=f"again-{what}", on_click=again, args=(session,))
    elif job.state == "cancelled" or not job.awaited_by(session.visitor):
        st.info(f"{markdown(what)} was stopped. What was finished is kept.", icon=":material/pause_circle:")
        st.button("Go on", type="primary", key=f"go-on-{what}", on_click=again, args=(session,))


def _await(session: Session, job: Job) -> None:
    """Note that the page being drawn has to do without the job's result."""
    if job.state not in ("failed", "cancelled"):
        session.awaited.append(job)


def encode(session: Session) -> None:
    """Start encoding the session's corpus with its active encoder, unless it is under way."""
    if session.encoder not in session.spaces and _take_shared(session) is None:
        _ask(session)


def audit_or_progress(session: Session, corpus: Corpus, spec: EncoderSpec) -> TokenAudit | None:
    """The token audit of a corpus for an encoder; None while it is counted, and the page says so."""

    def count(on_progress: OnProgress) -> TokenAudit:
        from explorer.encode.models import find_model
        from explorer.encode.tokens import TokenAudit, count_tokens

        code = spec.trust_remote_code
        files = find_model(spec.model, revision=spec.revision, trust_remote_code=code)
        say = counting(on_progress, "Counting tokens", "rows")
        lengths = count_tokens(files, corpus.texts, prompt=spec.prompt or "", on_progress=say)
        return TokenAudit(lengths, files.max_length)

    named = (spec.model, spec.revision, spec.trust_remote_code)
    key = ("tokens", *named, spec.prompt, corpus.text_fingerprint)
    return _kept_or_progress(session, key, f"Counting the tokens of {corpus.name}", count, Lane.QUICK)


def job_panel(session: Session) -> None:
    """What this visitor waits for, with progress and cancel; nothing when there is nothing."""
    awaited, session.awaited = session.awaited, []
    _leave_stale(session, awaited)
    if any(job.ended for job in awaited):
        st.rerun()  # it ended while the rest of the page was drawn
    if registry().awaited_by(session.visitor):
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


@st.fragment(run_every=_POLL_SECONDS)
def _follow(session: Session) -> None:
    jobs = registry().awaited_by(session.visitor)
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
        lane=Lane.HOSTED if spec.provider else Lane.DEVICE,
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
    return None if shared is None else _for_corpus(shared, session.corpus)


def _for_corpus(space: Space, corpus: Corpus) -> Space:
    """The same vectors for a corpus of the same texts, which may have other columns."""
    if space.corpus.fingerprint == corpus.fingerprint:
        return space
    return type(space)(corpus, space.encoder, space.vectors, space.report)
