"""Labelled rows: how well the vectors of an encoder separate the labels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Unpack

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.comparison.compare import SAMPLE
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.measure import UnitValues
from explorer.comparison.measures.groups import groups_of, near_copies, sample_rows
from explorer.comparison.measures.label_measures import (
    KNN_ACCURACY,
    cluster_agreement_with_labels,
    linear_probe,
    majority,
    silhouette,
    votes,
)
from explorer.comparison.measures.labelled import Labelled, labelled
from explorer.comparison.steps import Steps
from explorer.data.columns import check_label_column
from explorer.data.corpus import Corpus
from explorer.data.opening import corpus_table, open_corpus
from explorer.errors import ColumnError, QueryError
from explorer.evaluation.encoding import RowOptions, Rows, facts_of, name_of, row_space
from explorer.evaluation.evaluation import Evaluation, Figure, figures_of, with_published
from explorer.jobs.progress import OnProgress

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class LabelEvaluation(Evaluation):
    """How well an encoder separates labels; see `evaluate_labels`.

    Attributes:
        corpus: The rows.
        labels: The rows that were measured, and the labels.
        voted: The labels of the nearest rows that vote on each measured row, as numbers, the nearest first;
            −1 where there are no more, int64, shape (measured rows, k).
    """

    corpus: Corpus
    labels: Labelled
    voted: NDArray[np.int64]

    @property
    def knn_accuracy(self) -> Figure:
        """The share of rows whose label is the most frequent one among their nearest rows."""
        return self.figure("k-NN accuracy")

    @property
    def probe_accuracy(self) -> Figure:
        """The share of rows whose label a logistic regression predicts."""
        return self.figure("linear probe")

    @property
    def ami(self) -> Figure:
        """Adjusted mutual information of labels and k-means clusters."""
        return self.figure("AMI")

    @property
    def v_measure(self) -> Figure:
        """V-measure of labels and k-means clusters."""
        return self.figure("V-measure")

    def worst(self, n: int = 10) -> pd.DataFrame:
        """The rows whose nearest rows have another label, those with the fewest votes for their own first.

        Args:
            n: How many; all if there are no more.

        Returns:
            Columns `row` (from 0), `text`, `label`, `predicted` (missing without a vote), `own_votes` and
            `predicted_votes` (shares of the votes, 0 to 1).
        """
        import pandas as pd

        own, predicted = self.labels.row_codes, majority(self.voted)
        cast = np.maximum((self.voted >= 0).sum(axis=1), 1)
        shares = [(self.voted == codes[:, None]).sum(axis=1) / cast for codes in (own, predicted)]
        shares[1][predicted < 0] = 0
        wrong = np.flatnonzero(predicted != own)
        order = wrong[np.lexsort((-shares[1][wrong], shares[0][wrong]))][:n]
        rows, names, captions = self.labels.rows[order], self.labels.names, self.corpus.captions
        return pd.DataFrame(
            {
                "row": rows,
                "text": [captions[row] for row in rows],
                "label": [names[code] for code in own[order]],
                "predicted": [names[code] if code >= 0 else None for code in predicted[order]],
                "own_votes": shares[0][order],
                "predicted_votes": shares[1][order],
            }
        )


def evaluate_labels(
    corpus: Rows,
    model: str | None = None,
    *,
    label: str | None = None,
    groups: str | None = None,
    k: int = 10,
    dataset: str | None = None,
    seed: int = 0,
    on_progress: OnProgress | None = None,
    **options: Unpack[RowOptions],
) -> LabelEvaluation:
    """Measure how well an encoder separates the labels of rows: k-NN, linear probe, clusters.

    The measures are those of `explorer.compare`, on a random sample of at most 2,000 rows whose neighbours
    are found among all rows. Rows of one group never vote for each other, are never both in training and
    test, and count as one in intervals.

    Args:
        corpus: A space, or a corpus or anything else that `explorer.embed` takes.
        model: The model as for `explorer.embed`; None for the bundled one, or with a space.
        label: The label column; None for that of the corpus.
        groups: The column that names the group of a row, such as its document; None for near-copies.
        k: Neighbours per row.
        dataset: As for `evaluate_pairs`, such as `Banking77Classification`. Benchmarks train on fewer rows
            and cluster fewer at a time, which a note says.
        seed: The seed of the sample, the folds of the probe and k-means.
        on_progress: Called often. An exception it raises stops the work.
        **options: As for `evaluate_retrieval`; the task is `clustering` unless it is given, since rows are
            compared with each other.

    Raises:
        QueryError: k is below 1, or fewer than two labels have rows in two groups.
        ColumnError: A column is missing, cannot label rows, or has one value.
        DataError: The rows cannot be read.
        ExplorerError: The model cannot be opened, or encoding failed; see `explorer.embed`.
    """
    if k < 1:
        raise QueryError(f"{k} neighbours were asked for.", fix="Ask for 1 or more.")
    steps = Steps(on_progress, 6)
    rows = _labelled_rows(corpus, label, steps.next())
    own = rows.corpus if isinstance(rows, Space) else rows
    _check_labels(own)
    grouped = near_copies(own, on_progress=steps.next()) if groups is None else groups_of(own, groups)
    labels = labelled(own, sample_rows(len(own), SAMPLE, seed), grouped)
    if not isinstance(rows, Space):
        options = {"task": "clustering", **options}
    space = row_space(rows, model, options, steps.next())
    contender = SpaceContender(space, name_of(space))
    voted = votes(contender, labels, k, on_progress=steps.next())
    correct = (majority(voted) == labels.row_codes).astype(np.float64)
    values = (
        UnitValues(KNN_ACCURACY, correct[None], labels.rows, labels.row_groups),
        linear_probe([contender], labels, seed=seed, on_progress=steps.next()),
        *cluster_agreement_with_labels([contender], labels, seed=seed, on_progress=steps.next()),
        silhouette([contender], labels),
    )
    evaluation = LabelEvaluation(
        **facts_of(space),
        figures=figures_of(values),
        notes=_notes(own, labels),
        corpus=own,
        labels=labels,
        voted=voted,
    )
    return with_published(evaluation, dataset)


def _labelled_rows(source: Rows, label: str | None, on_progress: OnProgress) -> Corpus | Space:
    """The rows, with the label column that was asked for."""
    if isinstance(source, Space):
        return source if label is None else source.for_corpus(_relabelled(source.corpus, label))
    if isinstance(source, Corpus):
        return source if label is None else _relabelled(source, label)
    if label is None:
        return open_corpus(source, on_progress=on_progress)
    return open_corpus(source, label=label, on_progress=on_progress)


def _relabelled(corpus: Corpus, label: str) -> Corpus:
    check_label_column(corpus_table(corpus), label, corpus.text)
    return replace(corpus, label=label)


def _check_labels(corpus: Corpus) -> None:
    if corpus.labels is None:
        raise ColumnError(
            "The rows have no label column.",
            where=corpus.name,
            fix="Name one, as in evaluate_labels(rows, label=…).",
        )
    if corpus.label_count < 2:
        values = [name for name, _ in corpus.label_sizes]
        raise ColumnError(
            f"The label column has one value, {values[0][:60]!r}."
            if values
            else "The label column is empty.",
            where=f'{corpus.name}, column "{corpus.label}"',
            fix="Choose a column with two labels or more.",
        )


def _notes(corpus: Corpus, labels: Labelled) -> tuple[str, ...]:
    sampled = len(labels.rows) + labels.unlabelled + labels.alone
    said = (
        (sampled < len(corpus), f"Measured on {sampled:,} rows, drawn at random."),
        (labels.unlabelled, f"Rows without a label are left out: {labels.unlabelled:,}."),
        (
            labels.alone,
            f"Rows that are near-copies of all others with their label are left out: {labels.alone:,}.",
        ),
    )
    return tuple(note for holds, note in said if holds)
