"""Queries over the spaces of one or more encoders, encoded in the background in one job per encoder."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.score_scales import compared_texts
from explorer.analysis.weak_hits import MEANINGLESS
from explorer.data.corpus import Item
from explorer.data.images.image_rows import has_images
from explorer.jobs.outcome import Done, Outcome, outcome_of
from explorer.jobs.progress import OnProgress
from explorer.jobs.registry import Job, registry
from explorer.session.session import Session
from explorer.session.spaces import lanes_for

if TYPE_CHECKING:
    from explorer.analysis.space import Space

Vectors = NDArray[np.float32]


def ask_queries(session: Session, spaces: Sequence[Space], queries: tuple[Item, ...]) -> list[Job[Vectors]]:
    """Start encoding queries with the encoder of each space, unless they are encoded or being encoded.

    Earlier queries that are still being encoded are cancelled: a new query replaces them.

    Args:
        session: Who asks.
        spaces: The spaces that are searched; their encoders encode the queries.
        queries: The queries, one or more.

    Returns:
        The jobs to wait for.
    """
    wanted = {query_key(session, space, queries): space for space in spaces}
    session.stop_asking(wanted)
    for key, space in wanted.items():
        if key not in session.asking and session.queries.find(space.encoder, queries) is None:
            session.asking[key] = _submit(session, space, queries, key)
    return [session.asking[key] for key in wanted if key in session.asking]


def query_outcome(session: Session, space: Space, queries: tuple[Item, ...]) -> Outcome[Vectors]:
    """The current outcome of queries that were asked: their vectors in the space, float32, (queries, dims).

    Spaces that are derived from one another share the encoder's vectors, which are kept; each has its own
    transforms.
    """
    found = session.queries.find(space.encoder, queries)
    if found is not None:
        return Done(space.place_items(queries, found))
    outcome = outcome_of(session.asking[query_key(session, space, queries)], session.visitor)
    return Done(space.place_items(queries, outcome.result)) if isinstance(outcome, Done) else outcome


def encoding_seconds(session: Session, space: Space, queries: tuple[Item, ...]) -> float:
    """How long encoding queries that were asked took; 0 if they were encoded before."""
    job = session.asking.get(query_key(session, space, queries))
    return 0.0 if job is None else job.view().seconds


def query_key(session: Session, space: Space, queries: tuple[Item, ...]) -> Hashable:
    """A key that identifies queries to the encoder of a space."""
    encoder = space.encoder
    # An image by its pixels: the key is kept longer than the query, and must not keep the bytes of a file.
    asked = tuple(query if isinstance(query, str) else query.key for query in queries)
    return ("queries", encoder.fingerprint, encoder.query_prompt, asked, session.visitor)


def _submit(session: Session, space: Space, queries: tuple[Item, ...], key: Hashable) -> Job[Vectors]:
    encoder = space.encoder

    def work(on_progress: OnProgress) -> Vectors:
        return session.queries.encode(encoder, queries, on_progress)

    neutral = {*MEANINGLESS}  # nobody asked for these
    if has_images(space.corpus):
        neutral.update(compared_texts(space.corpus).texts)
    asked = sum(query not in neutral for query in queries)
    what = "the query" if asked <= 1 else f"{asked:,} queries"
    return registry().submit(
        key,
        f"Encoding {what} with {encoder.name}",
        work,
        lane=lanes_for(encoder.spec).queries,
        visitor=session.visitor,
    )
