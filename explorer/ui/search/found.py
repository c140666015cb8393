"""What was found for one query: its hits, which of them are weak, and which are picked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from explorer.analysis.cluster_words import words_of
from explorer.analysis.score_scales import ScoreScale
from explorer.analysis.space import Hit
from explorer.analysis.weak_hits import has_too_little, stems_of
from explorer.analysis.word_stems import stem
from explorer.encode.words import split_words
from explorer.retrieval.ranked_hit import RankedHit
from explorer.tensor import Metric

_WEAK_WITHIN = 5e-4  # scores that are shown as equal are equal


@dataclass(frozen=True)
class Found:
    """What was found for one query.

    Attributes:
        query: The query in words, or the text of the row to which others are similar.
        words: The words to mark in the hits, as `marked_html` takes them.
        hits: Best first.
        metric: The metric of their scores.
        weak: The score up to which a hit is weak; None if it is not known. See `weak_score`.
        weights: Where words alone decide, how much of the query each stem makes up; see `query_weights`.
        scale: What the scores are compared with; None for random pairs of rows.
        key: What tells the query from others whose words are the same.
    """

    query: str
    words: tuple[str, ...]
    hits: Sequence[Hit]
    metric: Metric
    weak: float | None
    weights: Mapping[str, float] | None = None
    scale: ScoreScale | None = None
    key: str = ""

    def is_weak(self, hit: Hit) -> bool:
        """Whether a hit scores no higher than meaningless queries do, and has no word of the query.

        Where words alone decide, whether it has none of them or only frequent ones.

        A hit that was found by words too, or was read again by a cross-encoder, was not judged by its score
        alone.
        """
        if isinstance(hit, RankedHit) and (hit.word_rank is not None or hit.pair_rank is not None):
            return False
        if self.weights:
            return has_too_little(hit.text, self.weights)
        low = self.weak is not None and hit.score < self.weak + _WEAK_WITHIN
        return low and not set(self.words) & set(words_of(hit.text))

    @property
    def weighed(self) -> list[str]:
        """Where words alone decide, the different words of the query that weigh, in their order."""
        weights = self.weights or {}
        return list({stem(word): word for word in split_words(self.query) if stem(word) in weights}.values())

    def had_by(self, hits: Iterable[Hit]) -> list[str]:
        """Those that one of some hits has, in other forms too."""
        stems = frozenset().union(*(stems_of(hit.text) for hit in hits))
        return [word for word in self.weighed if stem(word) in stems]

    @property
    def picked(self) -> list[int]:
        """The rows that are ticked, from 0, in the order of the hits."""
        return [hit.row for hit in self.hits if st.session_state.get(self.tick(hit))]

    def tick(self, hit: Hit) -> str:
        """The key of the box that picks a hit; another query has others."""
        asked = self.query + self.key
        query = hashlib.blake2b(asked.encode("utf-8", "replace"), digest_size=8).hexdigest()
        return f"pick-{query}-{hit.row}"
