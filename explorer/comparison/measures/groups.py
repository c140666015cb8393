"""The rows to measure, and groups of rows that count as one observation, such as near-copies of a text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from explorer.data.corpus import Corpus
from explorer.data.tables.python_values import texts
from explorer.errors import ColumnError, QueryError
from explorer.jobs.progress import OnProgress, counting

_NEAR = 0.7  # docs/decisions/0023-measures.md has what other thresholds find and miss
_GRAM = 5  # characters; a changed number or ending touches only a few
_ROUNDING = 1e-5  # of float32 cosines
_BLOCK = 1 << 17  # candidate pairs scored at a time
_ROWS = 512  # rows looked up at once, and between two progress reports


def sample_rows(total: int, most: int, seed: int = 0) -> NDArray[np.int64]:
    """Draw rows at random, without replacement.

    Args:
        total: Number of rows.
        most: The most rows to draw; all rows if there are no more.
        seed: The same seed gives the same rows.

    Returns:
        Row numbers, ascending, int64, shape (min(total, most),).

    Raises:
        QueryError: `most` is below 1.
    """
    if most < 1:
        raise QueryError(f"A sample of {most} rows was asked for.", fix="Ask for 1 or more.")
    if most >= total:
        return np.arange(total)
    return np.sort(np.random.default_rng(seed).choice(total, most, replace=False, shuffle=False))


def groups_of(corpus: Corpus, column: str) -> NDArray[np.int64]:
    """Groups given by a column: rows with the same value share a group, an empty cell is a group of its own.

    Args:
        corpus: The rows.
        column: The column, such as the document that a row is a part of.

    Returns:
        The group of each row, numbered from 0 in the order of their first rows, int64, shape (rows,).

    Raises:
        ColumnError: There is no such column.
    """
    if column not in corpus.table.column_names:
        raise ColumnError(f"There is no column {column!r}.", where=corpus.name)
    values = texts(corpus.table[column])
    return _numbered([(row,) if value in (None, "") else value for row, value in enumerate(values)])


def near_copies(corpus: Corpus, *, on_progress: OnProgress | None = None) -> NDArray[np.int64]:
    """Groups of rows whose texts are the same or nearly the same, whatever the contenders; of equal images.

    Two texts are near-copies if the cosine of their TF-IDF vectors of five-character n-grams within words
    (scikit-learn's `TfidfVectorizer`) is at least 0.7; near-copies of near-copies share a group. All such
    pairs are found: a pair only reaches the threshold if it shares a rare n-gram (prefix filtering; Bayardo,
    Ma and Srikant, Scaling up all pairs similarity search, 2007).

    Args:
        corpus: The rows.
        on_progress: Called with the number of compared texts. An exception it raises stops the work.

    Returns:
        The group of each row, numbered from 0 in the order of their first rows, int64, shape (rows,).
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    first = _numbered(corpus.item_keys)
    if corpus.images is not None:
        return first
    _, rows = np.unique(first, return_index=True)
    vectors = _vectors([corpus.texts[row] for row in rows])
    if vectors is None:
        return first
    edges = list(_close_pairs(vectors, counting(on_progress, "Looking for near-copies", "texts")))
    left, right = (np.concatenate(side) for side in zip(*edges, strict=True))
    graph = coo_array((np.ones(len(left), np.int8), (left, right)), shape=(len(rows), len(rows)))
    _, component = connected_components(graph, directed=False)
    return _numbered(component[first].tolist())


def _numbered(values: list[Any]) -> NDArray[np.int64]:
    """Number values in the order in which they first occur."""
    seen: dict[Any, int] = {}
    return np.fromiter((seen.setdefault(value, len(seen)) for value in values), np.int64, len(values))


def _vectors(distinct: list[str]) -> Any:  # noqa: ANN401 - scipy is not imported for its types
    """TF-IDF vectors of length 1, float32, CSR; None if no text has an n-gram."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(_GRAM, _GRAM), sublinear_tf=True, dtype=np.float32
    )
    try:
        return vectorizer.fit_transform(distinct)
    except ValueError:  # raised by scikit-learn for texts without n-grams
        return None


def _close_pairs(
    vectors: Any,  # noqa: ANN401
    report: Callable[[int, int], None],
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """The pairs of rows at or above the threshold, block by block; the last pair block may be empty."""
    prefixes = _prefixes(vectors)
    others = prefixes.T.tocsr()
    total = len(prefixes.indptr) - 1
    for start in range(0, total, _ROWS):
        block = prefixes[start : start + _ROWS]
        shared = (block @ others).tocoo()
        later = shared.row + start < shared.col
        left, right = shared.row[later].astype(np.int64) + start, shared.col[later].astype(np.int64)
        for part in range(0, max(1, len(left)), _BLOCK):
            some, more = left[part : part + _BLOCK], right[part : part + _BLOCK]
            cosines = np.asarray(vectors[some].multiply(vectors[more]).sum(axis=1)).ravel()
            close = cosines >= _NEAR - _ROUNDING
            yield some[close], more[close]
        report(min(total, start + _ROWS), total)


def _prefixes(vectors: Any) -> Any:  # noqa: ANN401
    """The rarest n-grams of each row, as a pattern of ones: any close pair has one of them in common.

    From each row the most frequent n-grams are left out, as many as together have a norm below the threshold.
    If the rarest n-gram that two rows share were left out of one of them, all that they share would be, and
    their product would be below the threshold.
    """
    from scipy.sparse import csr_array

    count, terms = vectors.shape
    frequency = np.bincount(vectors.indices, minlength=terms)
    rank = np.empty(terms, np.int64)
    rank[np.argsort(-frequency, kind="stable")] = np.arange(terms)  # 0 for the most frequent
    row = np.repeat(np.arange(count), np.diff(vectors.indptr))
    order = np.lexsort((rank[vectors.indices], row))
    squares = np.square(vectors.data[order], dtype=np.float64)
    running = np.cumsum(squares)
    before = np.concatenate([[0.0], running])[vectors.indptr[:-1]]
    kept = running - before[row] >= (_NEAR - _ROUNDING) ** 2
    kept_row, column = row[kept], vectors.indices[order][kept]
    ones = np.ones(len(column), np.int32)
    return csr_array((ones, (kept_row, column)), shape=(count, terms))
