"""umap-learn as a map engine, for what only it offers: supervision, densMAP and further metrics.

It runs in a separate process. In this one its compiled loops would hold the interpreter lock (GIL), making
every visitor wait, and could not be stopped; see `docs/decisions/0009-umap.md`.
"""

from __future__ import annotations

import functools
import importlib.metadata
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.specs import MapSpec
from explorer.errors import ComputeError, QueryError
from explorer.jobs.array_requests import ask_with_arrays
from explorer.jobs.process import WorkerProcesses
from explorer.jobs.progress import OnProgress

_IDLE_SECONDS = 300.0  # people try several settings in a row; the idle process holds about 450 MB
_PACKAGES = ("umap-learn", "pynndescent", "numba")
UNLABELED = -1
PROCESSES = WorkerProcesses("umap-learn", "explorer.analysis.umap_learn_worker", idle_seconds=_IDLE_SECONDS)


@functools.cache
def versions() -> tuple[str, ...]:
    """The versions of the packages that a map by umap-learn depends on."""
    return tuple(f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES)


def label_targets(labels: Sequence[str]) -> NDArray[np.int64]:
    """Labels in the form umap-learn takes: one number per label, −1 for rows without one, shape (rows,).

    Raises:
        QueryError: No row has a label.
    """
    names = {name: number for number, name in enumerate(sorted({label for label in labels if label}))}
    if not names:
        raise QueryError("None of these rows has a label.", fix="Turn supervision off.")
    return np.array([names.get(label, UNLABELED) for label in labels], dtype=np.int64)


def fit(
    vectors: NDArray[np.float32],
    spec: MapSpec,
    targets: NDArray[np.int64] | None,
    report: OnProgress,
) -> NDArray[np.float32]:
    """Lay rows out by `umap.UMAP(...).fit_transform`, with its defaults for everything not in the spec.

    Args:
        vectors: The rows, shape (rows, dims of the vectors); at least 4 rows, and 2 more than `spec.dims`.
        spec: How the map is made; its neighbours are at most all other rows.
        targets: The labels that supervise the map, from `label_targets`; None for an unsupervised map.
        report: Called with progress several times a second. An exception it raises stops the work at once.

    Returns:
        Coordinates, shape (rows, `spec.dims`). The same spec gives the same map on the same machine.

    Raises:
        ComputeError: umap-learn failed, its process ended, or the disk is full.
    """
    options = {
        "n_neighbors": min(spec.n_neighbors, len(vectors) - 1),
        "n_components": spec.dims,
        "metric": spec.metric,
        "min_dist": spec.min_dist,
        "random_state": spec.seed,
        "densmap": spec.densmap,
        # By default a row opposite to all its neighbours is disconnected, and gets no coordinates.
        "disconnection_distance": math.inf,
    }
    arrays: dict[str, NDArray[Any]] = {"vectors": vectors}
    if targets is not None:
        arrays["targets"] = targets
    coordinates = ask_with_arrays(PROCESSES, {"do": "fit", "options": options}, arrays, "coordinates", report)
    if not np.isfinite(coordinates).all():
        raise ComputeError(
            "umap-learn gave some rows no coordinates.", fix="Try more neighbours or another seed."
        )
    return coordinates


def transform(
    coordinates: NDArray[np.float32],
    indices: NDArray[np.int64],
    distances: NDArray[np.float64],
    min_dist: float,
    report: OnProgress,
) -> NDArray[np.float32]:
    """Place new rows on a map made by `fit`, as `umap.UMAP.transform` does.

    The result is that of the fitted object's `transform`, except for the neighbours, which the caller finds:
    umap-learn's own search is approximate from 4,096 rows on.

    Args:
        coordinates: The map, shape (rows, dims).
        indices: The nearest rows of each new row, as many as the map was made with, shape (new, neighbours).
        distances: To them, ascending, shape (new, neighbours).
        min_dist: That of the map.
        report: As for `fit`.

    Returns:
        The coordinates of the new rows, shape (new, dims).

    Raises:
        ComputeError: As for `fit`.
    """
    arrays = {
        "coordinates": coordinates,
        "indices": indices.astype(np.int32),
        "distances": distances.astype(np.float32),
    }
    request = {"do": "transform", "options": {"min_dist": min_dist}}
    return ask_with_arrays(PROCESSES, request, arrays, "placed", report)
