"""Comparing contenders: what is measured, on which rows, in which order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.comparison.agreement import agreements
from explorer.comparison.comparison import Comparison
from explorer.comparison.contender import Contender
from explorer.comparison.contenders import check_contenders, named
from explorer.comparison.costs import cost_values
from explorer.comparison.differences import Difference, differences
from explorer.comparison.geometry import geometry, geometry_values
from explorer.comparison.groups import groups_of, near_copies, sample_rows
from explorer.comparison.judgement_files import read_judgements, read_pairs
from explorer.comparison.judgements import Judgements, Pairs
from explorer.comparison.label_measures import (
    cluster_agreement_with_labels,
    knn_accuracy,
    linear_probe,
    silhouette,
)
from explorer.comparison.labelled import labelled
from explorer.comparison.measure import UnitValues, WholeValues
from explorer.comparison.neighbors import neighbor_lists
from explorer.comparison.retrieval import pair_correlations, retrieval, search_all
from explorer.comparison.row_agreement import row_agreement
from explorer.comparison.space_contender import SpaceContender
from explorer.comparison.two_view import two_view_retrieval, view_overlap
from explorer.comparison.verdict import verdict
from explorer.comparison.views import two_views
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress, Progress, ignore_progress

SAMPLE = 2_000  # rows that are measured: their figures are within about two points of those of all rows
VIEWS = 1_000  # rows whose two views are encoded

Values = UnitValues | WholeValues


def compare(
    contenders: Sequence[Space | Contender],
    *,
    judgements: object = None,
    pairs: object = None,
    groups: str | None = None,
    views: tuple[str, str] | None = None,
    k: int = 10,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Comparison:
    """Compare encoders, or other ways to rank rows, over one corpus.

    Measures of rows are taken on a random sample of at most 2,000 rows, whose neighbours are found among all
    rows. Labels are those of the corpus.

    Args:
        contenders: 2 to 8 spaces or other contenders over the same rows.
        judgements: Which rows are relevant to which queries: `Judgements`, or anything `read_judgements`
            takes, such as the path of a CSV file or of TREC qrels; None for none.
        pairs: Pairs of texts with scores: `Pairs`, or anything `read_pairs` takes; None for none.
        groups: The column that names the group of a row, such as its document: rows of a group are not
            independent. None groups rows whose texts are nearly the same.
        views: Two columns, such as title and body, that should find each other; None for the two halves of a
            text.
        k: Neighbours per row, and the depth of recall.
        seed: The seed of samples, resamples and permutations.
        on_progress: Called often. An exception it raises stops the work.

    Returns:
        The comparison.

    Raises:
        QueryError: The contenders cannot be compared, or k is below 1.
        DataError: The judgements or pairs cannot be read, or a column is missing.
    """
    if k < 1:
        raise QueryError(f"{k} neighbours were asked for.", fix="Ask for 1 or more.")
    sides = _sides(contenders)
    check_contenders(sides)
    corpus = sides[0].corpus
    read = _Steps(on_progress, judged=judgements is not None, paired=pairs is not None)
    grouped = (
        near_copies(corpus, on_progress=read.step("Looking for near-copies"))
        if groups is None
        else groups_of(corpus, groups)
    )
    sample = sample_rows(len(corpus), SAMPLE, seed)
    notes: list[str] = []
    values: list[Values] = []
    found: list[Difference] = []

    def add(measured: Sequence[Values]) -> None:
        values.extend(measured)
        found.extend(differences([each for each in measured if isinstance(each, UnitValues)], seed=seed))

    if judgements is not None:
        told = read.step("Reading judgements")
        given = (
            judgements
            if isinstance(judgements, Judgements)
            else read_judgements(judgements, corpus, on_progress=told).content
        )
        rankings = search_all(sides, given.queries, max(k, 10), on_progress=read.step("Searching"))
        retrieved = retrieval(rankings, given, k=k)
        add(retrieved.values)
        if retrieved.left_out:
            notes.append(f"{retrieved.left_out:,} queries have no relevant row and are left out.")
    if pairs is not None:
        scored = pairs if isinstance(pairs, Pairs) else read_pairs(pairs).content
        correlated = pair_correlations(sides, scored, seed=seed, on_progress=read.step("Scoring pairs"))
        values.extend(correlated.values)
        found.extend(correlated.differences)
    if corpus.labels is not None:
        try:
            labels = labelled(corpus, sample, grouped)
        except QueryError as error:
            notes.append(error.what)
        else:
            add(
                [
                    knn_accuracy(sides, labels, k, on_progress=read.step("k-NN accuracy")),
                    linear_probe(sides, labels, seed=seed, on_progress=read.step("Linear probe")),
                    silhouette(sides, labels),
                    *cluster_agreement_with_labels(
                        sides, labels, seed=seed, on_progress=read.step("Clusters and labels")
                    ),
                ]
            )
    halves = two_views(corpus, sample_rows(len(corpus), VIEWS, seed), grouped, views)
    if len(halves) >= 2:
        told = read.step("Two views of each row")
        add([two_view_retrieval(sides, halves, on_progress=told), view_overlap(sides, halves, k)])
    else:
        notes.append("The texts are too short to be divided into two views.")
    told = read.step("Looking at the vectors")
    values.extend(geometry_values([geometry(side, told) for side in sides]))
    values.extend(cost_values(sides, read.step("Counting tokens")))
    lists = neighbor_lists(sides, sample, max(k, 10), on_progress=read.step("Finding neighbours"))
    agreeing = agreements(sides, lists, k, seed=seed, on_progress=read.step("Agreement"))
    return Comparison(
        contenders=tuple(sides),
        k=k,
        seed=seed,
        sample=sample,
        groups=grouped,
        values=tuple(values),
        found=tuple(found),
        agreements=agreeing,
        verdict=verdict([side.name for side in sides], values, found),
        row_agreement=row_agreement(lists, k),
        notes=tuple(notes),
    )


def _sides(contenders: Sequence[Space | Contender]) -> list[Contender]:
    """The contenders, spaces with a name of their own."""
    spaces = [each for each in contenders if isinstance(each, Space)]
    names = iter(named(spaces))
    return [SpaceContender(each, next(names)) if isinstance(each, Space) else each for each in contenders]
