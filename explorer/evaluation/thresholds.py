"""Average precision, and thresholds of scores from which pairs count as duplicates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.measure import Measure, WholeValues
from explorer.comparison.statistics.inference import (
    Floats,
    Groups,
    group_numbers,
    interval,
    resampled_interval,
    resamples,
)

_RESAMPLES = 999  # they only give a standard error

AVERAGE_PRECISION = Measure(
    "average precision",
    "pairs",
    True,
    "How far duplicates score above other pairs: the mean, over duplicates, of the precision among the pairs "
    "that score at least as high. 1 if all of them come first; the share of duplicates for random scores.",
    "scikit-learn's average_precision_score, as in sentence-transformers' BinaryClassificationEvaluator",
    least=0,
    most=1,
)
BEST_F1 = Measure(
    "best F1",
    "pairs",
    True,
    "The harmonic mean of precision and recall at the threshold at which it is largest. The threshold is "
    "chosen on the same pairs, so it has no interval.",
    "van Rijsbergen (1979); as in sentence-transformers' BinaryClassificationEvaluator",
    least=0,
    most=1,
)


@dataclass(frozen=True)
class Threshold:
    """What pairs with a score of at least some threshold are.

    Attributes:
        value: The threshold, half-way between the scores of the last pair above and the first one below it.
        precision: The share of these pairs that are duplicates.
        precision_low: Low end of its 95 % interval, for this threshold; NaN if there is none.
        precision_high: High end.
        recall: The share of the duplicates that are among them.
        recall_low: Low end of its 95 % interval, for this threshold; NaN if there is none.
        recall_high: High end.
        pairs: How many pairs they are.
    """

    value: float
    precision: float
    precision_low: float
    precision_high: float
    recall: float
    recall_low: float
    recall_high: float
    pairs: int

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 0 if no duplicate is found."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


class Cuts:
    """The places where pairs can be divided by a threshold: after each distinct score, highest first.

    Args:
        scores: The score of each pair, shape (pairs,); at least one.
        labels: Whether each is a pair of duplicates, shape (pairs,); at least one is.
        groups: The group of each pair: pairs of a group are not independent; shape (pairs,).
    """

    def __init__(self, scores: Floats, labels: NDArray[np.bool_], groups: Groups) -> None:
        self._scores, self._labels, self._groups = scores, labels, groups
        self._order = np.argsort(-scores, kind="stable")
        ranked = scores[self._order]
        self._starts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1]))
        self._distinct = ranked[self._starts]
        self._found, self._right = self._counts(np.ones((1, len(scores))))

    def average_precision(self, seed: int = 0) -> WholeValues:
        """Average precision, with the score interval around it of a bootstrap over groups."""
        value = _average_precisions(self._found, self._right)
        numbers, count = group_numbers(self._groups)
        drawn = [
            _average_precisions(*self._counts(counts[:, numbers]))
            for counts in resamples(count, _RESAMPLES, seed, width=len(numbers))
        ]
        # As many groups as have a duplicate say something of the precision at duplicates.
        weights = np.bincount(numbers[self._labels], minlength=count).astype(np.float64)
        ends = resampled_interval(float(value[0]), np.concatenate(drawn), weights[weights > 0], 0, 1)
        return WholeValues(AVERAGE_PRECISION, value, np.array([ends]), len(numbers), count)

    def at_best_f1(self) -> Threshold:
        """The threshold with the largest F1, the highest of several."""
        f1 = 2 * self._right / (self._found + self._right[:, -1:])
        return self._threshold(int(np.argmax(f1)))

    def at_precision(self, wanted: float) -> Threshold | None:
        """The lowest threshold above which at least a share of the pairs are duplicates.

        It has the largest recall of all thresholds with this precision. Below a threshold that misses it,
        precision can rise again.

        Args:
            wanted: The share, above 0 and at most 1.

        Returns:
            None if no threshold has this precision.
        """
        enough = np.flatnonzero(self._right[0] / self._found[0] >= wanted)
        return self._threshold(int(enough[-1])) if len(enough) else None

    def _counts(self, weights: Floats) -> tuple[Floats, Floats]:
        """How many pairs, and duplicates, are above each cut, shape (resamples, cuts) each."""
        weights = weights[:, self._order]
        found = np.add.reduceat(weights, self._starts, axis=1).cumsum(1)
        right = np.add.reduceat(weights * self._labels[self._order], self._starts, axis=1).cumsum(1)
        return found, right

    def _threshold(self, cut: int) -> Threshold:
        value = self._distinct[cut]
        if cut + 1 < len(self._distinct):
            middle = (value + self._distinct[cut + 1]) / 2
            value = middle if middle > self._distinct[cut + 1] else value
        above = self._scores >= self._distinct[cut]
        right, of_duplicates = self._labels[above], above[self._labels]
        precision_ends = interval(right.astype(np.float64), self._groups[above], 0, 1)
        recall_ends = interval(of_duplicates.astype(np.float64), self._groups[self._labels], 0, 1)
        return Threshold(
            float(value),
            float(right.mean()),
            *precision_ends,
            float(of_duplicates.mean()),
            *recall_ends,
            int(above.sum()),
        )


def _average_precisions(found: Floats, right: Floats) -> Floats:
    """Σ (recall − recall before) · precision, shape (resamples,); NaN without a duplicate."""
    gained = np.diff(right, axis=1, prepend=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(found > 0, right / found, 0.0)
        return np.asarray((gained * precision).sum(1) / right[:, -1])
