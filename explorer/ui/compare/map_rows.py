"""Which rows are on maps side by side: with many, a sample that holds those that were measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.comparison.measures.groups import sample_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from explorer.comparison.comparison import Comparison

MOST_ROWS = 20_000  # of a map: with UMAP, more would take minutes for each contender
MOST_POINTS = 20_000  # of all panels: a selection sends them again
_MOST_SELECTED = 1_000  # selected rows that are drawn although the sample is without them


def mapped_rows(comparison: Comparison) -> NDArray[np.int64]:
    """The rows that maps are made of, ascending: all, or those that were measured and others at random."""
    total = len(comparison.corpus)
    if total <= MOST_ROWS:
        return np.arange(total)
    others = np.setdiff1d(np.arange(total), comparison.sample)
    more = others[sample_rows(len(others), MOST_ROWS - len(comparison.sample), comparison.seed)]
    return np.union1d(comparison.sample, more)


def drawn_rows(
    comparison: Comparison, mapped: NDArray[np.int64], maps: int, selected: NDArray[np.int64] | None
) -> NDArray[np.int64]:
    """The rows to draw: all of the maps, or those that were measured, others at random and what is selected.

    Args:
        comparison: The comparison.
        mapped: The rows of the maps, ascending.
        maps: The number of maps.
        selected: The selected rows, if any.
    """
    most = MOST_POINTS // maps
    if len(mapped) <= most:
        return mapped
    measured = comparison.sample[: most // 2]
    more = mapped[sample_rows(len(mapped), most - len(measured), comparison.seed)]
    chosen = np.intersect1d(mapped[:0] if selected is None else selected, mapped)[:_MOST_SELECTED]
    return np.union1d(np.union1d(measured, more), chosen)
