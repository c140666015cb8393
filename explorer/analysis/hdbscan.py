"""HDBSCAN that can be stopped: scikit-learn's, in a separate process.

It takes minutes for tens of thousands of rows, has no callback, and holds the interpreter lock (GIL) for most
of that time. A separate process can be killed at any moment and blocks nobody.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.hdbscan_worker import LABELS, ROWS
from explorer.jobs.array_requests import ask_with_arrays
from explorer.jobs.process import WorkerProcesses
from explorer.jobs.progress import OnProgress

_IDLE_SECONDS = 60.0  # people try several sizes in a row; the idle process holds about 200 MB
PROCESSES = WorkerProcesses("HDBSCAN", "explorer.analysis.hdbscan_worker", idle_seconds=_IDLE_SECONDS)


def hdbscan_labels(
    rows: NDArray[np.float32], min_size: int, min_samples: int, report: OnProgress
) -> NDArray[np.int64]:
    """Find clusters of any shape, and noise, by Euclidean distance.

    Source: Campello, Moulavi and Sander, Density-based clustering based on hierarchical density estimates,
    2013.

    Args:
        rows: Shape (rows, dims).
        min_size: The fewest rows of a cluster.
        min_samples: Neighbours that make a region dense, including the row itself; at most all rows.
        report: Called several times a second with the current phase, without a fraction. An exception it
            raises ends the process and the work.

    Returns:
        The cluster of each row, −1 for noise, shape (rows,).

    Raises:
        ComputeError: It failed, its process ended (most likely out of memory), or the disk is full.
    """
    request = {"min_size": min_size, "min_samples": min_samples}
    return ask_with_arrays(PROCESSES, request, {ROWS: rows}, LABELS, report)
