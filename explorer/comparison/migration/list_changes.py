"""How lists of first hits change from one contender to another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.agreement.list_overlap import overlap
from explorer.comparison.statistics.inference import interval


@dataclass(frozen=True)
class Estimate:
    """A mean over units with its 95 % interval; NaN where there is none.

    Attributes:
        value: The mean.
        low: Low end of the interval.
        high: High end.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class ListChanges:
    """How the lists of queries, or of rows as queries, change.

    Attributes:
        units: The query (its position among the judged ones) or row of each list, int64, shape (units,).
        before: Its first hits, best first, int64, shape (units, depth).
        after: Its first hits in the other contender.
        kept: The share of the hits before that are still there, float64, shape (units,).
        first_changed: Whether the first hit is another one, bool, shape (units,).
        mean_kept: The mean of `kept`.
        share_changed: The share of lists whose first hit changes.
    """

    units: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    kept: NDArray[np.float64]
    first_changed: NDArray[np.bool_]
    mean_kept: Estimate
    share_changed: Estimate

    @property
    def depth(self) -> int:
        """The number of hits in a list."""
        return int(self.before.shape[1])

    def distribution(self) -> NDArray[np.int64]:
        """How many lists keep 0, 1, …, depth of their hits: int64, shape (depth + 1,)."""
        counts = np.round(self.kept * self.depth).astype(np.int64)
        return np.bincount(counts, minlength=self.depth + 1)


def list_changes(
    units: NDArray[np.int64],
    before: NDArray[np.int64],
    after: NDArray[np.int64],
    groups: NDArray[np.int64],
    *,
    weights: NDArray[np.float64] | None = None,
) -> ListChanges:
    """Compare the lists of two contenders.

    Args:
        units: What each list is of, shape (units,).
        before: The first hits in one contender, without repetitions, shape (units, depth).
        after: The first hits in the other.
        groups: The group of each unit, shape (units,): units of a group are not independent.
        weights: The weight of each unit in means; None for equal weights.
    """
    kept = overlap(before, after)
    depth = before.shape[1]
    changed = before[:, 0] != after[:, 0] if depth else np.zeros(len(before), np.bool_)

    def estimate(values: NDArray[np.float64]) -> Estimate:
        if not len(values):
            return Estimate(np.nan, np.nan, np.nan)
        ends = interval(values, groups, 0, 1, weights=weights)
        return Estimate(float(np.average(values, weights=weights)), *ends)

    return ListChanges(
        units, before, after, kept, changed, estimate(kept), estimate(changed.astype(np.float64))
    )
