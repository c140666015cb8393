"""Queries on pages: encoded in the background, so that no page waits for a model or a server."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from explorer.data.corpus import Item
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
    session: Session, spaces: Sequence[Space], queries: tuple[Item, ...]
) -> list[NDArray[np.float32]] | None:
    """The vectors of the same queries by the encoder of each space; None unless all are ready.

    Each encoder has its own job. Those not ready are shown with their progress; an encoder that fails does
    not affect the others.

    Args:
        session: Who asks; queries it asked before are answered at once.
        spaces: The spaces whose encoders encode the queries.
        queries: The queries, texts or images, one or more.

    Returns:
        For each space, float32, shape (queries, dims).
    """
    wait_briefly(ask_queries(session, spaces, queries))
    vectors: list[NDArray[np.float32]] = []
    pending = False
    for space in spaces:
        outcome = query_outcome(session, space, queries)
        spec = space.encoder.spec
        if isinstance(outcome, Done):
            session.again_for.pop(spec, None)
            vectors.append(outcome.result)
            continue
        changed = isinstance(outcome, Failed) and isinstance(outcome.error, ModelChangedError)
        # Automatically only once: a name that alternates between models would encode, and bill, rows forever.
        if changed and session.again_for.get(spec) != queries:
            session.again_for[spec] = queries
            _again(session, space, queries)
            st.rerun()
        key = query_key(session, space, queries)
        again = functools.partial(_again, session, space, queries)
        show_outcome(session, outcome, key=f"query-{hash(key)}", again=again)
        if isinstance(outcome, Failed):
            point_to_token(spec)
        pending = pending or isinstance(outcome, Pending)
    if pending:
        st.caption("The query is being encoded. The closest rows will appear here when it is done.")
    return vectors if len(vectors) == len(spaces) else None


def _again(session: Session, space: Space, queries: tuple[Item, ...]) -> None:
    """Ask again; if the model behind the encoder's name has changed, first encode the rows again."""
    job = session.asking.pop(query_key(session, space, queries))
    if isinstance(job.error, ModelChangedError):
        encode_again(session, space.encoder.spec, job.error)
