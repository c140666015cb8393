"""What is compared: anything that ranks the rows of a corpus, with vectors or without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.data.corpus import Corpus
from explorer.jobs.progress import OnProgress
from explorer.tensor import TopK


class Contender(Protocol):
    """One side of a comparison: a way to rank the rows of a corpus.

    A space is one (`SpaceContender`), with its encoder's similarity; so are a space whose scores are
    corrected for hubs (`CslsContender`) and BM25, which has no vectors. Scores of different contenders cannot
    be compared with each other; ranks can.
    """

    @property
    def name(self) -> str:
        """A short name for tables, different from those of the other contenders."""
        ...

    @property
    def fingerprint(self) -> str:
        """Identifies everything that its rankings depend on, including the rows."""
        ...

    @property
    def corpus(self) -> Corpus:
        """The rows, with the text column that this contender reads."""
        ...

    @property
    def space(self) -> Space | None:
        """Its vectors; None if it ranks without vectors, or not by them alone."""
        ...

    def subset(self, rows: NDArray[np.int64]) -> Contender:
        """The same contender for only some rows, which are renumbered from 0."""
        ...

    def search(self, queries: Sequence[str], k: int, *, on_progress: OnProgress | None = None) -> TopK:
        """The k best rows for each query text, best first; ties in row order.

        Returns:
            Indices and scores, shape (queries, min(k, rows)).

        Raises:
            QueryError: A query is empty, k is below 1, or the contender has no encoder for queries.
        """
        ...

    def neighbors(self, rows: NDArray[np.int64], k: int, *, on_progress: OnProgress | None = None) -> TopK:
        """The k best rows for each of some rows among all rows, excluding the row itself; ties in row order.

        Returns:
            Indices and scores, shape (len(rows), min(k, all rows − 1)).
        """
        ...

    def score_texts(
        self,
        queries: Sequence[str],
        documents: Sequence[str],
        *,
        on_progress: OnProgress | None = None,
    ) -> NDArray[np.float32]:
        """The scores of texts as queries with other texts as rows, none of which need be in the corpus.

        Returns:
            float32, shape (queries, documents); larger is closer.

        Raises:
            QueryError: The contender has no encoder for texts.
        """
        ...
