"""Comparing contenders: what is measured, on which rows, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.comparison.agreement.agreement import (
    DEPTH as LIST_DEPTH,
)
from explorer.comparison.agreement.agreement import (
    cka_agreement,
    cluster_agreement,
    neighbor_agreement,
    procrustes_agreement,
    rank_agreement,
)
from explorer.comparison.agreement.calibration import Agreement
from explorer.comparison.agreement.disagreement import rows_by_agreement
from explorer.comparison.comparison import Comparison
from explorer.comparison.contenders.checking import check_contenders
from explorer.comparison.contenders.contender import Contender
from explorer.comparison.contenders.failure import Failure, OnFailure
from explorer.comparison.contenders.names import named
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.health.costs import cost_values, costs
from explorer.comparison.health.doctor import Finding, findings
from explorer.comparison.health.geometry import geometry, geometry_values
from explorer.comparison.judging.judgement_files import (
    Columns,
    Content,
    FromFile,
    read_judgements,
    read_pairs,
)
from explorer.comparison.judging.judgements import Judgements, ScoredPairs
from explorer.comparison.judging.retrieval import DEPTH, pair_correlations, retrieval, search_all
from explorer.comparison.measure import Kind, UnitValues, WholeValues
from explorer.comparison.measures.captions import caption_measures, captioned_rows
from explorer.comparison.measures.chance import two_view_chance
from explorer.comparison.measures.groups import groups_of, near_copies, sample_rows
from explorer.comparison.measures.label_measures import (
    cluster_agreement_with_labels,
    knn_accuracy,
    linear_probe,
    silhouette,
)
from explorer.comparison.measures.labelled import labelled
from explorer.comparison.measures.neighbors import NeighborLists, neighbor_lists
from explorer.comparison.measures.two_view import two_view_measures
from explorer.comparison.measures.views import VIEW_ROWS, two_views
from explorer.comparison.memory import comparison_bytes
from explorer.comparison.scores import measured_intervals
from explorer.comparison.statistics.differences import Difference, differences
from explorer.comparison.statistics.verdict import verdict
from explorer.comparison.steps import Steps
from explorer.encode.queries import QueryVectors
from explorer.errors import QueryError
from explorer.jobs.memory_limit import require_memory
from explorer.jobs.progress import OnProgress

_FEWEST_CAPTIONS = 2
SAMPLE = 2_000  # rows that are measured: a share of them has a 95 % interval of about ±2 points
_MATRIX_ROWS = 1_000  # rows whose matrices are compared: the work grows with the cube of the smaller side


def compare(
    contenders: Sequence[Space | Contender],
    *,
    judgements: object = None,
    pairs: object = None,
    groups: str | None = None,
    views: tuple[str, str] | None = None,
    k: int = 10,
    seed: int = 0,
    query_vectors: QueryVectors | None = None,
    on_progress: OnProgress | None = None,
) -> Comparison:
    """Compare encoders, or other ways to rank rows, over one corpus.

    Rows are measured on a random sample of at most 2,000; their neighbours are found among all rows. Labels
    are those of the corpus. A contender that fails on the judged queries, the pairs or the views, such as a
    server that does not answer, has no figures there (`failures` says why), and the others are compared.

    Args:
        contenders: 2 to 8 spaces or other contenders over the same rows.
        judgements: Which rows are relevant to which queries: `Judgements`, or anything `read_judgements`
            takes, such as the path of a CSV file or of TREC qrels; None for none. Numbers of rows are those
            on the screen, from 1, unless one of them is 0. Lines that cannot be used are noted.
        pairs: Pairs of texts with scores: `ScoredPairs`, or anything `read_pairs` takes; None for none.
        groups: The column that names the group of a row, such as its document: rows of one group are not
            independent. With None, rows whose texts are nearly the same form a group.
        views: Two columns, such as title and body, that should find each other; None for the two halves of
            each text. Of images, captions are used in place of views.
        k: Neighbours per row, and the depth of recall.
        seed: The seed of samples, resamples and permutations.
        query_vectors: Vectors of earlier queries, to which those of judged ones are added; None to keep none.
        on_progress: Called often. An exception it raises stops the work.

    Raises:
        QueryError: The contenders cannot be compared, or k is below 1.
        DataError: The judgements or pairs cannot be read, or a column is missing.
        NotEnoughMemoryError: The comparison does not fit in memory.
    """
    if k < 1:
        raise QueryError(f"{k} neighbours were asked for.", fix="Ask for 1 or more.")
    sides = _sides(contenders)
    check_contenders(sides)
    corpus = sides[0].corpus
    sample = sample_rows(len(corpus), SAMPLE, seed)
    needed = comparison_bytes(len(corpus), len(sample))
    require_memory(needed, f"A comparison over {len(corpus):,} rows", "Compare over fewer rows.")
    steps = Steps(on_progress, 6 + (judgements is not None) + (pairs is not None) + 3 * bool(corpus.labels))
    told = steps.next()
    grouped = near_copies(corpus, on_progress=told) if groups is None else groups_of(corpus, groups)
    lists = neighbor_lists(sides, sample, LIST_DEPTH * k, on_progress=steps.next())
    run = _Run(sides, k, seed, sample, grouped, steps, query_vectors or QueryVectors())
    if judgements is not None:
        run.judge(
            judgements
            if isinstance(judgements, Judgements)
            else run.usable("judgements", read_judgements(judgements, corpus))
        )
    if pairs is not None:
        run.correlate(pairs if isinstance(pairs, ScoredPairs) else run.usable("pairs", read_pairs(pairs)))
    if corpus.labels is not None:
        run.use_labels(lists)
    if any(side.corpus.images is not None for side in sides):
        run.use_captions()
    else:
        run.use_views(views)
    run.describe()
    return Comparison(
        contenders=tuple(sides),
        k=k,
        seed=seed,
        sample=run.sample,
        groups=grouped,
        values=tuple(run.values),
        intervals=tuple(measured_intervals(values) for values in run.values),
        found=tuple(run.found),
        agreements=run.agreements(lists),
        verdict=verdict(
            [side.name for side in sides],
            run.values,
            run.found,
            run.failures,
            rows=len(corpus),
            grouped_by=groups,
        ),
        neighbors=lists.nearest(max(k, DEPTH)),
        row_agreement=rows_by_agreement(lists, k),
        findings=tuple(run.findings),
        failures=tuple(run.failures),
        notes=tuple(run.notes),
        grouped_by=groups,
        views=views,
        judgements=run.judgements,
        rankings=run.rankings,
        pairs=run.pairs,
    )


def _sides(contenders: Sequence[Space | Contender]) -> list[Contender]:
    """The contenders, with a name for each space."""
    for each in contenders:
        if not hasattr(each, "neighbors"):
            raise QueryError(
                f"{each!r:.60} is no contender.",
                fix="Give spaces, as explorer.embed makes them, or Bm25Contender(corpus).",
            )
    names = iter(named([each for each in contenders if isinstance(each, Space)]))
    return [SpaceContender(each, next(names)) if isinstance(each, Space) else each for each in contenders]


@dataclass
class _Run:
    """What is measured so far."""

    sides: Sequence[Contender]
    k: int
    seed: int
    sample: NDArray[np.int64]
    groups: NDArray[np.int64]
    steps: Steps
    query_vectors: QueryVectors
    values: list[UnitValues | WholeValues] = field(default_factory=list)
    found: list[Difference] = field(default_factory=list)
    judgements: Judgements | None = None
    rankings: NDArray[np.int64] | None = None
    pairs: ScoredPairs | None = None
    findings: list[tuple[Finding, ...]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def failing(self, kind: Kind) -> OnFailure:
        """Keeps the errors of contenders that fail while figures of one kind are measured."""
        return lambda place, error: self.failures.append(Failure(place, kind, error))

    def usable(self, what: str, read: FromFile[Content, Columns]) -> Content:
        """What a file holds; its lines that cannot be used are noted."""
        if read.bad:
            line = read.examples[0]
            self.notes.append(
                f"{read.bad:,} of {read.lines:,} {what} cannot be used; line {line.number:,}: {line.reason}."
            )
        return read.content

    def judge(self, judgements: Judgements) -> None:
        """Measure how well the contenders find the rows judged relevant."""
        depth, self.judgements = max(self.k, DEPTH), judgements
        rankings = search_all(
            self.sides,
            judgements.queries,
            depth,
            query_vectors=self.query_vectors,
            on_failure=self.failing("judgements"),
            on_progress=self.steps.next(),
        )
        self.rankings = rankings
        retrieved = retrieval(rankings, judgements, k=self.k)
        self._add(retrieved.values)
        failed = {failure.contender for failure in self.failures}
        without = [
            side.name
            for place, side in enumerate(self.sides)
            if place not in failed and (rankings[place] == -1).all()
        ]
        if without:
            self.notes.append(f"Without an encoder for queries, so not judged: {', '.join(without)}.")
        if retrieved.left_out:
            self.notes.append(f"Queries without a relevant row are left out: {retrieved.left_out:,}.")

    def correlate(self, pairs: ScoredPairs) -> None:
        """Measure how well the contenders score pairs of texts."""
        self.pairs = pairs
        scored = pair_correlations(
            self.sides,
            pairs,
            seed=self.seed,
            on_failure=self.failing("pairs"),
            on_progress=self.steps.next(),
        )
        self.values += scored.values
        self.found += scored.differences

    def use_labels(self, lists: NeighborLists) -> None:
        """Measure how well the contenders fit the labels, if the labels allow it."""
        told = [self.steps.next() for _ in range(3)]
        try:
            labels = labelled(self.sides[0].corpus, self.sample, self.groups)
        except QueryError as error:
            self.notes.append(f"Labels are not used. {error.what}")
            return
        self._add(
            [
                knn_accuracy(self.sides, labels, self.k, lists=lists, on_progress=told[0]),
                linear_probe(self.sides, labels, seed=self.seed, on_progress=told[1]),
                silhouette(self.sides, labels),
                *cluster_agreement_with_labels(self.sides, labels, seed=self.seed, on_progress=told[2]),
            ]
        )

    def use_captions(self) -> None:
        """Measure how well captions and images find each other, if there are two rows with both."""
        told = self.steps.next()
        corpus = next(side.corpus for side in self.sides if side.corpus.images is not None)
        rows = captioned_rows(corpus, sample_rows(len(corpus), VIEW_ROWS, self.seed))
        if len(rows) < _FEWEST_CAPTIONS:
            self.notes.append("Captions are not used: fewer than two images have one.")
            return
        self._add(
            caption_measures(
                self.sides,
                rows,
                self.groups,
                query_vectors=self.query_vectors,
                on_failure=self.failing("captions"),
                on_progress=told,
            )
        )

    def use_views(self, columns: tuple[str, str] | None) -> None:
        """Measure how well two views of a row find each other, if there are rows long enough."""
        corpus = self.sides[0].corpus
        rows = sample_rows(len(corpus), VIEW_ROWS, self.seed)
        views = two_views(corpus, rows, self.groups, columns)
        if len(views) < 2:
            self.notes.append("Two-view measures are left out: the texts are too short to be divided.")
            return
        measured = two_view_measures(
            self.sides, views, self.k, on_failure=self.failing("proxy"), on_progress=self.steps.next()
        )
        by_chance = zip(measured, two_view_chance(views, self.k), strict=True)
        self._add([replace(each, measure=replace(each.measure, chance=value)) for each, value in by_chance])

    def describe(self) -> None:
        """Describe the vectors and what they cost, and look for faults in both."""
        told = self.steps.next()
        seen = [geometry(side, told) for side in self.sides]
        cost = costs(self.sides, self.steps.next())
        self.values += [*geometry_values(seen), *cost_values(cost)]
        self.findings += map(findings, self.sides, seen, cost)

    def agreements(self, lists: NeighborLists) -> dict[str, Agreement]:
        """Measure how far the contenders agree: by neighbours, and by matrices of fewer rows."""
        rows = lists.rows[np.sort(sample_rows(len(lists.rows), _MATRIX_ROWS, self.seed))]
        sides, seed, told = self.sides, self.seed, self.steps.next()
        found = {"jaccard": neighbor_agreement(lists, self.k, seed=seed, on_progress=told)}
        if self.k > 1:
            found["rbo"] = rank_agreement(lists, self.k, seed=seed, on_progress=told)
        found["cka"] = cka_agreement(sides, rows, seed=seed, on_progress=told)
        found["procrustes"] = procrustes_agreement(sides, rows, seed=seed, on_progress=told)
        found["ari"] = cluster_agreement(sides, lists.rows, seed=seed, on_progress=told)
        return found

    def _add(self, measured: Sequence[UnitValues | WholeValues]) -> None:
        """Add measures of one family, with the differences of those that are means over units."""
        self.values += measured
        family = [values for values in measured if isinstance(values, UnitValues)]
        self.found += differences(family, seed=self.seed)
