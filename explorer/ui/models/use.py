"""Using a model: its download, and encoding the open rows with it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import cast

import streamlit as st

from explorer.encode.models import ModelFiles, find_model
from explorer.encode.spec import EncoderSpec, LocalModel
from explorer.errors import ExplorerError
from explorer.jobs.outcome import Done, Failed, Pending
from explorer.jobs.progress import OnProgress
from explorer.jobs.registry import Job, Lane, registry
from explorer.session.session import Session
from explorer.session.spaces import space_outcome
from explorer.ui.shell.job_progress import outcome_soon, show_outcome
from explorer.ui.shell.spaces import encode
from explorer.ui.shell.text import show_error

# Session keys: the last download; the encoder added last, with the one before it; and the error if the added
# one failed.
_DOWNLOAD = "explorer-model-download"
_ADDED = "explorer-model-added"
_REFUSED = "explorer-model-refused"


@dataclass(frozen=True)
class _Download:
    """A download started in this tab.

    Attributes:
        spec: The encoder that will use the model.
        branch: The revision that was resolved to its commit; None for the default branch.
        job: The job that downloads it.
    """

    spec: LocalModel
    branch: str | None
    job: Job[ModelFiles]


def download(session: Session, spec: LocalModel, branch: str | None) -> None:
    """Start downloading a model; `finish` uses it when the download is done.

    Args:
        session: The visitor's session.
        spec: The encoder that will use the model.
        branch: The revision that was resolved to its commit, recorded on disk; None for the default branch.
    """

    def work(on_progress: OnProgress) -> ModelFiles:
        code = spec.trust_remote_code
        # Code runs at the commit that was confirmed; its branch may have moved since.
        revision = spec.revision if code else branch
        return find_model(spec.model, revision=revision, trust_remote_code=code, on_progress=on_progress)

    job = registry().submit(
        ("download", spec.model, spec.revision, spec.trust_remote_code),
        f"Downloading {spec.model}",
        work,
        lane=Lane.DOWNLOAD,
        visitor=session.visitor,
        resumable=True,
    )
    st.session_state.pop(_REFUSED, None)
    st.session_state[_DOWNLOAD] = _Download(spec, branch, job)


def use(session: Session, spec: LocalModel) -> None:
    """Encode the open corpus with a model that is on this machine."""
    st.session_state.pop(_REFUSED, None)
    st.session_state[_ADDED] = (spec, session.encoder)
    session.open(session.corpus, spec)
    encode(session, spec)


def forget_ended() -> None:
    """Drop the messages of an ended download or a failed encoder; a running download continues."""
    st.session_state.pop(_REFUSED, None)
    started = _started()
    if started is not None and started.job.ended:
        st.session_state.pop(_DOWNLOAD)


def finish(session: Session) -> bool:
    """Draw the progress of the download, and use the model when it is done.

    Returns:
        Whether it is still running.
    """
    _take_back_failed(session)
    if _REFUSED in st.session_state:
        show_error(cast("ExplorerError", st.session_state[_REFUSED]))
        st.caption("Your rows are still encoded by the previous model.")
    started = _started()
    if started is None:
        return False
    outcome = outcome_soon(started.job, session.visitor)
    if isinstance(outcome, Done):
        st.session_state.pop(_DOWNLOAD)
        use(session, started.spec)
        st.rerun()
    again = functools.partial(download, session, started.spec, started.branch)
    show_outcome(session, outcome, key="download", again=again)
    return isinstance(outcome, Pending)


def _started() -> _Download | None:
    return cast("_Download | None", st.session_state.get(_DOWNLOAD))


def _take_back_failed(session: Session) -> None:
    """Return to the previous encoder if the one just added has failed."""
    added = cast("tuple[LocalModel, EncoderSpec] | None", st.session_state.get(_ADDED))
    if added is None or added[0] not in session.encoders or added[1] not in session.encoders:
        return
    spec, before = added
    outcome = space_outcome(session, spec)
    if spec == before or not isinstance(outcome, Failed) or session.encoder != spec:
        return
    st.session_state.pop(_ADDED)
    st.session_state[_REFUSED] = outcome.error
    session.close_space(spec)
    session.encoders.remove(spec)
    session.active = session.encoders.index(before)
    session.times_opened += 1
    st.rerun()
