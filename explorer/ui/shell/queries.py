"""Queries as the pages ask them: encoded in the background, so that no page waits for a model or a server."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from explorer.errors import ModelChangedError
from explorer.jobs.outcome import Done, Failed, Pending
from explorer.session.queries import ask_queries, query_key, query_outcome
from explorer.session.session import Session
from explorer.ui.shell.job_progress import show_outcome, wait_briefly
from explorer.ui.shell.spaces import encode_again
from explorer.ui.shell.token import point_to_token

if TYPE_CHECKING:
    from explorer.analysis.space import Space


def query_vectors_or_progress(
    session: Session, spaces: Sequence[Space], texts: tuple[str, ...]
) -> list[NDArray[np.float32]] | None:
    """Vectors of the same queries by the encoder of each space; None unless all are there.

    Each encoder is asked in a job of its own. What is missing is shown, each with its progress; an encoder
    that fails leaves the others.

    Args:
        session: Who asks; what it asked before is answered at once.
        spaces: Whose encoders encode them.
        texts: The queries, one or more.

    Returns:
        For each space float32, shape (texts, dims).
    """
    wait_briefly(ask_queries(session, spaces, texts))
    vectors: list[NDArray[np.float32]] = []
    pending = False
    for space in spaces:
        outcome = query_outcome(session, space, texts)
        spec = space.encoder.spec
        if isinstance(outcome, Done):
            session.again_for.pop(spec, None)
            vectors.append(outcome.result)
            continue
        changed = isinstance(outcome, Failed) and isinstance(outcome.error, ModelChangedError)
        # Once by itself: a name behind which models take turns would have rows encoded, and paid, for ever.
        if changed and session.again_for.get(spec) != texts:
            session.again_for[spec] = texts
            _again(session, space, texts)
            st.rerun()
        key = query_key(session, space, texts)
        again = functools.partial(_again, session, space, texts)
        show_outcome(session, outcome, key=f"query-{hash(key)}", again=again)
        if isinstance(outcome, Failed):
            point_to_token(spec)
        pending = pending or isinstance(outcome, Pending)
    if pending:
        st.caption("The query is being encoded. The closest rows appear here as soon as that is done.")
    return vectors if len(vectors) == len(spaces) else None


def _again(session: Session, space: Space, texts: tuple[str, ...]) -> None:
    """Ask again; where another model is behind the encoder's name now, once the rows are encoded by it."""
    job = session.asking.pop(query_key(session, space, texts))
    if isinstance(job.error, ModelChangedError):
        encode_again(session, space.encoder.spec, job.error)
