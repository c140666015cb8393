"""Proxies of quality that need no labels: whether two views of a row find each other.

How often they order two encoders as labels do is measured by `python -m benchmarks.proxies`.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.contenders.contender import Contender
from explorer.comparison.contenders.failure import OnFailure, attempt
from explorer.comparison.health.costs import space_of
from explorer.comparison.measure import Measure, UnitValues
from explorer.comparison.measures.encoded_texts import EncodedTexts
from explorer.comparison.measures.proxy_trials import TRIALS
from explorer.comparison.measures.views import Views
from explorer.encode.spec import Tfidf
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress

_RETRIEVAL = (
    "How well the first part of a row, such as half of its text, finds the second among those of other rows: "
    "the mean of 1 / rank"
)
_OVERLAP = (
    "The share of a row's nearest rows by its first part, such as half of its text, that are also nearest by "
    "its second"
)
_HIDDEN = ", without the words that both parts have."
TIES = "Voorhees 1999 (MRR); McSherry and Najork 2008 (ties)"
"""The source of mean reciprocal ranks with ties."""
_PAPER = "arXiv 2605.22202"

MEASURES = (
    Measure(
        "two-view MRR",
        "proxy",
        True,
        f"{_RETRIEVAL}.",
        TIES,
        least=0,
        most=1,
        plain="parts of a row find each other",
    ),
    Measure(
        "view overlap",
        "proxy",
        True,
        f"{_OVERLAP}.",
        _PAPER,
        least=0,
        most=1,
        plain="parts have the same neighbours",
    ),
)
MASKED_MEASURES = tuple(
    Measure(
        trial.proxy,
        "proxy",
        True,
        f"{meaning}{_HIDDEN} {trial.sentence}",
        source,
        least=0,
        most=1,
        phrase=f"masked {plain.name}",
        plain=plain.plain,
    )
    for trial, plain, meaning, source in zip(
        TRIALS, MEASURES, (_RETRIEVAL, _OVERLAP), (TIES, _PAPER), strict=True
    )
)


def two_view_measures(
    contenders: Sequence[Contender],
    views: Views,
    k: int = 10,
    *,
    masked: bool = True,
    on_failure: OnFailure | None = None,
    on_progress: OnProgress | None = None,
) -> tuple[UnitValues, UnitValues]:
    """Measure whether the two views of a row find each other, and whether they have the same neighbours.

    Retrieval: each row's first view is searched among all second views, and the value is the reciprocal rank
    of its own. Among h rows that score higher and t with the same score, its own included, it is the mean of
    1 / rank over all orders of the tied rows.

    Overlap: the value of row i is |N_A(i) ∩ N_B(i)| / k, where N_A are the k nearest other rows when first
    views are compared with each other, and N_B when second views are. Tied rows are taken in a random order,
    another one in each view: rows tied at 0 would agree otherwise.

    Rows of the same group are never found. TF-IDF has no value: its dimensions were fitted on these rows, so
    it knows which words occur together in each and finds the other half of a row by heart.

    Args:
        contenders: The contenders; one that cannot encode texts, or that failed, has NaN.
        views: The views, as `two_views` gives them.
        k: Neighbours per row of the overlap; reduced to the number of other rows.
        masked: Whether to hide the words that both views of a row have.
        on_failure: Called for a contender that fails; None to raise its error.
        on_progress: Passed on. An exception it raises stops the work.

    Returns:
        The reciprocal ranks, and the overlaps.

    Raises:
        QueryError: k is below 1.
    """
    if k < 1:
        raise QueryError(f"{k} neighbours were asked for.", fix="Ask for 1 or more.")
    shown = views.masked() if masked else views
    texts, count = EncodedTexts((*shown.left, *shown.right)), len(views)
    allowed = _other_groups(views.groups)
    wanted = np.minimum(k, allowed.sum(axis=1))
    values = np.full((2, len(contenders), count), np.nan)
    for place, contender in enumerate(contenders if count else ()):
        if _knows_rows(contender):
            continue
        # Of all three comparisons.
        scores = attempt(functools.partial(texts.scores, contender, on_progress), place, on_failure)
        if scores is None:
            continue
        values[0, place] = expected_reciprocal_ranks(scores[:count, count:], allowed)
        first = _nearest(scores[:count, :count], allowed, k, seed=0)
        second = _nearest(scores[count:, count:], allowed, k, seed=1)
        # A row with no other has nothing to disagree on.
        shared = (first & second).sum(axis=1)
        values[1, place] = np.where(wanted == 0, 1.0, shared / np.maximum(wanted, 1))
    retrieval, overlap = (
        UnitValues(measure, table, views.rows, views.groups)
        for measure, table in zip(MASKED_MEASURES if masked else MEASURES, values, strict=True)
    )
    return retrieval, overlap


def expected_reciprocal_ranks(scores: NDArray[np.float32], allowed: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The reciprocal rank of each query's own document, in expectation over the orders of tied documents.

    With h higher and t tied scores it is (H(h + t) − H(h)) / t, H being harmonic numbers. Source: McSherry
    and Najork, Computing information retrieval performance measures efficiently in the presence of tied
    scores, ECIR 2008.

    Args:
        scores: Document i belongs to query i; shape (queries, queries).
        allowed: The other documents that count, shape (queries, queries).

    Returns:
        float64, shape (queries,).
    """
    own = np.diagonal(scores)[:, None]
    higher = ((scores > own) & allowed).sum(axis=1)
    tied = ((scores == own) & allowed).sum(axis=1) + 1
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, len(scores) + 1))])
    ranks: NDArray[np.float64] = (harmonic[higher + tied] - harmonic[higher]) / tied
    return ranks


def _knows_rows(contender: Contender) -> bool:
    """Whether its encoder was fitted on these rows."""
    space = space_of(contender)
    if space is None:
        return False
    try:
        return isinstance(space.encoder.spec, Tfidf)
    except QueryError:  # it has no encoder at all, as `score_texts` will say if it needs one
        return False


def _other_groups(groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    other: NDArray[np.bool_] = groups[:, None] != groups
    return other


def _nearest(scores: NDArray[np.float32], allowed: NDArray[np.bool_], k: int, seed: int) -> NDArray[np.bool_]:
    """Whether a column is among the k best allowed ones of its line; ties in a random order."""
    lots = np.random.default_rng(seed).random(scores.shape)
    best = np.lexsort((lots, np.where(allowed, -scores, np.inf)), axis=1)[:, :k]
    chosen = np.zeros_like(allowed)
    np.put_along_axis(chosen, best, True, axis=1)
    return chosen & allowed
