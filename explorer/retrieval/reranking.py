"""Reading hits again, each together with the query, by a cross-encoder."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.encode.encoder import check_queries
from explorer.encode.engines.pair_models import BATCH, cross_encoder
from explorer.jobs.progress import OnProgress, Progress, ignore_progress
from explorer.retrieval.options import DEFAULT_MODEL


@dataclass(frozen=True, eq=False)
class Reranked:
    """Hits in a new order.

    Attributes:
        order: Where each was before, from 0, best first, int64, shape (hits,).
        scores: The cross-encoder's scores in this order, float32, shape (hits,).
        seconds: How long reading them took.
        model: The cross-encoder's name.
    """

    order: NDArray[np.int64]
    scores: NDArray[np.float32]
    seconds: float
    model: str


def rerank(
    query: str,
    texts: Sequence[str],
    model: str = DEFAULT_MODEL,
    *,
    revision: str | None = None,
    on_progress: OnProgress | None = None,
) -> Reranked:
    """Put texts in the order of a cross-encoder's scores, as `CrossEncoder.rank` does.

    Args:
        query: The query.
        texts: The texts of the hits.
        model: A folder or a Hub id of a cross-encoder with one output.
        revision: Branch, tag or commit on the Hub.
        on_progress: Called after each batch. An exception it raises stops the work.

    Returns:
        The new order; hits with equal scores keep theirs.

    Raises:
        QueryError: The query is empty.
        ModelError: The model is not available, or is no cross-encoder.
        HubError: It cannot be downloaded.
        NotEnoughMemoryError: It does not fit in memory.
    """
    check_queries([query])
    report = on_progress or ignore_progress
    opened = cross_encoder(model, revision=revision, on_progress=on_progress)
    began = time.perf_counter()
    # Texts of about the same length need little padding.
    longest_first = np.argsort([-len(text) for text in texts], kind="stable")
    scores = np.empty(len(texts), dtype=np.float32)
    for start in range(0, len(texts), BATCH):
        report(Progress.count("Re-ranking", start, len(texts), "hits"))
        batch = longest_first[start : start + BATCH]
        scores[batch] = opened.scores(query, [texts[place] for place in batch])
    report(Progress.count("Re-ranking", len(texts), len(texts), "hits"))
    order = np.argsort(-scores, kind="stable")
    return Reranked(order, scores[order], time.perf_counter() - began, opened.name)
