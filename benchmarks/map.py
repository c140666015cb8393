"""UMAP on the tensor core's neighbours, compared with umap-learn and its defaults: same rows, alternating.

By default umap-learn has no seed, which lets it use all cores; it is also measured as the map page runs it,
with a seed and in a separate process. numba compiles everything beforehand, on a few rows. Prints each run
with the steps of ours, the ratios of the medians to ours, and the trustworthiness by the same measure, rows
and k. The rows are encoded first if they are not in the vector cache.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings

import numpy as np

import explorer
from benchmarks.corpora import empty_cache, glosses
from benchmarks.results import record
from explorer.analysis.projection import Projection, project, umap
from explorer.analysis.space import make_index
from explorer.analysis.specs import MapSpec
from explorer.analysis.trust import trust
from explorer.jobs.progress import Progress
from explorer.tensor import Index

_PARTS = {
    "Finding neighbours": "neighbours",
    "Weighting neighbours": "graph",
    "Laying out the map": "layout",
}
_WARM = 5_000  # rows; with fewer, umap-learn does not search for neighbours as it does with many


def ours(index: Index, seed: int) -> tuple[Projection, dict[str, float]]:
    """Our map, and the seconds of its steps and in total."""
    began: dict[str, float] = {}

    def heard(progress: Progress) -> None:
        began.setdefault(progress.phase, time.perf_counter())

    with empty_cache():
        started = time.perf_counter()
        made = umap(index, MapSpec(seed=seed), on_progress=heard)
    ended = time.perf_counter()
    parts = {"PCA": started, **{name: began[phase] for phase, name in _PARTS.items()}}
    edges = [*parts.values(), ended]
    spent = {name: after - before for name, before, after in zip(parts, edges, edges[1:], strict=False)}
    return made, {**spent, "whole": ended - started}


def theirs(index: Index) -> tuple[Projection, float]:
    """umap-learn's map, and its seconds."""
    from umap import UMAP

    started = time.perf_counter()
    points = UMAP(metric="cosine").fit_transform(index.vectors)
    seconds = time.perf_counter() - started
    return Projection(np.asarray(points, dtype=np.float32), "umap", 2, "cosine"), seconds


def seeded(index: Index, seed: int) -> tuple[Projection, float]:
    """The map page's map by umap-learn, and its seconds."""
    with empty_cache():
        started = time.perf_counter()
        made = project(index, MapSpec("umap-learn", seed=seed))
    return made, time.perf_counter() - started


def main() -> None:
    """Print the runs, and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=117_659)
    parser.add_argument("--runs", type=int, default=1)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # umap-learn's, of Tensorflow and of graphs in several pieces
    corpus = explorer.open_corpus(glosses(options.rows))
    vectors = explorer.embed(corpus.texts).vectors
    index, few = make_index(vectors), make_index(vectors[:_WARM])
    ours(few, 0)
    theirs(few)
    seeded(few, 0)
    print(
        f"{len(vectors):,} x {vectors.shape[1]}, cosine, 15 neighbours, all compiled beforehand", flush=True
    )
    seconds: tuple[list[float], ...] = ([], [], [])
    kept: tuple[list[float], ...] = ([], [], [])
    for seed in range(options.runs):
        mine, spent = ours(index, seed)
        other, whole = theirs(index)
        page, page_seconds = seeded(index, seed)
        for place, (name, made, took) in enumerate(
            [
                ("ours", mine, spent["whole"]),
                ("umap-learn", other, whole),
                ("umap-learn, seeded", page, page_seconds),
            ]
        ):
            measured = trust(index, made)
            seconds[place].append(took)
            kept[place].append(measured.trustworthiness)
            print(
                f"run {seed}: {name:18} {took:5.1f} s, trustworthiness {measured.trustworthiness:.4f}, "
                f"continuity {measured.continuity:.4f}",
                flush=True,
            )
        print("       ours: " + ", ".join(f"{part} {s:.1f} s" for part, s in spent.items()), flush=True)
    ratio = statistics.median(seconds[1]) / statistics.median(seconds[0])
    apart = statistics.median(kept[0]) - statistics.median(kept[1])
    page_ratio = statistics.median(seconds[2]) / statistics.median(seconds[0])
    print(
        f"median: {ratio:.2f} times as fast, {page_ratio:.2f} where both have a seed; "
        f"trustworthiness {apart:+.4f}"
    )
    record(
        "map",
        {
            "rows": options.rows,
            "ours, s": statistics.median(seconds[0]),
            "umap-learn, s": statistics.median(seconds[1]),
            "umap-learn, seeded, s": statistics.median(seconds[2]),
            "umap-learn to ours": ratio,
            "umap-learn, seeded, to ours": page_ratio,
            "ours, trustworthiness": statistics.median(kept[0]),
            "umap-learn, trustworthiness": statistics.median(kept[1]),
        },
    )


if __name__ == "__main__":
    main()
