"""Scored pairs of texts: how an encoder's similarities correlate with the scores that people gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.comparison.judging.judgements import ScoredPairs, same_texts
from explorer.comparison.statistics.correlation import correlations
from explorer.encode.models import BUNDLED_MODEL
from explorer.errors import DataError
from explorer.evaluation.encoding import TextOptions, facts_of, pair_similarities, pairs_frame
from explorer.evaluation.evaluation import Evaluation, Figure, figures_of, with_published
from explorer.evaluation.pair_sources import pairs_of
from explorer.jobs.progress import OnProgress

if TYPE_CHECKING:
    import pandas as pd

_ROUNDING = 1e-6  # similarities that differ by less, relatively, differ by float32's rounding alone


@dataclass(frozen=True, eq=False)
class PairEvaluation(Evaluation):
    """How an encoder scores pairs of texts; see `evaluate_pairs`.

    Attributes:
        pairs: The pairs, with the given scores.
        similarities: The encoder's similarity of each, float64, shape (pairs,).
    """

    pairs: ScoredPairs
    similarities: NDArray[np.float64]

    @property
    def spearman(self) -> Figure:
        """Spearman's correlation."""
        return self.figure("Spearman")

    @property
    def pearson(self) -> Figure:
        """Pearson's correlation."""
        return self.figure("Pearson")

    def worst(self, n: int = 10) -> pd.DataFrame:
        """The pairs whose rank by similarity is furthest from that by score, the furthest first.

        Args:
            n: How many; all if there are no more.

        Returns:
            Columns `pair` (its number among those used, from 0), `first`, `second`, `score`, `similarity`,
            `score_rank` and `similarity_rank` (the share of pairs that have less, ties half: 0 to 1), `off`
            (the second minus the first).
        """
        scores = np.array(self.pairs.scores)
        by_score, by_similarity = (_rank_shares(values) for values in (scores, self.similarities))
        off = by_similarity - by_score
        columns = {
            "score": scores,
            "similarity": self.similarities,
            "score_rank": by_score,
            "similarity_rank": by_similarity,
            "off": off,
        }
        return pairs_frame(self.pairs, np.argsort(-np.abs(off), kind="stable")[:n], columns)


def evaluate_pairs(
    pairs: object,
    model: str | Space = BUNDLED_MODEL,
    *,
    columns: tuple[str, str, str] | None = None,
    config: str | None = None,
    split: str | None = None,
    dataset: str | None = None,
    seed: int = 0,
    on_progress: OnProgress | None = None,
    **options: Unpack[TextOptions],
) -> PairEvaluation:
    """Correlate an encoder's similarities of pairs of texts with given scores, as STS benchmarks do.

    Spearman's and Pearson's correlation are those of the `EmbeddingSimilarityEvaluator` of
    sentence-transformers, with the similarity that the model was trained for, to 1e-6 in float32. Pairs of
    one text with itself, and pairs that occur twice, are ties here; there, rounding puts them in some order,
    which changes Spearman where they are many. Intervals are of a bootstrap over pairs; pairs with the same
    first text count as one.

    Args:
        pairs: A path to a CSV, TSV, JSON Lines or Parquet file, a corpus, a data frame, an Arrow table, a
            dict of columns, a list of (text, text, score), or a dataset on the Hub, `owner/name`; larger
            scores are more alike.
        model: The model as for `explorer.embed`, or a space, whose encoder and transforms are evaluated.
        columns: The names of the columns of both texts and of the score; guessed when None.
        config: The configuration of a dataset on the Hub; `default` or the first when None.
        split: Its split; `test` when None.
        dataset: What the model's card calls these pairs, such as `STSBenchmark`, to set the figures beside
            those published there; None to leave that out.
        seed: The seed of the resamples.
        on_progress: Called often. An exception it raises stops the work.
        **options: `precision`, `prompt`, `task`, `revision`, `trust_remote_code`, `provider` and `token` as
            for `explorer.embed`; the task is `clustering` unless it is given, since texts are compared with
            each other. `precision="float32"` is exact.

    Raises:
        ColumnError: A column is missing.
        HubError: The Hub does not have the dataset or the model, denies access, or does not answer.
        DataError: The pairs cannot be read, there is only one, or all have the same score.
        ExplorerError: The model cannot be opened, or encoding failed; see `explorer.embed`.
    """
    read, notes = pairs_of(pairs, columns, config=config, split=split, on_progress=on_progress)
    _check(read)
    space, similarities = pair_similarities(read, model, options, on_progress)
    gold, scored = np.array(read.scores), similarities[None]
    if np.ptp(similarities) <= _ROUNDING * np.abs(similarities).max():
        scored = np.full_like(scored, np.nan)
        notes += ("The encoder gives all pairs the same similarity, so there is no correlation.",)
    found = correlations(gold, scored, same_texts(read.first), seed=seed)
    evaluation = PairEvaluation(
        **facts_of(space),
        figures=figures_of(found.values),
        notes=notes,
        pairs=read,
        similarities=similarities,
    )
    return with_published(evaluation, dataset)


def _check(pairs: ScoredPairs) -> None:
    if len(pairs.scores) == 1:
        raise DataError(
            "There is one pair that can be used, and a correlation needs two or more.",
            where="pairs",
            fix="Give more pairs; six or more have an interval.",
        )
    if min(pairs.scores) == max(pairs.scores):
        raise DataError(
            f"All {len(pairs.scores):,} pairs have the score {pairs.scores[0]:g}: there is no correlation.",
            where="pairs",
            fix="Give pairs with different scores, or check which column holds them.",
        )


def _rank_shares(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The share of the others that are smaller, ties half: shape (values,)."""
    from scipy.stats import rankdata

    return np.asarray((rankdata(values) - 1) / (len(values) - 1))
