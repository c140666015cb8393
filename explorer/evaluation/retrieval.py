"""Judged queries: how well an encoder finds the rows that people judged relevant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.judging.judgement_columns import JudgementColumns
from explorer.comparison.judging.judgement_files import read_judgements
from explorer.comparison.judging.judgements import Judgements
from explorer.comparison.judging.retrieval import DEPTH, retrieval, search_all
from explorer.comparison.measure import UnitValues
from explorer.comparison.steps import Steps
from explorer.data.corpus import Corpus
from explorer.errors import DataError, QueryError
from explorer.evaluation.encoding import RowOptions, Rows, facts_of, name_of, row_space
from explorer.evaluation.evaluation import Evaluation, Figure, figures_of, with_published
from explorer.evaluation.pair_sources import note_of
from explorer.jobs.progress import OnProgress
from explorer.numbers import percent

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class RetrievalEvaluation(Evaluation):
    """How well an encoder finds judged rows; see `evaluate_retrieval`.

    Attributes:
        corpus: The rows.
        judgements: The queries, and which rows are relevant to them.
        values: nDCG@10, MRR@10 and recall@k of each query that has a relevant row.
        ranking: The first hits for each query, best first, int64, shape (queries, depth).
        judged: The share of the first ten hits that were judged; others count as not relevant.
    """

    corpus: Corpus
    judgements: Judgements
    values: tuple[UnitValues, ...]
    ranking: NDArray[np.int64]
    judged: float

    @property
    def ndcg(self) -> Figure:
        """nDCG@10."""
        return self.figures[0]

    @property
    def mrr(self) -> Figure:
        """MRR@10."""
        return self.figures[1]

    @property
    def recall(self) -> Figure:
        """Recall@k."""
        return self.figures[2]

    def worst(self, n: int = 10) -> pd.DataFrame:
        """The queries with the lowest nDCG@10, lowest first; of equal ones, those with the lowest recall.

        Args:
            n: How many; all if there are no more.

        Returns:
            Columns `query`, one for each measure, `first_hit` (its row, from 0) and `first_hit_text`,
            `relevant` (a relevant row with the highest grade), `relevant_text` and `relevant_rank` (its rank
            from 1; missing if it is not among the hits).
        """
        import pandas as pd

        figures = {each.measure.name: each.values[0] for each in self.values}
        ndcg, _, recall = figures.values()
        order = np.lexsort((recall, ndcg))[:n]
        queries = self.values[0].units[order]
        best = [max(self.judgements.grades[at].items(), key=lambda judged: judged[1])[0] for at in queries]
        ranks = [np.flatnonzero(self.ranking[at] == row) for at, row in zip(queries, best, strict=True)]
        captions, first = self.corpus.captions, self.ranking[queries, 0]
        return pd.DataFrame(
            {
                "query": [self.judgements.queries[at] for at in queries],
                **{name: values[order] for name, values in figures.items()},
                "first_hit": first,
                "first_hit_text": [captions[row] for row in first],
                "relevant": best,
                "relevant_text": [captions[row] for row in best],
                "relevant_rank": pd.array([int(at[0]) + 1 if len(at) else None for at in ranks], "Int64"),
            }
        )


def evaluate_retrieval(
    corpus: Rows,
    judgements: object,
    model: str | None = None,
    *,
    queries: object = None,
    columns: JudgementColumns | None = None,
    k: int = 10,
    dataset: str | None = None,
    on_progress: OnProgress | None = None,
    **options: Unpack[RowOptions],
) -> RetrievalEvaluation:
    """Measure how well an encoder finds the rows judged relevant to queries, among all rows.

    nDCG@10, MRR@10 and recall@k as trec_eval computes them, through ir-measures; rows with equal scores are
    in the order of the corpus. Queries without a relevant row are left out.

    Args:
        corpus: A space, or a corpus or anything else that `explorer.embed` takes.
        judgements: Which rows are relevant to which queries: `Judgements`, a path to a CSV, TSV, JSON Lines
            or Parquet file or to TREC qrels, a data frame or a dict of columns. Numbers of rows are those on
            the screen, from 1, unless one of them is 0; rows can also be named by the values of a column of
            the corpus.
        model: The model as for `explorer.embed`; None for the bundled one, or with a space.
        queries: The texts of the queries, if the judgements have only their ids: the same kinds of sources.
        columns: The columns of the judgements; guessed when None.
        k: The depth of recall.
        dataset: As for `evaluate_pairs`, such as `NFCorpus`.
        on_progress: Called often. An exception it raises stops the work.
        **options: `precision`, `prompt`, `query_prompt`, `task`, `revision`, `trust_remote_code`, `provider`,
            `token` and `own_vectors` as for `explorer.embed`.

    Raises:
        QueryError: k is below 1, or the space has no encoder for queries.
        ColumnError: A column is missing.
        DataError: The rows or judgements cannot be read, a judged row is missing, or no row is relevant.
        ExplorerError: The model cannot be opened, or encoding failed; see `explorer.embed`.
    """
    if k < 1:
        raise QueryError(f"Recall at a depth of {k} was asked for.", fix="Ask for 1 or more.")
    steps = Steps(on_progress, 2)
    space = row_space(corpus, model, options, steps.next())
    notes: tuple[str, ...] = ()
    if isinstance(judgements, Judgements):
        read = judgements
        _check_rows(read, space.corpus)
    else:
        file = read_judgements(judgements, space.corpus, queries=queries, columns=columns)
        read, notes = file.content, note_of("judgements", file)
    _ = space.encoder  # raises if queries cannot be encoded
    contender = SpaceContender(space, name_of(space))
    rankings = search_all([contender], read.queries, max(k, DEPTH), on_progress=steps.next())
    found = retrieval(rankings, read, k=k)
    if found.left_out:
        notes += (f"Queries without a relevant row are left out: {found.left_out:,}.",)
    if found.judged[0] < 1:
        judged = percent(float(found.judged[0]))
        notes += (f"{judged} of the first ten hits were judged; others count as not relevant.",)
    evaluation = RetrievalEvaluation(
        **facts_of(space),
        figures=figures_of(found.values),
        notes=notes,
        corpus=space.corpus,
        judgements=read,
        values=found.values,
        ranking=rankings[0],
        judged=float(found.judged[0]),
    )
    return with_published(evaluation, dataset)


def _check_rows(judgements: Judgements, corpus: Corpus) -> None:
    for query, judged, skipped in zip(judgements.queries, judgements.grades, judgements.skipped, strict=True):
        for row in (*judged, *skipped):
            if not 0 <= row < len(corpus):
                raise DataError(
                    f"Row {row} is judged for the query {query[:100]!r}, and there is none.",
                    where=corpus.name,
                    fix=f"Rows of Judgements go from 0 to {len(corpus) - 1:,}.",
                )
