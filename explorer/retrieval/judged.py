"""What ranking hits differently changes for a judged query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.judging.judgements import Judgements
from explorer.comparison.judging.retrieval import DEPTH, MRR, NDCG, retrieval


@dataclass(frozen=True)
class JudgedChange:
    """A figure of one query before and after.

    Attributes:
        name: The measure.
        before: Its value for the ranking before, 0 to 1.
        after: Its value for the ranking after.
    """

    name: str
    before: float
    after: float


def judged_changes(
    judgements: Judgements, before: NDArray[np.int64], after: NDArray[np.int64]
) -> Sequence[JudgedChange]:
    """nDCG@10 and MRR@10, of one query the reciprocal rank, of two rankings.

    Args:
        judgements: The judgements of the query alone.
        before: Rows, best first; ten or more, or all that are searched.
        after: The same for the other ranking.

    Raises:
        DataError: No row was judged relevant.
    """
    found = retrieval(np.stack([before[:DEPTH], after[:DEPTH]])[:, None], judgements)
    by_measure = {each.measure: each.values[:, 0].tolist() for each in found.values}
    return [
        JudgedChange(NDCG.name, *by_measure[NDCG]),
        JudgedChange("reciprocal rank", *by_measure[MRR]),
    ]
