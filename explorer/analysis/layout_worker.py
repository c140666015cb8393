"""UMAP's layout in a separate process; `layout` starts it and explains why.

Usage: `python -m explorer.analysis.layout_worker`. A request names a folder: neighbours, initial coordinates
and forces are read from it, and coordinates written to it, as npy files. To start quickly it imports numpy,
scipy and numba only.
"""

from __future__ import annotations

import functools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.fuzzy_graph import fuzzy_graph
from explorer.analysis.map_forces import compiled_move
from explorer.jobs.process import serve
from explorer.jobs.progress import OnProgress, Progress

INDICES, DISTANCES, START, FORCES, COORDINATES = "indices", "distances", "start", "forces", "coordinates"
_BLOCK = 4_096  # rows
_PARTS = 4  # blocks of rows per thread, so that a thread that loses its core hardly delays the others


def answer(request: dict[str, Any], report: OnProgress) -> None:
    """Write the coordinates of each row: float32, shape (rows, dims)."""
    folder = Path(request["folder"])
    indices, distances, start, forces = (
        np.load(folder / f"{name}.npy", allow_pickle=False) for name in (INDICES, DISTANCES, START, FORCES)
    )
    coordinates = lay_out_here(
        indices, distances, start, forces, seed=request["seed"], threads=request["threads"], report=report
    )
    np.save(folder / f"{COORDINATES}.npy", coordinates, allow_pickle=False)


def lay_out_here(
    indices: NDArray[np.int64],
    distances: NDArray[np.float64],
    start: NDArray[Any],
    forces: NDArray[np.float32],
    *,
    seed: int,
    threads: int,
    report: OnProgress,
) -> NDArray[np.float32]:
    """Do in this process what `layout.lay_out` describes.

    Args:
        indices: As for `lay_out`.
        distances: As for `lay_out`.
        start: As for `lay_out`.
        forces: From `force_table`.
        seed: As for `lay_out`.
        threads: Threads that move rows; they change nothing but the time.
        report: As for `lay_out`.

    Returns:
        Coordinates, shape (rows, dims).
    """
    report(Progress("Weighting neighbours", fraction=0.5))
    move = compiled_move()
    epochs = 500 if len(indices) <= 10_000 else 200
    pointers, neighbors, weights = fuzzy_graph(indices, distances, epochs)
    random = np.random.RandomState(seed)
    points = _spread(start, random)
    moved = np.empty_like(points)
    keys = random.randint(0, 2**64, epochs, dtype=np.uint64)

    parts = 1 if len(points) <= _BLOCK else threads * _PARTS
    work = np.cumsum(np.append(0, weights), dtype=np.float64)[pointers]  # cumulative, up to each row
    cuts = np.searchsorted(work, np.linspace(0, work[-1], parts + 1)[1:-1])
    bounds = np.concatenate([[0], cuts, [len(points)]]).tolist()
    with ThreadPoolExecutor(threads, thread_name_prefix="layout") as pool:
        for n in range(epochs):
            share = 0.5 + 0.5 * n / epochs
            report(Progress("Laying out the map", n, epochs, fraction=share, unit="epochs"))
            common = (points, moved, pointers, neighbors, weights, forces, n + 1, 1 - n / epochs, keys[n])
            list(pool.map(functools.partial(move, *common), bounds[:-1], bounds[1:]))
            points, moved = moved, points
    report(Progress("Laying out the map", epochs, epochs, fraction=1.0, unit="epochs"))
    return points


def _spread(start: NDArray[Any], random: np.random.RandomState) -> NDArray[np.float32]:
    """The initial coordinates, scaled to 0 to 10 in each dimension, with noise that separates equal rows."""
    points = start * (10 / np.abs(start).max()) + random.normal(scale=1e-4, size=start.shape)
    points -= points.min(axis=0)
    return np.ascontiguousarray(10 * points / points.max(axis=0), dtype=np.float32)


if __name__ == "__main__":
    compiled_move()  # before the first request, which it would delay
    serve(answer)
