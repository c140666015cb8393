"""How stable k-means clusters are: over seeds, and over resamples of the rows, as a whole and one by one."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.clusters import Clustering
from explorer.analysis.resampled import MOST_ROWS, adjusted_rand, resampled, shared_rows
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress, Progress, ignore_progress
from explorer.tensor import VectorIndex
from explorer.tensor.kmeans_rows import distinct_rows

STABLE, DISSOLVED = 0.75, 0.6
"""Mean Jaccard index from which a cluster counts as stable, and below which it is not to be trusted: the
bounds that Hennig gives for `clusterboot` (package fpc of R), with no more claim than that."""

_SEEDS = 8
_RESAMPLES = 20


@dataclass(frozen=True)
class Runs:
    """How several runs of k-means agree, by the adjusted Rand index: 1 for the same clusters, 0 by chance.

    Attributes:
        mean: Its mean.
        low: Its 10th percentile.
        high: Its 90th percentile.
        runs: Number of runs.
    """

    mean: float
    low: float
    high: float
    runs: int


@dataclass(frozen=True, eq=False)
class ClusterStability:
    """How stable k-means clusters are.

    Attributes:
        seeds: Pairs of runs over the same rows from different starts.
        resamples: The clusters beside those of each resample, over the rows in it.
        clusters: For each cluster, the mean over the resamples of the highest Jaccard index with a cluster of
            the resample, from 0 to 1; NaN if no resample has rows of it; float64, shape (k,).
        rows: Number of rows of a resample, repeats included.
    """

    seeds: Runs
    resamples: Runs
    clusters: NDArray[np.float64]
    rows: int


def cluster_stability(
    index: VectorIndex, clustering: Clustering, *, seed: int = 0, on_progress: OnProgress | None = None
) -> ClusterStability:
    """Cluster rows again from 8 other starts, and in 20 bootstrap samples, with the same k.

    Over resamples it is `clusterboot` of Hennig, Cluster-wise assessment of cluster stability, 2007: each
    cluster is compared with the most similar one of each resample, over the rows that were drawn, each once.
    Agreement of whole clusterings is the adjusted Rand index (Hubert and Arabie, 1985). Of more than 5,000
    rows, as many are drawn, which makes clusters look less stable than with all of them.

    Stable clusters need not be separated: see `explorer.analysis.cluster_structure`.

    Args:
        index: The rows.
        clustering: Their clusters by k-means.
        seed: The seed of starts and resamples.
        on_progress: Called often. An exception it raises stops the work.

    Raises:
        QueryError: The clusters are not those of these rows, not by k-means, or merged or split by hand.
    """
    labels, k, metric = clustering.labels, clustering.k, clustering.metric
    if clustering.method != "k-means":
        raise QueryError("Stability is measured for k-means only.", fix="Cluster by k-means.")
    if clustering.edits:
        raise QueryError(
            "Stability is measured for clusters as k-means finds them, not for merged and split ones.",
            fix="Give the clusters as they were found.",
        )
    if len(labels) != len(index):
        raise QueryError(f"There are clusters of {len(labels)} rows for {len(index)} rows.")
    report, steps = on_progress or ignore_progress, itertools.count()

    def step() -> None:
        report(Progress.count("Clustering again", next(steps), _SEEDS + _RESAMPLES, "runs"))

    some = np.random.default_rng(seed).choice(len(index), min(MOST_ROWS, len(index)), replace=False)
    part, runs = index.subset(np.sort(some)), []
    least = len(distinct_rows(part.take(slice(None)), k))
    for other in range(_SEEDS):
        step()
        runs.append(part.kmeans(least, metric=metric, seed=seed + 1 + other).labels)
    pairs = [adjusted_rand(shared_rows(one, other)) for one, other in itertools.combinations(runs, 2)]
    rand, jaccard = [], []
    for table in resampled(index, labels, k, metric, _RESAMPLES, seed):
        step()
        rand.append(adjusted_rand(table))
        jaccard.append(_best_jaccard(table))
    clusters = np.array(jaccard)
    known = ~np.isnan(clusters)
    means = np.where(known, clusters, 0).sum(axis=0) / np.where(known.any(axis=0), known.sum(axis=0), np.nan)
    return ClusterStability(_runs(pairs, _SEEDS), _runs(rand, _RESAMPLES), means, min(MOST_ROWS, len(index)))


def _best_jaccard(table: NDArray[np.int64]) -> NDArray[np.float64]:
    """For each cluster, the highest Jaccard index with one of the other clusters; NaN without rows."""
    either = table.sum(axis=1, keepdims=True) + table.sum(axis=0) - table
    best: NDArray[np.float64] = (table / np.maximum(either, 1)).max(axis=1)
    return np.where(table.any(axis=1), best, np.nan)


def _runs(values: list[float], runs: int) -> Runs:
    low, high = np.quantile(values, (0.1, 0.9))
    return Runs(float(np.mean(values)), float(low), float(high), runs)
