"""A space whose scores are corrected for hubs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space, make_index
from explorer.comparison.contenders.nearest import Once, check_k, no_hits, without_own
from explorer.data.corpus import Corpus
from explorer.jobs.progress import OnProgress, counting
from explorer.tensor import Index, TopK, normalize, pairwise

_K = 10  # as in Conneau et al.


class CslsContender:
    """Ranks by cross-domain similarity local scaling; see `Contender`.

    CSLS(q, x) = 2 cos(q, x) − r(q) − r(x): Conneau et al., Word translation without parallel data (2018).
    r is the mean cosine to the 10 nearest rows: for a query, of all rows; for a row, of the other rows.
    Conneau et al. take r(x) over the queries, which are not known here. r(q) does not change the order of
    one query's rows; r(x) lowers rows that are near many others, the hubs.

    Scores are exact: they are dot products of (x / |x|, r(x)) with (2 q / |q|, −1), in an index of their own.

    Args:
        space: The space.
        name: See `Contender`.

    Attributes:
        name: See `Contender`.
        space: None: it does not rank by vectors alone.
        base: The space.
    """

    space: None = None

    def __init__(self, space: Space, name: str) -> None:
        self.name = name
        self.base = space
        self._prepared = Once(self._prepare)

    @property
    def corpus(self) -> Corpus:
        """The rows."""
        return self.base.corpus

    @property
    def fingerprint(self) -> str:
        """See `Contender`."""
        return f"csls {_K} {self.base.query_prompt!r} {self.base.fingerprint}"

    def subset(self, rows: NDArray[np.int64]) -> CslsContender:
        """See `Contender.subset`."""
        return CslsContender(self.base.subspace(rows), self.name)

    def search(self, queries: Sequence[str], k: int, *, on_progress: OnProgress | None = None) -> TopK:
        """See `Contender.search`."""
        check_k(k)
        if not queries:
            return no_hits(len(self.base), k)
        return self.search_encoded(
            self.base.encoder.encode_queries(queries, on_progress), k, on_progress=on_progress
        )

    def search_encoded(
        self, queries: NDArray[np.float32], k: int, *, on_progress: OnProgress | None = None
    ) -> TopK:
        """See `SpaceContender.search_encoded`."""
        check_k(k)
        vectors = self.base.place_queries(queries)
        nearness = _mean(self.base.index.search(vectors, _K).scores)
        return self._ranked(vectors, nearness, k, on_progress)

    def neighbors(self, rows: NDArray[np.int64], k: int, *, on_progress: OnProgress | None = None) -> TopK:
        """See `Contender.neighbors`."""
        check_k(k)
        vectors, nearness = self.base.index.take(rows), self._prepared.get(on_progress).nearness
        return without_own(self._ranked(vectors, nearness[rows], k + 1, on_progress), rows)

    def score_texts(
        self, queries: Sequence[str], documents: Sequence[str], *, on_progress: OnProgress | None = None
    ) -> NDArray[np.float32]:
        """See `Contender.score_texts`. The documents are a collection of their own: r is over them."""
        if not queries or not documents:
            return np.empty((len(queries), len(documents)), dtype=np.float32)
        encoder = self.base.encoder
        asked = encoder.encode_queries(queries, on_progress)
        return self.score_encoded(asked, encoder.encode_documents(documents, on_progress))

    def score_encoded(
        self, queries: NDArray[np.float32], documents: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """See `SpaceContender.score_encoded`, and `score_texts` for r."""
        asked, rows = self.base.place_queries(queries), make_index(self.base.place_documents(documents))
        of_queries = _mean(rows.search(asked, _K).scores)
        of_rows = _mean(rows.neighbors(_K).similarities)
        scores = 2 * pairwise(asked, rows.vectors) - of_queries[:, None] - of_rows
        return scores.astype(np.float32)

    def _prepare(self, on_progress: OnProgress | None) -> _Prepared:
        told = counting(on_progress, "Finding hubs")
        nearness = _mean(self.base.index.neighbors(_K, on_progress=told).similarities)
        vectors = np.column_stack([normalize(self.base.vectors), nearness.astype(np.float32)])
        return _Prepared(make_index(vectors), nearness)

    def _ranked(
        self,
        vectors: NDArray[np.float32],
        nearness: NDArray[np.float64],
        k: int,
        on_progress: OnProgress | None,
    ) -> TopK:
        """The best rows of vectors, shape (n, dims), whose r is given, shape (n,)."""
        index = self._prepared.get(on_progress).index
        asked = np.column_stack([2 * normalize(vectors), np.full(len(vectors), -1, dtype=np.float32)])
        found = index.search(asked, k, "dot", on_progress=counting(on_progress, "Finding neighbours"))
        return TopK(found.indices, (found.scores - nearness[:, None]).astype(np.float32))


@dataclass(frozen=True, eq=False)
class _Prepared:
    """The index of rows with one more dimension, and r of each row, float64, shape (rows,)."""

    index: Index
    nearness: NDArray[np.float64]


def _mean(similarities: NDArray[np.float32]) -> NDArray[np.float64]:
    """The mean of each row of similarities; 0 if there are none, as for the only row of a corpus."""
    if similarities.shape[1] == 0:
        return np.zeros(len(similarities))
    mean: NDArray[np.float64] = similarities.mean(axis=1, dtype=np.float64)
    return mean
