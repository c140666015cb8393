"""What analyses ask of vectors, wherever these are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from explorer.tensor.kmeans import KMeans
from explorer.tensor.pairs import Pairs
from explorer.tensor.scores import Metric

OnSteps = Callable[[int, int], None]
"""Called with the steps done and their total; what it raises stops the work."""


@dataclass(frozen=True, eq=False)
class TopK:
    """The best rows of each query.

    Attributes:
        indices: Rows of the index, best first, int64, shape (queries, k).
        scores: Their scores, larger is closer, float32, shape (queries, k).
    """

    indices: NDArray[np.int64]
    scores: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Neighbors:
    """The nearest rows of each row, the row itself left out.

    Attributes:
        indices: Rows of the index, nearest first, int64, shape (rows, k).
        similarities: Their exact scores, larger is closer, float32, shape (rows, k).
        recall: Share of the k nearest rows that were found: 1 where the search was exact, else as measured
            on 1,000 random rows, where a row that scores no lower than the k-th nearest counts as found.
    """

    indices: NDArray[np.int64]
    similarities: NDArray[np.float32]
    recall: float


class VectorIndex(Protocol):
    """Vectors in rows, searched by vectors or by their own rows.

    `explorer.tensor.Index` holds them in memory. Scores are those of `explorer.tensor.scores`: larger is
    closer, and rows of equal score come in the order of the rows.
    """

    def __len__(self) -> int:
        """Number of rows."""
        ...

    @property
    def dims(self) -> int:
        """Dimensions of a vector."""
        ...

    def take(self, rows: slice | ArrayLike) -> NDArray[np.float32]:
        """The vectors of some rows.

        Args:
            rows: A range of rows, or row numbers in any order.

        Returns:
            float32, shape (rows, dims), read-only; a range is not copied where the vectors are in memory.

        Raises:
            QueryError: There is no such row.
        """
        ...

    def subset(self, rows: ArrayLike) -> VectorIndex:
        """An index of some rows alone, in the order given; they are renumbered from 0.

        Raises:
            QueryError: There is no such row.
        """
        ...

    def search(
        self,
        queries: Any,  # noqa: ANN401 - what `as_matrix` takes
        k: int,
        metric: Metric = "cosine",
        *,
        rows: ArrayLike | None = None,
        on_progress: OnSteps | None = None,
    ) -> TopK:
        """Find the `k` rows closest to each query.

        Args:
            queries: What `as_matrix` takes, shape (queries, dims) or (dims,).
            k: Rows wanted of each query.
            metric: `cosine`, `dot` or `euclidean`; scores of `euclidean` are negative distances.
            rows: Rows to choose from, as numbers or as one bool per row; all by default.
            on_progress: Called after every block with the queries done and their total. What it raises stops
                the search.

        Returns:
            The rows, by their place in the whole index. `k` shrinks to the rows there are.

        Raises:
            QueryError: `k` is under 1, `metric` does not exist, or `rows` names a row there is not.
            VectorError: The queries are no vectors, or have other dimensions than the rows.
        """
        ...

    def neighbors(
        self,
        k: int = 15,
        metric: Metric = "cosine",
        *,
        min_recall: float = 1.0,
        on_progress: OnSteps | None = None,
    ) -> Neighbors:
        """Find the `k` rows closest to each row, the row itself left out.

        Args:
            k: Neighbours wanted of each row.
            metric: As for `search`.
            min_recall: Share of them that has to be found; under 1, the search may be approximate.
            on_progress: Called after every block with the rows done and their total. What it raises stops
                the work.

        Returns:
            The neighbours, and the recall; `k` shrinks to the number of other rows.

        Raises:
            QueryError: `k` is under 1, `metric` does not exist, or `min_recall` is not above 0 and up to 1.
        """
        ...

    def pairs_above(
        self,
        threshold: float,
        *,
        metric: Metric = "cosine",
        rows: NDArray[np.bool_] | None = None,
        limit: int = 1_000_000,
        on_progress: OnSteps | None = None,
    ) -> Pairs:
        """Find all pairs of rows whose float64 score is at or above a threshold.

        Args:
            threshold: The lowest score wanted. By rounding, the cosine of equal rows may be just under 1.
            metric: As for `search`.
            rows: Which rows to pair, one bool per row; all by default.
            limit: Pairs the result may have.
            on_progress: Called often with the pairs compared and their total. What it raises stops the work.

        Returns:
            The pairs, by their rows' places in the whole index.

        Raises:
            QueryError: There are more than `limit` pairs (found out as soon as that many have been met),
                `limit` is under 1, `threshold` is NaN, `metric` does not exist, or `rows` is no such mask.
        """
        ...

    def kmeans(
        self,
        k: int,
        *,
        metric: Literal["cosine", "euclidean"] = "cosine",
        seed: int = 0,
        starts: int = 1,
        on_progress: OnSteps | None = None,
    ) -> KMeans:
        """Put rows in k clusters so that they are close to the centroid of their cluster.

        Args:
            k: Number of clusters.
            metric: `cosine` (spherical k-means: rows and centroids are scaled to length 1) or `euclidean`.
            seed: The same seed gives the same clusters on the same machine.
            starts: Number of starts; the one with the lowest inertia is kept.
            on_progress: Called with the iterations done and their total. What it raises stops the work.

        Raises:
            QueryError: A number is out of range, `metric` is another one, or there are fewer distinct rows
                than clusters.
        """
        ...

    def similarity(
        self, rows: ArrayLike | None = None, others: ArrayLike | None = None, metric: Metric = "cosine"
    ) -> NDArray[np.float32]:
        """Score rows with one another.

        Args:
            rows: Row numbers, in any order; all rows by default.
            others: Row numbers of the second set; the first set again by default.
            metric: As for `search`.

        Returns:
            Scores, larger is closer, float32, shape (rows, others).

        Raises:
            QueryError: `metric` does not exist, or there is no such row.
        """
        ...

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
        ...
