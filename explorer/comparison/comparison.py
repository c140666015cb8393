"""The result of a comparison."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.calibration import Agreement
from explorer.comparison.contender import Contender
from explorer.comparison.differences import Difference, ranks
from explorer.comparison.disagreement import RowAgreement
from explorer.comparison.measure import Measure, UnitValues, WholeValues
from explorer.comparison.statistics import intervals
from explorer.comparison.verdict import Verdict
from explorer.errors import QueryError

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Score:
    """A figure of the scorecard.

    Attributes:
        contender: The position of the contender.
        measure: The measure.
        value: Its value; NaN if the contender does not have the measure.
        low: Low end of the 95 % interval; NaN if there is none.
        high: High end.
        n: The number of units, such as rows or queries; 0 for costs.
        rank: 1 + the number of contenders that are significantly better; None if the measure does not rank.
    """

    contender: int
    measure: Measure
    value: float
    low: float
    high: float
    n: int
    rank: int | None


@dataclass(frozen=True, eq=False)
class Comparison:
    """Contenders over one corpus, and how they differ.

    Attributes:
        contenders: The contenders, in the order given.
        k: Neighbours per row, and the depth of recall.
        seed: The seed of samples, resamples and permutations.
        sample: The rows that were measured, ascending, int64, shape (sample,).
        groups: The group of every row of the corpus; near-copies share one, int64, shape (rows,).
        values: What was measured, the main measure of each kind first.
        found: The differences of all pairs of contenders by the measures that rank.
        agreements: How far the contenders agree, by measure.
        verdict: Which contender is better.
        row_agreement: The sampled rows by how far the contenders agree on their neighbours.
        notes: What was left out, one sentence each.
    """

    contenders: tuple[Contender, ...]
    k: int
    seed: int
    sample: NDArray[np.int64]
    groups: NDArray[np.int64]
    values: tuple[UnitValues | WholeValues, ...]
    found: tuple[Difference, ...]
    agreements: dict[str, Agreement]
    verdict: Verdict
    row_agreement: RowAgreement
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the contenders."""
        return tuple(contender.name for contender in self.contenders)

    def scores(self) -> list[Score]:
        """The figures of the scorecard, by measure and then by contender."""
        return [score for values in self.values for score in self._scores(values)]

    @property
    def scorecard(self) -> pd.DataFrame:
        """The scorecard: contender, measure, kind, value, low, high, n, rank; one line per figure."""
        import pandas as pd

        lines = [
            {
                "contender": self.names[score.contender],
                "measure": score.measure.name,
                "kind": score.measure.kind,
                "value": score.value,
                "low": score.low,
                "high": score.high,
                "n": score.n,
                "rank": score.rank,
            }
            for score in self.scores()
        ]
        return pd.DataFrame(lines).astype({"rank": "Int64"})

    @property
    def differences(self) -> pd.DataFrame:
        """All differences: measure, first, second, difference (first − second), low, high, p, p_holm, n."""
        import pandas as pd

        lines = [
            {
                "measure": each.measure.name,
                "first": self.names[each.first],
                "second": self.names[each.second],
                "difference": each.difference,
                "low": each.low,
                "high": each.high,
                "p": each.p,
                "p_holm": each.p_holm,
                "n": each.n,
            }
            for each in self.found
        ]
        columns = ["measure", "first", "second", "difference", "low", "high", "p", "p_holm", "n"]
        return pd.DataFrame(lines, columns=columns)

    def agreement(self, measure: str = "jaccard") -> Agreement:
        """How far the contenders agree.

        Args:
            measure: `jaccard`, `rbo`, `cka`, `procrustes` or `ari`.

        Raises:
            QueryError: There is no such measure.
        """
        if measure not in self.agreements:
            raise QueryError(
                f"There is no measure of agreement {measure!r}.",
                fix=f"Choose one of {', '.join(self.agreements)}.",
            )
        return self.agreements[measure]

    def rows(self) -> pd.DataFrame:
        """The sampled rows by how far the contenders agree on their neighbours, least first.

        Returns:
            Columns `row` (from 0), `agreement` (0 to 1), `text`.
        """
        import pandas as pd

        captions = self.contenders[0].corpus.captions
        rows = self.row_agreement.rows
        return pd.DataFrame(
            {
                "row": rows,
                "agreement": self.row_agreement.values,
                "text": [captions[row] for row in rows.tolist()],
            }
        )

    def _scores(self, values: UnitValues | WholeValues) -> list[Score]:
        figures, ends, n = _figures(values, self.seed)
        own = ranks(values, self.found) if _ranks(values.measure, self.found) else [None] * len(figures)
        return [
            Score(place, values.measure, float(figure), float(low), float(high), n, rank)
            for place, (figure, (low, high), rank) in enumerate(zip(figures, ends, own, strict=True))
        ]


def _figures(values: UnitValues | WholeValues, seed: int) -> tuple[Any, Any, int]:
    """The value of each contender, the ends of its interval, and the number of units."""
    if isinstance(values, WholeValues):
        ends = values.intervals
        return values.values, np.full((len(values.values), 2), np.nan) if ends is None else ends, values.n
    weights = values.weights
    means = np.average(values.values, axis=1, weights=weights) if len(values.units) else values.values.sum(1)
    ends = intervals(values.values, values.groups, weights=weights, seed=seed)
    return means, ends, len(values.units)


def _ranks(measure: Measure, found: tuple[Difference, ...]) -> bool:
    return any(difference.measure == measure for difference in found)
