"""Whether a bootstrap's 95 % intervals of AMI and V-measure would cover the value of all rows there could be.

By simulation: rows with a label and a cluster, drawn from a known joint distribution (the clusters are given,
as the intervals take them), and rows with a label and a vector, whose clusters k-means finds anew in each
sample. Of many rows, both measures have the same value: 2 × mutual information / the sum of both entropies.
Of few rows with given clusters both are larger on average: V-measure since some agreement is chance, AMI
since it is a share of what lies above chance, which is less.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy
from sklearn.metrics import adjusted_mutual_info_score, v_measure_score
from sklearn.metrics.cluster import expected_mutual_information

from benchmarks.bootstrap import Counts, bootstrap_interval
from benchmarks.results import record
from benchmarks.simulated_values import group_sizes
from explorer.analysis.space import make_index
from explorer.comparison.measures.vectors import kmeans_labels

SAMPLES = 300  # a coverage of 95 % is known to ± 2.5 %
ALL = 20_000  # rows that stand for all there could be, where clusters are found anew
DIMS = 16

Codes = NDArray[np.int64]
Draw = Callable[[np.random.Generator, int], tuple[Codes, Codes]]
"""Draws rows: takes the generator and their number, and gives labels and clusters."""


def joint(labels: int, right: float) -> NDArray[np.float64]:
    """The chance of each label and cluster: labels of unequal size, a share of each in its own cluster."""
    sizes = np.arange(labels, 0, -1) / (labels * (labels + 1) / 2)
    inside = np.full((labels, labels), (1 - right) / labels) + right * np.eye(labels)
    return sizes[:, None] * inside


def _shared(table: NDArray[np.float64]) -> tuple[float, float]:
    """The mutual information of a table of shares, and the mean of both entropies."""
    rows, columns = table.sum(1), table.sum(0)
    there = table > 0
    shared = (table[there] * np.log(table[there] / np.outer(rows, columns)[there])).sum()
    return float(shared), float(-(xlogy(rows, rows).sum() + xlogy(columns, columns).sum()) / 2)


def ami(labels: Codes, clusters: Codes) -> float:
    """scikit-learn's `adjusted_mutual_info_score`, without what it takes to check its input 300,000 times."""
    table = _table(labels, clusters)
    information, entropy = _shared(table / len(labels))
    chance = float(expected_mutual_information(table, len(labels)))
    return (information - chance) / (entropy - chance)


def v_measure(labels: Codes, clusters: Codes) -> float:
    """scikit-learn's `v_measure_score`."""
    information, entropy = _shared(_table(labels, clusters) / len(labels))
    return information / entropy


def _table(labels: Codes, clusters: Codes) -> Codes:
    width = int(max(labels.max(), clusters.max())) + 1
    table = np.bincount(width * labels + clusters, minlength=width**2).reshape(width, width)
    return table[table.any(1)][:, table.any(0)]


SCORES = {"AMI": ami, "V-measure": v_measure}


def given(labels: int, right: float) -> tuple[Draw, float]:
    """Clusters that are given, and the true value."""
    chances = joint(labels, right)

    def draw(rng: np.random.Generator, rows: int) -> tuple[Codes, Codes]:
        found = rng.choice(labels**2, rows, p=chances.ravel())
        return found // labels, found % labels

    information, entropy = _shared(chances)
    return draw, information / entropy


def found_anew(labels: int, noise: float) -> tuple[Draw, float]:
    """Clusters that k-means finds in vectors around a centre for each label, and the value of many rows."""
    centres = np.random.default_rng(0).normal(size=(labels, DIMS))
    sizes = joint(labels, 0).sum(1)

    def draw(rng: np.random.Generator, rows: int) -> tuple[Codes, Codes]:
        codes = rng.choice(labels, rows, p=sizes)
        vectors = centres[codes] + noise * rng.normal(size=(rows, DIMS))
        return codes, kmeans_labels(make_index(vectors.astype(np.float32)), labels, seed=0, starts=3)

    return draw, ami(*draw(np.random.default_rng(1), ALL))


def settings() -> Iterator[tuple[str, Draw, float, int, bool]]:
    """What is simulated: its name, rows, true value, number of groups, and whether each is one row."""
    for labels, right in ((5, 0.7), (12, 0.6)):
        draw, truth = given(labels, right)
        for groups in (100, 600):
            yield f"{labels} labels, {groups} rows", draw, truth, groups, True
        yield f"{labels} labels, 100 groups of 1 to 5", draw, truth, 100, False
    for labels, noise in ((5, 1.0), (12, 1.0)):
        draw, truth = found_anew(labels, noise)
        for rows in (100, 600):
            yield f"{labels} labels, {rows} rows, clusters found anew", draw, truth, rows, True


def partition_interval(
    score: Callable[[Codes, Codes], float],
    labels: Codes,
    clusters: Codes,
    groups: Codes,
    *,
    seed: int = 0,
) -> tuple[float, float, float]:
    """A score of labels and clusters, and its 95 % interval; see `bootstrap_interval`.

    Args:
        score: Takes the labels and the clusters of rows.
        labels: The label of each row, shape (rows,).
        clusters: Its cluster.
        groups: Its group.
        seed: The seed of resamples.
    """

    def resampled(counts: Counts) -> float:
        return float(score(np.repeat(labels, counts), np.repeat(clusters, counts)))

    return bootstrap_interval(resampled, groups, seed=seed)


def main() -> None:
    """Print the coverage and the bias of both measures."""
    figures: dict[str, float | str] = {}
    some = given(5, 0.7)[0](np.random.default_rng(0), 60)
    np.testing.assert_allclose(ami(*some), adjusted_mutual_info_score(*some))
    np.testing.assert_allclose(v_measure(*some), v_measure_score(*some))
    started = time.perf_counter()
    print(f"95 % intervals, {SAMPLES} samples each: how many cover the value of many rows, how many the mean")
    print("value of as few rows, and how much larger that mean is than the value of many rows:")
    print(f"{'':46}{'many':>7}" + "".join(f"{name:>12}{'mean':>8}{'larger':>9}" for name in SCORES))
    for about, draw, truth, groups, equal in settings():
        rng = np.random.default_rng(2)
        found = np.empty((len(SCORES), SAMPLES, 3))  # values, low and high ends
        for seed in range(SAMPLES):
            sizes = group_sizes(rng, groups, equal=equal)
            labels, clusters = (np.repeat(codes, sizes) for codes in draw(rng, groups))
            numbers = np.repeat(np.arange(groups), sizes)
            for which, score in enumerate(SCORES.values()):
                found[which, seed] = partition_interval(score, labels, clusters, numbers, seed=seed)
        line = f"{about:46}{truth:7.3f}"
        for name, (values, low, high) in zip(SCORES, found.transpose(0, 2, 1), strict=True):
            mean = values.mean()
            of_many, of_few = (float(((low <= one) & (one <= high)).mean()) for one in (truth, mean))
            line += f"{of_many:12.1%}{of_few:8.1%}{mean - truth:+9.3f}"
            figures[f"coverage of the value of many rows, {name}, {about}, %"] = 100 * of_many
            figures[f"coverage of the mean value of as few rows, {name}, {about}, %"] = 100 * of_few
            figures[f"mean value − value of many rows, {name}, {about}"] = float(mean - truth)
        print(line, flush=True)
    print(f"\n{time.perf_counter() - started:.0f} s")
    record("cluster_intervals", figures)


if __name__ == "__main__":
    main()
