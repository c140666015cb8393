"""umap-learn in a separate process; `umap_learn` starts it and explains why.

Usage: `python -m explorer.analysis.umap_learn_worker`. Requests name a folder; arrays are read from it and
written to it as npy files.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from explorer.jobs.process import serve
from explorer.jobs.progress import OnProgress, Progress

_EPOCHS = re.compile(r"(\d+)/(\d+)")
_TRANSFORM_SEED = 42  # the default of umap-learn's `transform_seed`


def answer(request: dict[str, Any], report: OnProgress) -> None:
    """Handle a request: fit a map, or transform new rows."""
    work = {"fit": _fit, "transform": _transform}[request["do"]]
    work(Path(request["folder"]), request["options"], report)


def _fit(folder: Path, options: dict[str, Any], report: OnProgress) -> None:
    """Lay rows out: `vectors.npy` and perhaps `targets.npy` become `coordinates.npy`."""
    from umap import UMAP

    report(Progress("Finding neighbours", fraction=0.05))
    vectors = np.load(folder / "vectors.npy", mmap_mode="r", allow_pickle=False)
    targets = folder / "targets.npy"
    mapper = UMAP(
        **options,
        n_jobs=1,  # with a seed it would fall back to this anyway, with a warning
        tqdm_kwds={
            "disable": False,
            "file": _Epochs(report),
            "bar_format": "{n_fmt}/{total_fmt}",
            "mininterval": 0.2,
        },
    )
    coordinates = mapper.fit_transform(vectors, np.load(targets) if targets.exists() else None)
    np.save(folder / "coordinates.npy", np.asarray(coordinates, dtype=np.float32))


class _Epochs:
    """A file object for umap-learn's progress bar, which reports the finished epochs."""

    def __init__(self, report: OnProgress) -> None:
        self._report = report

    def write(self, text: str) -> None:
        """Parse the output of tqdm."""
        found = _EPOCHS.search(text)
        if found:
            done, total = int(found[1]), int(found[2])
            share = 0.5 + 0.5 * done / max(1, total)
            self._report(Progress("Laying out the map", done, total, fraction=share, unit="epochs"))

    def flush(self) -> None:
        """Do nothing: nothing is buffered."""


def _transform(folder: Path, options: dict[str, Any], report: OnProgress) -> None:
    """Place new rows: `coordinates.npy`, `indices.npy` and `distances.npy` become `placed.npy`.

    This does what `UMAP.transform` does once the neighbours are known, using umap-learn's own functions.
    `UMAP.transform` itself needs the fitted object, which could only be kept by pickle.
    """
    from scipy.sparse import coo_matrix
    from umap.layouts import optimize_layout_euclidean
    from umap.umap_ import (
        INT32_MAX,
        INT32_MIN,
        compute_membership_strengths,
        find_ab_params,
        init_graph_transform,
        make_epochs_per_sample,
        smooth_knn_dist,
    )

    report(Progress("Placing", fraction=0.5))
    coordinates = np.load(folder / "coordinates.npy")
    indices, distances = np.load(folder / "indices.npy"), np.load(folder / "distances.npy")
    new, k = indices.shape
    random = np.random.RandomState(_TRANSFORM_SEED)
    state = random.randint(INT32_MIN, INT32_MAX, 3).astype(np.int64)
    sigmas, rhos = smooth_knn_dist(distances, float(k), local_connectivity=0.0)
    rows, columns, strengths, _ = compute_membership_strengths(
        indices, distances, sigmas, rhos, bipartite=True
    )
    graph = coo_matrix((strengths, (rows, columns)), shape=(new, len(coordinates)))
    start = graph.tocsr()
    start.eliminate_zeros()
    epochs = 100 if new <= 10_000 else 30
    graph.data[graph.data < graph.data.max() / epochs] = 0
    graph.eliminate_zeros()
    a, b = find_ab_params(1.0, options["min_dist"])
    placed = optimize_layout_euclidean(
        init_graph_transform(start, coordinates),
        coordinates.copy(),
        graph.row,
        graph.col,
        epochs,
        len(coordinates),
        make_epochs_per_sample(graph.data, epochs),
        a,
        b,
        state,
        initial_alpha=0.25,  # a quarter of the learning rate
    )
    np.save(folder / "placed.npy", placed)


if __name__ == "__main__":
    serve(answer)
