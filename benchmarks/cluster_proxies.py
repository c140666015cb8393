"""Proxies of quality that need no labels: whether clusters are stable, and how dense they are.

How often they order two encoders as labels do is measured by `python -m benchmarks.proxies`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.bootstrap import bootstrap_interval
from explorer.comparison.contenders.contender import Contender
from explorer.comparison.measure import Measure, WholeValues
from explorer.comparison.measures.vectors import kmeans_labels, unit_vectors
from explorer.jobs.progress import OnProgress

_DRAWS = 10  # pairs of half-samples

STABILITY = Measure(
    "cluster stability",
    "proxy",
    True,
    "How alike the k-means clusters of two half-samples are on their common rows: adjusted Rand index.",
    "Ben-Hur, Elisseeff and Guyon 2002; Hubert and Arabie 1985; interval: Shao and Wu 1989",
)
COHESION = Measure(
    "cohesion ratio",
    "proxy",
    True,
    "The mean cosine of rows in the same k-means cluster, divided by the mean cosine of all pairs of rows.",
    "arXiv 2511.19350",
)


def cluster_stability(
    contenders: Sequence[Contender],
    rows: NDArray[np.int64],
    k: int = 8,
    *,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> WholeValues:
    """Compare the k-means clusters of half-samples that have half of their rows in common.

    Each of ten draws orders the rows at random; one sample is the first half, the other runs from the first
    to the third quarter. The value is the mean adjusted Rand index on the common rows. A draw is a delete-d
    jackknife of a quarter of the rows, so its standard deviation times √3 estimates the standard error
    (Shao and Wu 1989); it includes the randomness of k-means.

    Args:
        contenders: The contenders; one without vectors has NaN.
        rows: The rows to cluster, such as a sample.
        k: Number of clusters.
        seed: The seed of the draws and of k-means.
        on_progress: Called often. An exception it raises stops the work.
    """
    from scipy.stats import t
    from sklearn.metrics import adjusted_rand_score

    half, quarter = len(rows) // 2, len(rows) // 4
    values, intervals = np.full(len(contenders), np.nan), np.full((len(contenders), 2), np.nan)
    for place, contender in enumerate(contenders):
        if contender.space is None or half - quarter < 2:
            continue
        index, found = contender.space.index, []
        for draw in range(_DRAWS):
            order = rows[np.random.default_rng([seed, draw]).permutation(len(rows))]
            first, second = (
                kmeans_labels(index.subset(part), k, seed=seed + draw, on_progress=on_progress)
                for part in (order[:half], order[quarter : quarter + half])
            )
            found.append(adjusted_rand_score(first[quarter:], second[: half - quarter]))
        values[place] = np.mean(found)
        reach = t.ppf(0.975, _DRAWS - 1) * np.sqrt(3) * np.std(found, ddof=1)
        intervals[place] = values[place] - reach, values[place] + reach
    return WholeValues(STABILITY, values, intervals, len(rows))


def cohesion(
    contenders: Sequence[Contender],
    rows: NDArray[np.int64],
    groups: NDArray[np.int64],
    k: int = 8,
    *,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> WholeValues:
    """The cohesion ratio of k-means clusters: mean cosine within clusters, divided by that of all pairs.

    It means nothing where the mean of all pairs is not above 0, as in a centred space: NaN.

    Args:
        contenders: The contenders; one without vectors has NaN.
        rows: The rows to cluster, such as a sample.
        groups: The group of every row of the corpus; the interval resamples groups, for given clusters.
        k: Number of clusters.
        seed: The seed of k-means and of the interval.
        on_progress: Called often. An exception it raises stops the work.
    """
    values, intervals = np.full(len(contenders), np.nan), np.full((len(contenders), 2), np.nan)
    for place, contender in enumerate(contenders):
        if contender.space is None or len(rows) < 2:
            continue
        part = contender.space.index.subset(rows)
        labels = kmeans_labels(part, k, seed=seed, starts=3, on_progress=on_progress)
        ratio = _cohesion_ratio(unit_vectors(contender.space, rows), labels)
        values[place], *intervals[place] = bootstrap_interval(ratio, groups[rows], seed=seed)
    return WholeValues(COHESION, values, intervals, len(rows))


def _cohesion_ratio(
    vectors: NDArray[np.float64], labels: NDArray[np.int64]
) -> Callable[[NDArray[np.int64]], float]:
    """The cohesion ratio as a function of how often each row counts; a row makes no pair with itself."""
    from scipy.sparse import csr_array

    rows = np.arange(len(labels))
    member = csr_array((np.ones(len(rows)), (labels, rows)), shape=(labels.max() + 1, len(rows)))
    own = np.square(vectors).sum(axis=1)

    def ratio(counts: NDArray[np.int64]) -> float:
        sums = member @ (counts[:, None] * vectors)
        sizes = member @ counts
        repeats = float(counts @ counts)
        selves = float(own @ np.square(counts))
        pairs = np.array([np.square(sizes).sum(), np.square(sizes.sum())]) - repeats
        products = np.array([np.square(sums).sum(), np.square(sums.sum(axis=0)).sum()]) - selves
        if (pairs <= 0).any():
            return np.nan
        within, overall = products / pairs
        return float(within / overall) if overall > 0 else np.nan

    return ratio
