"""The clusters of several contenders that the views of clusters and of maps share, and their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from explorer.comparison.clusters.matched import MatchedClusters, matched_clusters
from explorer.jobs.progress import OnProgress
from explorer.session.clusters import MAX_K
from explorer.ui.shell.job_progress import analysis_lane, session_result_or_progress
from explorer.ui.widgets.clustering import usual_k
from explorer.ui.widgets.linked_number import linked_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from explorer.comparison.comparison import Comparison
    from explorer.data.corpus import Corpus
    from explorer.session.session import Session

_K = "compare-clusters"
_NAME_WORDS = 3


def choose_k(corpus: Corpus) -> int:
    """Draw the choice of the number of clusters and return it."""
    most = min(MAX_K, len(corpus))
    return linked_number(
        "Number of clusters (k)",
        1,
        most,
        usual_k(corpus),
        key=_K,
        width=190,
        about="The same for every contender: the number of labels unless you choose another.",
    )


def matched_or_progress(
    session: Session, comparison: Comparison, places: Sequence[int], k: int
) -> MatchedClusters | None:
    """The clusters of some contenders, matched with those of the first; None while they are computed."""
    sides = [comparison.contenders[place] for place in places]
    rows = len(comparison.corpus)

    def work(on_progress: OnProgress) -> MatchedClusters:
        return matched_clusters(sides, k, on_progress=on_progress)

    key = ("matched clusters", k, tuple(side.fingerprint for side in sides), comparison.corpus.fingerprint)
    title = f"Clusters of {len(sides)} contenders"
    return session_result_or_progress(session, key, title, work, lane=analysis_lane(rows), here=True)


def cluster_names(found: MatchedClusters, at: int) -> dict[int, str]:
    """The names of the clusters of a contender, by their numbers, as the Clusters page would name them.

    Args:
        found: The clusters.
        at: The position of the contender in `found`.
    """
    words = found.name_words[at]
    names = {}
    for cluster in np.unique(found.labels[at]).tolist():
        telling = ", ".join(words.get(cluster, ())[:_NAME_WORDS])
        names[cluster] = f"{cluster + 1}. {telling}" if telling else f"{cluster + 1}"
    return names
