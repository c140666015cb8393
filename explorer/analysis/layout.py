"""UMAP's layout: from neighbours to points, by umap-learn's own functions, with progress."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.encode.progress import OnProgress, Progress

# numba's simplest threading layer ends the process when two threads of Python compute at once.
_numba = threading.Lock()


def lay_out(
    indices: NDArray[np.int64],
    distances: NDArray[np.float64],
    start: NDArray[Any],
    min_distance: float,
    seed: int,
    tell: OnProgress,
    *,
    epochs: int | None = None,
) -> NDArray[np.float32]:
    """What `umap.UMAP.fit` does after the neighbours are known, by the functions it does it with.

    The class itself would copy the vectors several times over, and tells nothing.

    Args:
        indices: Of the neighbours, the row itself first, shape (rows, k).
        distances: To them, ascending.
        start: Where the points start, not all 0, shape (rows, dims).
        min_distance: As for `umap`.
        seed: Of the noise and of the layout.
        tell: Is told of each step.
        epochs: Rounds of the layout; by default umap-learn's choice, 500 up to 10,000 rows and 200 above.

    Returns:
        The points, shape (rows, dims).
    """
    tell(Progress("Getting UMAP ready", fraction=0.5))
    import umap.umap_ as learn  # seconds: numba comes with it

    random = np.random.RandomState(seed)
    with _numba:
        tell(Progress("Weighing neighbours", fraction=0.5))
        graph, *_ = learn.fuzzy_simplicial_set(
            start,  # of which only the number of rows is used
            indices.shape[1],
            random,
            "precomputed",
            knn_indices=indices.astype(np.int32),
            knn_dists=distances.astype(np.float32),
        )
        a, b = learn.find_ab_params(1.0, min_distance)
        rounds = _Epochs(tell)
        points, _ = learn.simplicial_set_embedding(
            None,  # the vectors, which a layout with a start does without
            graph,
            start.shape[1],
            initial_alpha=1.0,
            a=a,
            b=b,
            gamma=1.0,
            negative_sample_rate=5,
            n_epochs=epochs,
            init=learn.noisy_scale_coords(start, random),  # the noise parts equal rows
            random_state=random,
            metric="precomputed",
            metric_kwds={},
            densmap=False,
            densmap_kwds={},
            output_dens=False,
            tqdm_kwds=rounds.bar,
        )
    rounds.end()
    laid: NDArray[np.float32] = points
    return laid


class _Epochs:
    """The file that umap-learn's progress bar writes to, which hands on how far the layout is.

    The bar is the only thing that umap-learn calls during a layout. Where writing fails it keeps a lock that
    all bars share, so what `tell` raises is kept until the layout is over.
    """

    def __init__(self, tell: OnProgress) -> None:
        self._tell = tell
        self._stopped: BaseException | None = None
        # With miniters set, tqdm does not start to draw from a thread of its own.
        self.bar = {
            "disable": False,
            "file": self,
            "bar_format": "{n}/{total}",
            "miniters": 1,
            "leave": False,
        }

    def write(self, text: str) -> None:
        """Take what the bar draws, such as "37/200", or an instruction to move the cursor."""
        done, _, total = text.strip().partition("/")
        if not total or self._stopped:
            return
        n, of = int(done), int(total)
        try:
            self._tell(Progress("Laying out the map", n, of, fraction=0.5 + 0.5 * n / of, unit="rounds"))
        except BaseException as stopped:
            self._stopped = stopped

    def flush(self) -> None:
        """Nothing is held back."""

    def end(self) -> None:
        """Raise what stopped the work, if something did."""
        if self._stopped:
            raise self._stopped


def warm_up() -> None:
    """Compile what `lay_out` needs, which takes seconds, on a problem that takes none."""
    rows = np.arange(8)
    indices = (rows[:, None] + np.arange(3)) % 8
    distances = np.tile(np.arange(3.0), (8, 1))
    points = np.stack([rows, rows % 3], axis=1)
    lay_out(indices, distances, points, 0.1, 0, lambda _: None, epochs=1)
