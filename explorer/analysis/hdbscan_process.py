"""HDBSCAN in a process of its own; `density` starts it, and ends it when nobody waits any more.

Usage: `python -m explorer.analysis.hdbscan_process FOLDER MIN_SIZE MIN_SAMPLES`. Reads the rows from the
folder and writes their labels there.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

ROWS, LABELS = "rows.npy", "labels.npy"


def main(folder: Path, min_size: int, min_samples: int) -> None:
    """Write the cluster of each row, −1 for noise: int64, shape (rows,)."""
    from sklearn.cluster import HDBSCAN

    rows = np.load(folder / ROWS, allow_pickle=False)
    labels = HDBSCAN(min_cluster_size=min_size, min_samples=min_samples, copy=False).fit_predict(rows)
    np.save(folder / LABELS, labels.astype(np.int64), allow_pickle=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
