"""From a model's facts to encoded rows: the download, and the encoder it becomes."""

from __future__ import annotations

from typing import Any, cast

import streamlit as st

from explorer.encode.models import ModelFiles, find_model
from explorer.encode.spec import EncoderSpec
from explorer.errors import ExplorerError
from explorer.jobs.progress import OnProgress
from explorer.jobs.registry import Job, Lane, registry
from explorer.ui.shell.job_progress import wait_briefly
from explorer.ui.shell.session import Session
from explorer.ui.shell.spaces import encode, job_of
from explorer.ui.shell.text import show_error

# Session keys: the download asked for last, the encoder added last with the one before it, and why that one
# could not encode.
_DOWNLOAD = "explorer-model-download"
_ADDED = "explorer-model-added"
_REFUSED = "explorer-model-refused"


def download(session: Session, spec: EncoderSpec, branch: str | None) -> None:
    """Begin to download a model; `finish` uses it once it is here.

    Args:
        session: Who asks.
        spec: The encoder it becomes.
        branch: What its commit was found by, noted on disk; None for the default branch.
    """

    def work(on_progress: OnProgress) -> ModelFiles:
        code = spec.trust_remote_code
        # Code is run at the commit that was confirmed, and not at what its branch has become.
        revision = spec.revision if code else branch
        return find_model(spec.model, revision=revision, trust_remote_code=code, on_progress=on_progress)

    key = ("download", spec.model, spec.revision, spec.trust_remote_code)
    job = registry().submit(
        key, f"Downloading {spec.model}", work, lane=Lane.DOWNLOAD, visitor=session.visitor
    )
    st.session_state.pop(_REFUSED, None)
    st.session_state[_DOWNLOAD] = (spec, job)


def use(session: Session, spec: EncoderSpec) -> None:
    """Encode the open corpus with a model that is on this machine."""
    st.session_state.pop(_REFUSED, None)
    st.session_state[_ADDED] = (spec, session.encoder)
    session.open(session.corpus, spec)
    encode(session)


def forget_ended() -> None:
    """Say no more of a download or an encoder that failed; a download under way goes on."""
    st.session_state.pop(_REFUSED, None)
    asked = _asked()
    if asked is not None and asked[1].ended:
        st.session_state.pop(_DOWNLOAD)


def finish(session: Session) -> bool:
    """Follow the download that was asked for, and use the model once it is here.

    Returns:
        Whether it is still under way.
    """
    _take_back_failed(session)
    if _REFUSED in st.session_state:
        show_error(cast("ExplorerError", st.session_state[_REFUSED]))
        st.caption("Your rows are encoded by the same model as before.")
    asked = _asked()
    if asked is None:
        return False
    spec, job = asked
    wait_briefly(job)
    if job.state == "done":
        st.session_state.pop(_DOWNLOAD)
        use(session, spec)
        st.rerun()
    if job.error is not None:
        show_error(job.error)
    elif job.state == "cancelled" or not job.awaited_by(session.visitor):
        st.info("The download was stopped. What had arrived is kept.", icon=":material/pause_circle:")
    else:
        session.awaited.append(job)
        return True
    return False


def _asked() -> tuple[EncoderSpec, Job[Any]] | None:
    return cast("tuple[EncoderSpec, Job[Any]] | None", st.session_state.get(_DOWNLOAD))


def _take_back_failed(session: Session) -> None:
    """Go back to the encoder before where the one just added cannot encode."""
    added = cast("tuple[EncoderSpec, EncoderSpec] | None", st.session_state.get(_ADDED))
    if added is None or added[0] not in session.encoders or added[1] not in session.encoders:
        return
    spec, before = added
    job = job_of(session, spec)
    if spec == before or job is None or job.error is None or session.encoder != spec:
        return
    st.session_state.pop(_ADDED)
    st.session_state[_REFUSED] = job.error
    session.close_space(spec)
    session.encoders.remove(spec)
    session.active = session.encoders.index(before)
    st.rerun()
