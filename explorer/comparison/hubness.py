"""Hubness: whether some rows are among the neighbours of very many others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.contender import Contender
from explorer.comparison.measure import Measure, WholeValues
from explorer.comparison.neighbors import kept_neighbors
from explorer.comparison.resampling import bootstrap_interval
from explorer.jobs.progress import OnProgress, counting

HUBNESS = Measure(
    "hubness",
    "diagnosis",
    None,
    "The skewness of N_k, the number of rows that have a row among their k nearest: 0 if all are neighbours "
    "equally often; above 1, a few hubs are found for many queries.",
    "Radovanović, Nanopoulos and Ivanović, Hubs in space, JMLR 2010",
)


def hubness(
    contenders: Sequence[Contender],
    rows: NDArray[np.int64],
    groups: NDArray[np.int64],
    k: int = 10,
    *,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> WholeValues:
    """The skewness of the k-occurrences of some rows, when only these rows are neighbours of each other.

    Counts of a sample in lists of all rows would be mostly 0 or 1, and their skewness that of the sampling.
    Both the skewness and its interval are those of the population formula, E[(N − μ)³] / σ³.

    Args:
        contenders: The contenders.
        rows: The rows, such as a sample, ascending.
        groups: The group of every row of the corpus; the interval resamples groups, for given counts.
        k: Neighbours per row.
        seed: The seed of the interval.
        on_progress: Passed on. An exception it raises stops the work.

    Returns:
        The skewness; NaN if all rows occur equally often.
    """
    from scipy.stats import skew

    values, intervals = np.empty(len(contenders)), np.empty((len(contenders), 2))
    for place, contender in enumerate(contenders):
        occurs = k_occurrences(contender, rows, k, on_progress=on_progress)

        def skewness(counts: NDArray[np.int64], occurs: NDArray[np.int64] = occurs) -> float:
            repeated = np.repeat(occurs, counts)
            return float(skew(repeated)) if len(np.unique(repeated)) > 1 else np.nan

        values[place], *intervals[place] = bootstrap_interval(skewness, groups[rows], seed=seed)
    return WholeValues(HUBNESS, values, intervals, len(rows))


def k_occurrences(
    contender: Contender, rows: NDArray[np.int64], k: int, *, on_progress: OnProgress | None = None
) -> NDArray[np.int64]:
    """How many of some rows have each of them among their k nearest others.

    Returns:
        int64, shape (len(rows),).
    """
    if contender.space is not None:  # a search of the sample alone is quicker
        found = contender.space.index.subset(rows).neighbors(
            k, contender.space.similarity_metric, on_progress=counting(on_progress, "Looking for hubs")
        )
        return np.bincount(found.indices.ravel(), minlength=len(rows))
    total = len(contender.corpus)
    sampled = np.zeros(total, np.bool_)
    sampled[rows] = True
    near = kept_neighbors(
        contender,
        rows,
        k,
        lambda _places, near: sampled[near],
        share=len(rows) / total,
        on_progress=on_progress,
    )
    return np.bincount(near[near >= 0], minlength=total)[rows]
