"""What tells which hits of a query are weak; see `explorer.analysis.weak_hits`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from explorer.analysis.weak_hits import MEANINGLESS, query_weights, row_counts, weak_score
from explorer.encode.spec import Tfidf, hosted_model
from explorer.session.session import Session
from explorer.ui.search.controls import Asked
from explorer.ui.widgets.kept import kept

if TYPE_CHECKING:
    from explorer.analysis.space import Space
    from explorer.data.corpus import Corpus
    from explorer.tensor import Metric


def meaningless(space: Space) -> tuple[str, ...]:
    """The queries that tell what is weak; none where each query is sent away, which costs time and money."""
    return () if space.spec is None or hosted_model(space.spec) else MEANINGLESS


def weak_score_of(session: Session, space: Space, asked: Asked, metric: Metric) -> float | None:
    """The score up to which hits are weak; None if it is not known, and for rows like another row."""
    within = asked.within
    if not meaningless(space) or not asked.is_words or (within is not None and not within.any()):
        return None
    encoded = session.queries.find(space.encoder, MEANINGLESS)
    if encoded is None:  # no query was asked yet, only rows like another
        return None
    return kept(
        session,
        "weak score",
        (space, metric, b"" if within is None else np.packbits(within).tobytes()),
        lambda: weak_score(space, space.place_queries(encoded), metric, within),
    )


def weights_of(session: Session, space: Space, asked: Asked, query: str) -> dict[str, float] | None:
    """How much each stem makes up of a query by TF-IDF, which compares words; None by other encoders."""
    if not isinstance(space.spec, Tfidf) or not asked.is_words:
        return None
    return query_weights(query, *rows_by_word(session, space.corpus))


def rows_by_word(session: Session, corpus: Corpus) -> tuple[Counter[str], int]:
    """In how many rows each stem is, and in how many it was looked for; see `row_counts`."""
    return kept(session, "rows by word", (corpus,), lambda: row_counts(corpus.texts))
