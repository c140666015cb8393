"""What the score of a contender means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from explorer.ui.widgets.score_words import score_words

if TYPE_CHECKING:
    from explorer.comparison.contenders.contender import Contender


def score_text(contender: Contender, score: float) -> str:
    """A score and, where the contender has vectors, how it compares with random pairs of rows.

    Scores of different contenders cannot be compared with each other; their percentiles can.
    """
    from explorer.comparison.contenders.space_contender import SpaceContender
    from explorer.comparison.numbers import number

    if not isinstance(contender, SpaceContender):
        return f"score {number(score)}"
    metric = contender.metric
    figure = f"distance {number(-score)}" if metric == "euclidean" else f"score {number(score)}"
    words = score_words(contender.space, score, metric)
    return f"{figure}, {words}" if words else figure
