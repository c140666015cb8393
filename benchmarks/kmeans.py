"""k-means on the tensor core, compared with scikit-learn's: same rows, same number of starts, alternating.

Prints each run, the ratio of the medians, and the difference of the inertia from scikit-learn's. The rows are
encoded first if they are not in the vector cache.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
from sklearn.cluster import KMeans

import explorer
from benchmarks.corpora import glosses
from benchmarks.results import record
from explorer.settings import settings
from explorer.tensor import Index, normalize, pick_device


def main() -> None:
    """Print one line per run, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=117_659)
    parser.add_argument("--k", type=int, default=50)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    device = pick_device(settings().device)
    vectors = normalize(explorer.embed(glosses(options.rows)).vectors)
    print(f"{len(vectors):,} x {vectors.shape[1]}, k = {options.k}, one start")
    ours: list[float] = []
    theirs: list[float] = []
    apart: list[float] = []
    for seed in range(options.runs):
        started = time.perf_counter()
        mine = Index(vectors, device=device).kmeans(options.k, metric="euclidean", seed=seed)
        ours.append(time.perf_counter() - started)
        started = time.perf_counter()
        other = KMeans(options.k, n_init=1, random_state=seed).fit(vectors)
        theirs.append(time.perf_counter() - started)
        apart.append(mine.inertia / float(other.inertia_) - 1)
        if seed == 0:
            again = Index(vectors, device=device).kmeans(options.k, metric="euclidean", seed=seed)
            if not np.array_equal(again.labels, mine.labels):
                raise AssertionError("the same seed gave other clusters")
        print(
            f"seed {seed}: ours {ours[-1]:5.1f} s, inertia {mine.inertia:,.0f}; "
            f"scikit-learn {theirs[-1]:5.1f} s, inertia {other.inertia_:,.0f}",
            flush=True,
        )
    ratio = statistics.median(theirs) / statistics.median(ours)
    print(f"median: {ratio:.2f} times as fast; inertia within {max(map(abs, apart)):.3%}")
    record(
        "kmeans",
        {
            "rows": options.rows,
            "k": options.k,
            "ours, s": statistics.median(ours),
            "scikit-learn, s": statistics.median(theirs),
            "scikit-learn to ours": ratio,
            "largest difference of inertia, %": 100 * max(map(abs, apart)),
        },
    )


if __name__ == "__main__":
    main()
