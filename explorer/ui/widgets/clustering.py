"""The clusters of the session: how they are made and named, the same on every page."""

from __future__ import annotations

from dataclasses import dataclass, replace

from explorer.analysis.cluster_edits import Edit, Origin, as_found, labels_digest
from explorer.analysis.cluster_fit import (
    Fit,
    LabelAgreement,
    LabelTable,
    agreement,
    label_table,
    worst_fitting,
)
from explorer.analysis.cluster_words import ClusterSummary, describe
from explorer.analysis.clusters import NOISE, Clustering, cluster
from explorer.analysis.edited_clusters import edit_clusters
from explorer.analysis.image_words import candidate_words, everyday_words, guessed_words
from explorer.analysis.space import Space
from explorer.analysis.specs import ClusterSpec
from explorer.data.corpus import Corpus
from explorer.errors import ExplorerError, JobCancelledError, QueryError
from explorer.jobs.progress import OnProgress, Progress
from explorer.session.clusters import MAX_K, ClusteringKey
from explorer.session.session import Session
from explorer.ui.shell.job_progress import analysis_lane, result_or_progress
from explorer.ui.widgets.shown_rows import ShownRows

_MAX_HDBSCAN_ROWS = 50_000  # its time grows with the square of the rows, and others wait for the lane
_USUAL_K = 8
_WORST = 10
_NAME_WORDS = 3


@dataclass(frozen=True, eq=False)
class Clusters:
    """Clusters of the shown rows, and what a page shows of them.

    Attributes:
        spec: How they were found.
        clustering: The cluster of each row, after merges and splits.
        origins: What each cluster came from, by its number.
        summaries: What is in each, by its number.
        agreement: With the labels; None where there are none.
        label_table: The labels of the rows of each cluster; None where there are none.
        worst: The rows that fit their cluster worst.
        names: The name of each, noise included: the one a person gave it, else its distinctive words; of
            images, a guess from words where the encoder knows words and images.
        guess: How names are guessed, as a sentence, or why they could not be; "" if they are no guesses.
        before: The clusters as they were found, if these were merged or split by hand.
        left_out: Why some of the steps could not be taken, as a sentence; "" if all were.
    """

    spec: ClusterSpec
    clustering: Clustering
    origins: tuple[Origin, ...]
    summaries: tuple[ClusterSummary, ...]
    agreement: LabelAgreement | None
    label_table: LabelTable | None
    worst: tuple[Fit, ...]
    names: dict[int, str]
    guess: str = ""
    before: Clusters | None = None
    left_out: str = ""

    @property
    def found(self) -> Clusters:
        """The clusters as the method found them."""
        return self.before or self

    @property
    def key(self) -> tuple[ClusterSpec, tuple[Edit, ...]]:
        """What they depend on, besides space and rows."""
        return self.spec, self.clustering.edits


def usual_k(corpus: Corpus) -> int:
    """The default k: the number of labels, or a few; never more than the rows allow."""
    most = max(1, (len(corpus) - corpus.repeated) // 2)
    return min(most, corpus.label_count if 2 <= corpus.label_count <= MAX_K else _USUAL_K)


def clusters_or_progress(session: Session, shown_rows: ShownRows) -> Clusters | None:
    """The clusters of the shown rows, as last chosen, merged and split; None while they are being computed.

    Raises:
        QueryError: There are too many rows for the method, or as `cluster`.
    """
    space = shown_rows.space
    spec = session.clusters.choices.get(shown_rows.key) or ClusterSpec(k=usual_k(space.corpus))
    if spec.method == "hdbscan" and len(space) > _MAX_HDBSCAN_ROWS:
        raise QueryError(
            f"HDBSCAN is limited to {_MAX_HDBSCAN_ROWS:,} rows: its time grows with the square of the rows.",
            fix="Use k-means, or choose fewer rows on the Data page.",
        )

    def find(report: OnProgress) -> Clusters:
        found = cluster(space.index, spec, on_progress=report)
        return _described(space, spec, found, tuple(map(as_found, range(found.k))), report)

    lane = analysis_lane(len(space))
    found = result_or_progress(session, ("clusters", shown_rows.key, spec), "Clustering", find, lane=lane)
    if found is None:
        return None
    clustering_key = clustering_key_of(session, shown_rows, spec)
    labels = found.clustering.labels
    session.clusters.meet(clustering_key, session.encoder, lambda: labels_digest(labels))
    found = _with_given_names(session, clustering_key, found)
    _check_linked(session, clustering_key, found)
    edits = session.clusters.edits.get(clustering_key, ())
    if not edits:
        return found
    as_it_was = found.clustering

    def edit(report: OnProgress) -> Clusters:
        edited = edit_clusters(space.index, as_it_was, edits, on_progress=report)
        shown = _described(space, spec, edited.clustering, edited.origins, report)
        if edited.problem is None:
            return shown
        step, last = len(edited.clustering.edits) + 1, len(edits)
        rest = "" if step == last else ", with those after it"
        return replace(shown, left_out=f"Step {step} of {last} is left out{rest}: {edited.problem}")

    shown = result_or_progress(
        session,
        ("edited clusters", shown_rows.key, spec, edits),
        "Merging and splitting clusters",
        edit,
        lane=lane,
    )
    return None if shown is None else replace(_with_given_names(session, clustering_key, shown), before=found)


def clustering_key_of(session: Session, shown_rows: ShownRows, spec: ClusterSpec) -> ClusteringKey:
    """The key under which the session keeps names and edits of the clusters found by a spec."""
    return ClusteringKey(session.spaces[session.encoder].vectors_origin, spec, shown_rows.key)


def _check_linked(session: Session, clustering_key: ClusteringKey, found: Clusters) -> None:
    """Drop the merges and splits of a link that are about other clusters, as other machines may find them."""
    linked = session.clusters.linked.pop(clustering_key, None)
    if linked is not None and linked != labels_digest(found.clustering.labels):
        session.clusters.edit(clustering_key, ())
        session.clusters.notice = (
            clustering_key,
            "This link merges and splits other clusters than those found here. Its steps are left out.",
        )


def _described(
    space: Space, spec: ClusterSpec, found: Clustering, origins: tuple[Origin, ...], report: OnProgress
) -> Clusters:
    report(Progress("Describing the clusters", fraction=1.0))
    labels = space.corpus.labels
    held = table = None
    if labels is not None and any(labels):
        held, table = agreement(labels, found), label_table(labels, found)
    summaries = describe(space, found)
    words = [", ".join(one.name_words[:_NAME_WORDS]) for one in summaries]
    guessed, guess = _guessed(space, found, report)
    if guessed is not None:
        words = [f"perhaps {', '.join(each)}" if each else "" for each in guessed]
    names = {label: f"{label + 1}. {each}" if each else f"{label + 1}" for label, each in enumerate(words)}
    worst = worst_fitting(space.index, found, _WORST)
    return Clusters(
        spec, found, origins, summaries, held, table, worst, {NOISE: "noise", **names}, guess=guess
    )


def _guessed(
    space: Space, found: Clustering, report: OnProgress
) -> tuple[tuple[tuple[str, ...], ...] | None, str]:
    """Words for clusters of images, None where there are none, and what `Clusters.guess` says of them."""
    try:
        guessed = guessed_words(space, found, on_progress=report)
    except JobCancelledError:
        raise
    except ExplorerError as error:  # clusters are worth showing without
        return None, f"Clusters get no words for what is on their images: {error.what}"
    if guessed is None:
        return None, ""
    words = set(candidate_words(space.corpus))
    kind = "everyday words" if words.issuperset(everyday_words()) else "words of captions"
    labels = "labels and " if space.corpus.label_count else ""
    return guessed, (
        f"Names with “perhaps” are guesses: of {len(words):,} {labels}{kind}, those that the encoder places "
        "closest to a cluster’s images, compared with all images."
    )


def _with_given_names(session: Session, clustering_key: ClusteringKey, clusters: Clusters) -> Clusters:
    given = {
        label: name
        for label, origin in enumerate(clusters.origins)
        if (name := session.clusters.names.get((clustering_key, origin))) is not None
    }
    return replace(clusters, names={**clusters.names, **given})
