"""umap-learn as an engine of maps, for what only it has: supervision, densMAP and further metrics.

It runs in a process of its own. In this one its compiled loops would hold the interpreter's lock, so that
every visitor waits, and nothing could stop them; see `docs/decisions/0009-umap.md`.
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
from explorer.jobs.process import WorkerProcesses
from explorer.jobs.progress import OnProgress
from explorer.scratch import remove_abandoned, scratch_folder
from explorer.settings import settings

_IDLE_SECONDS = 300.0  # a person tries several settings; meanwhile it holds about 450 MB
_PACKAGES = ("umap-learn", "pynndescent", "numba")
UNLABELED = -1
PROCESSES = WorkerProcesses("umap-learn", "explorer.analysis.umap_learn_worker", idle_seconds=_IDLE_SECONDS)


@functools.cache
def versions() -> tuple[str, ...]:
    """The versions of what a map by umap-learn depends on."""
    return tuple(f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES)


def label_targets(labels: Sequence[str]) -> NDArray[np.int64]:
    """Labels as umap-learn takes them: a number for each, −1 for rows without one, shape (rows,).

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
    """Lay rows out by `umap.UMAP(...).fit_transform`, with its defaults for what a spec does not say.

    Args:
        vectors: The rows, shape (rows, dims of the vectors); at least 4 rows, and 2 more than `spec.dims`.
        spec: How the map is made; its neighbours are at most all other rows.
        targets: What supervises it, as of `label_targets`; None for nothing.
        report: Told several times a second how far it is. What it raises stops the work at once.

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
        # By default a row opposite to all its neighbours is cut off, and has no place on the map.
        "disconnection_distance": math.inf,
    }
    arrays: dict[str, NDArray[Any]] = {"vectors": vectors}
    if targets is not None:
        arrays["targets"] = targets
    coordinates = _ask("fit", options, arrays, "coordinates", report)
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

    It gives what `transform` of the fitted object would, but for the neighbours, which the caller finds;
    umap-learn's own search for them is approximate from 4,096 rows on.

    Args:
        coordinates: The map, shape (rows, dims).
        indices: The nearest rows of each new row, as many as the map was made with, shape (new, neighbours).
        distances: To them, ascending, shape (new, neighbours).
        min_dist: As of the map.
        report: As for `fit`.

    Returns:
        The new coordinates, shape (new, dims).

    Raises:
        ComputeError: As for `fit`.
    """
    arrays = {
        "coordinates": coordinates,
        "indices": indices.astype(np.int32),
        "distances": distances.astype(np.float32),
    }
    return _ask("transform", {"min_dist": min_dist}, arrays, "placed", report)


def _ask(
    what: str, options: dict[str, Any], arrays: dict[str, NDArray[Any]], answer: str, report: OnProgress
) -> NDArray[np.float32]:
    """Have the process do something with arrays; the array that it answers with."""
    parent = settings().cache_folder / "umap-learn"
    remove_abandoned(parent)
    try:
        with scratch_folder(parent) as folder:
            for name, array in arrays.items():
                np.save(folder / f"{name}.npy", array, allow_pickle=False)
            PROCESSES.ask({"do": what, "folder": str(folder), "options": options}, report)
            found: NDArray[np.float32] = np.load(folder / f"{answer}.npy", allow_pickle=False)
    except OSError as error:
        raise ComputeError(
            f"umap-learn cannot work on this server: {error.strerror}.",
            fix="The host should check the disk of the cache folder.",
        ) from error
    return found
