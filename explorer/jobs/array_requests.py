"""Requests with arrays to a worker process: arrays are handed over as npy files in a temporary folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.errors import ComputeError
from explorer.jobs.process import WorkerProcesses
from explorer.jobs.progress import OnProgress
from explorer.scratch import remove_abandoned, scratch_folder
from explorer.settings import settings


def ask_with_arrays(
    processes: WorkerProcesses,
    request: dict[str, Any],
    arrays: Mapping[str, NDArray[Any]],
    answer: str,
    on_progress: OnProgress,
) -> NDArray[Any]:
    """Send a request with arrays to a worker process, and wait for the array that it answers with.

    Args:
        processes: The processes.
        request: As for `WorkerProcesses.ask`; `folder` is added to it, the folder that holds the arrays.
        arrays: Written to that folder as `NAME.npy`.
        answer: The name of the array that the process writes there.
        on_progress: As for `WorkerProcesses.ask`.

    Raises:
        ComputeError: The work failed, its process ended, or the disk is full.
    """
    parent = settings().cache_folder / processes.name.lower()
    remove_abandoned(parent)
    try:
        with scratch_folder(parent) as folder:
            for name, array in arrays.items():
                np.save(folder / f"{name}.npy", array, allow_pickle=False)
            processes.ask({**request, "folder": str(folder)}, on_progress)
            found: NDArray[Any] = np.load(folder / f"{answer}.npy", allow_pickle=False)
    except OSError as error:
        raise ComputeError(
            f"{processes.name} cannot work on this server: {error.strerror}.",
            fix="The host should check the disk of the cache folder.",
        ) from error
    return found
