"""Clusters merged and split by hand: the rows, centroids and inertia of what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.cluster_edits import Edit, Merge, Origin, Split, as_found, merged_from, part_of
from explorer.analysis.clusters import NOISE, Clustering, scaled_for
from explorer.analysis.specs import Distance
from explorer.data.tables.values import count
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress, Progress, ignore_progress
from explorer.tensor import VectorIndex
from explorer.tensor.kmeans_rows import distinct_rows
from explorer.tensor.matrices import blocks
from explorer.tensor.vector_index import OnSteps

_BLOCK = 1 << 24  # numbers of a block of rows in float64: 128 MB


@dataclass(frozen=True, eq=False)
class EditedClusters:
    """Clusters after they were merged and split by hand.

    Attributes:
        clustering: The clusters, largest first; its `edits` are the steps that were taken.
        origins: What each came from, by its number.
        problem: Why a step could not be taken, nor those after it; None if all were.
    """

    clustering: Clustering
    origins: tuple[Origin, ...]
    problem: QueryError | None


@dataclass(frozen=True, eq=False)
class _Group:
    """One cluster on the way: where it came from, its rows, ascending, and its centroid, shape (dims,)."""

    origin: Origin
    rows: NDArray[np.int64]
    centroid: NDArray[np.float32]


def edit_clusters(
    index: VectorIndex, found: Clustering, edits: Sequence[Edit], *, on_progress: OnProgress | None = None
) -> EditedClusters:
    """Merge and split clusters, one step after the other.

    The centroid of merged clusters is the mean of their rows; for `cosine`, of the rows scaled to length 1,
    and then scaled itself. A cluster is split by k-means of its rows with the metric and the seed of the
    clustering, also a cluster by HDBSCAN: density has no number of parts to ask for. Clusters that no step
    names keep their centroid, and noise stays noise. After each step clusters are numbered anew, largest
    first; in a tie, a cluster that was there comes before one that the step made.

    Args:
        index: The rows.
        found: Their clusters, as `cluster` found them.
        edits: The steps; each names clusters by their numbers after the step before.
        on_progress: Called often. An exception it raises stops the work.

    Returns:
        The clusters after the last step that fits: the first that does not, because it names a cluster that
        is not there or one of too few distinct rows, and those after it are left out. The same steps give
        the same clusters.

    Raises:
        QueryError: The clusters are not those of these rows, or were merged or split already.
    """
    if len(found.labels) != len(index):
        raise QueryError(f"There are clusters of {len(found.labels)} rows for {len(index)} rows.")
    if found.edits:
        raise QueryError(
            "These clusters were merged or split already.",
            fix="Give the clusters as they were found, and all steps.",
        )
    report, seed = on_progress or ignore_progress, found.seed or 0
    groups = [_Group(as_found(label), found.rows(label), found.centroids[label]) for label in range(found.k)]
    problem = None
    taken: list[Edit] = []
    for edit in edits:
        progress = Progress.count("Merging and splitting", len(taken), len(edits), "steps")
        report(progress)

        def tick(_done: int, _total: int, progress: Progress = progress) -> None:
            report(progress)

        try:
            if isinstance(edit, Merge):
                groups = _merged(index, groups, edit, found.metric)
            else:
                groups = _split(index, groups, edit, found.metric, seed, tick)
        except QueryError as error:
            problem = error
            break
        groups.sort(key=lambda group: -len(group.rows))
        taken.append(edit)
    labels = np.full(len(index), NOISE, dtype=np.int64)
    for label, group in enumerate(groups):
        labels[group.rows] = label
    centroids = np.stack([group.centroid for group in groups]) if groups else found.centroids
    clustering = replace(
        found,
        labels=labels,
        centroids=centroids,
        inertia=_inertia(index, labels, centroids, found.metric) if taken else found.inertia,
        k=len(groups),
        edits=tuple(taken),
    )
    return EditedClusters(clustering, tuple(group.origin for group in groups), problem)


def _merged(index: VectorIndex, groups: Sequence[_Group], edit: Merge, metric: Distance) -> list[_Group]:
    _check_exists(groups, edit.clusters[-1])
    chosen = [groups[cluster] for cluster in edit.clusters]
    rows = np.sort(np.concatenate([group.rows for group in chosen]))
    made = _Group(merged_from([group.origin for group in chosen]), rows, _centroid(index, rows, metric))
    return [*(group for group in groups if group not in chosen), made]


def _split(
    index: VectorIndex, groups: Sequence[_Group], edit: Split, metric: Distance, seed: int, on_steps: OnSteps
) -> list[_Group]:
    _check_exists(groups, edit.cluster)
    whole = groups[edit.cluster]
    inside = index.subset(whole.rows)
    different = len(distinct_rows(scaled_for(inside.take(slice(None)), metric), edit.parts))
    if different < edit.parts:
        raise QueryError(
            f"Cluster {edit.cluster + 1} cannot be split into {edit.parts}: it has only "
            f"{count(different, 'distinct row')}.",
            fix=f"Split it into {different}." if different > 1 else "",
        )
    parts = inside.kmeans(edit.parts, metric=metric, seed=seed, on_progress=on_steps)
    sizes = np.bincount(parts.labels, minlength=edit.parts)
    if not sizes.all():
        raise QueryError(
            f"Cluster {edit.cluster + 1} cannot be split into {edit.parts}: its rows differ too little.",
            fix="Split it into fewer.",
        )
    made = [
        _Group(
            part_of(whole.origin, place, edit.parts),
            whole.rows[parts.labels == label],
            parts.centroids[label],
        )
        for place, label in enumerate(np.argsort(-sizes, kind="stable").tolist())
    ]
    return [*(group for group in groups if group is not whole), *made]


def _check_exists(groups: Sequence[_Group], cluster: int) -> None:
    if cluster >= len(groups):
        few = f"they go from 1 to {len(groups):,}" if groups else "there are none"
        raise QueryError(f"There is no cluster {cluster + 1:,} to merge or split: {few}.")


def _centroid(index: VectorIndex, rows: NDArray[np.int64], metric: Distance) -> NDArray[np.float32]:
    """See `edit_clusters`; the mean is taken in float64."""
    total = np.zeros(index.dims)
    for start, stop in blocks(len(rows), index.dims, _BLOCK):
        total += scaled_for(index.take(rows[start:stop]), metric).sum(axis=0, dtype=np.float64)
    mean = total / len(rows)
    length = np.linalg.norm(mean) if metric == "cosine" else 1.0
    centroid: NDArray[np.float32] = (mean / (length or 1.0)).astype(np.float32)
    return centroid


def _inertia(
    index: VectorIndex, labels: NDArray[np.int64], centroids: NDArray[np.float32], metric: Distance
) -> float:
    """See `Clustering`; summed in float64."""
    rows, total = np.flatnonzero(labels != NOISE), 0.0
    for start, stop in blocks(len(rows), index.dims, _BLOCK):
        some = rows[start:stop]
        apart = scaled_for(index.take(some), metric) - centroids[labels[some]]
        total += float(np.square(apart, dtype=np.float64).sum())
    return total
