"""Active learning: which rows to label next, those that would teach a classifier most."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.classification.predictions import Predictions
from explorer.tensor import normalize
from explorer.tensor.matrices import blocks

_SEEN = 0.9  # cosine with a row that is labelled, or before it in the queue, from which a row teaches little
_LOOKED_AT = 2_000  # rows: where the first of them are alike, others are as good


def next_to_label(
    space: Space, labelled: NDArray[np.int64], predictions: Predictions | None, count: int = 10
) -> NDArray[np.int64]:
    """The rows to label next, the most telling first.

    A row is worth its doubt times its density (information density: Settles and Craven 2008, β = 1): doubt is
    1 − the margin between its two likeliest categories, density its mean cosine with all rows, moved to 0
    to 1. So neither rows that are sure nor odd rows, which teach about themselves only, come first. Rows with
    a cosine of 0.9 or more with one that is labelled or in the queue already are left for later.

    Args:
        space: The rows.
        labelled: Numbers of the rows that are labelled already.
        predictions: What is known so far; None at the start, when density decides alone.
        count: How many rows.

    Returns:
        Row numbers, from 0, int64, at most `count`; all that are left if there are fewer.
    """
    worth = _density(space) if predictions is None else _density(space) * (1 - predictions.margins)
    open_rows = np.ones(len(space), dtype=bool)
    open_rows[labelled] = False
    order = np.argsort(-worth, kind="stable")
    order = order[open_rows[order]]
    first = order[: max(_LOOKED_AT, count)]
    known, vectors = normalize(space.index.take(labelled)), normalize(space.index.take(first))
    chosen: list[int] = []
    for row, vector in zip(first.tolist(), vectors, strict=True):
        if len(chosen) == count:
            break
        if not len(known) or float((known @ vector).max()) < _SEEN:
            chosen.append(row)
            known = np.concatenate([known, vector[np.newaxis]])
    # Only repeats are left: they come in the same order after the others.
    left = order[~np.isin(order, chosen)][: count - len(chosen)]
    return np.concatenate([np.array(chosen, dtype=np.int64), left])


def _density(space: Space) -> NDArray[np.float64]:
    """The mean cosine of each row with all rows, moved from −1…1 to 0…1; shape (rows,)."""
    total = np.zeros(space.dims)
    units = ((span, normalize(space.index.take(slice(*span)))) for span in blocks(len(space), space.dims))
    for _, unit in units:
        total += unit.sum(axis=0, dtype=np.float64)
    mean = (total / max(1, len(space))).astype(np.float32)
    density = np.empty(len(space))
    for start, stop in blocks(len(space), space.dims):
        density[start:stop] = normalize(space.index.take(slice(start, stop))) @ mean
    return (density + 1) / 2
