"""The rows on whose neighbours the contenders agree least, and the queries on whose hits they do."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.cluster_words import distinctive_words, words_for_a_name
from explorer.comparison.agreement.list_overlap import jaccard, overlap
from explorer.comparison.measures.neighbors import NeighborLists
from explorer.data.corpus import Corpus
from explorer.errors import QueryError

_LOWEST = 0.2  # the share of rows that count as those of lowest agreement
_CANDIDATES = 3  # distinctive words looked at for each that is kept: some are function words or other forms


@dataclass(frozen=True, eq=False)
class RowAgreement:
    """Rows by how far the contenders agree on their neighbours, least first; ties in row order.

    Attributes:
        rows: The rows, int64, shape (rows,).
        values: For each the mean Jaccard index of its k nearest rows, over all pairs of contenders, float64,
            shape (rows,).
        k: Neighbours per row.
    """

    rows: NDArray[np.int64]
    values: NDArray[np.float64]
    k: int


@dataclass(frozen=True, eq=False)
class QueryAgreement:
    """Queries by how far the contenders agree, most disputed first; ties in the order given.

    Attributes:
        queries: The position of each query, int64, shape (queries,).
        values: For each the mean overlap of its first k hits, over all pairs of contenders, float64,
            shape (queries,).
        first_hits: For each the number of different rows that contenders rank first, int64,
            shape (queries,).
        k: Hits per query.
    """

    queries: NDArray[np.int64]
    values: NDArray[np.float64]
    first_hits: NDArray[np.int64]
    k: int


@dataclass(frozen=True, eq=False)
class SideBySide:
    """The neighbours of a row in two contenders.

    Attributes:
        row: The row.
        first: Its neighbours in the first contender, best first, int64, shape (k,).
        second: Its neighbours in the second.
        place: For each neighbour in the first its place in the second, from 0; −1 if it is not there; int64,
            shape (k,).
    """

    row: int
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    place: NDArray[np.int64]


def rows_by_agreement(lists: NeighborLists, k: int = 10) -> RowAgreement:
    """Order rows by how little the contenders agree on their k nearest rows.

    Args:
        lists: Neighbours of two contenders or more, k or more of each row.
        k: Neighbours per row.

    Raises:
        QueryError: k is below 1, or there are fewer than two contenders.
    """
    nearest = lists.nearest(k)
    pairs = list(combinations(nearest, 2))
    if k < 1 or not pairs:
        raise QueryError(
            f"{k} neighbours in {len(nearest)} contenders cannot be compared.",
            fix="Take two contenders or more, and 1 neighbour or more.",
        )
    values = np.mean([jaccard(first, second) for first, second in pairs], axis=0)
    order = np.argsort(values, kind="stable")
    return RowAgreement(lists.rows[order], values[order], k)


def queries_by_agreement(rankings: NDArray[np.int64]) -> QueryAgreement:
    """Order queries by how little the contenders agree on their first hits.

    Args:
        rankings: The hits as `search_all` gives them, best first, shape (contenders, queries, k); a contender
            with −1, such as one that cannot be searched by text or that failed, is left out.

    Raises:
        QueryError: Fewer than two contenders can be searched by text.
    """
    found = rankings[(rankings >= 0).all(axis=(1, 2))]
    if len(found) < 2:
        raise QueryError(
            "Fewer than two contenders can be searched by text.",
            fix="Add one that has an encoder for queries, such as TF-IDF or BM25.",
        )
    values = np.mean([overlap(first, second) for first, second in combinations(found, 2)], axis=0)
    tops = np.sort(found[:, :, 0], axis=0)
    first_hits = 1 + (np.diff(tops, axis=0) != 0).sum(axis=0)
    order = np.argsort(np.round(values, 9), kind="stable")  # means of the same numbers may differ by rounding
    return QueryAgreement(order, values[order], first_hits[order], found.shape[2])


def side_by_side(row: int, first: NDArray[np.int64], second: NDArray[np.int64]) -> SideBySide:
    """Find the neighbours of a row that both of two contenders have.

    Args:
        row: The row.
        first: Its neighbours in the first contender, best first, shape (k,).
        second: Its neighbours in the second.
    """
    places = {other: place for place, other in enumerate(second.tolist())}
    found = [places.get(other, -1) for other in first.tolist()]
    return SideBySide(row, first, second, np.array(found, np.int64))


def lowest_rows(agreement: RowAgreement) -> NDArray[np.int64]:
    """The fifth of rows with the lowest agreement, and those tied with them; none if all agree equally."""
    if len(agreement.rows) == 0:
        return agreement.rows
    lowest = agreement.values <= np.quantile(agreement.values, _LOWEST)
    return agreement.rows[:0] if lowest.all() else agreement.rows[lowest]


def telling_words(corpus: Corpus, agreement: RowAgreement, n: int = 10) -> tuple[str, ...]:
    """Words that tell `lowest_rows` from the others, of those that can name a cluster; see `ClusterSummary`.

    Args:
        corpus: The rows.
        agreement: Their agreement.
        n: The most words.

    Returns:
        The words, those that tell most first; none if all rows agree equally.
    """
    lowest = lowest_rows(agreement)
    if not len(lowest):
        return ()
    texts = [corpus.texts[row] for row in agreement.rows]
    within = np.isin(agreement.rows, lowest).astype(np.int64)
    words = distinctive_words(texts, within, _CANDIDATES * n)[1]
    return words_for_a_name(words, len(lowest), len(texts) - len(lowest))[:n]
