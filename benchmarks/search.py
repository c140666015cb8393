"""Search in a million vectors, compared with common libraries: same queries, alternating.

One query and 64 at once, the top ten by cosine. Ours gives the exact ids in order (checked here against
float64); for the others, the share of correct ids is printed too. The rows are the glosses' vectors, repeated
with noise. FAISS is included if it is installed (`requirements-bench.txt`).
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers.util import semantic_search

import explorer
from benchmarks.corpora import glosses
from benchmarks.results import record
from explorer.settings import settings
from explorer.tensor import Index, pick_device

K = 10
NOISE = 0.5  # beside vectors of length 1: rows are as far apart as different glosses are
Search = Callable[[NDArray[np.float32]], NDArray[np.int64]]


def main() -> None:
    """Print milliseconds per call, medians over alternating rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=15)
    options = parser.parse_args()
    matrix = rows(options.rows)
    rng = np.random.default_rng(1)
    searches = contenders(matrix)
    figures: dict[str, float | str] = {"rows": options.rows}
    for count in (1, 64):
        queries = noisy(matrix[rng.choice(len(matrix), count, replace=False)], rng)
        exact = truth(matrix, queries)
        times: dict[str, list[float]] = {name: [] for name in searches}
        for name, search in searches.items():
            found = search(queries)
            right = np.mean([len(np.intersect1d(a, b)) / K for a, b in zip(found, exact, strict=True)])
            if name == "ours" and not np.array_equal(found, exact):
                raise AssertionError("ours differs from the exact ids")
            print(f"{count:2} queries, {name}: {right:.1%} of the ids correct", flush=True)
        for _ in range(options.runs):
            for name, search in searches.items():
                started = time.perf_counter()
                search(queries)
                times[name].append((time.perf_counter() - started) * 1000)
        for name, taken in times.items():
            figures[f"{name}, {count} queries, ms"] = statistics.median(taken)
            print(f"{count:2} queries, {name:32} {statistics.median(taken):8.1f} ms", flush=True)
    one = min(
        float(value)
        for name, value in figures.items()
        if name.startswith(("numpy", "FAISS bf")) and ", 1 " in name
    )
    figures["one query, ours to the faster of numpy and FAISS bfloat16"] = (
        float(figures["ours, 1 queries, ms"]) / one
    )
    figures["64 queries, ours to torch bfloat16"] = float(figures["ours, 64 queries, ms"]) / float(
        figures["torch bfloat16, 64 queries, ms"]
    )
    for name in list(figures)[-2:]:
        print(f"{name}: {figures[name]:.2f}")
    record("search", figures)


def rows(count: int) -> NDArray[np.float32]:
    """Unit vectors, distributed like those of real texts."""
    vectors = explorer.embed(glosses(min(count, 117_659))).vectors
    rng = np.random.default_rng(0)
    matrix = np.empty((count, vectors.shape[1]), dtype=np.float32)
    for start in range(0, count, len(vectors)):
        part = vectors[: min(len(vectors), count - start)]
        matrix[start : start + len(part)] = noisy(part, rng) if start else part
    return matrix


def noisy(vectors: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """The vectors, moved a little and of length 1 again."""
    moved = vectors + rng.standard_normal(vectors.shape, dtype=np.float32) * NOISE / vectors.shape[1] ** 0.5
    unit: NDArray[np.float32] = moved / np.linalg.norm(moved, axis=1, keepdims=True)
    return unit


def truth(matrix: NDArray[np.float32], queries: NDArray[np.float32]) -> NDArray[np.int64]:
    """The ids of the best rows by float64 scores, ties in row order."""
    scores = np.empty((len(queries), len(matrix)))
    for start in range(0, len(matrix), 1 << 16):
        part = matrix[start : start + (1 << 16)].astype(np.float64)
        scores[:, start : start + len(part)] = queries @ part.T / np.linalg.norm(part, axis=1)
    best = np.argpartition(-scores, 4 * K, axis=1)[:, : 4 * K]
    best.sort(axis=1)
    order = np.argsort(-np.take_along_axis(scores, best, 1), axis=1, kind="stable")[:, :K]
    return np.take_along_axis(best, order, 1)


def contenders(matrix: NDArray[np.float32]) -> dict[str, Search]:
    """The timed searches by name, each prepared beforehand and returning ids."""
    index = Index(matrix, device=pick_device(settings().device))
    wide = torch.from_numpy(matrix)
    short = wide.bfloat16()

    def numpy_flat(queries: NDArray[np.float32]) -> NDArray[np.int64]:
        scores = queries @ matrix.T
        best = np.argpartition(-scores, K, axis=1)[:, :K]
        order = np.argsort(-np.take_along_axis(scores, best, 1), axis=1)
        found: NDArray[np.int64] = np.take_along_axis(best, order, 1)
        return found

    def torch_short(queries: NDArray[np.float32]) -> NDArray[np.int64]:
        scores = torch.from_numpy(queries).bfloat16() @ short.T
        return scores.topk(K, dim=1).indices.numpy()

    def util(queries: NDArray[np.float32]) -> NDArray[np.int64]:
        found = semantic_search(torch.from_numpy(queries), wide, top_k=K)
        return np.array([[hit["corpus_id"] for hit in hits] for hits in found])

    searches: dict[str, Search] = {
        "ours": lambda queries: index.search(queries, K).indices,
        "numpy float32": numpy_flat,
        "torch bfloat16": torch_short,
        "sentence-transformers": util,
    }
    try:
        import faiss
    except ImportError:
        print("FAISS is not installed and is skipped")
        return searches
    flat = faiss.IndexScalarQuantizer(
        matrix.shape[1], faiss.ScalarQuantizer.QT_bf16, faiss.METRIC_INNER_PRODUCT
    )
    flat.add(matrix)
    searches["FAISS bfloat16"] = lambda queries: flat.search(queries, K)[1]
    return searches


if __name__ == "__main__":
    main()
