"""UMAP's layout: from nearest neighbours to coordinates, by a compiled loop that runs on all cores.

It runs in a separate process, whose end gives back the memory of the compiler; see
`docs/decisions/0009-umap.md`. umap-learn's own layout is not used: with a seed it runs on one core, and
importing it takes seconds and 200 MB.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.layout_worker import COORDINATES, DISTANCES, FORCES, INDICES, START
from explorer.analysis.map_forces import force_table
from explorer.jobs.array_requests import ask_with_arrays
from explorer.jobs.process import WorkerProcesses
from explorer.jobs.progress import OnProgress, Progress

_IDLE_SECONDS = 60.0  # people try several settings in a row; the idle process holds about 160 MB
PROCESSES = WorkerProcesses("UMAP", "explorer.analysis.layout_worker", idle_seconds=_IDLE_SECONDS)


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

    Raises:
        ComputeError: The process ended, most likely out of memory, or the disk is full.
    """
    import torch

    def heard(progress: Progress) -> None:  # finding the neighbours was the first half
        report(replace(progress, fraction=max(0.5, progress.fraction)))

    arrays = {INDICES: indices, DISTANCES: distances, START: start, FORCES: force_table(min_distance)}
    request = {"seed": seed, "threads": torch.get_num_threads()}
    return ask_with_arrays(PROCESSES, request, arrays, COORDINATES, heard)
