"""Agreement of all pairs of contenders by one measure, calibrated by what permuted rows give."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.measure import Measure
from explorer.jobs.progress import OnProgress, Progress, ignore_progress

Form = TypeVar("Form", NDArray[np.float64], NDArray[np.int64])
"""What a measure compares of a contender: an array with one entry per row."""


@dataclass(frozen=True, eq=False)
class Agreement:
    """How far each pair of contenders agrees by one measure, whose highest value is 1.

    All matrices are symmetric, float64, of shape (contenders, contenders); NaN where a contender does not
    have the measure. Chance is measured by giving the rows of one contender to each other at random, so that
    only the width and shape of the spaces is left (arXiv 2602.14486).

    Attributes:
        measure: The measure.
        value: The values; 1 on the diagonal.
        chance: Their mean under permutations; NaN on the diagonal.
        spread: Their standard deviation under permutations; NaN on the diagonal.
        calibrated: (value − q) / (1 − q) with q their 95 % quantile under permutations: 1 for perfect
            agreement, 0 or less where chance gives as much; NaN where even chance gives 1.
        rows: The number of rows that were compared.
    """

    measure: Measure
    value: NDArray[np.float64]
    chance: NDArray[np.float64]
    spread: NDArray[np.float64]
    calibrated: NDArray[np.float64]
    rows: int


def compare_all(
    measure: Measure,
    forms: Sequence[Form | None],
    compare: Callable[[Form, Form], float],
    permuted: Callable[[Form, NDArray[np.int64]], Form],
    rows: int,
    permutations: int,
    seed: int,
    on_progress: OnProgress | None,
) -> Agreement:
    """Compare all pairs of contenders, and each pair with permuted rows of the second one.

    Args:
        measure: The measure, with a highest value of 1.
        forms: What is compared of each contender; None or NaN if it does not have the measure.
        compare: The measure of two forms.
        permuted: A form with its rows in another order.
        rows: Number of rows.
        permutations: Number of permutations for each pair.
        seed: The seed of the permutations.
        on_progress: Called for each pair. An exception it raises stops the work.
    """
    count, report = len(forms), on_progress or ignore_progress
    value, chance, spread, calibrated = (np.full((count, count), np.nan) for _ in range(4))
    pairs = list(combinations(range(count), 2))
    for place, form in enumerate(forms):
        if form is not None and rows and not np.isnan(form).any():
            value[place, place] = calibrated[place, place] = 1.0
    for done, (first, second) in enumerate(pairs):
        report(Progress.count("Comparing contenders", done, len(pairs), "pairs"))
        one, other = forms[first], forms[second]
        if one is None or other is None or np.isnan(value[first, first] + value[second, second]):
            continue
        value[first, second] = value[second, first] = compare(one, other)
        rng = np.random.default_rng([seed, first, second])
        null = [compare(one, permuted(other, rng.permutation(rows))) for _ in range(permutations)]
        chance[first, second] = chance[second, first] = np.mean(null)
        spread[first, second] = spread[second, first] = np.std(null, ddof=1)
        high = np.quantile(null, 0.95)
        scaled = (value[first, second] - high) / (1 - high) if high < 1 else np.nan
        calibrated[first, second] = calibrated[second, first] = scaled
    return Agreement(measure, value, chance, spread, calibrated, rows)
