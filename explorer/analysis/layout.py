"""UMAP's layout: from nearest neighbours to coordinates, by a compiled loop that runs on all cores.

umap-learn's own is not used: with a seed it runs on one core, and importing it takes seconds and 200 MB.
"""

from __future__ import annotations

import atexit
import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.fuzzy_graph import fuzzy_graph
from explorer.analysis.map_forces import FIRST, STEP_BITS, STEPS, force_table
from explorer.jobs.progress import OnProgress, Progress

_NEGATIVE_SAMPLES = 5  # random rows that repel a row, for each neighbour that attracts it
_BLOCK = 4_096  # rows
_PARTS = 4  # blocks of rows per thread, so that a thread that loses its core hardly delays the others

# Held while compiling. The process acquires it at exit and keeps it, so that LLVM is not torn down meanwhile.
_compiling = threading.Lock()
atexit.register(_compiling.acquire)


def lay_out(
    indices: NDArray[np.int64],
    distances: NDArray[np.float64],
    start: NDArray[Any],
    min_distance: float,
    seed: int,
    report: OnProgress,
) -> NDArray[np.float32]:
    """Compute what umap-learn computes once the neighbours are known, with its defaults.

    The epochs of the layout, 500 up to 10,000 rows and 200 above, differ from umap-learn's only in update
    order: each row is moved by one thread, which reads the other rows' coordinates of the previous epoch, so
    the result does not depend on the number of threads. In an epoch a row is attracted twice along each of
    its edges: first as the edge's tail, then as its head, when negative samples repel it as well. (One
    attraction of twice the strength gives much worse maps: trustworthiness 0.84 instead of 0.89 for WordNet's
    glosses.)

    Args:
        indices: Nearest neighbours, the row itself first, shape (rows, k).
        distances: To the neighbours, ascending, shape (rows, k).
        start: Initial coordinates, not all 0, shape (rows, dims).
        min_distance: As `min_dist` of `MapSpec`.
        seed: The seed of the initial noise and of the negative samples.
        report: Called at each step and each epoch. An exception it raises stops the work at once.

    Returns:
        Coordinates, shape (rows, dims).
    """
    import torch

    report(Progress("Preparing UMAP", fraction=0.5))
    move = _compiled()
    report(Progress("Weighting neighbours", fraction=0.5))
    epochs = 500 if len(indices) <= 10_000 else 200
    pointers, neighbors, weights = fuzzy_graph(indices, distances, epochs)
    forces = force_table(min_distance)
    random = np.random.RandomState(seed)
    points = _spread(start, random)
    moved = np.empty_like(points)
    keys = random.randint(0, 2**64, epochs, dtype=np.uint64)

    threads = torch.get_num_threads()
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


def warm_up() -> None:
    """Compile what `lay_out` needs, which takes about a second; later calls do nothing."""
    _compiled()


def _spread(start: NDArray[Any], random: np.random.RandomState) -> NDArray[np.float32]:
    """The initial coordinates, scaled to 0 to 10 in each dimension, with noise that separates equal rows."""
    points = start * (10 / np.abs(start).max()) + random.normal(scale=1e-4, size=start.shape)
    points -= points.min(axis=0)
    return np.ascontiguousarray(10 * points / points.max(axis=0), dtype=np.float32)


def _compiled() -> Callable[..., None]:
    with _compiling:
        return _compile()


@functools.cache
def _compile() -> Callable[..., None]:
    import numba

    types = "void(f4[:,::1], f4[:,::1], i4[::1], i4[::1], f4[::1], f4[:,::1], i8, f4, u8, i8, i8)"
    # Without numba's own threads: its default layer ends the process when two Python threads compute at once.
    # Without its cache on disk: it would save half a second, and fails where no folder can be written to.
    compiled: Callable[..., None] = numba.njit(types, nogil=True, fastmath=True)(_move)
    return compiled


def _move(
    points: NDArray[np.float32],
    moved: NDArray[np.float32],
    pointers: NDArray[np.int32],
    neighbors: NDArray[np.int32],
    weights: NDArray[np.float32],
    forces: NDArray[np.float32],
    n: int,
    rate: float,
    key: int,
    first: int,
    last: int,
) -> None:
    """Move the rows from `first` to `last` in epoch n (from 1), by which an edge has ⌊weight · n⌋ samples.

    Negative samples come from a generator seeded by the key of the epoch and the row: splitmix64
    (Steele, Lea and Flood 2014), then the upper half of a linear congruential generator (Knuth's MMIX).
    """
    rows, dims = points.shape
    now, before = np.float32(n), np.float32(n - 1)
    most, part = np.float32(4), np.float32(1 / (1 << STEP_BITS))
    at = np.empty(dims, np.float32)
    step = np.empty(dims, np.float32)
    for row in range(first, last):
        state = np.uint64(key) + np.uint64(row) * np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state = state ^ (state >> np.uint64(31))
        for d in range(dims):
            at[d] = points[row, d]
        for head in range(2):
            for edge in range(pointers[row], pointers[row + 1]):
                if np.floor(now * weights[edge]) == np.floor(before * weights[edge]):
                    continue
                for d in range(dims):
                    step[d] = 0
                for sample in range(1 + head * _NEGATIVE_SAMPLES):
                    other = np.int64(neighbors[edge])
                    if sample:
                        state = state * np.uint64(6364136223846793005) + np.uint64(1442695040888963407)
                        other = np.int64(((state >> np.uint64(32)) * np.uint64(rows)) >> np.uint64(32))
                    square = np.float32(0)
                    for d in range(dims):
                        square += (at[d] - points[other, d]) ** 2
                    bits = int(np.float32(square).view(np.int32)) - FIRST
                    place = max(0, min(STEPS, bits >> STEP_BITS))
                    kind = min(1, sample)
                    force = forces[kind, place]
                    beyond = np.float32(bits & ((1 << STEP_BITS) - 1)) * part
                    force += beyond * (forces[kind, place + 1] - force)
                    for d in range(dims):
                        step[d] += max(-most, min(most, force * (at[d] - points[other, d])))
                for d in range(dims):
                    at[d] += rate * step[d]
        for d in range(dims):
            moved[row, d] = at[d]
