"""What two-view measures give by chance: with few rows, that is a lot."""

from __future__ import annotations

import numpy as np

from explorer.comparison.measures.views import Views


def two_view_chance(views: Views, k: int) -> tuple[float, float]:
    """The values of `two_view_measures` for a contender that ranks at random, in expectation.

    Of m documents, the own one is at each rank with the same probability: the mean of 1 / rank is H(m) / m, H
    being harmonic numbers. Two random choices of k of n rows share k / n of them (hypergeometric).

    Args:
        views: The views, of one row or more.
        k: Neighbours per row; reduced to the number of other rows.

    Returns:
        Two-view MRR and view overlap.
    """
    _, group, sizes = np.unique(views.groups, return_inverse=True, return_counts=True)
    others = len(views) - sizes[group]  # rows of the same group are never found
    harmonic = np.cumsum(1 / np.arange(1, len(views) + 1))
    # A row without others has nothing to disagree on, so its overlap is 1.
    overlap = np.where(others == 0, 1.0, np.minimum(k, others) / np.maximum(others, 1))
    return float((harmonic[others] / (others + 1)).mean()), float(overlap.mean())
