"""A sweep over dimensions and precisions of one encoder: what smaller vectors cost in quality."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.analysis.transforms import Binary, Int8
from explorer.comparison.agreement.list_overlap import overlap
from explorer.comparison.compare import SAMPLE
from explorer.comparison.compression.choice import choose
from explorer.comparison.compression.compressed import Compression, compressed_spaces, compressions
from explorer.comparison.compression.measured import SweptMeasure, swept
from explorer.comparison.compression.size_sweep import SizeSweep
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
from explorer.encode.queries import QueryVectors
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress, Progress, ignore_progress


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
    query_vectors: QueryVectors | None = None,
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
        query_vectors: Vectors of earlier queries, to which those of judged ones are added; None to keep none.
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
    encoded = _encoded(space, judgements, query_vectors or QueryVectors(), notes, on_progress)
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
    shared = np.stack([overlap(near[0], each) for each in near])
    recall = swept(UnitValues(neighbor_recall(k), shared, sample, groups[sample]), seed)
    # The full vectors keep their own neighbours: that is known, and has no interval.
    recall = replace(recall, low=np.append(recall.high[:1], recall.low[1:]))
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
    space: Space,
    judgements: Judgements | None,
    query_vectors: QueryVectors,
    notes: list[str],
    on_progress: OnProgress | None,
) -> NDArray[np.float32] | None:
    """The judged queries as the encoder gives them, before any transform."""
    if judgements is None:
        return None
    try:
        return query_vectors.encode(space.encoder, judgements.queries, on_progress)
    except QueryError:
        notes.append("Judgements are not used: there is no encoder for queries.")
        return None
