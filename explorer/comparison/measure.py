"""Measures of a comparison, and the values they give to each unit: a row, a query or a pair."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["cost", "diagnosis", "proxy", "labels", "captions", "judgements", "pairs"]


@dataclass(frozen=True)
class Measure:
    """A measure, as the scorecard explains it.

    Attributes:
        name: Its usual name, such as `nDCG@10`.
        kind: What it needs: nothing (`cost`, `diagnosis`, `proxy`), labels, captions of images, judgements or
            scored pairs. Only the last four say which contender is better; a proxy suggests it.
        higher_is_better: Whether larger values are better; None if neither is.
        meaning: What it says, for a tooltip: plain sentences, without terms of statistics.
        source: Where it is from: a paper or the implementation.
        chance: The value that chance gives on these rows, if that was computed.
        least: The smallest value that it can take.
        most: The largest.
        comparable: Whether values of different contenders are on one scale. If not, they are shown and
            neither ranked nor tested.
        phrase: What a sentence calls it after a number, such as `masked view overlap`; empty for its name.
        plain: What it measures in a few words, to stand below its name; empty where the name says it.
        formula: How it is computed, as a sentence for those who want to know; empty if its meaning says it.
    """

    name: str
    kind: Kind
    higher_is_better: bool | None
    meaning: str
    source: str = ""
    chance: float | None = None
    least: float = -math.inf
    most: float = math.inf
    comparable: bool = True
    phrase: str = ""
    plain: str = ""
    formula: str = ""

    @property
    def in_sentence(self) -> str:
        """What a sentence calls it."""
        return self.phrase or self.name

    @property
    def better(self) -> bool | None:
        """Whether larger values rank higher; None if it does not rank contenders."""
        return self.higher_is_better if self.comparable else None

    def possible_differences(self, ends: NDArray[np.float64]) -> NDArray[np.float64]:
        """The part of intervals of differences that is possible, with values from `least` to `most`.

        An interval that is symmetric around its difference can leave that range. Clipping does not change
        which possible differences it covers, and so not its coverage.

        Args:
            ends: float64, any shape; NaN stays NaN.
        """
        reach = self.most - self.least
        return np.clip(ends, -reach, reach)

    @property
    def about(self) -> str:
        """Its meaning and what chance gives, as sentences."""
        chance = "" if self.chance is None else f"By chance it is {self.chance:.2f} on these rows."
        return " ".join(filter(None, (self.meaning, chance)))

    @property
    def explanation(self) -> str:
        """The same with its formula and its source."""
        source = f"Source: {self.source}." if self.source else ""
        return " ".join(filter(None, (self.about, self.formula, source)))


@dataclass(frozen=True, eq=False)
class UnitValues:
    """The values of one measure, whose mean over units is the figure on the scorecard.

    Attributes:
        measure: The measure.
        values: float64, shape (contenders, units), in the order of the contenders; a contender that does not
            have the measure has NaN for all units.
        units: The row or query of each unit, int64, shape (units,).
        groups: The group of each unit: units of a group, such as near-copies or chunks of one document, are
            not independent; int64, shape (units,).
        weights: The weight of each unit in the mean, such as 1 / inclusion probability; float64, shape
            (units,); None if all are equal.
    """

    measure: Measure
    values: NDArray[np.float64]
    units: NDArray[np.int64]
    groups: NDArray[np.int64]
    weights: NDArray[np.float64] | None = None

    @property
    def figures(self) -> NDArray[np.float64]:
        """The value of each contender, the mean over units: float64, shape (contenders,); NaN for none."""
        if not len(self.units):
            return np.full(len(self.values), np.nan)
        means: NDArray[np.float64] = np.average(self.values, axis=1, weights=self.weights)
        return means

    @property
    def n(self) -> int:
        """The number of units."""
        return len(self.units)

    @property
    def independent(self) -> int:
        """The number of groups: as many units are independent of one another."""
        return len(np.unique(self.groups))


@dataclass(frozen=True, eq=False)
class WholeValues:
    """The values of a measure that is no mean over units: a cost, or a statistic of all rows.

    Attributes:
        measure: The measure.
        values: float64, shape (contenders,); NaN where a contender does not have it.
        intervals: 95 % bootstrap intervals, float64, shape (contenders, 2); None if there is no sampling
            error.
        n: The number of rows it was computed from; 0 for costs.
        independent: The number of groups of these rows; 0 if there is no sampling error.
    """

    measure: Measure
    values: NDArray[np.float64]
    intervals: NDArray[np.float64] | None = None
    n: int = 0
    independent: int = 0

    @property
    def figures(self) -> NDArray[np.float64]:
        """The value of each contender: float64, shape (contenders,); NaN for none."""
        return self.values
