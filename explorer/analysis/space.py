"""A space: the embeddings of one corpus by one encoder, and operations on them."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.clusters import Clustering, cluster
from explorer.analysis.projection import Projection, project
from explorer.analysis.specs import ClusterSpec, Distance, MapMethod, MapSpec
from explorer.data.corpus import Corpus
from explorer.encode.encoder import Encoder
from explorer.encode.report import EncodeReport
from explorer.errors import QueryError, VectorError
from explorer.settings import settings
from explorer.tensor import Index, Metric, Neighbors, VectorIndex, pick_device


@dataclass(frozen=True)
class Hit:
    """A row that was found.

    Attributes:
        row: Its position in the corpus, from 0.
        score: Its similarity to the query; larger is closer. Euclidean scores are negative distances.
        text: Its text; for other items, their caption.
    """

    row: int
    score: float
    text: str


def make_index(vectors: np.ndarray) -> Index:
    """An index of vectors, float32, shape (rows, dims), with the device and memory of the settings."""
    return Index(vectors, device=pick_device(settings().device), memory_mb=settings().memory_mb)


class Space:
    """The embeddings of one corpus by one encoder.

    Operations that need only vectors are on `index`; see `explorer.tensor.VectorIndex`.

    Args:
        corpus: The rows.
        index: Their vectors, which several spaces can share.
        encoder: What made the vectors; without one, the space cannot be searched by text.
        report: The report on the encoding, if it was encoded here.

    Raises:
        VectorError: The number of vectors differs from the number of rows.
    """

    def __init__(
        self,
        corpus: Corpus,
        index: VectorIndex,
        encoder: Encoder | None = None,
        report: EncodeReport | None = None,
    ) -> None:
        if len(index) != len(corpus):
            raise VectorError(f"There are {len(index)} vectors for {len(corpus)} rows.", where=corpus.name)
        self.corpus = corpus
        self.index = index
        self._encoder = encoder
        self._report = report
        self._pairs: dict[Metric, np.ndarray] = {}

    def __len__(self) -> int:
        return len(self.corpus)

    @property
    def encoder(self) -> Encoder:
        """What made the vectors; it also encodes queries.

        Raises:
            QueryError: The space was made without one.
        """
        if self._encoder is None:
            raise QueryError(
                "This space has only vectors and no encoder for queries.",
                where=self.corpus.name,
                fix="Search by a row or by a vector, or make the space with its encoder.",
            )
        return self._encoder

    @property
    def report(self) -> EncodeReport:
        """The report on the encoding.

        Raises:
            QueryError: The space was made without a report.
        """
        if self._report is None:
            raise QueryError(
                "This space was not encoded here, so there is no report.", where=self.corpus.name
            )
        return self._report

    @functools.cached_property
    def fingerprint(self) -> str:
        """Identifies everything a result can depend on: the encoder and the contents of the rows."""
        return f"{self.encoder.fingerprint} {self.corpus.fingerprint}"

    @property
    def vectors(self) -> np.ndarray:
        """The embeddings: float32, shape (rows, dims), read-only."""
        return self.index.take(slice(None))

    @property
    def dims(self) -> int:
        """Dimensions of a vector."""
        return self.index.dims

    @property
    def similarity_metric(self) -> Metric:
        """The default metric: the one the encoder's model was trained for; cosine without an encoder."""
        return "cosine" if self._encoder is None else self._encoder.similarity

    def for_corpus(self, corpus: Corpus) -> Space:
        """The same vectors for a corpus with the same texts but perhaps another name or other columns."""
        return self if corpus is self.corpus else Space(corpus, self.index, self._encoder, self._report)

    def subspace(self, rows: NDArray[np.int64]) -> Space:
        """A space of only some rows (from 0), in the order given; its rows are renumbered from 0."""
        return Space(self.corpus.take(rows), self.index.subset(rows), self._encoder, self._report)

    @overload
    def search(  # type: ignore[overload-overlap]  # a str is a Sequence[str] too; the first one wins
        self, query: str, k: int = 10, *, metric: Metric | None = None, rows: np.ndarray | None = None
    ) -> list[Hit]: ...
    @overload
    def search(
        self,
        query: Sequence[str],
        k: int = 10,
        *,
        metric: Metric | None = None,
        rows: np.ndarray | None = None,
    ) -> list[list[Hit]]: ...
    def search(
        self,
        query: str | Sequence[str],
        k: int = 10,
        *,
        metric: Metric | None = None,
        rows: np.ndarray | None = None,
    ) -> list[Hit] | list[list[Hit]]:
        """The rows closest to a text, closest first; ties in row order.

        Args:
            query: One text, or several.
            k: How many rows; all of them when there are fewer.
            metric: `cosine`, `dot` or `euclidean`; None: `similarity_metric`.
            rows: The rows to search: row numbers, or a mask with one bool per row; None for all.

        Returns:
            The hits; for several texts, a list of hits for each.

        Raises:
            QueryError: A text is empty, or k is below 1.
            ModelChangedError: The hosted model is no longer the one that encoded the rows.
        """
        texts = [query] if isinstance(query, str) else list(query)
        if not texts:
            return []
        hits = self.search_vectors(self.encoder.encode_queries(texts), k, metric=metric, rows=rows)
        return hits[0] if isinstance(query, str) else hits

    def search_vectors(
        self,
        queries: np.ndarray,
        k: int = 10,
        *,
        metric: Metric | None = None,
        rows: np.ndarray | None = None,
    ) -> list[list[Hit]]:
        """The rows closest to each of some vectors, such as those of `encoder.encode_queries`; see `search`.

        Args:
            queries: Shape (queries, dims).
            k: As for `search`.
            metric: As for `search`.
            rows: As for `search`.

        Raises:
            QueryError: k is below 1.
            VectorError: The vectors have other dimensions than the space.
        """
        found = self.index.search(queries, k, metric or self.similarity_metric, rows=rows)
        return [
            self._hits(indices, scores) for indices, scores in zip(found.indices, found.scores, strict=True)
        ]

    def similar_to(
        self, row: int, k: int = 10, *, metric: Metric | None = None, rows: np.ndarray | None = None
    ) -> list[Hit]:
        """The rows closest to a row, excluding the row itself; see `search`.

        Raises:
            QueryError: There is no such row, or k is below 1.
        """
        self._check_row(row)
        others = np.ones(len(self), dtype=bool)
        if rows is not None:
            others[:] = False
            others[rows] = True
        others[row] = False
        found = self.index.search(self.index.take([row]), k, metric or self.similarity_metric, rows=others)
        return self._hits(found.indices[0], found.scores[0])

    def neighbors(self, k: int = 15, *, metric: Metric = "cosine", min_recall: float = 1.0) -> Neighbors:
        """The k nearest rows of every row, excluding the row itself.

        Args:
            k: Neighbours per row.
            metric: `cosine`, `dot` or `euclidean`.
            min_recall: Share of them that must be found. Below 1, large corpora take a fraction of the time.

        Returns:
            `indices` int64 and `similarities` float32, both of shape (rows, min(k, rows - 1)), and `recall`:
            1 if the search was exact, else the share measured on a sample.
        """
        return self.index.neighbors(k, metric, min_recall=min_recall)

    def similarity(
        self,
        rows: Sequence[int] | np.ndarray | None = None,
        others: Sequence[int] | np.ndarray | None = None,
        *,
        metric: Metric = "cosine",
    ) -> np.ndarray:
        """Similarities of rows to each other, or to other rows.

        Args:
            rows: Row numbers; None: all rows.
            others: Row numbers of the second set; None: the first set again.
            metric: `cosine`, `dot` or `euclidean` (negative distances).

        Returns:
            float32, shape (rows, others).
        """
        return self.index.similarity(rows, others, metric)

    def cluster(
        self, k: int = 8, *, metric: Distance = "cosine", seed: int = 0, starts: int = 1
    ) -> Clustering:
        """Put rows in k clusters by k-means; `explorer.analysis.clusters.cluster` has HDBSCAN too."""
        return cluster(self.index, ClusterSpec(k=k, metric=metric, seed=seed, starts=starts))

    def project(self, dims: int = 2, seed: int = 0, *, method: MapMethod = "umap") -> Projection:
        """A map of the rows; `explorer.analysis.projection.project` has more options."""
        return project(self.index, MapSpec(method, dims, seed=seed))

    def percentile(self, score: float, metric: Metric | None = None) -> float | None:
        """The percentile of a score among those of random pairs of rows of this corpus.

        Args:
            score: A similarity under `metric`.
            metric: Which similarity; None: `similarity_metric`, as in `search`.

        Returns:
            The percentage of random pairs that are less close; an equally close pair counts half. None if the
            corpus has fewer than two rows.
        """
        pairs = self._random_pairs(metric or self.similarity_metric)
        if not len(pairs):
            return None
        below = np.searchsorted(pairs, np.float32(score), side="left")
        up_to = np.searchsorted(pairs, np.float32(score), side="right")
        return float(50.0 * (below + up_to) / len(pairs))

    def _random_pairs(self, metric: Metric) -> np.ndarray:
        if metric not in self._pairs:
            self._pairs[metric] = self.index.random_pairs(metric)
        return self._pairs[metric]

    def _hits(self, indices: np.ndarray, scores: np.ndarray) -> list[Hit]:
        captions = self.corpus.captions
        return [
            Hit(int(row), float(score), captions[row]) for row, score in zip(indices, scores, strict=True)
        ]

    def _check_row(self, row: int) -> None:
        if not 0 <= row < len(self):
            raise QueryError(
                f"There is no row {row}.", where=self.corpus.name, fix=f"Rows go from 0 to {len(self) - 1}."
            )
