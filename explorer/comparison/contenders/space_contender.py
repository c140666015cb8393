"""A space as a contender: ranks by the similarity of its vectors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.comparison.contenders.nearest import check_k, no_hits, without_own
from explorer.data.corpus import Corpus
from explorer.jobs.progress import OnProgress, counting
from explorer.tensor import Metric, TopK, pairwise


class SpaceContender:
    """Ranks the rows of a space by similarity; see `explorer.comparison.contenders.contender.Contender`.

    Args:
        space: The space.
        name: See `Contender`.
        metric: How vectors are compared; None for what the encoder's model was trained for.

    Attributes:
        name: See `Contender`.
        space: The space.
        metric: How vectors are compared.
    """

    def __init__(self, space: Space, name: str, metric: Metric | None = None) -> None:
        self.name = name
        self.space: Space = space
        self.metric: Metric = metric or space.similarity_metric

    @property
    def corpus(self) -> Corpus:
        """The rows."""
        return self.space.corpus

    @property
    def fingerprint(self) -> str:
        """See `Contender`. The space's own does not include the query prompt, on which searches depend."""
        return f"{self.metric} {self.space.query_prompt!r} {self.space.fingerprint}"

    def subset(self, rows: NDArray[np.int64]) -> SpaceContender:
        """See `Contender.subset`."""
        return SpaceContender(self.space.subspace(rows), self.name, self.metric)

    def search(self, queries: Sequence[str], k: int, *, on_progress: OnProgress | None = None) -> TopK:
        """See `Contender.search`."""
        check_k(k)
        if not queries:
            return no_hits(len(self.space), k)
        return self.search_encoded(
            self.space.encoder.encode_queries(queries, on_progress), k, on_progress=on_progress
        )

    def search_encoded(
        self, queries: NDArray[np.float32], k: int, *, on_progress: OnProgress | None = None
    ) -> TopK:
        """As `search`, for vectors as the encoder gives them, float32, shape (queries, its dims)."""
        check_k(k)
        told = counting(on_progress, "Searching", "queries")
        return self.space.index.search(self.space.place_queries(queries), k, self.metric, on_progress=told)

    def neighbors(self, rows: NDArray[np.int64], k: int, *, on_progress: OnProgress | None = None) -> TopK:
        """See `Contender.neighbors`."""
        check_k(k)
        index, told = self.space.index, counting(on_progress, "Finding neighbours")
        return without_own(index.search(index.take(rows), k + 1, self.metric, on_progress=told), rows)

    def score_texts(
        self, queries: Sequence[str], documents: Sequence[str], *, on_progress: OnProgress | None = None
    ) -> NDArray[np.float32]:
        """See `Contender.score_texts`. Each side gets its prompt; the vectors are not cached."""
        if not queries or not documents:
            return np.empty((len(queries), len(documents)), dtype=np.float32)
        encoder = self.space.encoder
        asked = encoder.encode_queries(queries, on_progress)
        return self.score_encoded(asked, encoder.encode_documents(documents, on_progress))

    def score_encoded(
        self, queries: NDArray[np.float32], documents: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """The scores of vectors as the encoder gives them; see `score_texts`.

        Args:
            queries: float32, shape (queries, dims of the encoder).
            documents: float32, shape (documents, dims of the encoder).
        """
        space = self.space
        return pairwise(space.place_queries(queries), space.place_documents(documents), self.metric)
