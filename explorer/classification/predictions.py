"""How likely it is that rows belong to categories, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.errors import QueryError

NONE_OF_THESE = -1


@dataclass(frozen=True, eq=False)
class Predictions:
    """How likely it is that rows belong to categories.

    Attributes:
        categories: The names of the categories.
        probabilities: float32, shape (rows, categories), each from 0 to 1. Those of a row sum to 1, unless
            several can apply to one row.
        several: Whether several categories can apply to one row.
        source: What they come from, in words.
        learned: Which rows were learned from, shape (rows,); None if none were.
    """

    categories: tuple[str, ...]
    probabilities: NDArray[np.float32]
    several: bool
    source: str
    learned: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.probabilities)

    @property
    def likeliest(self) -> NDArray[np.int64]:
        """The likeliest category of each row, the first of several; int64, shape (rows,)."""
        likeliest: NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return likeliest

    @property
    def confidence(self) -> NDArray[np.float32]:
        """The probability of the likeliest category of each row, float32, shape (rows,)."""
        highest: NDArray[np.float32] = self.probabilities.max(axis=1)
        return highest

    @property
    def margins(self) -> NDArray[np.float32]:
        """By how much the likeliest category is likelier than the next; float32, shape (rows,).

        The smaller, the greater the doubt (margin sampling: Scheffer, Decomain and Wrobel 2001).
        """
        two: NDArray[np.float32] = np.partition(self.probabilities, -2, axis=1)[:, -2:]
        return two[:, 1] - two[:, 0]

    def assigned(self, threshold: float = 0.0) -> NDArray[np.int64]:
        """The likeliest category of each row, or `NONE_OF_THESE` where its probability is below a threshold.

        Args:
            threshold: From 0 to 1.

        Returns:
            Places in `categories`, int64, shape (rows,).
        """
        return np.where(self.confidence >= threshold, self.likeliest, NONE_OF_THESE)

    def take(self, rows: NDArray[np.int64]) -> Predictions:
        """The predictions of some rows, in the order given."""
        learned = None if self.learned is None else self.learned[rows]
        return replace(self, probabilities=self.probabilities[rows], learned=learned)

    def over(self, categories: Sequence[str]) -> Predictions:
        """The same for other categories, in their order: one that it does not know has a probability of 0."""
        places = {name: place for place, name in enumerate(self.categories)}
        probabilities = np.zeros((len(self), len(categories)), dtype=np.float32)
        for place, name in enumerate(categories):
            if name in places:
                probabilities[:, place] = self.probabilities[:, places[name]]
        return replace(self, categories=tuple(categories), probabilities=probabilities)

    def applying(self, threshold: float) -> NDArray[np.bool_]:
        """Which categories apply where several can: those of a probability of at least a threshold.

        Returns:
            Shape (rows, categories).
        """
        return self.probabilities >= threshold


def vote(of: Sequence[Predictions], weights: Sequence[float] | None = None) -> Predictions:
    """Combine predictions: the weighted mean of their probabilities (soft voting).

    Args:
        of: Predictions of the same rows and categories.
        weights: The weight of each, at least 0, not all 0; None for equal weights.

    Raises:
        QueryError: They are of other rows or categories, or the weights do not fit.
    """
    if not of:
        raise QueryError("There are no predictions to combine.", where="vote")
    first = of[0]
    for one in of[1:]:
        if one.categories != first.categories or len(one) != len(first) or one.several != first.several:
            raise QueryError(
                f"Predictions by {one.source} are of other rows or categories than those by {first.source}.",
                where="vote",
                fix="Make both for the same rows and the same categories in the same order.",
            )
    shares = np.ones(len(of)) if weights is None else np.asarray(weights, dtype=np.float64)
    if shares.shape != (len(of),) or not np.isfinite(shares).all() or (shares < 0).any() or not shares.any():
        raise QueryError(
            f"There are {len(of)} predictions and the weights {list(shares)}.",
            where="vote",
            fix="Give one weight for each, none below 0 and not all 0.",
        )
    shares = shares / shares.sum()
    probabilities = sum(share * one.probabilities for share, one in zip(shares, of, strict=True))
    named = (f"{one.source} ({100 * share:.0f} %)" for share, one in zip(shares, of, strict=True) if share)
    learned = [one.learned for one in of if one.learned is not None]
    return Predictions(
        first.categories,
        np.asarray(probabilities, dtype=np.float32),
        first.several,
        " and ".join(named),
        np.logical_or.reduce(learned) if learned else None,
    )


def softmax(scores: NDArray[np.floating]) -> NDArray[np.float32]:
    """Probabilities that are in proportion to the exponentials of scores, along the last axis."""
    powers = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: NDArray[np.float32] = (powers / powers.sum(axis=-1, keepdims=True)).astype(np.float32)
    return shares
