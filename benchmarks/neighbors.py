"""Neighbours on the tensor core, compared with pynndescent (umap-learn's search) and FAISS, alternating.

pynndescent is timed twice: warm, already compiled in this process, and cold, from the start of a new process
that compiles first, as for the first map of an app. Ours is also run at the recall that pynndescent reached,
and FAISS's inverted lists are probed until they reach it too, so that times are compared at equal recall.
Recall is the share of the rows found that are as close as the last one of the exact search. The rows are
encoded first if they are not in the vector cache.
"""

from __future__ import annotations

import argparse
import functools
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, cast

import faiss
import numpy as np
import umap
from umap.umap_ import nearest_neighbors

import explorer
from benchmarks.corpora import glosses
from benchmarks.results import record
from explorer.settings import settings
from explorer.tensor import Index, Neighbors, normalize, pick_device

Result = TypeVar("Result")
_WARM_ROWS = 8_192  # below 4,096 rows umap-learn searches exactly, and pynndescent would not be compiled
_MOST_PROBES = 64
K = 14  # umap-learn's 15, which count the row itself


def main() -> None:
    """Print a line for each method and run, and the ratios of the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=117_659)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--cold", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.cold is not None:
        _theirs(np.load(options.cold))
        return
    vectors = explorer.embed(glosses(options.rows)).vectors
    print(f"{len(vectors):,} x {vectors.shape[1]}, {K} neighbours, cosine")
    index = Index(vectors, device=pick_device(settings().device))
    exact = index.neighbors(K)
    seconds: dict[str, list[float]] = {}
    recall: dict[str, float] = {}

    def timed(name: str, work: Callable[[], Result], scores: Callable[[Result], np.ndarray]) -> None:
        started = time.perf_counter()
        result = work()
        seconds.setdefault(name, []).append(time.perf_counter() - started)
        recall[name] = _recall(scores(result), exact)
        print(f"{name}: {seconds[name][-1]:.1f} s, recall {recall[name]:.3f}", flush=True)

    def reached() -> float:
        return recall["pynndescent, compiled"]

    umap.UMAP(metric="cosine").fit(vectors[:_WARM_ROWS])
    _theirs(vectors[:_WARM_ROWS])
    started = time.perf_counter()
    lists = _inverted_lists(vectors)
    print(f"FAISS, building its lists: {time.perf_counter() - started:.1f} s, not included in its times")
    for _ in range(options.runs):
        timed("pynndescent, compiled", lambda: _theirs(vectors), _cosines)
        timed("ours, its recall", lambda: index.neighbors(K, min_recall=reached()), _similarities)
        timed("ours, 0.95", lambda: index.neighbors(K, min_recall=0.95), _similarities)
        timed("ours, exact", lambda: index.neighbors(K), _similarities)
        started = time.perf_counter()
        umap.UMAP(metric="cosine").fit(vectors)
        seconds.setdefault("umap-learn, whole fit", []).append(time.perf_counter() - started)
        print(f"umap-learn, whole fit: {seconds['umap-learn, whole fit'][-1]:.1f} s", flush=True)
    probes = 4
    while recall.get("FAISS IVF", 0) < reached() and probes < _MOST_PROBES:
        probes = probes * 3 // 2
        seconds.pop("FAISS IVF", None)
        timed("FAISS IVF", functools.partial(_probed, lists, vectors, probes), lambda scores: scores)
    cold = _cold(vectors)
    print(f"pynndescent, from the start of a process: {cold:.1f} s")
    median = {name: statistics.median(each) for name, each in seconds.items()}
    mine = median["ours, its recall"]
    for name, other in {**median, "pynndescent, process start": cold}.items():
        print(f"median: ours at its recall takes {mine / other:.2f} of the time of {name}")
    record(
        "neighbors",
        {"rows": options.rows, "pynndescent, process start, s": cold}
        | {f"{name}, s": other for name, other in median.items()}
        | {f"{name}, recall": share for name, share in recall.items()},
    )


def _theirs(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """umap-learn's own search, pynndescent with its settings: rows and cosine distances."""
    indices, distances, _ = nearest_neighbors(vectors, K + 1, "cosine", {}, False, None)
    return indices, distances


def _cosines(found: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    return 1 - found[1][:, 1:]


def _similarities(found: Neighbors) -> np.ndarray:
    return found.similarities


def _cold(vectors: np.ndarray) -> float:
    """Seconds from the start of a process until it has the neighbours."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "vectors.npy"
        np.save(file, vectors)
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "benchmarks.neighbors", "--cold", str(file)], check=True)
        return time.perf_counter() - started


def _inverted_lists(vectors: np.ndarray) -> faiss.IndexIVF:
    """FAISS's inverted lists of unit vectors, as many as the square root of the rows."""
    rows = normalize(vectors)
    kind = f"IVF{int(len(rows) ** 0.5)},Flat"
    index = cast("faiss.IndexIVF", faiss.index_factory(rows.shape[1], kind, faiss.METRIC_INNER_PRODUCT))
    index.train(rows)
    index.add(rows)
    return index


def _probed(lists: faiss.IndexIVF, vectors: np.ndarray, probes: int) -> np.ndarray:
    """The scores of the rows that FAISS finds, without the row itself: shape (rows, K)."""
    lists.nprobe = probes
    scores, found = lists.search(normalize(vectors), K + 1)
    itself = found == np.arange(len(found))[:, None]
    itself[~itself.any(1), -1] = True  # a row with many equals may not be among its own
    others: np.ndarray = scores[~itself].reshape(len(found), K)
    return others


def _recall(similarities: np.ndarray, exact: Neighbors) -> float:
    """The share of the rows found that are as close as the last one of the exact search."""
    return float((similarities >= exact.similarities[:, -1:] - 1e-6).mean())


if __name__ == "__main__":
    main()
