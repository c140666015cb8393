"""How nDCG@10 of the judged queries changes from one contender to another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.judging.retrieval import NDCG
from explorer.comparison.measure import UnitValues
from explorer.comparison.migration.list_changes import Estimate
from explorer.comparison.results import Results
from explorer.comparison.statistics.differences import Difference

_SAME = 1e-9  # nDCG this close is the same


@dataclass(frozen=True, eq=False)
class QualityChange:
    """How nDCG@10 of the judged queries changes.

    Attributes:
        before: nDCG@10 of each query of `Changes.queries`, NaN without a relevant row, float64,
            shape (queries,).
        after: The same in the other contender.
        difference: The mean of after − before.
        significant: Whether the comparison tells the two apart: see `Difference.significant`.
        worse: The number of queries with a lower nDCG@10 than before.
        better: The number with a higher one.
    """

    before: NDArray[np.float64]
    after: NDArray[np.float64]
    difference: Estimate
    significant: bool
    worse: int
    better: int


def quality_change(results: Results, places: Sequence[int]) -> QualityChange | None:
    """The change from one contender to another; None if the comparison has no nDCG@10.

    Args:
        results: The comparison, with judgements.
        places: The positions of the two contenders.
    """
    if results.judgements is None:
        return None
    values = next((each for each in results.values if each.measure.name == NDCG.name), None)
    queries = len(results.judgements.queries)
    if not isinstance(values, UnitValues) or (values.units >= queries).any():  # a file from a stranger
        return None
    figures = np.full((2, queries), np.nan)
    figures[:, values.units] = values.values[list(places)]
    change = figures[1] - figures[0]
    found = next(
        (
            each
            for each in results.found
            if each.measure == values.measure and {each.first, each.second} == set(places)
        ),
        None,
    )
    return QualityChange(
        figures[0],
        figures[1],
        _difference(found, forward=found is not None and found.second == places[1]),
        found is not None and found.significant,
        int((change < -_SAME).sum()),
        int((change > _SAME).sum()),
    )


def _difference(found: Difference | None, *, forward: bool) -> Estimate:
    """The difference, second − first, of one that the comparison has as first − second in its own order."""
    if found is None:
        return Estimate(np.nan, np.nan, np.nan)
    if forward:
        return Estimate(-found.difference, -found.high, -found.low)
    return Estimate(found.difference, found.low, found.high)
