"""How well each contender separates the labels of the rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.contenders.contender import Contender
from explorer.comparison.measure import Measure, UnitValues, WholeValues
from explorer.comparison.measures.labelled import Labelled
from explorer.comparison.measures.neighbors import NeighborLists, kept_neighbors
from explorer.comparison.measures.vectors import kmeans_labels, unit_vectors
from explorer.jobs.progress import OnProgress, Progress, ignore_progress

_FOLDS = 5
_SAME_ROWS = "Its value depends on the number of rows, so compare it on the same rows only."
_NO_BOOTSTRAP = "It has no interval: a bootstrap's would be too narrow."
_PENALTY = 1.0  # scikit-learn's C

KNN_ACCURACY = Measure(
    "k-NN accuracy",
    "labels",
    True,
    "The share of rows whose label is the most frequent one among their nearest rows.",
    "Cover and Hart 1967",
    least=0,
    most=1,
    plain="nearest rows share the label",
)
PROBE_ACCURACY = Measure(
    "linear probe",
    "labels",
    True,
    "The share of rows whose label a simple rule tells from their vectors. It is learned from other rows, "
    "and never from near-copies of the row.",
    "Alain and Bengio 2016; scikit-learn's LogisticRegression and StratifiedGroupKFold",
    least=0,
    most=1,
    phrase="linear-probe accuracy",
    plain="vectors tell the label",
    formula="The rule is a logistic regression, cross-validated by groups of near-copies.",
)
SILHOUETTE = Measure(
    "silhouette",
    "labels",
    True,
    "Whether rows are closer to the rows of their label than to those of the nearest other label: near 1 "
    "they are, at 0 they are as close to both, below 0 they are closer to the other. It is shown and not "
    "ranked: encoders put rows more or less far apart, so a higher value of another encoder does not mean "
    "that it separates the labels better.",
    "Rousseeuw 1987; scikit-learn's silhouette_samples",
    plain="labels are apart",
    least=-1,
    most=1,
    comparable=False,
    formula="(b − a) / max(a, b), with a and b the mean cosine distances to both.",
)
AMI = Measure(
    "AMI",
    "labels",
    True,
    "How well clusters, which are found without the labels, match the labels: 1 if they are the same, 0 as "
    f"by chance. {_SAME_ROWS}",
    "Vinh, Epps and Bailey 2010; scikit-learn's adjusted_mutual_info_score",
    most=1,
    plain="clusters match labels",
    formula=f"Adjusted mutual information of labels and k-means clusters. {_NO_BOOTSTRAP}",
)
V_MEASURE = Measure(
    "V-measure",
    "labels",
    True,
    "Whether each cluster holds one label, and each label is in one cluster; clusters are found without the "
    f"labels. 1 if both are so. {_SAME_ROWS}",
    "Rosenberg and Hirschberg 2007; scikit-learn's v_measure_score",
    plain="one label, one cluster",
    least=0,
    most=1,
    formula=f"Harmonic mean of homogeneity and completeness of k-means clusters. {_NO_BOOTSTRAP}",
)


def knn_accuracy(
    contenders: Sequence[Contender],
    labels: Labelled,
    k: int = 10,
    *,
    lists: NeighborLists | None = None,
    on_progress: OnProgress | None = None,
) -> UnitValues:
    """Predict each row's label by a majority vote of its k nearest rows.

    Only rows with a label vote, and none of the row's own group. Among labels with the same number of votes,
    the one with the nearest row wins. A row without neighbours counts as wrong.

    Args:
        contenders: The contenders, with vectors or without.
        labels: The rows and their labels.
        k: Neighbours per row.
        lists: Neighbours of the contenders that were found already, of the labelled rows or more; the search
            is continued only where they do not reach.
        on_progress: Passed on. An exception it raises stops the work.
    """
    values = np.empty((len(contenders), len(labels.rows)))
    known = None if lists is None else lists.of(labels.rows)
    for place, contender in enumerate(contenders):
        begin = None if known is None else known[place]
        voted = votes(contender, labels, k, known=begin, on_progress=on_progress)
        values[place] = majority(voted) == labels.row_codes
    return UnitValues(KNN_ACCURACY, values, labels.rows, labels.row_groups)


def votes(
    contender: Contender,
    labels: Labelled,
    k: int,
    *,
    known: NDArray[np.int64] | None = None,
    on_progress: OnProgress | None = None,
) -> NDArray[np.int64]:
    """The labels of the k nearest rows that vote on each row; see `knn_accuracy`.

    Args:
        contender: What ranks the rows.
        labels: The rows and their labels.
        k: Neighbours per row.
        known: The nearest rows of each row, if they were found already, int64, shape (units, m).
        on_progress: Passed on. An exception it raises stops the work.

    Returns:
        Numbers of labels, that of the nearest row first, int64, shape (units, k); −1 where there are no more.
    """

    def keep(places: NDArray[np.int64], near: NDArray[np.int64]) -> NDArray[np.bool_]:
        other = labels.groups[near] != labels.row_groups[places][:, None]
        kept: NDArray[np.bool_] = other & (labels.codes[near] >= 0)
        return kept

    near = kept_neighbors(contender, labels.rows, k, keep, known=known, on_progress=on_progress)
    return np.where(near >= 0, labels.codes[near], -1)


def majority(voted: NDArray[np.int64]) -> NDArray[np.int64]:
    """The most frequent label of each line of `votes`, the first of several; −1 is no vote.

    Returns:
        int64, shape (units,).
    """
    counts = (voted[:, :, None] == voted[:, None, :]).sum(axis=2)
    counts[voted < 0] = 0
    winner: NDArray[np.int64] = np.take_along_axis(voted, counts.argmax(axis=1)[:, None], axis=1)[:, 0]
    return winner


def linear_probe(
    contenders: Sequence[Contender],
    labels: Labelled,
    *,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> UnitValues:
    """Predict each row's label by a logistic regression trained on the rows of other folds.

    Five folds with about the same share of each label, a group always in one fold. Dimensions are
    standardised on the training rows and divided by the square root of their number, so that neither the
    length of vectors nor their width changes the strength of the penalty. Labels with rows in fewer than five
    groups of the sample are left out.

    Args:
        contenders: The contenders; one without vectors has NaN.
        labels: The rows and their labels.
        seed: The seed of the folds.
        on_progress: Called after each fold. An exception it raises stops the work.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    pairs = np.unique(np.stack([labels.row_codes, labels.row_groups]), axis=1)
    frequent = np.bincount(pairs[0], minlength=len(labels.names)) >= _FOLDS
    rows = labels.rows[frequent[labels.row_codes]]
    codes, groups = labels.codes[rows], labels.groups[rows]
    values = np.full((len(contenders), len(rows)), np.nan)
    report, total = on_progress or ignore_progress, len(contenders) * _FOLDS
    if len(np.unique(codes)) > 1:
        folds = list(StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=seed).split(rows, codes, groups))
        for place, contender in enumerate(contenders):
            vectors = None if contender.space is None else unit_vectors(contender.space, rows)
            for fold, (train, test) in enumerate(folds):
                if vectors is not None:
                    predicted = _predicted(vectors[train], codes[train], vectors[test])
                    values[place, test] = predicted == codes[test]
                report(Progress.count("Training probes", place * _FOLDS + fold + 1, total, "probes"))
    return UnitValues(PROBE_ACCURACY, values, rows, groups)


def _predicted(
    train: NDArray[np.float64], codes: NDArray[np.int64], test: NDArray[np.float64]
) -> NDArray[np.int64]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    if (codes == codes[0]).all():
        return np.full(len(test), codes[0])
    scaler = StandardScaler().fit(train)
    width = np.sqrt(train.shape[1])
    with threadpool_limits(1):  # the matrices are so small that threads wait for each other most of the time
        model = LogisticRegression(C=_PENALTY, max_iter=1_000).fit(scaler.transform(train) / width, codes)
    predicted: NDArray[np.int64] = model.predict(scaler.transform(test) / width)
    return predicted


def silhouette(contenders: Sequence[Contender], labels: Labelled) -> UnitValues:
    """The silhouette of each sampled row by the cosine distance, among the sampled rows.

    Args:
        contenders: The contenders; one without vectors has NaN.
        labels: The rows and their labels; the work grows with the square of the rows.
    """
    from sklearn.metrics import silhouette_samples

    values = np.full((len(contenders), len(labels.rows)), np.nan)
    defined = 1 < len(np.unique(labels.row_codes)) < len(labels.rows)
    for place, contender in enumerate(contenders):
        if contender.space is not None and defined:
            vectors = unit_vectors(contender.space, labels.rows)
            values[place] = silhouette_samples(vectors, labels.row_codes, metric="cosine")
    return UnitValues(SILHOUETTE, values, labels.rows, labels.row_groups)


def cluster_agreement_with_labels(
    contenders: Sequence[Contender],
    labels: Labelled,
    *,
    seed: int = 0,
    on_progress: OnProgress | None = None,
) -> tuple[WholeValues, WholeValues]:
    """Compare k-means clusters of the sampled rows with their labels; k is the number of labels.

    Args:
        contenders: The contenders; one without vectors has NaN.
        labels: The rows and their labels.
        seed: The seed of k-means.
        on_progress: Called often. An exception it raises stops the work.

    Returns:
        Adjusted mutual information, and V-measure.
    """
    from sklearn.metrics import adjusted_mutual_info_score, v_measure_score

    codes = labels.row_codes
    scores = (adjusted_mutual_info_score, v_measure_score)
    values = np.full((len(scores), len(contenders)), np.nan)
    for place, contender in enumerate(contenders):
        if contender.space is None or len(codes) == 0:
            continue
        part = contender.space.index.subset(labels.rows)
        found = kmeans_labels(part, len(np.unique(codes)), seed=seed, starts=3, on_progress=on_progress)
        for which, score in enumerate(scores):
            values[which, place] = score(codes, found)
    independent = len(np.unique(labels.row_groups))
    ami, v_measure = (
        WholeValues(measure, own, n=len(codes), independent=independent)
        for measure, own in zip((AMI, V_MEASURE), values, strict=True)
    )
    return ami, v_measure
