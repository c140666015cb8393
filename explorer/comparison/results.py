"""What was measured of contenders, as tables."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.agreement.agreement import neighbor_agreement
from explorer.comparison.agreement.calibration import Agreement
from explorer.comparison.agreement.disagreement import RowAgreement, queries_by_agreement
from explorer.comparison.contenders.contender import Contender
from explorer.comparison.contenders.failure import Failure
from explorer.comparison.health.doctor import Finding
from explorer.comparison.judging.judgements import Judgements, ScoredPairs
from explorer.comparison.judging.retrieval import search_all_that_answer
from explorer.comparison.measure import Kind, Measure, UnitValues, WholeValues
from explorer.comparison.measures.neighbors import NeighborLists
from explorer.comparison.scores import Score, scores_of
from explorer.comparison.statistics.differences import Difference, best_first
from explorer.comparison.statistics.verdict import Verdict
from explorer.data.corpus import Corpus
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Results:
    """What was measured of contenders over one corpus; `Comparison` adds what can be done with it.

    Attributes:
        contenders: The contenders, in the order given.
        k: Neighbours per row, and the depth of recall.
        seed: The seed of samples, resamples and permutations.
        sample: The rows that were measured, ascending, int64, shape (sample,).
        groups: The group of every row of the corpus; near-copies share one, int64, shape (rows,).
        values: What was measured, the main measure of each kind first.
        intervals: The 95 % interval of each of `values`, float64, shape (contenders, 2) each; NaN for none.
        found: The differences of all pairs of contenders by the measures that rank.
        agreements: How far the contenders agree, by measure.
        neighbors: The nearest rows of the sampled rows in each contender, best first, int64, shape
            (contenders, sample, depth).
        row_agreement: The sampled rows by how far the contenders agree on their neighbours.
        verdict: Which contender is better.
        findings: The faults of each contender, gravest first; None in a file of an Explorer that kept none.
        failures: The contenders that failed while figures of one kind were measured.
        notes: What was left out, one sentence each.
        grouped_by: The column that gave the groups; None for near-copies.
        views: The two columns that should find each other; None for the two halves of a text.
        judgements: Which rows are relevant to which queries, if that was known.
        rankings: The first hits of each contender for the queries of `judgements`, as `search_all` gives
            them, int64, shape (contenders, queries, depth); None without judgements.
        pairs: Pairs of texts with scores, if there were any.
    """

    contenders: tuple[Contender, ...]
    k: int
    seed: int
    sample: NDArray[np.int64]
    groups: NDArray[np.int64]
    values: tuple[UnitValues | WholeValues, ...]
    intervals: tuple[NDArray[np.float64], ...]
    found: tuple[Difference, ...]
    agreements: dict[str, Agreement]
    neighbors: NDArray[np.int64]
    row_agreement: RowAgreement
    verdict: Verdict
    findings: tuple[tuple[Finding, ...], ...] | None = None
    failures: tuple[Failure, ...] = ()
    notes: tuple[str, ...] = ()
    grouped_by: str | None = None
    views: tuple[str, str] | None = None
    judgements: Judgements | None = None
    rankings: NDArray[np.int64] | None = None
    pairs: ScoredPairs | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the contenders."""
        return tuple(contender.name for contender in self.contenders)

    @property
    def corpus(self) -> Corpus:
        """The rows, with the text column that the first contender reads."""
        return self.contenders[0].corpus

    def failure(self, contender: int, kind: Kind) -> Failure | None:
        """Why a contender has no figures of a kind, if it failed."""
        return next(
            (each for each in self.failures if each.contender == contender and each.kind == kind), None
        )

    def scores(self) -> list[Score]:
        """The figures of the scorecard, by measure and then by contender."""
        return [
            score
            for values, ends in zip(self.values, self.intervals, strict=True)
            for score in scores_of(values, ends, self.found)
        ]

    @property
    def scorecard(self) -> pd.DataFrame:
        """The scorecard: one line per figure.

        Returns:
            Columns `contender`, `measure`, `kind`, `value`, `low` and `high` (of the 95 % interval), `n`
            (units), `rank`, `independent` (groups of units).
        """
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
                "independent": score.independent,
            }
            for score in self.scores()
        ]
        return pd.DataFrame(lines).astype(dict.fromkeys(("n", "rank", "independent"), "Int64"))

    @property
    def differences(self) -> pd.DataFrame:
        """All differences by the measures that rank.

        Returns:
            Columns `measure`, `first`, `second`, `difference` (first − second), `low`, `high` (of its 95 %
            interval), `p`, `p_holm`, `n` (units), `independent` (groups of units).
        """
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
                "independent": each.independent,
            }
            for each in self.found
        ]
        figures = ["difference", "low", "high", "p", "p_holm", "n", "independent"]
        return pd.DataFrame(lines, columns=["measure", "first", "second", *figures])

    def best_first(self, measure: Measure) -> list[int]:
        """The contenders that have one of the measures, the best value first; equal ones in their order."""
        return best_first(next(values for values in self.values if values.measure == measure))

    def agreement(
        self, measure: str = "jaccard", k: int | None = None, *, on_progress: OnProgress | None = None
    ) -> Agreement:
        """How far the contenders agree.

        Args:
            measure: `jaccard`, `rbo`, `cka`, `procrustes` or `ari`.
            k: Neighbours per row for `jaccard`, at most as many as `neighbors` has; None for those of the
                comparison.
            on_progress: Called for each pair where k is another one. An exception it raises stops the work.

        Raises:
            QueryError: There is no such measure, or it cannot be had with that k.
        """
        if measure not in self.agreements:
            raise QueryError(
                f"There is no measure of agreement {measure!r}.",
                fix=f"Choose one of {', '.join(self.agreements)}.",
            )
        if k is None or k == self.k:
            return self.agreements[measure]
        if measure != "jaccard":
            raise QueryError(
                f"Agreement by {measure} has the k of the comparison, {self.k}.",
                fix="Leave k out, compare again with another k, or choose jaccard.",
            )
        most = self.neighbors.shape[2]
        if k > most:
            raise QueryError(
                f"The comparison has {most} neighbours of each row, so {k} cannot be compared.",
                fix=f"Ask for 1 to {most}, or compare again with k={k}.",
            )
        lists = NeighborLists(self.sample, self.neighbors, len(self.corpus))
        return neighbor_agreement(lists, k, seed=self.seed, on_progress=on_progress)

    def rows(self) -> pd.DataFrame:
        """The sampled rows by how far the contenders agree on their neighbours, least first.

        Returns:
            Columns `row` (from 0), `agreement` (0 to 1), `text`.
        """
        import pandas as pd

        captions = self.corpus.captions
        return pd.DataFrame(
            {
                "row": self.row_agreement.rows,
                "agreement": self.row_agreement.values,
                "text": [captions[row] for row in self.row_agreement.rows.tolist()],
            }
        )

    def queries(self, texts: Sequence[str] | None = None) -> pd.DataFrame:
        """Queries by how far the contenders agree on their first hits, the most disputed first.

        A contender that fails, such as a server that does not answer, is left out, and a warning says why.

        Args:
            texts: The queries; None for the judged ones, which have been searched already.

        Returns:
            Columns `query`, `agreement` (the mean overlap of their first k hits over pairs of contenders, 0
            to 1) and `first_hits` (how many different rows contenders rank first).

        Raises:
            QueryError: There are no judged queries and none were given, a query is empty, or fewer than two
                contenders can be searched by text.
            ExplorerError: Fewer than two are left, since one failed.
        """
        import pandas as pd

        asked, rankings = texts, None if self.rankings is None else self.rankings[:, :, : self.k]
        if texts is not None:
            rankings, failed = search_all_that_answer(self.contenders, texts, self.k)
            for place, error in failed.items():
                warnings.warn(f"{self.names[place]} failed and is left out. {error}", stacklevel=2)
        elif self.judgements is not None:
            asked = self.judgements.queries
        if not asked or rankings is None:
            raise QueryError("There are no queries.", fix="Give some, or compare with judgements.")
        found = queries_by_agreement(rankings)
        return pd.DataFrame(
            {
                "query": [asked[at] for at in found.queries.tolist()],
                "agreement": found.values,
                "first_hits": found.first_hits,
            }
        )
