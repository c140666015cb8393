"""How much memory work needs at its peak, and the estimate by which it is refused where less is free.

Each piece of work runs in a fresh process: what it imports is counted, and so are processes that it starts.
Estimates are below what is needed, since work that fits must not be refused. Rows are glosses of WordNet, or
random vectors of 384 dimensions around 50 points for maps.
"""

from __future__ import annotations

import argparse
import functools
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

import explorer
from benchmarks.corpora import empty_cache, glosses
from benchmarks.processes import children, resident
from benchmarks.results import record
from explorer.jobs.freed_memory import return_freed_memory, set_mmap_threshold

if TYPE_CHECKING:
    from explorer.analysis.specs import MapMethod

_DIMS = 384
_SIZES = {
    "opening the model": (100,),
    "encoding": (2_000, 8_000),
    "encoding in two processes": (2_000,),
    "TF-IDF": (600, 5_000, 20_000),
    "map": (600, 20_000, 60_000),
    "map by umap-learn": (600, 20_000),
    "comparison": (600, 5_000, 20_000),
}


def main() -> None:
    """Print one line per piece of work."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", choices=_SIZES)
    parser.add_argument("--rows", type=int)
    options = parser.parse_args()
    if options.rows:
        with empty_cache():
            print(*measure(options.work, options.rows))
        return
    figures: dict[str, float | str] = {}
    for work, sizes in _SIZES.items():
        if options.work not in (None, work):
            continue
        for rows in sizes:
            command = [sys.executable, "-m", "benchmarks.memory_needs", "--work", work, f"--rows={rows}"]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            needed, estimate = map(float, done.stdout.split()[-2:])
            print(f"{work:25} {rows:7,} rows: {needed:6.0f} MB, estimate {estimate:6.0f} MB", flush=True)
            figures |= {f"{work}, {rows} rows, MB": needed, f"{work}, {rows} rows, estimate MB": estimate}
    record("memory_needs", figures)


def measure(work: str, rows: int) -> tuple[float, float]:
    """Memory at the peak of a piece of work, without that before it, and the estimate, in MB."""
    set_mmap_threshold(1 << 20)
    prepared, estimate = _WORKS[work](rows)
    return_freed_memory()
    before, ended, peak = own_mb(), threading.Event(), [0.0]

    def watch() -> None:
        while not ended.wait(0.01):
            peak[0] = max(peak[0], own_mb())

    watching = threading.Thread(target=watch)
    watching.start()
    prepared()
    ended.set()
    watching.join()
    return peak[0] - before, estimate / 1e6


def own_mb() -> float:
    """Anonymous memory of this process and its children, in MB (of 10^6 bytes, as the estimates are)."""
    return 1.048576 * (
        resident("self", "RssAnon") + sum(resident(one, "RssAnon") for one in children("self"))
    )


Prepared = tuple[Callable[[], object], float]


def _opening(rows: int) -> Prepared:
    from explorer.encode.engines.model_memory import opening_bytes
    from explorer.encode.models import BUNDLED_MODEL, find_model

    texts = glosses(rows)
    estimate = opening_bytes(find_model(BUNDLED_MODEL), "float32")
    return lambda: explorer.embed(texts, precision="float32"), estimate


def _encoding(rows: int) -> Prepared:
    from explorer.encode.run import vectors_bytes

    texts = glosses(rows)
    explorer.embed(texts[:64], precision="float32")
    return lambda: explorer.embed(texts, precision="float32"), vectors_bytes(rows, _DIMS)


def _encoding_in_processes(rows: int) -> Prepared:
    from explorer.encode.engines.model_memory import process_bytes
    from explorer.encode.models import BUNDLED_MODEL, find_model

    texts = glosses(rows)
    estimate = 2 * process_bytes(find_model(BUNDLED_MODEL), "float32")
    return lambda: explorer.embed(texts, precision="float32", workers=2), estimate


def _fitting(rows: int) -> Prepared:
    from explorer.encode.engines.tfidf import TfidfEngine, fitting_bytes

    texts = glosses(rows)
    return lambda: TfidfEngine.fit(texts), fitting_bytes(texts)


def _map(rows: int, method: MapMethod = "umap") -> Prepared:
    from explorer.analysis.projection import map_bytes, project
    from explorer.analysis.space import make_index
    from explorer.analysis.specs import MapSpec

    random = np.random.default_rng(0)
    centres = 2 * random.standard_normal((50, _DIMS), dtype=np.float32)
    vectors = random.standard_normal((rows, _DIMS), dtype=np.float32) + centres[random.integers(0, 50, rows)]
    index = make_index(vectors)
    return lambda: project(index, MapSpec(method)), map_bytes(rows, method)


def _comparison(rows: int) -> Prepared:
    from explorer.comparison.compare import SAMPLE
    from explorer.comparison.memory import comparison_bytes

    space = explorer.embed(glosses(rows), "tfidf")
    other = space.truncate(128)
    return lambda: explorer.compare([space, other]), comparison_bytes(rows, min(rows, SAMPLE))


_WORKS: dict[str, Callable[[int], Prepared]] = {
    "opening the model": _opening,
    "encoding": _encoding,
    "encoding in two processes": _encoding_in_processes,
    "TF-IDF": _fitting,
    "map": _map,
    "map by umap-learn": functools.partial(_map, method="umap-learn"),
    "comparison": _comparison,
}


if __name__ == "__main__":
    main()
