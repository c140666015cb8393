"""Maps: the rows of a space as points in a few dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray

from explorer.analysis.distances import from_scores
from explorer.analysis.layout import PROCESSES, lay_out
from explorer.analysis.map_cache import find_map, keep_map, map_name
from explorer.analysis.principal import principal_axes, scaled_rows
from explorer.analysis.specs import Distance, MapMethod, MapMetric, MapSpec
from explorer.analysis.umap_learn import PROCESSES as UMAP_LEARN
from explorer.analysis.umap_learn import fit, label_targets, versions
from explorer.errors import QueryError
from explorer.jobs.memory_limit import require_memory
from explorer.jobs.progress import OnProgress, Progress, ignore_progress
from explorer.tensor import Neighbors, VectorIndex
from explorer.tensor.matrices import blocks

_FEWEST = 4  # rows; with fewer, neighbours add nothing to PCA
_RECALL = 0.95  # minimum recall of the neighbours a map is made from
_BLOCK = 1 << 22  # numbers in float64 at a time: 32 MB
# Bytes of memory, measured by `benchmarks.memory_needs`: what the process takes when it starts, and what is
# held for each row.
_MEMORY = {"umap": (90_000_000, 2_200), "umap-learn": (200_000_000, 10_000)}
_FEWER = {"umap": "Use fewer rows, or PCA.", "umap-learn": "Use fewer rows, the fast UMAP, or PCA."}


@dataclass(frozen=True, eq=False)
class Projection:
    """The rows of a space as points of a map.

    Attributes:
        coordinates: The coordinates of each row, float32, shape (rows, dims), read-only.
        method: The method that made it.
        dims: Dimensions of the map.
        metric: The distance it shows.
        explained: PCA: the share of total variance along each dimension; empty for UMAP.
        seed: UMAP: the seed; None for PCA.
        neighbors: UMAP: number of nearest rows used, including the row itself; None for PCA.
        min_distance: UMAP: how close together points can be; None for PCA.
        recall: Our UMAP: the share of the nearest rows that were found and used, see
            `explorer.tensor.Neighbors`; None for others.
        densmap: umap-learn: whether dense regions stay dense.
        supervised: umap-learn: whether labels supervised the map.
        fallback: Why PCA replaces the requested UMAP: too `few` rows, or all rows `equal`.
    """

    coordinates: NDArray[np.float32]
    method: MapMethod
    dims: int
    metric: MapMetric
    explained: tuple[float, ...] = ()
    seed: int | None = None
    neighbors: int | None = None
    min_distance: float | None = None
    recall: float | None = None
    densmap: bool = False
    supervised: bool = False
    fallback: Literal["few", "equal"] | None = None

    def __post_init__(self) -> None:
        self.coordinates.flags.writeable = False  # visitors share it

    def __len__(self) -> int:
        return len(self.coordinates)

    @property
    def has_transform(self) -> bool:
        """Whether umap-learn can place new rows on it; not on a densMAP."""
        return self.method == "umap-learn" and not self.densmap


def project(
    index: VectorIndex,
    spec: MapSpec,
    *,
    labels: Sequence[str] | None = None,
    on_progress: OnProgress | None = None,
) -> Projection:
    """Make the map that a spec describes.

    Args:
        index: The rows.
        spec: How the map is made.
        labels: The label of each row, "" for none; used only by a supervised map.
        on_progress: Called between and within the steps. An exception it raises stops the work.

    Raises:
        QueryError: A supervised map is requested without labels.
        ComputeError: umap-learn failed.
        NotEnoughMemoryError: The map does not fit in memory.
    """
    if spec.method == "pca":
        return pca(index, spec.dims, metric=spec.pca_metric)
    if spec.method == "umap":
        return umap(index, spec, on_progress=on_progress)
    return _by_umap_learn(index, spec, labels if spec.supervised else None, on_progress)


def pca(index: VectorIndex, dims: int = 2, *, metric: Distance = "cosine") -> Projection:
    """Project onto the directions of largest variance (Pearson 1901).

    The axes are exact: no seed is needed; see `principal_axes`. Dimensions in which the rows do not differ,
    such as those beyond the rank of the vectors, are zero.

    Args:
        index: The rows.
        dims: Dimensions of the map.
        metric: `cosine` scales the rows to length 1 first, so that only directions count; `euclidean` uses
            them as they are.

    Returns:
        The map; its centre is the mean of the rows.

    Raises:
        QueryError: `dims` is below 1, or `metric` is neither of the two.
    """
    MapSpec("pca", dims, metric)  # raises for values out of range
    axes = principal_axes(index, metric)
    coordinates = np.zeros((len(index), dims), dtype=np.float32)
    shown = min(dims, index.dims)
    directions = torch.from_numpy(axes.directions[:, :shown].copy())
    mean = torch.from_numpy(axes.mean)
    for start, stop in blocks(len(index), index.dims, _BLOCK):
        centred = scaled_rows(index, start, stop, metric).sub_(mean)
        coordinates[start:stop, :shown] = (centred @ directions).float().numpy()
    explained = (*axes.shares[:dims].tolist(), *[0.0] * (dims - shown))
    return Projection(coordinates, "pca", dims, metric, explained=explained)


def umap(index: VectorIndex, spec: MapSpec, *, on_progress: OnProgress | None = None) -> Projection:
    """Lay the rows out so that neighbours stay neighbours (McInnes, Healy and Melville 2018).

    Uses umap-learn's defaults with the tensor core's neighbours, PCA as initial coordinates and our own
    layout; with many rows, a few neighbours may be missing (`recall`). The same seed gives the same map, bit
    for bit, on the same machine, for any number of threads. Maps are cached in the cache folder.

    Args:
        index: The rows.
        spec: How the map is made.
        on_progress: Called between and within the steps. An exception it raises stops the work.

    Returns:
        The map. With fewer than 4 rows, or if all are equal, it is PCA's and `fallback` is set.

    Raises:
        NotEnoughMemoryError: It does not fit in memory.
    """
    dims, metric, min_distance, seed = spec.dims, spec.pca_metric, spec.min_dist, spec.seed
    report = on_progress or ignore_progress
    neighbors = min(spec.n_neighbors, len(index))
    name = map_name(index.take(slice(None)), dims, neighbors, min_distance, metric, seed)
    kept = find_map(name)
    if kept is not None:
        return Projection(kept[0], "umap", dims, metric, (), seed, neighbors, min_distance, kept[1])
    start = pca(index, dims, metric=metric)
    if len(index) < _FEWEST:
        return replace(start, fallback="few")
    if not start.coordinates.any():
        return replace(start, fallback="equal")
    _require_memory(len(index), "umap")
    PROCESSES.prepare()  # it starts while the neighbours are found

    def searched(done: int, total: int) -> None:
        report(Progress("Finding neighbours", done, total, fraction=0.5 * done / total))

    near = index.neighbors(neighbors - 1, metric, min_recall=_RECALL, on_progress=searched)
    indices, distances = _with_itself(near, metric)
    coordinates = lay_out(indices, distances, start.coordinates, min_distance, seed, report)
    keep_map(name, coordinates, near.recall)
    return Projection(coordinates, "umap", dims, metric, (), seed, neighbors, min_distance, near.recall)


def map_bytes(rows: int, method: MapMethod) -> int:
    """Memory that a UMAP takes at its peak, in bytes; less if its process is already there.

    Args:
        rows: Rows of the map.
        method: `umap` or `umap-learn`.
    """
    base, each = _MEMORY[method]
    started = (PROCESSES if method == "umap" else UMAP_LEARN).has_idle
    return (0 if started else base) + each * rows


def _require_memory(rows: int, method: MapMethod) -> None:
    require_memory(map_bytes(rows, method), f"This map of {rows:,} rows", _FEWER[method])


def _by_umap_learn(
    index: VectorIndex, spec: MapSpec, labels: Sequence[str] | None, on_progress: OnProgress | None
) -> Projection:
    """umap-learn's map; PCA's if there are too few rows for it."""
    if spec.supervised and labels is None:
        raise QueryError(
            "A supervised map needs labels.", fix="Choose a label column, or turn supervision off."
        )
    targets = None if labels is None else label_targets(labels)
    start = pca(index, spec.dims, metric=spec.pca_metric)
    if len(index) < max(
        _FEWEST, spec.dims + 2
    ):  # its spectral initialisation needs two more rows than dimensions
        return replace(start, fallback="few")
    if not start.coordinates.any():
        return replace(start, fallback="equal")
    vectors = index.take(slice(None))
    name = map_name(vectors, spec, None if targets is None else targets.tobytes(), versions())
    kept = find_map(name)
    if kept is None:
        _require_memory(len(index), spec.method)
        coordinates = fit(vectors, spec, targets, on_progress or ignore_progress)
        keep_map(name, coordinates, None)
    else:
        coordinates, _ = kept
    return Projection(
        coordinates,
        spec.method,
        spec.dims,
        spec.metric,
        seed=spec.seed,
        neighbors=min(spec.n_neighbors, len(index) - 1),
        min_distance=spec.min_dist,
        densmap=spec.densmap,
        supervised=spec.supervised,
    )


def _with_itself(near: Neighbors, metric: Distance) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The neighbours in the form `lay_out` takes: each row first among its own, at distance 0."""
    own = np.arange(len(near.indices))[:, None]
    distances = from_scores(near.similarities, metric)
    return np.hstack([own, near.indices]), np.hstack([np.zeros(own.shape), distances])
