"""The interface through which analyses use vectors, wherever they are stored."""

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
"""Called with the finished steps and their total; an exception it raises stops the work."""


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
        recall: Share of the k nearest rows that were found: 1 if the search was exact, else measured on 1,000
            random rows, where a row that scores no lower than the k-th nearest counts as found.
    """

    indices: NDArray[np.int64]
    similarities: NDArray[np.float32]
    recall: float


class VectorIndex(Protocol):
    """A matrix of vectors, searched by other vectors or by its own rows.

    `explorer.tensor.Index` holds it in memory. Scores are those of `explorer.tensor.scores`: larger is
    closer, and ties are in row order.
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
            rows: A slice, or row numbers in any order.

        Returns:
            float32, shape (rows, dims), read-only; a slice is not copied if the vectors are in memory.

        Raises:
            QueryError: There is no such row.
        """
        ...

    def subset(self, rows: ArrayLike) -> VectorIndex:
        """An index of only some rows, in the order given; they are renumbered from 0.

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
            queries: Anything `as_matrix` takes, shape (queries, dims) or (dims,).
            k: Rows wanted per query.
            metric: `cosine`, `dot` or `euclidean`; scores of `euclidean` are negative distances.
            rows: Rows to choose from, as numbers or as one bool per row; all by default.
            on_progress: Called after every block with the finished queries and their total. An exception it
                raises stops the search.

        Returns:
            The rows, numbered as in the whole index. `k` is reduced if there are fewer rows.

        Raises:
            QueryError: `k` is below 1, `metric` does not exist, or `rows` contains a row that does not exist.
            VectorError: The queries are not vectors, or have other dimensions than the rows.
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
        """Find the `k` rows closest to each row, excluding the row itself.

        Args:
            k: Neighbours wanted per row.
            metric: As for `search`.
            min_recall: Share of them that must be found; below 1, the search can be approximate.
            on_progress: Called after every block with the finished rows and their total. An exception it
                raises stops the work.

        Returns:
            The neighbours, and the recall; `k` is reduced if there are fewer other rows.

        Raises:
            QueryError: `k` is below 1, `metric` does not exist, or `min_recall` is not above 0 and up to 1.
        """
        ...

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
        """Find all pairs of rows whose float64 score is at or above a threshold.

        Args:
            threshold: The lowest score wanted. Through rounding, the cosine of equal rows can be just below
                1.
            metric: As for `search`.
            rows: Which rows to pair, one bool per row; all by default.
            limit: The most pairs to return.
            closest: With more pairs than that, whether to return those at or above the lowest threshold that
                no more reach, in place of an error.
            on_progress: Called often with the compared pairs and their total. An exception it raises stops
                the work.

        Returns:
            The pairs, with row numbers in the whole index.

        Raises:
            QueryError: There are more than `limit` pairs (raised as soon as that many are found; of the
                closest, once that many have the same score), `limit` is below 1, `threshold` is NaN, `metric`
                does not exist, or `rows` is not such a mask.
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
            on_progress: Called with the finished iterations and their total. An exception it raises stops the
                work.

        Raises:
            QueryError: A number is out of range, `metric` is not one of the two, or there are fewer distinct
                rows than clusters.
        """
        ...

    def similarity(
        self, rows: ArrayLike | None = None, others: ArrayLike | None = None, metric: Metric = "cosine"
    ) -> NDArray[np.float32]:
        """Score rows with each other.

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
        """Score random pairs of different rows, which shows the usual similarity.

        Args:
            metric: As for `search`.
            pairs: Number of distinct pairs; all pairs if there are no more.
            seed: The same seed gives the same pairs.

        Returns:
            Scores in ascending order, float32, shape (pairs,); empty for fewer than two rows.

        Raises:
            QueryError: `metric` does not exist, or `pairs` is below 1.
        """
        ...
