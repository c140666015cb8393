"""BM25, the usual ranking by words: a contender without vectors."""

from __future__ import annotations

import logging
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.contenders.nearest import Once, best_of, check_k, check_rows
from explorer.data.corpus import Corpus
from explorer.encode.encoder import check_queries
from explorer.encode.words import split_words
from explorer.jobs.progress import OnProgress, counting
from explorer.tensor import TopK

_K1, _B = 1.5, 0.75
_STEP = 64  # texts between two progress reports


class Bm25Contender:
    """Ranks by BM25, computed by bm25s; see `explorer.comparison.contenders.contender.Contender`.

    The score of a row for a query is the sum over the query's words, repeated ones included, of
    idf · tf / (tf + k1 (1 − b + b · length / mean length)) with idf = ln(1 + (N − df + 0.5) / (df + 0.5)),
    k1 = 1.5 and b = 0.75: Lucene's variant, as in Kamphuis et al., Which BM25 do you mean? (ECIR 2020). Words
    are those of TF-IDF, without bigrams; there are no stop words. Rows without any word of the query score 0.

    Args:
        corpus: The rows.
        name: See `Contender`.

    Attributes:
        name: See `Contender`.
        corpus: The rows.
        space: None: it has no vectors.
    """

    space: None = None

    def __init__(self, corpus: Corpus, name: str = "BM25") -> None:
        self.name = name
        self.corpus = corpus
        self._words = Once(lambda on_progress: _WordIndex(corpus.texts, on_progress))

    @property
    def fingerprint(self) -> str:
        """See `Contender`."""
        return f"bm25 lucene {_K1} {_B} {self.corpus.fingerprint}"

    def subset(self, rows: NDArray[np.int64]) -> Bm25Contender:
        """See `Contender.subset`. Frequencies and lengths are those of these rows."""
        return Bm25Contender(self.corpus.take(rows), self.name)

    def search(self, queries: Sequence[str], k: int, *, on_progress: OnProgress | None = None) -> TopK:
        """See `Contender.search`."""
        check_k(k)
        check_queries(queries)
        return self._ranked(queries, None, min(k, len(self.corpus)), on_progress)

    def neighbors(self, rows: NDArray[np.int64], k: int, *, on_progress: OnProgress | None = None) -> TopK:
        """See `Contender.neighbors`. The text of a row is the query."""
        check_k(k)
        check_rows(rows, len(self.corpus))
        texts = [self.corpus.texts[row] for row in rows]
        return self._ranked(texts, rows, min(k, len(self.corpus) - 1), on_progress)

    def score_texts(
        self, queries: Sequence[str], documents: Sequence[str], *, on_progress: OnProgress | None = None
    ) -> NDArray[np.float32]:
        """See `Contender.score_texts`. The documents are a collection of their own: idf is theirs."""
        check_queries(queries)
        index, report = _WordIndex(documents, on_progress), counting(on_progress, "Ranking", "queries")
        out = np.empty((len(queries), len(documents)), dtype=np.float32)
        for place, query in enumerate(queries):
            if place % _STEP == 0:
                report(place, len(queries))
            out[place] = index.scores(query)
        return out

    def _ranked(
        self, texts: Sequence[str], own: NDArray[np.int64] | None, k: int, on_progress: OnProgress | None
    ) -> TopK:
        """The best rows of each text, except for its own row."""
        index, report = self._words.get(on_progress), counting(on_progress, "Ranking", "queries")
        indices = np.empty((len(texts), k), dtype=np.int64)
        best = np.empty((len(texts), k), dtype=np.float32)
        for place, text in enumerate(texts):
            if place % _STEP == 0:
                report(place, len(texts))
            scores = index.scores(text)
            if own is not None:
                scores[own[place]] = -np.inf
            indices[place] = best_of(scores, k)
            best[place] = scores[indices[place]]
        return TopK(indices, best)


class _WordIndex:
    """The words of texts, counted."""

    def __init__(self, texts: Sequence[str], on_progress: OnProgress | None) -> None:
        report = counting(on_progress, "Counting words", "texts")
        self._total = len(texts)
        self._vocabulary: dict[str, int] = {}
        words: list[list[int]] = []
        for place, text in enumerate(texts):
            if place % _STEP == 0:
                report(place, len(texts))
            words.append([self._vocabulary.setdefault(w, len(self._vocabulary)) for w in split_words(text)])
        self._model = _fit(words, self._vocabulary) if self._vocabulary else None

    def scores(self, query: str) -> NDArray[np.float64]:
        """The score of each text, float64, shape (texts,)."""
        known = [self._vocabulary[word] for word in split_words(query) if word in self._vocabulary]
        if self._model is None or not known:
            return np.zeros(self._total)
        scores: NDArray[np.float64] = self._model.get_scores_from_ids(known)
        return scores


def _fit(words: list[list[int]], vocabulary: dict[str, int]) -> Any:  # noqa: ANN401 - a library without types
    model = _bm25s().BM25(k1=_K1, b=_B, method="lucene", dtype="float64", backend="numpy")
    model.index((words, vocabulary), create_empty_token=False, show_progress=False)
    return model


def _bm25s() -> ModuleType:
    """The library, imported without numba: its numpy part needs none, and numba would stay, with 60 MB."""
    absent = "numba" not in sys.modules
    if absent:
        sys.modules["numba"] = cast("ModuleType", None)  # so that importing it fails, as if not installed
    try:
        import bm25s
    finally:
        if absent:
            sys.modules.pop("numba", None)
    # It lowers the level of its logger to DEBUG when it is imported, and then reports each call.
    logging.getLogger("bm25s").setLevel(logging.WARNING)
    found: ModuleType = bm25s
    return found
