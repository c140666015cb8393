"""The object that is asked: one matrix, searched by vectors or by its own rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from explorer.errors import QueryError, VectorError
from explorer.tensor.device import exact_device
from explorer.tensor.exact_search import Search
from explorer.tensor.inverted_lists import quick_neighbors
from explorer.tensor.matrices import as_matrix
from explorer.tensor.pairwise import all_scores, random_pairs
from explorer.tensor.scores import Metric, Rows, check_metric, pair_scores
from explorer.tensor.search_matrix import Prepared


@dataclass(frozen=True, eq=False)
class TopK:
    """The best rows of each query.

    Attributes:
        indices: Rows of the matrix, best first, int64, shape (queries, k).
        scores: Their scores, larger is closer, float32, shape (queries, k).
    """

    indices: NDArray[np.int64]
    scores: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Neighbors:
    """The nearest rows of each row, the row itself left out.

    Attributes:
        indices: Rows of the matrix, nearest first, int64, shape (rows, k).
        similarities: Their exact scores, larger is closer, float32, shape (rows, k).
        recall: Share of the k nearest rows that were found: 1 where the search was exact, else as measured
            on 1,000 random rows, where a row that scores no lower than the k-th nearest counts as found.
    """

    indices: NDArray[np.int64]
    similarities: NDArray[np.float32]
    recall: float


class Index:
    """Exact search in one matrix, and quick neighbours where a few may be missed.

    What is found, and in which order, is what float64 scores of every row would give; rows of equal
    score come in the order of the matrix. `Search` says how. Lengths are measured once, here.

    Args:
        vectors: What `as_matrix` takes, shape (rows, dims). A float32 matrix is not copied; it must
            not change as long as the index is used.
        device: Where to compute; the processor by default, and in place of MPS, which has no float64.
        memory_mb: Memory that one search may use beside the matrix and its result, in MB.

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
        self._matrix = Prepared(as_matrix(vectors), exact_device(device))
        self._memory_mb = memory_mb

    @property
    def vectors(self) -> NDArray[np.float32]:
        """The matrix: float32, shape (rows, dims), read-only."""
        return self._matrix.matrix

    def __len__(self) -> int:
        return len(self._matrix)

    def search(
        self,
        queries: Any,  # noqa: ANN401 - as_matrix checks it
        k: int,
        metric: Metric = "cosine",
        *,
        rows: ArrayLike | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> TopK:
        """Find the `k` rows closest to each query.

        Args:
            queries: What `as_matrix` takes, shape (queries, dims) or (dims,).
            k: Rows wanted of each query.
            metric: `cosine`, `dot` or `euclidean`; scores of `euclidean` are negative distances.
            rows: Rows to choose from, as numbers or as one bool per row; all by default.
            on_progress: Called after every block with the queries done and their total. What it
                raises stops the search.

        Returns:
            The rows, by their place in the whole matrix. `k` shrinks to the rows there are.

        Raises:
            QueryError: `k` is under 1, `metric` does not exist, or `rows` names a row there is not.
            VectorError: The queries are no vectors, or have other dimensions than the matrix.
        """
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
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Neighbors:
        """Find the `k` rows closest to each row, the row itself left out.

        Args:
            k: Neighbours wanted of each row.
            metric: As for `search`.
            min_recall: Share of them that has to be found. Under 1, large matrices are searched by
                `quick_neighbors`, several times as fast; what it finds differs from machine to machine, but
                not from call to call.
            on_progress: Called after every block with the rows done and their total. What it raises
                stops the work.

        Returns:
            The neighbours, and the recall; `k` shrinks to the number of other rows.

        Raises:
            QueryError: `k` is under 1, `metric` does not exist, or `min_recall` is not above 0 and up to 1.
        """
        _check(k, metric)
        if not 0 < min_recall <= 1:
            raise QueryError(f"A recall of {min_recall} was asked for.", fix="Choose more than 0, up to 1.")
        total = len(self)

        def report(done: int) -> None:
            if on_progress is not None:
                on_progress(done, total)

        if min_recall < 1:
            quick = quick_neighbors(self._matrix, metric, k, min_recall, self._memory_mb, report)
            if quick is not None:
                return Neighbors(*quick)
        exact = self._matrix.rows
        own = torch.arange(len(self), device=self._matrix.device)
        return Neighbors(*self._found(exact, own, k, metric, None, on_progress), 1.0)

    def similarity(
        self,
        rows: ArrayLike | None = None,
        others: ArrayLike | None = None,
        metric: Metric = "cosine",
    ) -> NDArray[np.float32]:
        """Score rows with one another, as `pairwise` does.

        Args:
            rows: Row numbers, in any order; all rows by default.
            others: Row numbers of the second set; the first set again by default.
            metric: As for `search`.

        Returns:
            Scores, larger is closer, float32, shape (rows, others).

        Raises:
            QueryError: `metric` does not exist, or there is no such row.
        """
        check_metric(metric)
        left = self._rows(rows)
        return all_scores(left, left if others is None else self._rows(others), metric, self._memory_mb)

    def random_pairs(
        self, metric: Metric = "cosine", *, pairs: int = 20_000, seed: int = 0
    ) -> NDArray[np.float32]:
        """Score random pairs of different rows, which tells what similarity is usual here.

        Args:
            metric: As for `search`.
            pairs: Number of pairs; none is taken twice, and all are taken where there are no more.
            seed: The same seed gives the same pairs.

        Returns:
            Scores in ascending order, float32, shape (pairs,); empty for fewer than two rows.

        Raises:
            QueryError: `metric` does not exist, or `pairs` is under 1.
        """
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
        on_progress: Callable[[int, int], None] | None,
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
        """The rows to choose from, ascending and each once."""
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
        """Row numbers, checked: shape (n,)."""
        numbers = np.asarray(rows)
        if numbers.ndim != 1 or (numbers.size > 0 and numbers.dtype.kind not in "iu"):
            raise QueryError("Rows are given as a list of whole numbers.")
        if numbers.size > 0 and (numbers.min() < 0 or numbers.max() >= len(self)):
            raise QueryError(f"A row does not exist; rows go from 0 to {len(self) - 1}.")
        return numbers.astype(np.int64)

    def _placed(self, rows: NDArray[np.int64]) -> torch.Tensor:
        """Row numbers where the exact scores are computed."""
        return torch.from_numpy(rows).to(self._matrix.device)


def _check(k: int, metric: str) -> None:
    check_metric(metric)
    if k < 1:
        raise QueryError(f"{k} rows were asked for.", fix="Ask for 1 or more.")
