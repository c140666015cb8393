"""A hit with the ranks and scores that each stage gave it."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.analysis.space import Hit


@dataclass(frozen=True)
class RankedHit(Hit):
    """A row that was found, with each of its ranks from 1; its last rank is its place among the hits.

    Attributes:
        vector_rank: By vectors, whose similarity is `score`; None behind the rows that were ranked.
        word_rank: By words; None for a row without any word of the query, behind the rows that were ranked,
            or if words were not asked for.
        word_score: Its BM25 score; None without a rank by words.
        fused_rank: By both together; None if words were not asked for.
        fused_score: Its sum of reciprocal ranks; None if words were not asked for.
        pair_rank: By the cross-encoder; None if it did not read the row.
        pair_score: The cross-encoder's score, on its own scale; None if it did not read the row.
    """

    vector_rank: int | None
    word_rank: int | None
    word_score: float | None
    fused_rank: int | None
    fused_score: float | None
    pair_rank: int | None
    pair_score: float | None
