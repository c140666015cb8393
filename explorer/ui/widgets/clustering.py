"""The clusters of the session: what makes them, and what they are called, the same on every page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from explorer.analysis.cluster_fit import Fit, LabelAgreement, agreement, worst_fitting
from explorer.analysis.cluster_words import ClusterSummary, describe
from explorer.analysis.clusters import NOISE, Clustering, cluster, cluster_by_density
from explorer.data.corpus import Corpus
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress, counting
from explorer.session.session import Session
from explorer.ui.shell.job_progress import analysis_lane, result_or_progress
from explorer.ui.widgets.distance import Distance
from explorer.ui.widgets.shown_rows import Scope

MAX_K = 60
_MOST_DENSITY_ROWS = 20_000
_USUAL_K = 8
_WORST = 10
_NAME_WORDS = 3


@dataclass(frozen=True)
class ClusterChoice:
    """What makes clusters: equal choices, equal clusters.

    Attributes:
        method: `k-means` or `hdbscan`.
        number: The number of clusters (k-means), or the fewest rows of one (HDBSCAN).
        metric: The distance.
        seed: Of k-means.
    """

    method: Literal["k-means", "hdbscan"]
    number: int
    metric: Distance
    seed: int


@dataclass(frozen=True, eq=False)
class Clusters:
    """Clusters of the rows in scope, and what a page shows of them.

    Attributes:
        choice: What made them.
        clustering: The cluster of each row.
        summaries: What is in each, by its number.
        agreement: With the labels; None where there are none.
        worst: The rows that fit worst.
        names: What each is called: as a person named it, else its words; noise too.
    """

    choice: ClusterChoice
    clustering: Clustering
    summaries: tuple[ClusterSummary, ...]
    agreement: LabelAgreement | None
    worst: tuple[Fit, ...]
    names: dict[int, str]


def usual_k(corpus: Corpus) -> int:
    """The k to begin with: as many as there are labels, or a few; never more than the rows allow."""
    labels = len({label for label in corpus.labels or () if label})
    most = max(1, (len(corpus) - corpus.repeated) // 2)
    return min(most, labels if 2 <= labels <= MAX_K else _USUAL_K)


def clusters_or_progress(session: Session, scope: Scope) -> Clusters | None:
    """The clusters of the rows in scope, as chosen last; None while they are under way.

    Raises:
        QueryError: There are too many rows for the method, or as `cluster`.
    """
    space = scope.space
    usual = ClusterChoice("k-means", usual_k(space.corpus), "cosine", 0)
    choice = session.cluster_choices.get(scope.key, usual)
    if choice.method == "hdbscan" and len(space) > _MOST_DENSITY_ROWS:
        raise QueryError(
            f"HDBSCAN takes up to {_MOST_DENSITY_ROWS:,} rows here, since it cannot be stopped once it runs.",
            fix="Use k-means, or fewer rows (Data page).",
        )
    labels = space.corpus.labels

    def work(say: OnProgress) -> Clusters:
        tick = counting(say, "Clustering", "steps")
        if choice.method == "k-means":
            found = cluster(space, choice.number, metric=choice.metric, seed=choice.seed, on_progress=tick)
        else:
            found = cluster_by_density(space, choice.number, metric=choice.metric)
        tick(1, 1)
        held = agreement(labels, found) if labels is not None and any(labels) else None
        summaries = describe(space, found)
        names = {NOISE: "noise"}
        for one in summaries:
            words = ", ".join(word.text for word in one.words[:_NAME_WORDS])
            names[one.label] = f"{one.label + 1}. {words}" if words else f"{one.label + 1}"
        return Clusters(choice, found, summaries, held, worst_fitting(space, found, _WORST), names)

    lane = analysis_lane(len(space))
    found = result_or_progress(session, ("clusters", scope.key, choice), "Clustering", work, lane=lane)
    if found is None:
        return None
    fingerprint = session.spaces[session.encoder].fingerprint
    given = {
        label: name
        for label in found.names
        if (name := session.cluster_names.get((fingerprint, choice, scope.key, label))) is not None
    }
    return replace(found, names={**found.names, **given})
