"""Neighbours on the tensor core, quick and exact, beside umap-learn: same rows, in turns, in one process.

Prints the seconds and the recall of each, umap-learn compiled before, and the ratios of the medians. The rows
are encoded first if they are not in the vector cache.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import umap
from umap.umap_ import nearest_neighbors

import explorer
from benchmarks.corpora import glosses
from benchmarks.results import record
from explorer.settings import settings
from explorer.tensor import Index, Neighbors, pick_device

Result = TypeVar("Result")
_WARM_ROWS = 8_192
K = 14  # umap-learn's 15, which count the row itself


def main() -> None:
    """Print a line for each way of each run, and the ratios of the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=117_659)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    vectors = explorer.embed(glosses(options.rows)).vectors
    print(f"{len(vectors):,} x {vectors.shape[1]}, {K} neighbours, cosine")
    index = Index(vectors, device=pick_device(settings().device))
    seconds: dict[str, list[float]] = {}

    def timed(name: str, work: Callable[[], Result]) -> Result:
        started = time.perf_counter()
        result = work()
        seconds.setdefault(name, []).append(time.perf_counter() - started)
        print(f"{name}: {seconds[name][-1]:.1f} s", flush=True)
        return result

    # Compiles: below 4,096 rows umap-learn searches exactly, and would compile its own search while timed.
    umap.UMAP(metric="cosine").fit(vectors[:_WARM_ROWS])
    nearest_neighbors(vectors[:_WARM_ROWS], K + 1, "cosine", {}, False, None)
    for _ in range(options.runs):
        quick = timed("ours, recall 0.95 or more", lambda: index.neighbors(K, min_recall=0.95))
        exact = timed("ours, exact", lambda: index.neighbors(K))
        theirs = timed(
            "umap-learn, neighbours", lambda: nearest_neighbors(vectors, K + 1, "cosine", {}, False, None)
        )
        timed("umap-learn, whole fit", lambda: umap.UMAP(metric="cosine").fit(vectors))
        recall = {
            "ours, recall": _recall(quick.similarities, exact),
            "umap-learn's, recall": _recall(1 - theirs[1][:, 1:], exact),
        }
        print(f"recall: {recall} (ours said {quick.recall:.4f})")
    median = {name: statistics.median(each) for name, each in seconds.items()}
    mine = median.pop("ours, recall 0.95 or more")
    for name, other in median.items():
        print(f"median: {other / mine:.1f} times as fast as {name}")
    record(
        "neighbors",
        {"rows": options.rows, "ours, s": mine}
        | recall
        | {f"{name}, s": other for name, other in median.items()}
        | {f"{name} to ours": other / mine for name, other in median.items()},
    )


def _recall(similarities: np.ndarray, exact: Neighbors) -> float:
    """The share of the rows found that are as close as the last one of the exact search."""
    return float((similarities >= exact.similarities[:, -1:] - 1e-6).mean())


if __name__ == "__main__":
    main()
