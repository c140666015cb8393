"""Near-duplicates of a corpus, compared with FAISS range search and sentence-transformers' mining.

All find the pairs of rows whose cosine is at or above a threshold. Ours and FAISS find all of them;
`paraphrase_mining_embeddings`, with its defaults, searches the 100 closest rows of each row and keeps 500,000
pairs. FAISS searches all rows at once and returns each pair twice. Prints seconds, pairs, and the share of
our pairs that each found. The rows are encoded first if they are not in the vector cache.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import faiss
import numpy as np
import torch
from sentence_transformers.util import paraphrase_mining_embeddings

import explorer
from benchmarks.corpora import glosses
from benchmarks.results import record
from explorer.settings import settings
from explorer.tensor import Index, normalize, pick_device

_FAISS_QUERIES = 4_096  # at once: its result holds every pair


def main() -> None:
    """Print a line for each method and run, and the ratios of the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=117_659)
    parser.add_argument("--threshold", type=float, default=0.9)
    parser.add_argument("--runs", type=int, default=2)
    options = parser.parse_args()
    vectors = normalize(explorer.embed(glosses(options.rows)).vectors)
    print(f"{len(vectors):,} x {vectors.shape[1]}, cosine of {options.threshold} or more")
    ways: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
        "ours": _ours,
        "FAISS range search": _range_search,
        "paraphrase_mining": _mined,
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    found: dict[str, np.ndarray] = {}
    for _ in range(options.runs):
        for name, way in ways.items():
            started = time.perf_counter()
            found[name] = way(vectors, options.threshold)
            seconds[name].append(time.perf_counter() - started)
            share = np.isin(found["ours"], found[name]).mean()
            print(
                f"{name}: {seconds[name][-1]:.1f} s, {len(found[name]):,} pairs, {share:.2%} of ours",
                flush=True,
            )
    median = {name: statistics.median(each) for name, each in seconds.items()}
    for name, other in median.items():
        print(f"median: ours takes {median['ours'] / other:.2f} of the time of {name}")
    record(
        "duplicates",
        {"rows": options.rows, "threshold": options.threshold, "pairs": len(found["ours"])}
        | {f"{name}, s": each for name, each in median.items()}
        | {
            f"{name}, share found": float(np.isin(found["ours"], pairs).mean())
            for name, pairs in found.items()
        },
    )


def _ours(vectors: np.ndarray, threshold: float) -> np.ndarray:
    index = Index(vectors, device=pick_device(settings().device), memory_mb=settings().memory_mb)
    pairs = index.pairs_above(threshold)
    return _named(pairs.left, pairs.right, len(vectors))


def _range_search(vectors: np.ndarray, threshold: float) -> np.ndarray:
    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(vectors)
    names = []
    for start in range(0, len(vectors), _FAISS_QUERIES):
        # Its bound is exclusive.
        limits, _, right = index.range_search(
            vectors[start : start + _FAISS_QUERIES],
            float(np.nextafter(np.float32(threshold), np.float32(-1))),
        )
        left = start + np.repeat(np.arange(len(limits) - 1), np.diff(limits).astype(np.int64))
        names.append(_named(left[left < right], right[left < right], len(vectors)))
    return np.concatenate(names)


def _mined(vectors: np.ndarray, threshold: float) -> np.ndarray:
    pairs = np.array(paraphrase_mining_embeddings(torch.from_numpy(vectors)))
    pairs = pairs[pairs[:, 0] >= threshold]
    rows = np.sort(pairs[:, 1:].astype(np.int64), axis=1)
    return _named(rows[:, 0], rows[:, 1], len(vectors))


def _named(left: np.ndarray, right: np.ndarray, rows: int) -> np.ndarray:
    """One number for each pair."""
    numbers: np.ndarray = left.astype(np.int64) * rows + right
    return numbers


if __name__ == "__main__":
    main()
