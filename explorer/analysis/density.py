"""HDBSCAN that can be stopped: scikit-learn's, in a process of its own.

It takes minutes for tens of thousands of rows, calls nothing back on the way, and holds the interpreter's
lock for most of that time. A process of its own can be ended at any moment and holds up nobody.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.hdbscan_process import LABELS, ROWS
from explorer.errors import QueryError
from explorer.scratch import remove_abandoned, scratch_folder
from explorer.settings import settings

_POLL_SECONDS = 0.1


def density_labels(
    rows: NDArray[np.float32], min_size: int, min_samples: int, on_progress: Callable[[int, int], None] | None
) -> NDArray[np.int64]:
    """Find clusters of uneven shape, and noise, by Euclidean distances.

    Args:
        rows: Shape (rows, dims).
        min_size: Rows that a cluster has at least.
        min_samples: Neighbours that make a place dense, the row itself included; at most all rows.
        on_progress: Called ten times a second with 0 and 1, as nothing is known before the end. What it
            raises ends the process.

    Returns:
        The cluster of each row, −1 for noise, shape (rows,).

    Raises:
        QueryError: The process ended without a result, most likely because memory ran out; or the disk of
            the cache folder is full.
    """
    parent = settings().cache_folder / "clusters"
    remove_abandoned(parent)
    try:
        with scratch_folder(parent) as folder:
            np.save(folder / ROWS, rows, allow_pickle=False)
            _run(folder, min_size, min_samples, on_progress)
            labels: NDArray[np.int64] = np.load(folder / LABELS, allow_pickle=False)
            return labels
    except OSError as error:
        raise QueryError(
            f"Rows and clusters cannot be handed over on disk: {error}.",
            where="HDBSCAN",
            fix="The host should look at the disk of the cache folder.",
        ) from error


def _run(
    folder: Path, min_size: int, min_samples: int, on_progress: Callable[[int, int], None] | None
) -> None:
    root = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    module = "explorer.analysis.hdbscan_process"
    with (folder / "errors.txt").open("w+b") as errors:
        process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", module, str(folder), str(min_size), str(min_samples)],
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        try:
            while True:
                if on_progress is not None:
                    on_progress(0, 1)
                try:
                    code = process.wait(_POLL_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    continue
        finally:
            process.kill()
            process.wait()
        if code:
            errors.seek(0)
            words = errors.read().decode(errors="replace").strip().splitlines()
            raise QueryError(
                f"HDBSCAN ended without a result ({words[-1] if words else f'exit status {code}'}).",
                where="HDBSCAN",
                fix="Use k-means, or fewer rows.",
            )
