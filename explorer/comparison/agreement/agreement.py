"""How far contenders agree with each other, beside what permuted rows give."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.agreement.calibration import Agreement, Form, compare_all
from explorer.comparison.agreement.list_overlap import jaccard, rank_biased_overlap
from explorer.comparison.agreement.matrix_similarity import procrustes_similarity, standardised, u_centred
from explorer.comparison.contenders.contender import Contender
from explorer.comparison.measure import Measure
from explorer.comparison.measures.neighbors import NeighborLists
from explorer.comparison.measures.vectors import compared_vectors, kmeans_labels
from explorer.errors import QueryError
from explorer.jobs.progress import OnProgress

_PERMUTATIONS = 50
_FEW = 10  # permutations where each takes a decomposition; their spread is small
DEPTH = 3
"""Rank-biased overlap reads lists down to this many times k; 5 % of the weight lies deeper."""

JACCARD = Measure(
    "neighbour Jaccard",
    "diagnosis",
    None,
    "A row's k neighbours in both, divided by those in either; the mean over rows.",
    "Jaccard 1912",
)
RBO = Measure(
    "rank-biased overlap",
    "diagnosis",
    None,
    "How alike a row's ranked neighbours are, first ranks weighing most (p = 1 − 1/k); the mean over rows.",
    "Webber, Moffat and Zobel 2010, RBO_EXT",
)
CKA = Measure(
    "debiased linear CKA",
    "diagnosis",
    None,
    "How alike the similarities of all pairs of rows are; rotation and scale make no difference.",
    "Kornblith et al. 2019; Song et al. 2012; Nguyen, Raghu and Kornblith 2021",
)
PROCRUSTES = Measure(
    "Procrustes similarity",
    "diagnosis",
    None,
    "How well the vectors coincide after the best rotation and scaling: 1 − half the Procrustes distance.",
    "Schönemann 1966; Ding, Denain and Steinhardt 2021",
)
CLUSTERS = Measure(
    "cluster ARI",
    "diagnosis",
    None,
    "How alike k-means clusters are: the adjusted Rand index, 1 if the same, 0 as by chance.",
    "Hubert and Arabie 1985; scikit-learn's adjusted_rand_score",
)


def neighbor_agreement(
    lists: NeighborLists, k: int = 10, *, seed: int = 0, on_progress: OnProgress | None = None
) -> Agreement:
    """The mean Jaccard index of the k nearest rows; see `jaccard`.

    Args:
        lists: Neighbours, k or more of each row.
        k: Neighbours per row.
        seed: The seed of the permutations.
        on_progress: Called for each pair. An exception it raises stops the work.

    Raises:
        QueryError: k is below 1.
    """
    return _of_lists(JACCARD, lists, lists.nearest(_checked(k)), jaccard, seed, on_progress)


def rank_agreement(
    lists: NeighborLists, k: int = 10, *, seed: int = 0, on_progress: OnProgress | None = None
) -> Agreement:
    """The mean rank-biased overlap of neighbours, with p = 1 − 1 / k; see `rank_biased_overlap`.

    Args:
        lists: Neighbours, `DEPTH` · k of each row; shorter lists are extrapolated.
        k: The expected depth of a reader, 2 or more.
        seed: The seed of the permutations.
        on_progress: Called for each pair. An exception it raises stops the work.

    Raises:
        QueryError: k is below 2.
    """
    p = 1 - 1 / _checked(k, 2)
    nearest = lists.nearest(DEPTH * k)
    return _of_lists(RBO, lists, nearest, lambda a, b: rank_biased_overlap(a, b, p), seed, on_progress)


def cka_agreement(
    contenders: Sequence[Contender],
    rows: NDArray[np.int64],
    *,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Agreement:
    """Debiased linear CKA; see `u_centred`.

    Args:
        contenders: The contenders; one without vectors has NaN.
        rows: The rows to compare; memory grows with their square.
        seed: The seed of the permutations.
        on_progress: Called for each pair. An exception it raises stops the work.
    """
    forms = [_form(contender, rows, u_centred) for contender in contenders]
    return compare_all(
        CKA,
        forms,
        lambda a, b: float(np.vdot(a, b)),
        lambda form, order: form[np.ix_(order, order)],
        len(rows),
        _PERMUTATIONS,
        seed,
        on_progress,
    )


def procrustes_agreement(
    contenders: Sequence[Contender],
    rows: NDArray[np.int64],
    *,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Agreement:
    """Procrustes similarity; see `procrustes_similarity`, and `cka_agreement` for the arguments."""
    forms = [_form(contender, rows, standardised) for contender in contenders]
    return compare_all(
        PROCRUSTES, forms, procrustes_similarity, _reordered, len(rows), _FEW, seed, on_progress
    )


def cluster_agreement(
    contenders: Sequence[Contender],
    rows: NDArray[np.int64],
    k: int = 8,
    *,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Agreement:
    """The adjusted Rand index of k-means clusters of some rows.

    Args:
        contenders: The contenders; one without vectors has NaN.
        rows: The rows to cluster.
        k: Number of clusters.
        seed: The seed of k-means and of the permutations.
        on_progress: Called often. An exception it raises stops the work.
    """
    forms = [
        None
        if contender.space is None
        else kmeans_labels(
            contender.space.index.subset(rows), k, seed=seed, starts=3, on_progress=on_progress
        )
        for contender in contenders
    ]
    return clustering_agreement(forms, len(rows), seed=seed, on_progress=on_progress)


def clustering_agreement(
    clusterings: Sequence[NDArray[np.int64] | None],
    rows: int,
    *,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> Agreement:
    """The adjusted Rand index of clusterings.

    Args:
        clusterings: The cluster of each row, int64, shape (rows,); None has NaN.
        rows: The number of rows.
        seed: The seed of the permutations.
        on_progress: Called for each pair. An exception it raises stops the work.
    """
    from sklearn.metrics import adjusted_rand_score

    return compare_all(
        CLUSTERS,
        clusterings,
        lambda a, b: float(adjusted_rand_score(a, b)),
        _reordered,
        rows,
        _PERMUTATIONS,
        seed,
        on_progress,
    )


def _form(
    contender: Contender,
    rows: NDArray[np.int64],
    make: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> NDArray[np.float64] | None:
    return None if contender.space is None else make(compared_vectors(contender.space, rows))


def _reordered(form: Form, order: NDArray[np.int64]) -> Form:
    return form[order]


def _of_lists(
    measure: Measure,
    lists: NeighborLists,
    nearest: NDArray[np.int64],
    overlap: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]],
    seed: int,
    on_progress: OnProgress | None,
) -> Agreement:
    rows = lists.rows
    others = np.setdiff1d(np.arange(lists.total), rows)
    rng = np.random.default_rng(seed)

    def permuted(form: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.int64]:
        # Row i gets the list of row order[i], and the rows in it get the names of those they stand for.
        name = np.empty(lists.total, np.int64)
        name[rows[order]] = rows
        name[others] = rng.permutation(others)
        return name[form[order]]

    return compare_all(
        measure,
        list(nearest),
        lambda a, b: float(overlap(a, b).mean()),
        permuted,
        len(rows),
        _PERMUTATIONS,
        seed,
        on_progress,
    )


def _checked(k: int, least: int = 1) -> int:
    if k < least:
        raise QueryError(f"{k} neighbours were asked for.", fix=f"Ask for {least} or more.")
    return k
