"""Encoding beside `SentenceTransformer.encode` with its defaults: same texts, same model, in turns.

Prints the medians, how many times as fast each precision is, and its lowest cosine to the default's vectors.
Ours goes from texts to vectors through `explorer.embed`, with an empty vector cache each time: reading the
tokens and storing the vectors is in the time. Models are loaded, and precision is settled, before.

Both run on the device of EXPLORER_DEVICE, the fastest by default. On a GPU `--rows 117659` is what the bar is
for, and one more run under the profiler says which share of the time it was busy.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import explorer
from benchmarks.corpora import empty_cache, glosses
from benchmarks.results import record
from explorer.encode.models import BUNDLED_MODEL, find_model
from explorer.encode.spec import Precision
from explorer.settings import settings
from explorer.tensor import pick_device

if TYPE_CHECKING:
    import torch

_WARM = 64  # rows encoded before the clock starts
_PRECISIONS: tuple[Precision, ...] = ("auto", "float32")


def main() -> None:
    """Print one line per run, then one per precision."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=6_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    with empty_cache() as folder:
        compare(glosses(options.rows), options.runs, folder)


def compare(texts: list[str], runs: int, cache: Path) -> None:
    """Run and print; `cache` is the folder of the vector cache."""
    from sentence_transformers import SentenceTransformer

    device = pick_device(settings().device)
    default = SentenceTransformer(str(find_model(BUNDLED_MODEL).folder), device=str(device))
    default.encode(texts[:_WARM])
    corpus = explorer.open_corpus(texts)
    rows = len(texts)
    seconds: dict[str, list[float]] = {"default": [], "auto": [], "float32": []}
    vectors: dict[str, np.ndarray] = {}
    engines: dict[str, str] = {}
    for precision in _PRECISIONS:
        explorer.embed(corpus, precision=precision)  # settles the precision on these rows

    for run in range(runs):
        started = time.perf_counter()
        vectors["default"] = default.encode(texts)
        seconds["default"].append(time.perf_counter() - started)
        for precision in _PRECISIONS:
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
    figures: dict[str, float | str] = {"rows": rows, "device": device_name(device)}
    for name, taken in seconds.items():
        middle = statistics.median(taken)
        cosine = lowest_cosine(vectors[name], vectors["default"])
        said = engines.get(name, "SentenceTransformer.encode")
        print(f"{name:8} {rows / middle:8,.0f} {usual / middle:6.2f} {cosine:11.6f}   {said}")
        figures[f"{name}, texts/s"] = rows / middle
        if name != "default":
            figures[f"{name}, times the default"] = usual / middle
            figures[f"{name}, lowest cosine"] = f"{cosine:.6f}"
    if device.type == "cuda":

        def ours() -> None:
            empty(cache)
            explorer.embed(corpus)

        for name, work in (("default", lambda: default.encode(texts)), ("auto", ours)):
            share = busy_share(work)
            print(f"{name:8} the GPU was busy for {share:.0%} of the time")
            figures[f"{name}, share of time the GPU was busy"] = share
    record("encode", figures)


def device_name(device: torch.device) -> str:
    """A readable name of the device: the GPU's name, else the device type."""
    import torch

    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def busy_share(work: Callable[[], object]) -> float:
    """The share of time, 0 to 1, in which a kernel or a copy ran on any GPU during `work`."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    torch.cuda.synchronize()
    started = time.perf_counter()
    with profile(activities=[ProfilerActivity.CUDA]) as profiled:
        work()
        torch.cuda.synchronize()
        seconds = time.perf_counter() - started
    spans = sorted(
        (event.time_range.start, event.time_range.end)
        for event in profiled.events()
        if event.device_type.name == "CUDA"
    )
    busy, until = 0.0, float("-inf")
    for start, end in spans:  # kernels of several streams may overlap
        busy += max(0.0, end - max(start, until))
        until = max(until, end)
    return busy / 1e6 / seconds


def empty(cache: Path) -> None:
    """Remove the vectors, but keep what was measured about the machine."""
    import sqlite3

    (file,) = cache.glob("vectors-*.sqlite3")
    with sqlite3.connect(file) as connection:
        connection.execute("DELETE FROM vectors")
    connection.close()


def lowest_cosine(a: np.ndarray, b: np.ndarray) -> float:
    """The lowest cosine between corresponding rows, in float64."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    return float(((a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)).min())


if __name__ == "__main__":
    main()
