"""Encoding in one process and in several, beside sentence-transformers alone and its multi-process pool.

Same texts, same model, in turns, on the CPU in float32. Ours goes from texts to vectors through
`explorer.embed` with an empty vector cache. Several processes start within the measured time, as they do for
a person, ours and those of `SentenceTransformer.encode` with a list of devices; a single process has loaded
its model before. The memory is the peak of this process and those it started, each page of several processes
counted in parts. The cosine and the bits are compared with those of our single process. The start is the time
until the first batch is encoded, with counting tokens.

Choose as many rows as take one process a minute: with fewer, starting is much of the time.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

import explorer
from benchmarks.corpora import empty_cache, glosses
from benchmarks.encode import empty, lowest_cosine
from benchmarks.processes import children, family_of
from benchmarks.results import record
from explorer.encode.models import BUNDLED_MODEL, find_model
from explorer.jobs.cores import cores
from explorer.jobs.progress import Progress

_WARM = 64  # rows encoded before the clock starts
_LOOK_SECONDS = 0.2


def main() -> None:
    """Print one line per run and way, then the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=6_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="*", help="by default 2, 4, 8 … up to the cores")
    options = parser.parse_args()
    counts = options.workers or [2**power for power in range(1, 8) if 2**power <= cores()]
    os.environ["EXPLORER_DEVICE"] = "cpu"
    with empty_cache() as folder:
        compare(glosses(options.rows), counts, options.runs, folder)


def compare(texts: list[str], counts: list[int], runs: int, cache: Path) -> None:
    """Run and print; `cache` is the folder of the vector cache."""
    from sentence_transformers import SentenceTransformer

    default = SentenceTransformer(str(find_model(BUNDLED_MODEL).folder), device="cpu")
    default.encode(texts[:_WARM])
    corpus = explorer.open_corpus(texts)
    explorer.embed(texts[:_WARM], precision="float32")

    starting: dict[str, list[float]] = {}

    def ours(workers: int, way: str) -> Callable[[], np.ndarray]:
        def encode() -> np.ndarray:
            started, ready = time.perf_counter(), starting.setdefault(way, [])

            def on_progress(progress: Progress) -> None:
                if progress.phase == "Encoding" and len(ready) < len(seconds[way]) + 1:
                    ready.append(time.perf_counter() - started)

            space = explorer.embed(corpus, precision="float32", workers=workers, on_progress=on_progress)
            if space.report.encoded != space.report.distinct:
                raise AssertionError("some vectors came from the cache")
            return space.vectors

        return encode

    names = {1: "ours, 1 process"} | {count: f"ours, {count} processes" for count in counts}
    ways = {way: ours(count, way) for count, way in names.items()}

    def theirs(devices: list[str] | None) -> Callable[[], np.ndarray]:
        return lambda: np.asarray(default.encode(texts, device=devices))

    ways["sentence-transformers"] = theirs(None)
    ways |= {f"sentence-transformers, {count} processes": theirs(["cpu"] * count) for count in counts}

    seconds: dict[str, list[float]] = {way: [] for way in ways}
    memory: dict[str, float] = {}
    vectors: dict[str, np.ndarray] = {}
    for run in range(1, runs + 1):
        for way, encode in ways.items():
            empty(cache)
            with PeakMemory() as peak:
                started = time.perf_counter()
                vectors[way] = encode()
                seconds[way].append(time.perf_counter() - started)
            memory[way] = max(peak.megabytes, memory.get(way, 0.0))
            rate = len(texts) / seconds[way][-1]
            print(f"run {run}: {way:36} {rate:8,.0f} texts/s  load {os.getloadavg()[0]:.1f}", flush=True)

    one = statistics.median(seconds["ours, 1 process"])
    print(
        f"{'':36} {'texts/s':>8} {'ratio':>6} {'peak MB':>8} {'min cosine':>11} {'same bits':>9} "
        f"{'start s':>8}   median of {runs}, {len(texts):,} texts, {cores()} cores"
    )
    figures: dict[str, float | str] = {"rows": len(texts), "usable cores": cores(), "runs": runs}
    figures["load at the end"] = os.getloadavg()[0]
    for way, taken in seconds.items():
        middle = statistics.median(taken)
        cosine = lowest_cosine(vectors[way], vectors["ours, 1 process"])
        start = statistics.median(starting.get(way, [math.nan]))
        same = np.array_equal(vectors[way], vectors["ours, 1 process"])
        print(
            f"{way:36} {len(texts) / middle:8,.0f} {one / middle:6.2f} {memory[way]:8,.0f} {cosine:11.6f} "
            f"{'yes' if same else 'no':>9} {start:8.1f}"
        )
        figures |= {
            f"{way}, texts/s": len(texts) / middle,
            f"{way}, times one process": one / middle,
            f"{way}, peak memory, MB": memory[way],
            f"{way}, lowest cosine": f"{cosine:.6f}",
            f"{way}, same bits": "yes" if same else "no",
        }
        if way in starting:
            figures[f"{way}, before the first batch, s"] = start
    record("workers", figures)


class PeakMemory:
    """The peak of the proportional set size, in MB, of this process and those it starts in the block."""

    def __init__(self) -> None:
        self.megabytes = 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            family = {os.getpid(), *(one for child in children("self") for one in family_of(child))}
            self.megabytes = max(self.megabytes, sum(map(proportional, family)))


def proportional(process: int) -> float:
    """The proportional set size of a process in MB, see proc_pid_smaps(5); 0 if it has ended."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


if __name__ == "__main__":
    main()
