"""HDBSCAN that can be stopped: scikit-learn's, in a process of its own.

It takes minutes for tens of thousands of rows, calls nothing back on the way, and holds the interpreter's
lock for most of that time. A process of its own can be ended at any moment and holds up nobody.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.hdbscan_worker import LABELS, ROWS
from explorer.errors import ComputeError
from explorer.jobs.process import WorkerProcesses
from explorer.jobs.progress import OnProgress
from explorer.scratch import remove_abandoned, scratch_folder
from explorer.settings import settings

_IDLE_SECONDS = 60.0  # a person tries several sizes; meanwhile it holds about 200 MB
PROCESSES = WorkerProcesses("HDBSCAN", "explorer.analysis.hdbscan_worker", idle_seconds=_IDLE_SECONDS)


def hdbscan_labels(
    rows: NDArray[np.float32], min_size: int, min_samples: int, report: OnProgress
) -> NDArray[np.int64]:
    """Find clusters of uneven shape, and noise, by Euclidean distances.

    Source: Campello, Moulavi and Sander, Density-based clustering based on hierarchical density estimates,
    2013.

    Args:
        rows: Shape (rows, dims).
        min_size: Rows that a cluster has at least.
        min_samples: Neighbours that make a place dense, the row itself included; at most all rows.
        report: Told several times a second what is being done; how far it is, nobody knows. What it raises
            ends the process and thereby the work.

    Returns:
        The cluster of each row, −1 for noise, shape (rows,).

    Raises:
        ComputeError: It failed, its process ended, most likely because memory ran out, or the disk is full.
    """
    parent = settings().cache_folder / "hdbscan"
    remove_abandoned(parent)
    try:
        with scratch_folder(parent) as folder:
            np.save(folder / ROWS, rows, allow_pickle=False)
            request = {"folder": str(folder), "min_size": min_size, "min_samples": min_samples}
            PROCESSES.ask(request, report)
            labels: NDArray[np.int64] = np.load(folder / LABELS, allow_pickle=False)
    except OSError as error:
        raise ComputeError(
            f"HDBSCAN cannot work on this server: {error.strerror}.",
            fix="The host should check the disk of the cache folder.",
        ) from error
    return labels
