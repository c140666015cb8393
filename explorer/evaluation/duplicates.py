"""Labelled pairs of texts: how well an encoder's similarity tells duplicates from other pairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.comparison.judging.judgements import ScoredPairs, same_texts
from explorer.comparison.measure import WholeValues
from explorer.comparison.numbers import interval, number
from explorer.data.tables.values import count
from explorer.encode.models import BUNDLED_MODEL
from explorer.errors import DataError, QueryError
from explorer.evaluation.encoding import TextOptions, facts_of, pair_similarities, pairs_frame
from explorer.evaluation.evaluation import Evaluation, Figure, figures_of, with_published
from explorer.evaluation.pair_sources import pairs_of
from explorer.evaluation.thresholds import BEST_F1, Cuts, Threshold
from explorer.jobs.progress import OnProgress
from explorer.numbers import percent

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class DuplicateEvaluation(Evaluation):
    """How well an encoder tells duplicates from other pairs; see `evaluate_duplicates`.

    Attributes:
        pairs: The pairs, with score 1 for duplicates and 0 for others.
        similarities: The encoder's similarity of each, float64, shape (pairs,).
        wanted_precision: The precision that was asked for.
        at_best_f1: The threshold with the largest F1.
        at_precision: The lowest threshold with the precision asked for; None if there is none.
    """

    pairs: ScoredPairs
    similarities: NDArray[np.float64]
    wanted_precision: float
    at_best_f1: Threshold
    at_precision: Threshold | None

    @property
    def average_precision(self) -> Figure:
        """Average precision."""
        return self.figure("average precision")

    @property
    def best_f1(self) -> Figure:
        """The largest F1 of all thresholds."""
        return self.figure("best F1")

    def worst(self, n: int = 10) -> pd.DataFrame:
        """The pairs that are furthest on the wrong side, the furthest first, without those on the right side.

        Args:
            n: How many; all if there are no more.

        Returns:
            Columns `pair` (its number among those used, from 0), `first`, `second`, `duplicate`,
            `similarity`, `misplaced` (of the pairs with the other label, the share on its wrong side: those
            that score higher than a duplicate, or lower than another pair, ties half; above 0, to 1).
        """
        labels = np.array(self.pairs.scores) == 1
        misplaced = _misplaced(self.similarities, labels)
        order = np.argsort(-misplaced, kind="stable")
        order = order[misplaced[order] > 0][:n]
        columns = {"duplicate": labels, "similarity": self.similarities, "misplaced": misplaced}
        return pairs_frame(self.pairs, order, columns)

    def _details(self) -> Sequence[str]:
        wanted = f"precision of {percent(self.wanted_precision)} or more"
        if self.at_precision is None:
            found = f"No threshold has a {wanted}."
        else:
            found = f"Threshold with a {wanted}: {_words(self.at_precision)}"
        return (f"Threshold with the best F1: {_words(self.at_best_f1)}", found)


def evaluate_duplicates(
    pairs: object,
    model: str | Space = BUNDLED_MODEL,
    *,
    wanted_precision: float = 0.95,
    columns: tuple[str, str, str] | None = None,
    config: str | None = None,
    split: str | None = None,
    dataset: str | None = None,
    seed: int = 0,
    on_progress: OnProgress | None = None,
    **options: Unpack[TextOptions],
) -> DuplicateEvaluation:
    """Measure how well an encoder's similarity tells duplicates from other pairs, and choose a threshold.

    Average precision is scikit-learn's; it and the best F1 with its threshold are those of the
    `BinaryClassificationEvaluator` of sentence-transformers. Pairs with the same first text count as one in
    intervals. Precision depends on the share of duplicates among the pairs: it is that of a corpus only if
    the pairs were drawn from all of its pairs with such scores.

    Args:
        pairs: As for `evaluate_pairs`, with labels as scores: 1 or true for duplicates, 0 or false for
            others.
        model: As for `evaluate_pairs`.
        wanted_precision: The share of the pairs at or above the threshold that must be duplicates, above 0
            and at most 1. The lowest such threshold is chosen, which has the largest recall.
        columns: The names of the columns of both texts and of the label; guessed when None.
        config: As for `evaluate_pairs`.
        split: As for `evaluate_pairs`.
        dataset: As for `evaluate_pairs`, such as `TwitterURLCorpus`.
        seed: The seed of the resamples.
        on_progress: Called often. An exception it raises stops the work.
        **options: As for `evaluate_pairs`.

    Raises:
        QueryError: The precision asked for is out of range.
        ColumnError: A column is missing.
        HubError: As for `evaluate_pairs`.
        DataError: The pairs cannot be read, or all have the same label.
        ExplorerError: The model cannot be opened, or encoding failed; see `explorer.embed`.
    """
    if not 0 < wanted_precision <= 1:
        raise QueryError(
            f"A precision of {wanted_precision:g} was asked for.", fix="Ask for a share above 0 and up to 1."
        )
    read, notes = pairs_of(pairs, columns, labelled=True, config=config, split=split, on_progress=on_progress)
    _check(read)
    space, similarities = pair_similarities(read, model, options, on_progress)
    groups = same_texts(read.first)
    cuts = Cuts(similarities, np.array(read.scores) == 1, groups)
    at_best_f1, independent = cuts.at_best_f1(), len(np.unique(groups))
    best_f1 = WholeValues(BEST_F1, np.array([at_best_f1.f1]), n=len(groups), independent=independent)
    evaluation = DuplicateEvaluation(
        **facts_of(space),
        figures=figures_of([cuts.average_precision(seed), best_f1]),
        notes=notes,
        pairs=read,
        similarities=similarities,
        wanted_precision=wanted_precision,
        at_best_f1=at_best_f1,
        at_precision=cuts.at_precision(wanted_precision),
    )
    return with_published(evaluation, dataset)


def _check(pairs: ScoredPairs) -> None:
    if len(set(pairs.scores)) < 2:
        count, only = len(pairs.scores), f"{pairs.scores[0]:g}"
        raise DataError(
            f"The {count:,} pairs are all labelled {only}."
            if count > 1
            else f"The one pair is labelled {only}.",
            where="pairs",
            fix="Give duplicates, labelled 1, and other pairs, labelled 0.",
        )


def _misplaced(scores: NDArray[np.float64], labels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The share of the other label's pairs on the wrong side of each pair, ties half: shape (pairs,)."""
    shares = np.empty(len(scores))
    for label in (True, False):
        others = np.sort(scores[labels != label])
        own = scores[labels == label]
        below = (np.searchsorted(others, own, "left") + np.searchsorted(others, own, "right")) / 2
        shares[labels == label] = (len(others) - below if label else below) / len(others)
    return shares


def _words(threshold: Threshold) -> str:
    precision = interval(threshold.precision_low, threshold.precision_high)
    recall = interval(threshold.recall_low, threshold.recall_high)
    return (
        f"{number(threshold.value, 4)}, precision {number(threshold.precision)}"
        f"{f' ({precision})' if precision else ''}, recall {number(threshold.recall)}"
        f"{f' ({recall})' if recall else ''}, {count(threshold.pairs, 'pair')}"
    )
