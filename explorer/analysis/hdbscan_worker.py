"""HDBSCAN in a separate process; `hdbscan` starts it and explains why.

Usage: `python -m explorer.analysis.hdbscan_worker`. A request names a folder: rows are read from it, and
their labels written to it, as npy files.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from explorer.jobs.process import serve
from explorer.jobs.progress import OnProgress, Progress

ROWS, LABELS = "rows", "labels"


def answer(request: dict[str, Any], report: OnProgress) -> None:
    """Write the cluster of each row, −1 for noise: int64, shape (rows,)."""
    from sklearn.cluster import HDBSCAN

    report(Progress("Finding dense regions"))
    folder = Path(request["folder"])
    rows = np.load(folder / f"{ROWS}.npy", allow_pickle=False)
    model = HDBSCAN(min_cluster_size=request["min_size"], min_samples=request["min_samples"], copy=False)
    np.save(folder / f"{LABELS}.npy", model.fit_predict(rows).astype(np.int64), allow_pickle=False)


if __name__ == "__main__":
    serve(answer)
