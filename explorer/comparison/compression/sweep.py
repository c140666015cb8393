"""A sweep over dimensions and precisions of one encoder: what smaller vectors cost in quality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.analysis.transforms import Binary, Int8
from explorer.comparison.agreement.list_overlap import overlap
from explorer.comparison.compare import SAMPLE
from explorer.comparison.compression.choice import Choice, choose
from explorer.comparison.compression.compressed import Compression, compressed_spaces, compressions
from explorer.comparison.compression.measured import SweptMeasure, swept
from explorer.comparison.contenders.names import named
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.judging.judgement_files import read_judgements
from explorer.comparison.judging.judgements import Judgements
from explorer.comparison.judging.retrieval import DEPTH, retrieval
from explorer.comparison.measure import Measure, UnitValues
from explorer.comparison.measures.groups import groups_of, near_copies, sample_rows
from explorer.comparison.measures.label_measures import KNN_ACCURACY, knn_accuracy
from explorer.comparison.measures.labelled import Labelled, labelled
from explorer.data.corpus import Corpus
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress, Progress, ignore_progress

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class SizeSweep:
    """One encoder's vectors in smaller forms, and what each form costs.

    Attributes:
        name: The name of the encoder.
        rows: The number of rows of the corpus.
        forms: The forms, the full vectors first.
        recall: How many of the nearest rows by the full vectors each form keeps.
        quality: What labels or judgements say of each form, the strongest first; empty without both.
        choice: The form with the fewest bytes that costs little, and the rule it was chosen by.
        notes: What was left out, one sentence each.
    """

    name: str
    rows: int
    forms: tuple[Compression, ...]
    recall: SweptMeasure
    quality: tuple[SweptMeasure, ...]
    choice: Choice
    notes: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The choice in a sentence."""
        return self.choice.text

    @property
    def table(self) -> pd.DataFrame:
        """A line per form: what it is and takes, then each measure with the ends of its 95 % interval.

        Columns form, method, dimensions, precision, bytes_per_vector and bytes (of all rows). For quality
        there is also the change from the full vectors with its interval, paired by row or query.
        """
        import pandas as pd

        columns: dict[str, Any] = {
            "form": [form.name for form in self.forms],
            "method": [form.method for form in self.forms],
            "dimensions": [form.dims for form in self.forms],
            "precision": [form.stored_as for form in self.forms],
            "bytes_per_vector": [form.bytes_per_vector for form in self.forms],
            "bytes": [form.bytes_per_vector * self.rows for form in self.forms],
        }
        for each in (self.recall, *self.quality):
            name = each.measure.name
            columns |= {name: each.value, f"{name} low": each.low, f"{name} high": each.high}
            if each is not self.recall:
                columns |= {
                    f"{name} change": each.change,
                    f"{name} change low": each.change_low,
                    f"{name} change high": each.change_high,
                }
        return pd.DataFrame(columns)


def sweep(
    space: Space,
    *,
    judgements: object = None,
    groups: str | None = None,
    k: int = 10,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> SizeSweep:
    """Store the vectors of a space in fewer dimensions and lower precision, and measure what that costs.

    Rows are measured on a random sample of at most 2,000, with neighbours among all rows, as by `compare`.

    Args:
        space: The full vectors.
        judgements: As for `compare`; None for none. Labels are those of the corpus.
        groups: As for `compare`.
        k: Neighbours per row.
        seed: The seed of the sample and of resamples.
        on_progress: Called often. An exception it raises stops the work.

    Raises:
        QueryError: k is below 1, or the vectors are already stored in lower precision.
        DataError: The judgements cannot be read, or a column is missing.
    """
    corpus = space.corpus
    grouped = near_copies(corpus, on_progress=on_progress) if groups is None else groups_of(corpus, groups)
    known = (
        judgements
        if judgements is None or isinstance(judgements, Judgements)
        else read_judgements(judgements, corpus).content
    )
    return sweep_contender(
        SpaceContender(space, named([space])[0]),
        sample_rows(len(corpus), SAMPLE, seed),
        grouped,
        judgements=known,
        k=k,
        seed=seed,
        on_progress=on_progress,
    )


def sweep_contender(
    contender: SpaceContender,
    sample: NDArray[np.int64],
    groups: NDArray[np.int64],
    *,
    judgements: Judgements | None = None,
    k: int = 10,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> SizeSweep:
    """As `sweep`, of a contender, by rows and groups that are known, such as those of a comparison.

    Args:
        contender: The full vectors.
        sample: The rows that are measured, ascending, int64, shape (sample,).
        groups: The group of every row, int64, shape (rows,).
        judgements: The judged queries; None for none.
        k: Neighbours per row.
        seed: The seed of resamples.
        on_progress: Called before each form is measured. An exception it raises stops the work.

    Raises:
        QueryError: k is below 1, or the vectors are already stored in lower precision.
    """
    if k < 1:
        raise QueryError(f"{k} neighbours were asked for.", fix="Ask for 1 or more.")
    if not can_be_swept(contender):
        raise QueryError(
            "The vectors are already stored in lower precision.",
            where=contender.name,
            fix="Sweep them as they were before.",
        )
    space, report = contender.space, on_progress or ignore_progress
    forms = compressions(space)
    notes: list[str] = []
    labels = _labels(space.corpus, sample, groups, notes)
    encoded = _encoded(space, judgements, notes, on_progress)
    nearest: dict[Compression, NDArray[np.int64]] = {}
    hits: dict[Compression, NDArray[np.int64]] = {}
    correct: dict[Compression, NDArray[np.float64]] = {}
    for form, part in compressed_spaces(space, forms):
        report(Progress.count("Measuring smaller vectors", len(nearest), len(forms), "forms"))
        side = SpaceContender(part, form.name, contender.metric)
        nearest[form] = side.neighbors(sample, k).indices
        if labels is not None:
            correct[form] = knn_accuracy([side], labels, k).values[0]
        if encoded is not None:
            found = part.index.search(part.place_queries(encoded), max(k, DEPTH), contender.metric)
            hits[form] = found.indices
    near = np.stack([nearest[form] for form in forms])
    kept = np.stack([overlap(near[0], each) for each in near])
    recall = swept(UnitValues(neighbor_recall(k), kept, sample, groups[sample]), seed)
    quality: list[SweptMeasure] = []
    if judgements is not None and hits:
        rankings = np.stack([hits[form] for form in forms])
        quality.append(swept(retrieval(rankings, judgements, k=k).values[0], seed))
    if labels is not None:
        right = np.stack([correct[form] for form in forms])
        quality.append(swept(UnitValues(KNN_ACCURACY, right, labels.rows, labels.row_groups), seed))
    chosen = choose(forms, recall, quality)
    return SizeSweep(contender.name, len(space), forms, recall, tuple(quality), chosen, tuple(notes))


def can_be_swept(contender: SpaceContender) -> bool:
    """Whether the vectors of a contender are not already stored in lower precision."""
    return not any(isinstance(step, Int8 | Binary) for step in contender.space.transforms)


def neighbor_recall(k: int) -> Measure:
    """The measure of how many nearest rows smaller vectors keep."""
    return Measure(
        f"neighbour recall@{k}",
        "diagnosis",
        True,
        f"The share of a row's {k} nearest rows by the full vectors that are among the {k} nearest by the "
        "smaller ones; the mean over rows.",
        least=0,
        most=1,
    )


def _labels(
    corpus: Corpus, sample: NDArray[np.int64], groups: NDArray[np.int64], notes: list[str]
) -> Labelled | None:
    if corpus.labels is None:
        return None
    try:
        return labelled(corpus, sample, groups)
    except QueryError as error:
        notes.append(f"Labels are not used. {error.what}")
        return None


def _encoded(
    space: Space, judgements: Judgements | None, notes: list[str], on_progress: OnProgress | None
) -> NDArray[np.float32] | None:
    """The judged queries as the encoder gives them, before any transform."""
    if judgements is None:
        return None
    queries: Sequence[str] = judgements.queries
    try:
        encoded: NDArray[np.float32] = space.encoder.encode_queries(queries, on_progress)
    except QueryError:
        notes.append("Judgements are not used: there is no encoder for queries.")
        return None
    return encoded
