"""Searching with vectors of queries that are kept: no query is encoded twice, or paid for twice."""

from __future__ import annotations

from collections.abc import Sequence

from explorer.analysis.space import Space
from explorer.comparison.contenders.contender import Contender
from explorer.comparison.contenders.csls import CslsContender
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.encode.queries import QueryVectors
from explorer.jobs.progress import OnProgress
from explorer.tensor import TopK


def search(
    contender: Contender,
    queries: Sequence[str],
    k: int,
    query_vectors: QueryVectors,
    *,
    on_progress: OnProgress | None = None,
) -> TopK:
    """As `contender.search`; contenders with one encoder, such as it and its int8, share its vectors.

    Args:
        contender: The contender.
        queries: The query texts.
        k: The number of hits.
        query_vectors: Vectors of earlier queries, by encoder; new ones are added.
        on_progress: Called with the progress; an exception it raises stops the work.
    """
    if not queries or not isinstance(contender, SpaceContender | CslsContender):
        return contender.search(queries, k, on_progress=on_progress)
    vectors = query_vectors.encode(encoded_space(contender).encoder, queries, on_progress)
    return contender.search_encoded(vectors, k, on_progress=on_progress)


def encoded_space(contender: SpaceContender | CslsContender) -> Space:
    """The space of a contender with an encoder."""
    return contender.space if isinstance(contender, SpaceContender) else contender.base
