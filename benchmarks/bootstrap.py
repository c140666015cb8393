"""Intervals of statistics that are no means, by a bootstrap over groups of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.statistics.inference import FEWEST_GROUPS, group_numbers, resamples

_RESAMPLES = 100  # enough for a standard error (Efron and Tibshirani 1993, chapter 6)
_Z = 1.959964  # the 97.5 % quantile of the normal distribution

Counts = NDArray[np.int64]


def group_resamples(groups: NDArray[np.int64], seed: int) -> Iterator[Counts]:
    """Draw as many groups as there are, with replacement, a hundred times.

    Args:
        groups: The group of each row, shape (rows,).
        seed: The same seed gives the same draws.

    Yields:
        How often each row was drawn, int64, shape (rows,).
    """
    numbers, count = group_numbers(groups)
    for block in resamples(count, _RESAMPLES, seed, width=len(groups)):
        yield from block.astype(np.int64)[:, numbers]


def bootstrap_interval(
    statistic: Callable[[Counts], float], groups: NDArray[np.int64], *, seed: int = 0
) -> tuple[float, float, float]:
    """A statistic of rows, and its 95 % interval.

    The interval is normal, with the standard error of a bootstrap over groups (Efron and Tibshirani, An
    Introduction to the Bootstrap, 1993, chapter 13). Percentiles would be shifted: repeated rows make
    partitions look more alike.

    Args:
        statistic: Takes how often each row counts, int64, shape (rows,).
        groups: Rows of a group are resampled together, int64, shape (rows,).
        seed: The same seed gives the same interval.

    Returns:
        The value, and the ends of its interval: NaN for fewer than `FEWEST_GROUPS`, or no value. They can
        leave the range of the statistic.
    """
    value = statistic(np.ones(len(groups), np.int64))
    if len(np.unique(groups)) < FEWEST_GROUPS:
        return value, np.nan, np.nan
    error = float(np.std([statistic(counts) for counts in group_resamples(groups, seed)], ddof=1))
    return value, value - _Z * error, value + _Z * error
