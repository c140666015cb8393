"""How well clusters fit: compared with labels, and row by row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.clusters import NOISE, Clustering
from explorer.errors import QueryError
from explorer.settings import settings
from explorer.tensor import VectorIndex, pairwise, pick_device

_BLOCK = 16_384  # rows scored with all centroids at a time


@dataclass(frozen=True)
class LabelAgreement:
    """How well clusters and labels agree, with noise counted as one more cluster.

    Attributes:
        ari: Adjusted Rand index: 1 for identical partitions, about 0 for unrelated ones.
        ami: Adjusted mutual information: likewise.
        v_measure: Harmonic mean of homogeneity and completeness, from 0 to 1.
        rows: Rows compared: those with a label.
    """

    ari: float
    ami: float
    v_measure: float
    rows: int


def agreement(labels: Sequence[str], clustering: Clustering) -> LabelAgreement:
    """Compare clusters with labels, by scikit-learn's measures.

    Args:
        labels: The label of each row, "" for none; such rows are left out.
        clustering: Clusters of the same rows.

    Raises:
        QueryError: The number of labels differs from the number of rows, or all labels are "".
    """
    from sklearn import metrics

    if len(labels) != len(clustering.labels):
        raise QueryError(f"There are {len(labels)} labels for {len(clustering.labels)} rows.")
    given = np.array([bool(label) for label in labels], dtype=bool)
    if not given.any():
        raise QueryError("No row has a label.", fix="Choose a label column with values.")
    truth = np.unique(np.asarray(labels, dtype=object)[given].astype(str), return_inverse=True)[1]
    found = clustering.labels[given]
    return LabelAgreement(
        float(metrics.adjusted_rand_score(truth, found)),
        float(metrics.adjusted_mutual_info_score(truth, found)),
        float(metrics.v_measure_score(truth, found)),
        int(given.sum()),
    )


@dataclass(frozen=True, eq=False)
class LabelTable:
    """How many rows have each label in each cluster.

    Attributes:
        labels: The labels, most frequent first, then by name; without "".
        clusters: The clusters, ascending, with −1 for noise last if there is any.
        rows: Counts, int64, shape (labels, clusters).
    """

    labels: tuple[str, ...]
    clusters: tuple[int, ...]
    rows: NDArray[np.int64]


def label_table(labels: Sequence[str], clustering: Clustering) -> LabelTable:
    """Count the rows with each label in each cluster.

    Args:
        labels: The label of each row, "" for none; such rows are left out.
        clustering: Clusters of the same rows.
    """
    given = np.array([bool(label) for label in labels], dtype=bool)
    names, label = np.unique(np.asarray(labels, dtype=object)[given].astype(str), return_inverse=True)
    noise = bool((clustering.labels == NOISE).any())
    cluster = np.where(clustering.labels == NOISE, clustering.k, clustering.labels)[given]
    rows = np.zeros((len(names), clustering.k + noise), dtype=np.int64)
    np.add.at(rows, (label, cluster), 1)
    order = np.argsort(-rows.sum(axis=1), kind="stable")
    clusters = (*range(clustering.k), *([NOISE] if noise else []))
    return LabelTable(tuple(names[order].tolist()), clusters, rows[order])


@dataclass(frozen=True)
class Fit:
    """How well a row fits its cluster.

    Attributes:
        row: The row.
        label: Its cluster.
        next_label: The nearest other cluster.
        margin: From −1 to 1; about 0 on the border between the two, below 0 in the wrong one.
    """

    row: int
    label: int
    next_label: int
    margin: float


def worst_fitting(index: VectorIndex, clustering: Clustering, n: int = 10) -> tuple[Fit, ...]:
    """The rows that fit their cluster worst, worst first; ties in row order.

    The margin is the simplified silhouette (b − a) / max(a, b), where a and b are the distances (1 − cosine
    for `cosine`) to the own and the nearest other centroid. Source: Hruschka, de Castro and Campello,
    Evolutionary algorithms for clustering gene-expression data, 2004.

    Args:
        index: The rows.
        clustering: Their clusters.
        n: How many rows.

    Returns:
        The fits, without noise; none with fewer than two clusters.
    """
    if clustering.k < 2:
        return ()
    own, other, next_label = centroid_distances(index, clustering)
    longer = np.maximum(own, other)
    margin = (other - own) / np.where(longer == 0, 1, longer)
    rows = np.flatnonzero(clustering.labels != NOISE)
    worst = rows[np.argsort(margin[rows], kind="stable")[: max(0, n)]]
    return tuple(
        Fit(int(row), int(clustering.labels[row]), int(next_label[row]), float(margin[row])) for row in worst
    )


def centroid_distances(
    index: VectorIndex, clustering: Clustering
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Distance of each row to its own centroid and to the nearest other one, and the latter's label.

    Returns:
        Euclidean distances, or 1 − cosine; float64, float64 and int64, all of shape (rows,). The own distance
        of noise is NaN; with a single cluster the other distance is infinite and its label −1.
    """
    labels = clustering.labels
    own = np.full(len(labels), np.nan)
    other = np.full(len(labels), np.inf)
    which = np.full(len(labels), NOISE, dtype=np.int64)
    if clustering.k == 0:
        return own, other, which
    device = pick_device(settings().device)
    for start in range(0, len(labels), _BLOCK):
        part = slice(start, start + _BLOCK)
        scores = pairwise(index.take(part), clustering.centroids, clustering.metric, device=device)
        distances = (1.0 if clustering.metric == "cosine" else 0.0) - scores.astype(np.float64)
        distances = np.maximum(distances, 0)  # a cosine can be rounded to above 1
        inside = np.flatnonzero(labels[part] != NOISE)
        own[start + inside] = distances[inside, labels[part][inside]]
        distances[inside, labels[part][inside]] = np.inf
        nearest = distances.argmin(axis=1)
        other[part] = distances[np.arange(len(distances)), nearest]
        which[part] = np.where(np.isinf(other[part]), NOISE, nearest)
    return own, other, which
