"""Queries as the pages ask them: encoded in the background, so that no page waits for a model or a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from explorer.errors import ModelChangedError
from explorer.jobs.progress import OnProgress
from explorer.jobs.registry import Job, Lane, registry
from explorer.ui.shell.job_progress import explain, wait_briefly
from explorer.ui.shell.session import Session
from explorer.ui.shell.spaces import encode_again
from explorer.ui.shell.token import point_to_token

if TYPE_CHECKING:
    from explorer.analysis.space import Space


def query_vectors_or_progress(
    session: Session, space: Space, texts: tuple[str, ...]
) -> NDArray[np.float32] | None:
    """Vectors of queries, float32, shape (texts, dims); None while they are encoded, and the page says so.

    Args:
        session: Who asks; what it asked before is answered at once.
        space: Whose encoder encodes them.
        texts: The queries, one or more.
    """
    encoder, visitor = space.encoder, session.visitor
    found = session.queries.find(encoder, texts)
    if found is not None:
        return found
    key = ("queries", encoder.fingerprint, encoder.query_prompt, texts, visitor)

    def work(on_progress: OnProgress) -> NDArray[np.float32]:
        return session.queries.encode(encoder, texts, on_progress)

    def ask() -> Job[Any]:
        if session.asking is not None and session.asking.key != key:
            session.asking.leave(visitor)  # another query has taken its place
        lane = Lane.HOSTED_QUERIES if encoder.spec.provider else Lane.QUERIES
        what = "the query" if len(texts) == 1 else f"{len(texts):,} queries"
        session.asking = registry().submit(
            key, f"Encoding {what} with {encoder.name}", work, lane=lane, visitor=visitor
        )
        return session.asking

    def again(session: Session) -> None:
        error = None if session.asking is None else session.asking.error
        if isinstance(error, ModelChangedError):
            session.asking = None
            encode_again(session, error)
        else:
            ask()

    job = session.asking
    if job is None or job.key != key:
        job = ask()
    wait_briefly(job)
    if job.state == "done":
        session.again_for = ()
        vectors: NDArray[np.float32] = job.result
        return vectors
    # Once by itself: a name behind which models take turns would have the rows encoded, and paid, for ever.
    if isinstance(job.error, ModelChangedError) and session.again_for != texts:
        session.again_for = texts
        again(session)
        st.rerun()
    explain(job, session, "The query", again)
    if job.state == "failed":
        point_to_token(session.encoder)
    elif job.state in ("waiting", "running"):
        st.caption("The query is being encoded. What is closest appears here as soon as that is done.")
    return None
