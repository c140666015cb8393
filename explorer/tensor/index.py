"""The vector index in memory: one matrix, searched exactly."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from explorer.errors import QueryError, VectorError
from explorer.tensor.device import exact_device
from explorer.tensor.exact_search import Search
from explorer.tensor.inverted_lists import approximate_neighbors
from explorer.tensor.kmeans import KMeans, kmeans
from explorer.tensor.matrices import as_matrix
from explorer.tensor.pairs import Pairs, pairs_above
from explorer.tensor.pairwise import all_scores, random_pairs
from explorer.tensor.scores import Metric, Rows, check_metric, pair_scores
from explorer.tensor.search_matrix import SearchMatrix
from explorer.tensor.vector_index import Neighbors, OnSteps, TopK


class Index:
    """The `VectorIndex` of one matrix in memory: exact search, and approximate neighbours where asked for.

    Results and their order are those of scoring every row in float64; ties are in row order. `Search`
    explains how. Row norms are computed once, here.

    Args:
        vectors: Anything `as_matrix` takes, shape (rows, dims). A float32 matrix is not copied and must not
            change while the index is in use.
        device: Where to compute; the CPU by default, and instead of MPS, which has no float64.
        memory_mb: Memory that one search can use besides the matrix and its result, in MB.

    Raises:
        VectorError: As `as_matrix`.
    """

    def __init__(
        self,
        vectors: Any,  # noqa: ANN401 - as_matrix checks it
        *,
        device: torch.device | None = None,
        memory_mb: float = 256,
    ) -> None:
        self._matrix = SearchMatrix(as_matrix(vectors), exact_device(device))
        self._memory_mb = memory_mb

    @property
    def vectors(self) -> NDArray[np.float32]:
        """The matrix: float32, shape (rows, dims), read-only."""
        return self._matrix.matrix

    @property
    def dims(self) -> int:
        """Dimensions of a vector."""
        return self._matrix.dims

    def __len__(self) -> int:
        return len(self._matrix)

    def take(self, rows: slice | ArrayLike) -> NDArray[np.float32]:
        """The vectors of some rows, read-only; a range is not copied; see `VectorIndex.take`."""
        taken = self.vectors[rows if isinstance(rows, slice) else self._numbers(rows)]
        taken.flags.writeable = False
        return taken

    def subset(self, rows: ArrayLike) -> Index:
        """An index of some rows alone, with the same device and memory; see `VectorIndex.subset`."""
        return Index(self.take(rows), device=self._matrix.device, memory_mb=self._memory_mb)

    def search(
        self,
        queries: Any,  # noqa: ANN401 - as_matrix checks it
        k: int,
        metric: Metric = "cosine",
        *,
        rows: ArrayLike | None = None,
        on_progress: OnSteps | None = None,
    ) -> TopK:
        """Find the `k` rows closest to each query, exactly; see `VectorIndex.search`."""
        vectors = as_matrix(queries, what="query vectors")
        if vectors.shape[1] != self._matrix.dims:
            raise VectorError(
                f"The query has {vectors.shape[1]} dimensions, the vectors have {self._matrix.dims}.",
                fix="Encode the query with the model that encoded the vectors.",
            )
        allowed = None if rows is None else self._allowed(rows)
        asked = Rows.of(vectors, self._matrix.device)
        return TopK(*self._found(asked, None, k, metric, allowed, on_progress))

    def neighbors(
        self,
        k: int = 15,
        metric: Metric = "cosine",
        *,
        min_recall: float = 1.0,
        on_progress: OnSteps | None = None,
    ) -> Neighbors:
        """Find the `k` rows closest to each row, itself left out; see `VectorIndex.neighbors`.

        With a `min_recall` below 1, large matrices are searched by `approximate_neighbors`, which is several
        times as fast; its results differ between machines, but not between calls.
        """
        _check(k, metric)
        if not 0 < min_recall <= 1:
            raise QueryError(f"A recall of {min_recall} was asked for.", fix="Choose more than 0, up to 1.")
        total = len(self)

        def report(done: int) -> None:
            if on_progress is not None:
                on_progress(done, total)

        if min_recall < 1:
            found = approximate_neighbors(self._matrix, metric, k, min_recall, self._memory_mb, report)
            if found is not None:
                return Neighbors(*found)
        exact = self._matrix.rows
        own = torch.arange(len(self), device=self._matrix.device)
        return Neighbors(*self._found(exact, own, k, metric, None, on_progress), 1.0)

    def pairs_above(
        self,
        threshold: float,
        *,
        metric: Metric = "cosine",
        rows: NDArray[np.bool_] | None = None,
        limit: int = 1_000_000,
        closest: bool = False,
        on_progress: OnSteps | None = None,
    ) -> Pairs:
        """Find all pairs of rows at or above a threshold; see `VectorIndex.pairs_above`."""
        return pairs_above(
            self._matrix, threshold, metric=metric, rows=rows, limit=limit, closest=closest,
            memory_mb=self._memory_mb, on_progress=on_progress,
        )  # fmt: skip

    def kmeans(
        self,
        k: int,
        *,
        metric: Literal["cosine", "euclidean"] = "cosine",
        seed: int = 0,
        starts: int = 1,
        max_iterations: int = 100,
        tolerance: float = 1e-4,
        initial: Any = None,  # noqa: ANN401 - as_matrix checks it
        on_progress: OnSteps | None = None,
    ) -> KMeans:
        """Put rows in k clusters; see `VectorIndex.kmeans`, and `explorer.tensor.kmeans` for how.

        `max_iterations`, `tolerance` and `initial` control Lloyd's iterations: where to stop a start that
        does not converge, when it has converged, and initial centroids instead of `seed` and `starts`.
        """
        return kmeans(
            self._matrix, k, metric=metric, seed=seed, starts=starts, max_iterations=max_iterations,
            tolerance=tolerance, initial=initial, memory_mb=self._memory_mb, on_progress=on_progress,
        )  # fmt: skip

    def similarity(
        self,
        rows: ArrayLike | None = None,
        others: ArrayLike | None = None,
        metric: Metric = "cosine",
    ) -> NDArray[np.float32]:
        """Score rows with one another, as `pairwise` does; see `VectorIndex.similarity`."""
        check_metric(metric)
        left = self._rows(rows)
        return all_scores(left, left if others is None else self._rows(others), metric, self._memory_mb)

    def random_pairs(
        self, metric: Metric = "cosine", *, pairs: int = 20_000, seed: int = 0
    ) -> NDArray[np.float32]:
        """Score random pairs of different rows; see `VectorIndex.random_pairs`."""
        check_metric(metric)
        if pairs < 1:
            raise QueryError(f"{pairs} pairs were asked for.", fix="Ask for 1 or more.")
        exact = self._matrix.rows
        drawn = random_pairs(len(self), pairs, seed)
        left, right = (self._placed(side) for side in drawn)
        scores = pair_scores(exact, left, exact, right, metric).float().sort().values
        in_order: NDArray[np.float32] = scores.cpu().numpy()
        return in_order

    def _found(
        self,
        queries: Rows,
        own: torch.Tensor | None,
        k: int,
        metric: Metric,
        allowed: torch.Tensor | None,
        on_progress: OnSteps | None,
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        _check(k, metric)
        done, total = 0, len(queries)
        candidates = (len(self) if allowed is None else len(allowed)) - (own is not None)
        k = max(0, min(k, candidates))
        indices = np.empty((total, k), dtype=np.int64)
        scores = np.empty((total, k), dtype=np.float32)
        if k == 0 or total == 0:
            return indices, scores

        def tick() -> None:
            if on_progress is not None:
                on_progress(done, total)

        search = Search(self._matrix, metric, k, allowed=allowed, memory_mb=self._memory_mb, tick=tick)
        for start in range(0, total, search.block):
            part = slice(start, start + search.block)
            best, values = search.run(queries[part], None if own is None else own[part])
            indices[part] = best.cpu().numpy()
            scores[part] = values.float().cpu().numpy()
            done = min(total, start + search.block)
        tick()
        return indices, scores

    def _allowed(self, rows: ArrayLike) -> torch.Tensor:
        """The rows to choose from, ascending and unique."""
        mask = np.asarray(rows)
        if mask.dtype != np.bool_:
            return self._placed(np.unique(self._numbers(mask)))
        if mask.shape != (len(self),):
            raise QueryError(f"The mask has the shape {mask.shape}; there are {len(self)} rows.")
        return self._placed(np.flatnonzero(mask))

    def _rows(self, rows: ArrayLike | None) -> Rows:
        exact = self._matrix.rows
        return exact if rows is None else exact[self._placed(self._numbers(rows))]

    def _numbers(self, rows: ArrayLike) -> NDArray[np.int64]:
        """Validated row numbers: shape (n,)."""
        numbers = np.asarray(rows)
        if numbers.ndim != 1 or (numbers.size > 0 and numbers.dtype.kind not in "iu"):
            raise QueryError("Rows are given as a list of whole numbers.")
        if numbers.size > 0 and (numbers.min() < 0 or numbers.max() >= len(self)):
            raise QueryError(f"A row does not exist; rows go from 0 to {len(self) - 1}.")
        return numbers.astype(np.int64)

    def _placed(self, rows: NDArray[np.int64]) -> torch.Tensor:
        """Row numbers on the device where exact scores are computed."""
        return torch.from_numpy(rows).to(self._matrix.device)


def _check(k: int, metric: str) -> None:
    check_metric(metric)
    if k < 1:
        raise QueryError(f"{k} rows were asked for.", fix="Ask for 1 or more.")
