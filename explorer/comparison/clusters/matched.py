"""k-means clusters of several contenders, matched with those of the first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.cluster_words import distinctive_words, words_for_a_name
from explorer.comparison.agreement.agreement import clustering_agreement
from explorer.comparison.agreement.calibration import Agreement
from explorer.comparison.clusters.matching import match
from explorer.comparison.contenders.contender import Contender
from explorer.comparison.measures.vectors import kmeans_labels
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress, Progress, ignore_progress


@dataclass(frozen=True, eq=False)
class MatchedClusters:
    """Clusters of all rows in several contenders; those that share most rows have the same number.

    Attributes:
        labels: The cluster of each row in each contender, from 0, int64, shape (contenders, rows), read-only;
            see `match`.
        words: For each contender, the distinctive words of each of its clusters, best first.
        name_words: Those of them that can name it, as `ClusterSummary` has them.
        agreement: The adjusted Rand index of all pairs of contenders, beside what permuted rows give.
    """

    labels: NDArray[np.int64]
    words: tuple[dict[int, tuple[str, ...]], ...]
    name_words: tuple[dict[int, tuple[str, ...]], ...]
    agreement: Agreement

    def __post_init__(self) -> None:
        self.labels.flags.writeable = False  # visitors share it


def matched_clusters(
    contenders: Sequence[Contender], k: int, *, seed: int = 0, on_progress: OnProgress | None = None
) -> MatchedClusters:
    """Cluster the rows of each contender by spherical k-means, and match the clusters with the first's.

    Args:
        contenders: Contenders with vectors over the same rows, one or more.
        k: Number of clusters; reduced to the number of distinct directions.
        seed: The seed of k-means and of the permutations.
        on_progress: Called often. An exception it raises stops the work.

    Raises:
        QueryError: k is below 1, or a contender has no vectors.
    """
    if k < 1:
        raise QueryError(f"{k} clusters were asked for.", fix="Ask for 1 or more.")
    report, steps = on_progress or ignore_progress, 2 * len(contenders)
    found: list[NDArray[np.int64]] = []
    for done, contender in enumerate(contenders):
        if contender.space is None:
            raise QueryError("There are no vectors to cluster.", where=contender.name)

        def told(progress: Progress, done: int = done) -> None:
            report(replace(progress, fraction=(done + progress.fraction) / steps))

        found.append(kmeans_labels(contender.space.index, k, seed=seed, on_progress=told))
    labels = match(found)
    words, name_words = [], []
    for done, own in enumerate(labels, start=len(labels)):
        report(Progress("Finding distinctive words", fraction=done / steps))
        telling = distinctive_words(contenders[0].corpus.texts, own)
        words.append({cluster: tuple(word.text for word in some) for cluster, some in telling.items()})
        sizes = {cluster: int((own == cluster).sum()) for cluster in telling}
        name_words.append(
            {
                cluster: words_for_a_name(some, sizes[cluster], len(own) - sizes[cluster])
                for cluster, some in telling.items()
            }
        )
    agreement = clustering_agreement(labels, len(labels[0]), seed=seed)
    return MatchedClusters(np.stack(labels), tuple(words), tuple(name_words), agreement)
