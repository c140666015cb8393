"""Fusing rankings, such as those by vectors and by words (hybrid search)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.errors import QueryError
from explorer.tensor import TopK

RANK_CONSTANT = 60
"""What is added to ranks: the value of Cormack, Clarke and Büttcher (2009), which is the usual one."""


def reciprocal_rank_fusion(
    rankings: Sequence[NDArray[np.int64]], k: int, *, constant: int = RANK_CONSTANT
) -> TopK:
    """Fuse rankings of one query: a row's score is the sum of 1 / (constant + its rank) over the rankings.

    A row that a ranking does not have gets nothing from it (Cormack, Clarke and Büttcher 2009).

    Args:
        rankings: For each ranking its rows, best first, each once.
        k: How many rows.
        constant: What is added to ranks, which begin at 1.

    Returns:
        The best rows and their scores, best first, ties in row order; shape (rows,) each, at most k.

    Raises:
        QueryError: k is below 1.
    """
    if k < 1:
        raise QueryError(f"k is {k}.", where="fusion", fix="Ask for at least one row.")
    rows = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *rankings]))
    scores = np.zeros(len(rows))
    for ranking in rankings:
        scores[np.searchsorted(rows, ranking)] += 1 / (constant + np.arange(1, len(ranking) + 1))
    best = np.argsort(-scores, kind="stable")[:k]
    return TopK(rows[best], scores[best].astype(np.float32))
