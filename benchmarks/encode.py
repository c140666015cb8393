"""Encoding beside `SentenceTransformer.encode` with its defaults: same texts, same model, in turns.

Prints the medians, how many times as fast each precision is, and its lowest cosine to the default's vectors.
Ours goes from texts to vectors through `explorer.embed`, with an empty vector cache each time: reading the
tokens and storing the vectors is in the time. Models are loaded, and precision is settled, before.
"""

from __future__ import annotations

import argparse
import statistics
import time
from pathlib import Path

import numpy as np

import explorer
from benchmarks.corpora import empty_cache, glosses
from benchmarks.results import record
from explorer.encode.models import BUNDLED_MODEL, find_model

_WARM = 64  # rows encoded before the clock starts


def main() -> None:
    """Print one line a run, then one for each precision."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=6_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with empty_cache() as folder:
        compare(glosses(options.rows), options.runs, folder)


def compare(texts: list[str], runs: int, cache: Path) -> None:
    """Run and print; `cache` is the folder of the vector cache."""
    from sentence_transformers import SentenceTransformer

    default = SentenceTransformer(str(find_model(BUNDLED_MODEL).folder), device="cpu")
    default.encode(texts[:_WARM])
    corpus = explorer.open_corpus(texts)
    rows = len(texts)
    seconds: dict[str, list[float]] = {"default": [], "auto": [], "float32": []}
    vectors: dict[str, np.ndarray] = {}
    engines = {}
    for precision in ("auto", "float32"):
        explorer.embed(corpus, precision=precision)  # settles the precision on these rows

    for run in range(runs):
        started = time.perf_counter()
        vectors["default"] = default.encode(texts)
        seconds["default"].append(time.perf_counter() - started)
        for precision in ("auto", "float32"):
            empty(cache)
            started = time.perf_counter()
            space = explorer.embed(corpus, precision=precision)
            seconds[precision].append(time.perf_counter() - started)
            vectors[precision], engines[precision] = space.vectors, space.report.engine
            if space.report.encoded != space.report.distinct:
                raise AssertionError("some vectors came from the cache")
        rates = [f"{name} {rows / taken[-1]:,.0f}" for name, taken in seconds.items()]
        print(f"run {run + 1}: {', '.join(rates)} texts/s", flush=True)

    usual = statistics.median(seconds["default"])
    print(f"{'':8} {'texts/s':>8} {'times':>6} {'min cosine':>11}   median of {runs}, {rows:,} texts")
    figures: dict[str, float | str] = {"rows": rows}
    for name, taken in seconds.items():
        middle = statistics.median(taken)
        cosine = lowest_cosine(vectors[name], vectors["default"])
        said = engines.get(name, "SentenceTransformer.encode")
        print(f"{name:8} {rows / middle:8,.0f} {usual / middle:6.2f} {cosine:11.6f}   {said}")
        figures[f"{name}, texts/s"] = rows / middle
        if name != "default":
            figures[f"{name}, times the default"] = usual / middle
            figures[f"{name}, lowest cosine"] = f"{cosine:.6f}"
    record("encode", figures)


def empty(cache: Path) -> None:
    """Remove the vectors, and keep what was found out about the machine."""
    import sqlite3

    (file,) = cache.glob("vectors-*.sqlite3")
    with sqlite3.connect(file) as connection:
        connection.execute("DELETE FROM vectors")
    connection.close()


def lowest_cosine(a: np.ndarray, b: np.ndarray) -> float:
    """The lowest cosine between rows of equal number, in float64."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    return float(((a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)).min())


if __name__ == "__main__":
    main()
