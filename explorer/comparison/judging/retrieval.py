"""How well contenders find the rows that people judged relevant, and score the pairs that people scored."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.contenders.contender import Contender
from explorer.comparison.contenders.failure import OnFailure, attempt
from explorer.comparison.contenders.searching import search
from explorer.comparison.contenders.spec import FEWEST
from explorer.comparison.judging.judgements import Judgements, ScoredPairs, same_texts
from explorer.comparison.measure import Measure, UnitValues
from explorer.comparison.statistics.correlation import Correlations, correlations
from explorer.encode.encoder import check_queries
from explorer.encode.queries import QueryVectors
from explorer.errors import DataError, ExplorerError
from explorer.jobs.progress import OnProgress, counting

DEPTH = 10
_BLOCK_QUERIES = 256
_BLOCK_PAIRS = 4_096  # every text of a block is scored with every other: 64 MB

NDCG = Measure(
    f"nDCG@{DEPTH}",
    "judgements",
    True,
    "How much of what is relevant is among the first ten hits, and how high up. 1 is the best order there "
    "could be, 0 finds nothing. Rows that nobody judged count as not relevant; rows that were skipped are "
    "left out of the ten.",
    "Järvelin and Kekäläinen (2002), as computed by trec_eval through ir-measures",
    least=0,
    most=1,
    plain="relevant rows come first",
)
MRR = Measure(
    f"MRR@{DEPTH}",
    "judgements",
    True,
    "How soon the first relevant row comes: 1 if it is the first hit, 1/2 if it is the second, 1/3 if it is "
    "the third; 0 if it is not among the first ten. The mean over queries.",
    "Kantor and Voorhees (2000), as computed by trec_eval through ir-measures",
    least=0,
    most=1,
    plain="a relevant row comes soon",
)


def recall(k: int) -> Measure:
    """The measure recall@k."""
    return Measure(
        f"recall@{k}",
        "judgements",
        True,
        f"The share of the rows judged relevant that are among the first {k} hits.",
        "As computed by trec_eval through ir-measures",
        least=0,
        most=1,
        plain="relevant rows are found",
    )


@dataclass(frozen=True, eq=False)
class Retrieval:
    """How well contenders find the rows judged relevant.

    Attributes:
        values: nDCG@10, MRR@10 and recall@k; the units are queries.
        left_out: Queries left out because none of their rows was judged relevant.
        judged: The share of each contender's first ten hits, without skipped ones, that were judged, float64,
            shape (contenders,); a contender with few is at a disadvantage.
    """

    values: tuple[UnitValues, ...]
    left_out: int
    judged: NDArray[np.float64]


def search_all(
    contenders: Sequence[Contender],
    queries: Sequence[str],
    k: int = DEPTH,
    *,
    query_vectors: QueryVectors | None = None,
    on_failure: OnFailure | None = None,
    on_progress: OnProgress | None = None,
) -> NDArray[np.int64]:
    """The first hits of every contender for every query.

    Args:
        contenders: The contenders, over the same rows.
        queries: The query texts.
        k: The number of hits.
        query_vectors: Vectors of earlier queries, to which those of these are added; None for those of this
            call.
        on_failure: Called for a contender that fails, such as a server that does not answer, which then has
            no hits; None to raise its error.
        on_progress: Called with the number of searches; an exception it raises stops the work.

    Returns:
        Rows, best first, shape (contenders, queries, min(k, rows)); −1 for a contender that cannot be
        searched by text, such as vectors without their model, and for one that failed.

    Raises:
        QueryError: A query is empty.
    """
    check_queries(queries)
    report = counting(on_progress, "Searching", "searches")
    total = len(contenders) * len(queries)
    vectors = query_vectors or QueryVectors()

    def hits(at: int) -> NDArray[np.int64]:
        parts = [np.empty((0, min(k, len(contenders[at].corpus))), dtype=np.int64)]
        for start in range(0, len(queries), _BLOCK_QUERIES):
            report(at * len(queries) + start, total)
            parts.append(search(contenders[at], queries[start : start + _BLOCK_QUERIES], k, vectors).indices)
        return np.concatenate(parts)

    found = []
    for at, contender in enumerate(contenders):
        own = attempt(functools.partial(hits, at), at, on_failure)
        none = np.full((len(queries), min(k, len(contender.corpus))), -1, dtype=np.int64)
        found.append(none if own is None else own)
    report(total, total)
    return np.stack(found)


def search_all_that_answer(
    contenders: Sequence[Contender],
    queries: Sequence[str],
    k: int = DEPTH,
    *,
    query_vectors: QueryVectors | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[NDArray[np.int64], dict[int, ExplorerError]]:
    """As `search_all`, of those contenders that do not fail, if there are two or more.

    Args:
        contenders: As for `search_all`.
        queries: As for `search_all`.
        k: As for `search_all`.
        query_vectors: As for `search_all`.
        on_progress: As for `search_all`.

    Returns:
        The hits as of `search_all`, and the errors of the contenders that failed, by their position.

    Raises:
        QueryError: A query is empty.
        ExplorerError: Fewer than two contenders have hits, and one failed: its error.
    """
    failed: dict[int, ExplorerError] = {}
    rankings = search_all(
        contenders,
        queries,
        k,
        query_vectors=query_vectors,
        on_failure=failed.__setitem__,
        on_progress=on_progress,
    )
    if failed and (rankings >= 0).any(axis=(1, 2)).sum() < FEWEST:
        raise next(iter(failed.values()))
    return rankings, failed


def retrieval(rankings: NDArray[np.int64], judgements: Judgements, *, k: int = DEPTH) -> Retrieval:
    """Measure rankings by judgements.

    Skipped rows are left out of every contender's hits (condensed lists: Sakai, Alternatives to Bpref, 2007):
    of the first ten for nDCG and the reciprocal rank. Nothing moves up from behind these, since nobody was
    asked about it; so a figure does not depend on how many hits were searched for.

    Args:
        rankings: The hits of `search_all` for the queries of `judgements`, at least the larger of 10 and k
            of them (or all rows). −1 is no hit; a contender without any has NaN.
        judgements: The judgements. Their inclusion probabilities weight the queries.
        k: The depth of recall.

    Raises:
        DataError: No query has a row judged relevant.
    """
    units = np.array(
        [at for at, judged in enumerate(judgements.grades) if max(judged.values(), default=0) > 0],
        dtype=np.int64,
    )
    if not len(units):
        raise DataError(
            "No query has a row that was judged relevant.",
            where="judgements",
            fix="Judge more queries, or check what the grades mean: above 0 is relevant.",
        )
    grades = [judgements.grades[at] for at in units]
    skipped = [judgements.skipped[at] for at in units]
    top = _without(rankings[:, units, :DEPTH], skipped)
    values = np.array(
        [_figures(own, ten, grades, k) for own, ten in zip(rankings[:, units], top, strict=True)]
    )
    values[(rankings == -1).all(axis=(1, 2))] = np.nan
    weights = None
    if judgements.inclusion is not None:
        weights = 1 / np.array(judgements.inclusion)[units]
    groups = same_texts([judgements.queries[at] for at in units])
    measures = (NDCG, MRR, recall(k))
    return Retrieval(
        tuple(
            UnitValues(measure, values[:, at], units, groups, weights) for at, measure in enumerate(measures)
        ),
        len(judgements.queries) - len(units),
        _judged_share(top, grades),
    )


def pair_correlations(
    contenders: Sequence[Contender],
    pairs: ScoredPairs,
    *,
    seed: int = 0,
    on_failure: OnFailure | None = None,
    on_progress: OnProgress | None = None,
) -> Correlations:
    """Correlate the similarities that contenders give to pairs of texts with the given scores.

    The first text of each pair is encoded as a query, the second one as a row. Pairs with the same first text
    are one group, like the hits of one query. Above 4,096 pairs, contenders that weight words by how rare
    they are do so within blocks of this size.

    Args:
        contenders: The contenders.
        pairs: The pairs.
        seed: The seed of resamples and permutations.
        on_failure: As for `search_all`.
        on_progress: Called with the number of scored pairs; an exception it raises stops the work.

    Returns:
        The correlations; NaN for a contender that has no encoder for texts, and for one that failed.
    """
    report = counting(on_progress, "Scoring pairs", "pairs")
    count = len(pairs.scores)

    def similarities(at: int) -> NDArray[np.float64]:
        own = np.zeros(count)
        for start in range(0, count, _BLOCK_PAIRS):
            report(at * count + start, len(contenders) * count)
            part = slice(start, start + _BLOCK_PAIRS)
            own[part] = contenders[at].score_texts(pairs.first[part], pairs.second[part]).diagonal()
        return own

    scores = np.full((len(contenders), count), np.nan)
    for at in range(len(contenders)):
        own = attempt(functools.partial(similarities, at), at, on_failure)
        if own is not None:
            scores[at] = own
    report(len(contenders) * count, len(contenders) * count)
    return correlations(np.array(pairs.scores), scores, same_texts(pairs.first), seed=seed)


def _without(rankings: NDArray[np.int64], skipped: Sequence[Sequence[int]]) -> NDArray[np.int64]:
    """Rankings without skipped rows; those behind move up, and −1 fills the end."""
    kept = rankings.copy()
    for at, rows in enumerate(skipped):
        for own in kept[:, at] if rows else ():
            left = own[~np.isin(own, rows)]
            own[:] = np.append(left, np.full(len(own) - len(left), -1))
    return kept


def _figures(
    ranked: NDArray[np.int64], top: NDArray[np.int64], grades: Sequence[Mapping[int, int]], k: int
) -> NDArray[np.float64]:
    """nDCG@10 and reciprocal rank of the first ten, and recall of all hits: shape (3, queries)."""
    import ir_measures
    from ir_measures import RR, R, nDCG

    provider = ir_measures.pytrec_eval
    qrels = {str(at): {str(row): grade for row, grade in judged.items()} for at, judged in enumerate(grades)}
    found = np.zeros((3, len(grades)))
    places = {nDCG @ DEPTH: 0, RR: 1, R @ k: 2}
    for hits, measures in ((ranked, [R @ k]), (top, [nDCG @ DEPTH, RR])):
        # Scores are ranks: trec_eval breaks ties of scores by the names of rows, Explorer by their order.
        run = {
            str(at): {str(row): float(-place) for place, row in enumerate(rows) if row >= 0}
            for at, rows in enumerate(hits.tolist())
        }
        for figure in provider.iter_calc(measures, qrels, run):
            found[places[figure.measure], int(figure.query_id)] = figure.value
    return found


def _judged_share(top: NDArray[np.int64], grades: Sequence[Mapping[int, int]]) -> NDArray[np.float64]:
    known = [
        [row in judged for judged, rows in zip(grades, own.tolist(), strict=True) for row in rows if row >= 0]
        for own in top
    ]
    return np.array([np.mean(own) if own else 0.0 for own in known])
