"""A measure of vectors in several forms, each beside the full vectors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.measure import Measure, UnitValues
from explorer.comparison.scores import measured_intervals
from explorer.comparison.statistics.inference import difference_intervals

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class SweptMeasure:
    """A measure of each form of vectors, the full ones first. All arrays are float64, shape (forms,).

    Attributes:
        measure: The measure.
        value: Its mean over units.
        low: Low end of its 95 % interval; NaN if there is none.
        high: High end.
        change: The value minus that of the full vectors.
        change_low: Low end of the 95 % interval of the change, paired by unit.
        change_high: High end.
        n: The number of units.
        independent: The number of groups of units: as many are independent of one another.
    """

    measure: Measure
    value: Floats
    low: Floats
    high: Floats
    change: Floats
    change_low: Floats
    change_high: Floats
    n: int
    independent: int


def swept(values: UnitValues, seed: int) -> SweptMeasure:
    """Sum up a measure, with intervals as those of a comparison.

    Args:
        values: The values of each form, those of the full vectors first.
        seed: The seed of the resamples for intervals of changes.
    """
    means: Floats = np.average(values.values, axis=1, weights=values.weights)
    ends = measured_intervals(values)
    apart = values.values - values.values[0]
    changes, _ = difference_intervals(apart, values.groups, weights=values.weights, seed=seed)
    changes = values.measure.possible_differences(changes)
    return SweptMeasure(
        values.measure,
        means,
        ends[:, 0],
        ends[:, 1],
        means - means[0],
        changes[:, 0],
        changes[:, 1],
        values.n,
        values.independent,
    )
