"""Choosing hits that are relevant and unlike each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.errors import QueryError
from explorer.tensor import normalize


def scaled_onto(scores: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.float64]:
    """Scores moved and stretched so that their lowest and highest are those of others (min-max scaling).

    Args:
        scores: Shape (candidates,).
        others: Shape (candidates,).

    Returns:
        float64, shape (candidates,); the highest of the others for all if the scores are all equal.
    """
    if not len(scores):
        return np.empty(0)
    known = np.asarray(scores, dtype=np.float64)
    low, high = float(others.min()), float(others.max())
    width = np.ptp(known)
    scaled: NDArray[np.float64] = high - (known.max() - known) * ((high - low) / width if width else 0.0)
    return scaled


def maximal_marginal_relevance(
    relevance: NDArray[np.floating], vectors: NDArray[np.float32], k: int, weight: float
) -> NDArray[np.int64]:
    """Choose candidates one by one: each time the one with the largest marginal relevance.

    That is weight · relevance − (1 − weight) · its largest cosine with those chosen already (Carbonell and
    Goldstein 1998). The first is the most relevant one.

    Args:
        relevance: How relevant the candidates are, on the scale of cosines, shape (candidates,).
        vectors: Their vectors, shape (candidates, dims).
        k: How many to choose; all of them if there are fewer.
        weight: From 0, only variety, to 1, only relevance.

    Returns:
        Places of the chosen candidates in the order of choice, int64; of equal ones the earlier.

    Raises:
        QueryError: k is below 1, or the weight is not from 0 to 1.
    """
    if k < 1 or not 0 <= weight <= 1:
        raise QueryError(
            f"k is {k} and the weight {weight}.",
            where="maximal marginal relevance",
            fix="Ask for at least one row, with a weight from 0 to 1.",
        )
    units = normalize(vectors)
    worth = np.asarray(relevance, dtype=np.float64)
    nearest = np.full(len(worth), -np.inf)
    left = np.ones(len(worth), dtype=bool)
    chosen: list[int] = []
    while len(chosen) < min(k, len(worth)):
        marginal = worth if not chosen else weight * worth - (1 - weight) * nearest
        best = int(np.where(left, marginal, -np.inf).argmax())
        chosen.append(best)
        left[best] = False
        nearest = np.maximum(nearest, units @ units[best])
    return np.array(chosen, dtype=np.int64)
