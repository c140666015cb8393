"""How hits are ranked beyond the similarity of vectors."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.errors import QueryError

DEFAULT_MODEL = "cross-encoder/ms-marco-MiniLM-L6-v2"
"""The cross-encoder that sentence-transformers' retrieve-and-re-rank tutorial uses, 23 million parameters."""


@dataclass(frozen=True)
class RankOptions:
    """What changes the ranking by vectors; by default nothing does.

    Attributes:
        words: Whether the ranking by words (BM25) is fused with that by vectors (hybrid search).
        rerank: How many of the first hits a cross-encoder puts in a new order; 0 for none.
        model: The cross-encoder: a folder or a Hub id.
        variety: From 0, only relevance, to 1, only variety: one minus the weight of relevance in
            `maximal_marginal_relevance`.

    Raises:
        QueryError: `rerank` is below 0, or `variety` is not from 0 to 1.
    """

    words: bool = False
    rerank: int = 0
    model: str = DEFAULT_MODEL
    variety: float = 0.0

    def __post_init__(self) -> None:
        if self.rerank < 0 or not 0 <= self.variety <= 1:
            raise QueryError(
                f"The first {self.rerank} hits were to be re-ranked, with a variety of {self.variety}.",
                where="ranking",
                fix="Re-rank 0 hits or more, with a variety from 0 to 1.",
            )

    @property
    def changes(self) -> bool:
        """Whether anything but the vectors decides."""
        return self.words or self.rerank > 0 or self.variety > 0

    @property
    def in_words(self) -> str:
        """What decides, as a part of a sentence: `vectors and words, with 30 % variety`."""
        how = "vectors and words" if self.words else "vectors"
        if self.rerank:
            how += f", the first {self.rerank:,} re-ranked by {self.model}"
        return f"{how}, with {100 * self.variety:.0f} % variety" if self.variety else how
