"""Which rows are on the maps of contenders: with many, a sample that holds those that were measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.comparison.measures.groups import sample_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from explorer.comparison.comparison import Comparison

MOST_ROWS = 20_000  # of a map: with UMAP, more would take minutes for each contender


def mapped_rows(comparison: Comparison) -> NDArray[np.int64]:
    """The rows that maps are made of, ascending: all, or those that were measured and others at random."""
    total = len(comparison.corpus)
    if total <= MOST_ROWS:
        return np.arange(total)
    others = np.setdiff1d(np.arange(total), comparison.sample)
    more = others[sample_rows(len(others), MOST_ROWS - len(comparison.sample), comparison.seed)]
    return np.union1d(comparison.sample, more)
