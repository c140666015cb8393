"""Search in stages: by vectors and by words, read again by a cross-encoder, chosen for variety."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.comparison.contenders.bm25 import Bm25Contender
from explorer.comparison.contenders.nearest import check_k, check_rows
from explorer.comparison.judging.retrieval import DEPTH
from explorer.jobs.progress import OnProgress
from explorer.retrieval.diversity import maximal_marginal_relevance, scaled_onto
from explorer.retrieval.fusion import reciprocal_rank_fusion
from explorer.retrieval.options import RankOptions
from explorer.retrieval.ranked_hit import RankedHit
from explorer.retrieval.reranking import Reranked, rerank
from explorer.tensor import Metric, TopK, normalize

POOL = 100
"""The first hits of each ranking that are fused, and the fewest of which some are chosen for variety."""


@dataclass(frozen=True)
class StageSeconds:
    """How long each stage took; None for a stage that was not asked for.

    Attributes:
        vectors: Searching by the query's vector, which was there already.
        words: Searching by words, and counting the words of the rows if that was not done before.
        rerank: The cross-encoder's reading, without loading it.
        variety: Choosing for variety.
    """

    vectors: float
    words: float | None = None
    rerank: float | None = None
    variety: float | None = None


@dataclass(frozen=True, eq=False)
class Ranked:
    """What was found for one query.

    Attributes:
        hits: Best first.
        before: Rows by vectors alone, best first, int64; at least ten if there are so many.
        after: Rows as all stages rank them, best first, int64; at least ten if there are so many.
        seconds: How long each stage took.
        model: The name of the cross-encoder; None if none was asked for.
    """

    hits: list[RankedHit]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    seconds: StageSeconds
    model: str | None


def ranked_search(
    space: Space,
    query: str | int,
    k: int = 10,
    options: RankOptions | None = None,
    *,
    metric: Metric | None = None,
    rows: NDArray[np.bool_] | None = None,
    vector: NDArray[np.float32] | None = None,
    words: Bm25Contender | None = None,
    on_progress: OnProgress | None = None,
) -> Ranked:
    """Search in stages: hybrid search, then re-ranking, then variety, each if it is asked for.

    The first rows by vectors (those that are re-ranked, and at least `POOL` if anything chooses among more
    than k) are fused with the first rows by words, by reciprocal ranks. The first of these are put in the
    order of the cross-encoder. Then hits are chosen by maximal marginal relevance. The relevance of a hit is
    the score that ranked it, on the scale of cosines: scores of cross-encoders and sums of reciprocal ranks
    are moved and stretched to reach from the lowest to the highest of the cosines, with the query, that are
    in the places of these hits. For the ranking by cosine this is the usual formula.

    Args:
        space: The space that is searched.
        query: A text; or a row (from 0), whose vector and text are the query, and which is no hit.
        k: How many hits.
        options: The stages.
        metric: The similarity; None for the space's own.
        rows: The rows to search, a mask with one bool per row; None for all. Words are weighted by how rare
            they are in all rows.
        vector: The vector of the query, float32, shape (dims,); None: it is encoded here.
        words: The words of the corpus, counted; None: they are counted here.
        on_progress: Called with the progress; an exception it raises stops the work.

    Returns:
        The hits.

    Raises:
        QueryError: The query is empty, there is no such row, or k is below 1.
        ModelError: The cross-encoder is not available, or is none.
        HubError: It cannot be downloaded.
        NotEnoughMemoryError: It does not fit in memory.
    """
    check_k(k)
    options = options or RankOptions()
    row = query if isinstance(query, int) else None
    if row is not None:
        check_rows(np.array([row]), len(space))
    text = query if isinstance(query, str) else space.corpus.texts[query]
    if vector is None:
        vector = space.encode_queries([text])[0] if row is None else space.index.take([row])[0]
    allowed = np.ones(len(space), dtype=bool) if rows is None else np.array(rows, dtype=bool)
    if row is not None:
        allowed[row] = False
    chooses = options.words or options.variety > 0
    # Judgements look at ten hits, however few are wanted.
    depth = max(k, DEPTH, options.rerank, POOL if chooses else 0)

    stages = _Stages(space, vector, metric or space.similarity_metric)
    seconds = {"vectors": _timed(lambda: stages.by_vectors(allowed, depth))}
    if options.words:
        counted = words or Bm25Contender(space.corpus)
        seconds["words"] = _timed(lambda: stages.by_words(counted, query, allowed, depth, on_progress))
    model = None
    if options.rerank:
        read = rerank(text, stages.texts(options.rerank), options.model, on_progress=on_progress)
        stages.by_pairs(read)
        seconds["rerank"], model = read.seconds, read.model
    if options.variety:
        seconds["variety"] = _timed(lambda: stages.varied(max(k, POOL), 1 - options.variety))
    return Ranked(stages.hits(k), stages.before, stages.order, StageSeconds(**seconds), model)


class _Stages:
    """The rows found for one query, in an order that each stage changes."""

    def __init__(self, space: Space, vector: NDArray[np.float32], metric: Metric) -> None:
        self._space = space
        self._vector = vector[None, :]
        self._metric = metric
        self._ranks: dict[str, dict[int, int]] = {}
        self._scores: dict[str, dict[int, float]] = {}
        self.before = self.order = np.empty(0, dtype=np.int64)

    def by_vectors(self, allowed: NDArray[np.bool_], depth: int) -> None:
        """Begin with the first rows by vectors."""
        found = self._similar(depth, allowed)
        self._note("vector", found)
        self.before = self.order = found.indices

    def by_words(
        self,
        words: Bm25Contender,
        query: str | int,
        allowed: NDArray[np.bool_],
        depth: int,
        on_progress: OnProgress | None,
    ) -> None:
        """Fuse with the first rows by words; those without a word of the query are not ranked by words."""
        most = len(words.corpus)  # which of them are allowed is known only afterwards
        if isinstance(query, int):
            found = words.neighbors(np.array([query]), most, on_progress=on_progress)
        else:
            found = words.search([query], most, on_progress=on_progress)
        rows, scores = found.indices[0], found.scores[0]
        counts = np.flatnonzero((scores > 0) & allowed[rows])[:depth]
        by_words = TopK(rows[counts], scores[counts])
        fused = reciprocal_rank_fusion([self.order, by_words.indices], len(self.order) + len(counts) or 1)
        self._note("word", by_words)
        self._note("fused", fused)
        self.order = fused.indices
        unknown = np.setdiff1d(fused.indices, self.before)
        if len(unknown):
            mask = np.zeros(len(allowed), dtype=bool)
            mask[unknown] = True
            self._scores["vector"] |= _numbers(self._similar(len(unknown), mask))

    def texts(self, first: int) -> list[str]:
        """The texts of the first rows."""
        texts = self._space.corpus.texts
        return [texts[row] for row in self.order[:first]]

    def by_pairs(self, read: Reranked) -> None:
        """Put the first rows in the order of the cross-encoder that read them."""
        first = self.order[: len(read.order)][read.order]
        self._note("pair", TopK(first, read.scores))
        self.order = np.concatenate([first, self.order[len(first) :]])

    def varied(self, pool: int, weight: float) -> None:
        """Put the first rows in the order in which maximal marginal relevance chooses them."""
        first = self.order[:pool]
        vectors = self._space.index.take(first)
        cosines = np.sort(normalize(vectors) @ normalize(self._vector)[0])[::-1]
        # Those that the cross-encoder did not read come after those that it did, by the scores of before.
        read = min(len(self._scores.get("pair", {})), len(first))
        before = self._scores.get("fused", self._scores["vector"])
        relevance = np.concatenate(
            [
                scaled_onto(np.array([scores[row] for row in rows.tolist()]), places)
                for rows, places, scores in (
                    (first[:read], cosines[:read], self._scores.get("pair", {})),
                    (first[read:], cosines[read:], before),
                )
            ]
        )
        chosen = maximal_marginal_relevance(relevance, vectors, max(1, len(first)), weight)
        self.order = np.concatenate([first[chosen], self.order[len(first) :]])

    def hits(self, k: int) -> list[RankedHit]:
        """The first rows with all their ranks and scores."""
        captions, scores, ranks = self._space.corpus.captions, self._scores, self._ranks
        return [
            RankedHit(
                row,
                scores["vector"][row],
                captions[row],
                vector_rank=ranks["vector"].get(row),
                word_rank=ranks.get("word", {}).get(row),
                word_score=scores.get("word", {}).get(row),
                fused_rank=ranks.get("fused", {}).get(row),
                fused_score=scores.get("fused", {}).get(row),
                pair_rank=ranks.get("pair", {}).get(row),
                pair_score=scores.get("pair", {}).get(row),
            )
            for row in self.order[:k].tolist()
        ]

    def _similar(self, k: int, allowed: NDArray[np.bool_]) -> TopK:
        rows = None if allowed.all() else allowed  # of all rows, none has to be picked out
        found = self._space.index.search(self._vector, k, self._metric, rows=rows)
        return TopK(found.indices[0], found.scores[0])

    def _note(self, stage: str, found: TopK) -> None:
        """Remember the ranks and scores of a stage, best first."""
        self._ranks[stage] = {row: rank for rank, row in enumerate(found.indices.tolist(), start=1)}
        self._scores[stage] = _numbers(found)


def _numbers(found: TopK) -> dict[int, float]:
    """The score of each row."""
    return dict(zip(found.indices.tolist(), map(float, found.scores), strict=True))


def _timed(work: Callable[[], None]) -> float:
    """Do something; how many seconds it took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
