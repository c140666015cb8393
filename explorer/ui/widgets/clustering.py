"""The clusters of the session: how they are made and named, the same on every page."""

from __future__ import annotations

from dataclasses import dataclass, replace

from explorer.analysis.cluster_fit import Fit, LabelAgreement, agreement, worst_fitting
from explorer.analysis.cluster_words import ClusterSummary, describe
from explorer.analysis.clusters import NOISE, Clustering, cluster
from explorer.analysis.specs import ClusterSpec
from explorer.data.corpus import Corpus
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress, Progress
from explorer.session.session import Session
from explorer.ui.shell.job_progress import analysis_lane, result_or_progress
from explorer.ui.widgets.shown_rows import ShownRows

MAX_K = 60
_MAX_HDBSCAN_ROWS = 50_000  # its time grows with the square of the rows, and others wait for the lane
_USUAL_K = 8
_WORST = 10
_NAME_WORDS = 3


@dataclass(frozen=True, eq=False)
class Clusters:
    """Clusters of the shown rows, and what a page shows of them.

    Attributes:
        spec: How they were made.
        clustering: The cluster of each row.
        summaries: What is in each, by its number.
        agreement: With the labels; None where there are none.
        worst: The rows that fit their cluster worst.
        names: The name of each, noise included: the one a person gave it, else its distinctive words.
    """

    spec: ClusterSpec
    clustering: Clustering
    summaries: tuple[ClusterSummary, ...]
    agreement: LabelAgreement | None
    worst: tuple[Fit, ...]
    names: dict[int, str]


def usual_k(corpus: Corpus) -> int:
    """The default k: the number of labels, or a few; never more than the rows allow."""
    labels = len({label for label in corpus.labels or () if label})
    most = max(1, (len(corpus) - corpus.repeated) // 2)
    return min(most, labels if 2 <= labels <= MAX_K else _USUAL_K)


def clusters_or_progress(session: Session, shown_rows: ShownRows) -> Clusters | None:
    """The clusters of the shown rows, as last chosen; None while they are being computed.

    Raises:
        QueryError: There are too many rows for the method, or as `cluster`.
    """
    space = shown_rows.space
    spec = session.cluster_choices.get(shown_rows.key) or ClusterSpec(k=usual_k(space.corpus))
    if spec.method == "hdbscan" and len(space) > _MAX_HDBSCAN_ROWS:
        raise QueryError(
            f"HDBSCAN is limited to {_MAX_HDBSCAN_ROWS:,} rows: its time grows with the square of the rows.",
            fix="Use k-means, or choose fewer rows on the Data page.",
        )
    labels = space.corpus.labels

    def work(report: OnProgress) -> Clusters:
        found = cluster(space.index, spec, on_progress=report)
        report(Progress("Describing the clusters", fraction=1.0))
        held = agreement(labels, found) if labels is not None and any(labels) else None
        summaries = describe(space, found)
        names = {NOISE: "noise"}
        for one in summaries:
            words = ", ".join(word.text for word in one.words[:_NAME_WORDS])
            names[one.label] = f"{one.label + 1}. {words}" if words else f"{one.label + 1}"
        return Clusters(spec, found, summaries, held, worst_fitting(space.index, found, _WORST), names)

    lane = analysis_lane(len(space))
    found = result_or_progress(session, ("clusters", shown_rows.key, spec), "Clustering", work, lane=lane)
    if found is None:
        return None
    fingerprint = session.spaces[session.encoder].fingerprint
    given = {
        label: name
        for label in found.names
        if (name := session.cluster_names.get((fingerprint, spec, shown_rows.key, label))) is not None
    }
    return replace(found, names={**found.names, **given})
