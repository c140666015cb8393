"""Proxies of quality that need no labels: whether two views of a row find each other.

How often they order two encoders as labels do is measured by `python -m benchmarks.proxies`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.contender import Contender
from explorer.comparison.measure import Measure, UnitValues
from explorer.comparison.view_scores import SIDES, ViewScores
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress

TWO_VIEWS = Measure(
    "two-view MRR",
    "proxy",
    True,
    "How well one half of a text finds the other among those of the sampled rows: the mean of 1 / rank.",
    "Radev et al. 2002 (MRR); McSherry and Najork 2008 (ties); the mean over the orders of tied rows",
)
TWO_VIEWS_MASKED = Measure(
    "two-view MRR, masked",
    "proxy",
    True,
    "How well one half of a text finds the other without the words that both have: the mean of 1 / rank.",
    TWO_VIEWS.source,
)
VIEW_OVERLAP = Measure(
    "view overlap",
    "proxy",
    True,
    "The share of a row's k neighbours by its first half that are also its neighbours by its second half.",
    "arXiv 2605.22202",
)


def two_view_retrieval(
    contenders: Sequence[Contender],
    views: ViewScores,
    *,
    on_progress: OnProgress | None = None,
) -> UnitValues:
    """Search each row's first view among all second views, and take the reciprocal rank of its own.

    Other rows of its group are left out. Among h rows that score higher and t with the same score, its own
    included, the value is the mean of 1 / rank over all orders of the tied rows.

    Args:
        contenders: The contenders; one that cannot encode texts has NaN.
        views: The views of the rows.
        on_progress: Passed on. An exception it raises stops the work.
    """
    allowed = _other_groups(views.views.groups)

    def values(contender: Contender) -> NDArray[np.float64]:
        scores = views.scores(contender, "left", "right", on_progress)
        return expected_reciprocal_ranks(scores, allowed)

    return _of_views(TWO_VIEWS_MASKED if views.masked else TWO_VIEWS, contenders, views, values)


def view_overlap(
    contenders: Sequence[Contender],
    views: ViewScores,
    k: int = 10,
    *,
    on_progress: OnProgress | None = None,
) -> UnitValues:
    """Compare each row's neighbours by its first view with those by its second view.

    The value of row i is |N_A(i) ∩ N_B(i)| / k, where N_A are the k nearest other rows when first views are
    compared with each other, and N_B when second views are. Rows of the same group are left out. Tied rows
    are taken in a random order, another one in each view: rows tied at 0 would agree otherwise.

    Args:
        contenders: As for `two_view_retrieval`.
        views: As for `two_view_retrieval`.
        k: Neighbours per row; reduced to the number of other rows.
        on_progress: Passed on. An exception it raises stops the work.

    Raises:
        QueryError: k is below 1.
    """
    if k < 1:
        raise QueryError(f"{k} neighbours were asked for.", fix="Ask for 1 or more.")
    allowed = _other_groups(views.views.groups)

    def values(contender: Contender) -> NDArray[np.float64]:
        near = [
            _nearest(views.scores(contender, side, side, on_progress), allowed, k, seed)
            for seed, side in enumerate(SIDES)
        ]
        wanted = np.minimum(k, allowed.sum(axis=1))
        # A row with no other has nothing to disagree on.
        return np.where(wanted == 0, 1.0, (near[0] & near[1]).sum(axis=1) / np.maximum(wanted, 1))

    return _of_views(VIEW_OVERLAP, contenders, views, values)


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


def _of_views(
    measure: Measure,
    contenders: Sequence[Contender],
    views: ViewScores,
    values: Callable[[Contender], NDArray[np.float64]],
) -> UnitValues:
    table = np.full((len(contenders), len(views.views)), np.nan)
    for place, contender in enumerate(contenders if len(views.views) else ()):
        try:
            table[place] = values(contender)
        except QueryError:  # it has vectors, but no encoder for texts
            continue
    return UnitValues(measure, table, views.views.rows, views.views.groups)


def _other_groups(groups: NDArray[np.int64]) -> NDArray[np.bool_]:
    other: NDArray[np.bool_] = groups[:, None] != groups
    return other


def _nearest(scores: NDArray[np.float32], allowed: NDArray[np.bool_], k: int, seed: int) -> NDArray[np.bool_]:
    """Whether a column is among the k best allowed ones of its line; ties in a random order."""
    order = np.random.default_rng(seed).permutation(len(scores))
    usable = np.where(allowed, scores, -np.inf)[:, order]
    best = np.argsort(-usable, axis=1, kind="stable")[:, :k]
    chosen = np.zeros_like(allowed)
    np.put_along_axis(chosen, order[best], True, axis=1)
    return chosen & allowed
