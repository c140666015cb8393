"""Scores in words: as pages write them, and what they mean beside others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.numbers import percent

if TYPE_CHECKING:
    from explorer.analysis.space import Space
    from explorer.tensor import Metric


def score_text(score: float, metric: Metric) -> str:
    """A score as pages write it; of `euclidean`, the distance."""
    return f"distance {-score:.3f}" if metric == "euclidean" else f"{score:.3f}"


def score_words(space: Space, score: float, metric: Metric) -> str:
    """What a score means in this corpus, compared with random pairs of rows."""
    return closer_words(space.percentile(score, metric), "random pairs")


def closer_words(percentile: float | None, pairs: str) -> str:
    """Than how many of some pairs a score is closer, in words; empty without a percentile."""
    words = closer_than(percentile)
    return f"{words} of {pairs}" if words else ""


def closer_than(percentile: float | None) -> str:
    """As `closer_words`, without what the score is compared with."""
    if percentile is None:
        return ""
    share = percent(percentile / 100).removeprefix("> ").replace("< ", "at most ")
    return f"closer than {share}"
