"""How the cost of each step grows with the number of rows: seconds at several sizes, and a fitted exponent.

Encoding, neighbours, k-means and the map at 1,000, 10,000 and 100,000 rows; the search for one query up to a
million. Seconds grow as rows to the power of the exponent: 1 is linear, 2 quadratic. The plot is written to
docs/pictures/growth.svg.
"""

from __future__ import annotations

import argparse
import functools
import time
from collections.abc import Callable

import numpy as np

import explorer
from benchmarks.corpora import ROOT, empty_cache, glosses
from benchmarks.results import record
from benchmarks.search import noisy, rows
from explorer.tensor import Index

PICTURE = ROOT / "docs" / "pictures" / "growth.svg"
SIZES = (1_000, 10_000, 100_000)
MILLION = 1_000_000
_SEARCHES = 20  # one takes a millisecond
Points = dict[str, list[tuple[int, float]]]


def main() -> None:
    """Print seconds by step and size, then the exponents; draw the plot."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    points: Points = {"encode": [], "search": [], "neighbours": [], "k-means": [], "map": []}
    texts = glosses(SIZES[-1])
    few = explorer.embed(texts[:2_000])

    def timed(step: str, size: int, work: Callable[[], object]) -> None:
        started = time.perf_counter()
        work()
        points[step].append((size, time.perf_counter() - started))
        print(f"{step:10} {size:9,} rows {points[step][-1][1]:9.3f} s", flush=True)

    with empty_cache():
        explorer.embed([f"{text} beforehand" for text in texts[:500]])  # checked, and its graph made
        for place, size in enumerate(SIZES):
            fresh = [f"{text} {place}" for text in texts[:: len(texts) // size][:size]]
            timed("encode", size, functools.partial(explorer.embed, fresh))
    for size in SIZES:
        space = explorer.embed(texts[:: len(texts) // size][:size])
        timed("neighbours", size, functools.partial(space.index.neighbors, 15, min_recall=0.95))
        timed("k-means", size, functools.partial(space.index.kmeans, 50))
        with empty_cache():
            few.project()  # its process runs
            timed("map", size, space.project)
    matrix = rows(MILLION)
    query = noisy(matrix[:1], np.random.default_rng(2))
    for size in (*SIZES, MILLION):
        search = functools.partial(Index(matrix[:size]).search, query, 10)
        search()
        timed("search", size, functools.partial(_repeat, search))
        points["search"][-1] = (size, points["search"][-1][1] / _SEARCHES)
    exponents = {step: exponent(measured) for step, measured in points.items()}
    figures: dict[str, float | str] = {}
    for step, measured in points.items():
        print(f"{step:10} grows as rows to the power of {exponents[step]:.2f}")
        figures[f"{step}, exponent"] = exponents[step]
        figures |= {f"{step}, {size:,} rows, s": seconds for size, seconds in measured}
    draw(points, exponents)
    record("growth", figures)


def _repeat(search: Callable[[], object]) -> None:
    for _ in range(_SEARCHES):
        search()


def exponent(measured: list[tuple[int, float]]) -> float:
    """The slope of the best linear fit of log seconds against log rows."""
    sizes, seconds = np.log(np.array(measured)).T
    return float(np.polyfit(sizes, seconds, 1)[0])


def draw(points: Points, exponents: dict[str, float]) -> None:
    """Write the plot."""
    import matplotlib as mpl

    mpl.use("svg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 4.2), layout="constrained")
    colours = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
    for (step, measured), colour, marker in zip(points.items(), colours, "osD^v", strict=True):
        sizes, seconds = zip(*measured, strict=True)
        axes.loglog(sizes, seconds, marker=marker, color=colour, label=f"{step}: rows^{exponents[step]:.2f}")
    axes.set(xlabel="rows", ylabel="seconds")
    axes.grid(visible=True, which="major", alpha=0.3)
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    figure.savefig(PICTURE, metadata={"Date": None})


if __name__ == "__main__":
    main()
