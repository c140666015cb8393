"""How well predictions agree with labels that are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.classification.categories import NONE
from explorer.classification.predictions import NONE_OF_THESE, Predictions
from explorer.comparison.statistics.inference import interval
from explorer.errors import ColumnError


@dataclass(frozen=True)
class Estimate:
    """A share or a mean of shares with its 95 % interval, from 0 to 1; NaN where there is none.

    Attributes:
        value: The share.
        low: The low end.
        high: The high end.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class CategoryFigures:
    """How well one category is predicted.

    Attributes:
        name: The category.
        rows: Rows whose label it is.
        precision: Of the rows put there, the share that belongs there; NaN if none is put there.
        recall: Of the rows that belong there, the share put there; NaN if none belongs there.
        f1: The harmonic mean of both: 2 × true positives / (rows put there + rows that belong there); NaN if
            there are none of either.
    """

    name: str
    rows: int
    precision: Estimate
    recall: Estimate
    f1: Estimate


@dataclass(frozen=True, eq=False)
class AgainstLabels:
    """How well predictions agree with labels.

    Attributes:
        names: The categories, and last “none of these”.
        confusion: Rows by label (down) and prediction (across), int64, shape (names, names). The last line
            has the rows whose label is no category.
        rows: Numbers of the rows that are counted, int64, shape (rows,): those with a label.
        truth: Their labels, as places in `names`.
        given: Their predictions, as places in `names`.
        accuracy: The share of rows whose prediction is their label; of those whose label is no category, in
            “none of these”.
        macro_f1: The mean of F1 over the categories that some row has.
        categories: The figures of each category.
    """

    names: tuple[str, ...]
    confusion: NDArray[np.int64]
    rows: NDArray[np.int64]
    truth: NDArray[np.int64]
    given: NDArray[np.int64]
    accuracy: Estimate
    macro_f1: Estimate
    categories: tuple[CategoryFigures, ...]

    def cell(self, label: int, prediction: int) -> NDArray[np.int64]:
        """The rows of one cell of `confusion`, ascending."""
        rows: NDArray[np.int64] = self.rows[(self.truth == label) & (self.given == prediction)]
        return rows


def against_labels(
    predictions: Predictions,
    labels: Sequence[str | None],
    *,
    threshold: float = 0.0,
    groups: NDArray[np.int64] | None = None,
) -> AgainstLabels:
    """Compare predictions with labels; they are the same if they differ in capitals and outer spaces only.

    Rows that were learned from, and near-copies of these, are not counted. Each figure is a mean of zeros and
    ones, F1 with the weights 2 for a true positive and 1 for each other row that was put there or belongs
    there, so all intervals are score intervals for samples by group
    (`explorer.comparison.statistics.inference.intervals`); the weights are taken as given.

    Args:
        predictions: The predictions, one category for each row.
        labels: The label of each row; None or empty for none.
        threshold: Rows whose confidence is below it are in none of the categories.
        groups: Rows that are near-copies of each other, as the same number, shape (rows,); None if none are.

    Raises:
        ColumnError: No row that is counted has one of the categories as its label, or all have the same.
    """
    numbers = np.arange(len(predictions)) if groups is None else groups
    counted = np.array([bool(_plain(label)) for label in labels], dtype=bool)
    labelled = int(counted.sum())
    if predictions.learned is not None:
        counted &= ~np.isin(numbers, numbers[predictions.learned])
    rows = np.flatnonzero(counted)
    known = [_plain(labels[row]) for row in rows.tolist()]
    none = len(predictions.categories)
    places = {_plain(name): place for place, name in enumerate(predictions.categories)}
    truth = np.array([places.get(label, none) for label in known], dtype=np.int64)
    _check(truth < none, known, labelled)
    assigned = predictions.assigned(threshold)[rows]
    given = np.where(assigned == NONE_OF_THESE, none, assigned)
    names = (*predictions.categories, NONE)
    counts = np.bincount(truth * (none + 1) + given, minlength=(none + 1) ** 2).reshape(none + 1, -1)
    right, groups_of = (truth == given).astype(np.float64), numbers[rows]
    of_categories = tuple(
        CategoryFigures(
            name,
            int(counts[place].sum()),
            _share(right, groups_of, given == place),
            _share(right, groups_of, truth == place),
            _share(right, groups_of, (given == place).astype(np.float64) + (truth == place)),
        )
        for place, name in enumerate(predictions.categories)
    )
    accuracy = _share(right, groups_of, np.ones(len(rows)))
    return AgainstLabels(
        names, counts, rows, truth, given, accuracy, _macro_f1(counts, truth, given, groups_of), of_categories
    )


def _plain(label: str | None) -> str:
    return "" if label is None else str(label).strip().casefold()


def _check(categories: NDArray[np.bool_], known: Sequence[str], labelled: int) -> None:
    """Refuse labels that tell nothing."""
    if labelled and not known:
        raise ColumnError(
            "All rows with a label are examples or near-copies of these, so none is left to test.",
            where="labels",
            fix="Take fewer examples.",
        )
    if not categories.any():
        raise ColumnError(
            "No row has one of the categories as its label.",
            where="labels",
            fix=f"Name the categories as the labels: {', '.join(sorted(set(known))[:8])}.",
        )
    if len(set(known)) == 1:
        raise ColumnError(
            f"All rows have the same label, “{known[0]}”.",
            where="labels",
            fix="Choose a label column with at least two values.",
        )


def _share(
    right: NDArray[np.float64], groups: NDArray[np.int64], weights: NDArray[np.float64] | NDArray[np.bool_]
) -> Estimate:
    """The weighted share of rows that are right, of those with a weight; NaN without any."""
    some = weights > 0
    if not some.any():
        return Estimate(float("nan"), float("nan"), float("nan"))
    own = weights[some].astype(np.float64)
    value = float(right[some] @ own / own.sum())
    return Estimate(value, *interval(right[some], groups[some], 0, 1, weights=own))


def _macro_f1(
    counts: NDArray[np.int64], truth: NDArray[np.int64], given: NDArray[np.int64], groups: NDArray[np.int64]
) -> Estimate:
    """The mean of F1 over the categories that some row has, each row in up to two of them."""
    none = len(counts) - 1
    totals = counts.sum(axis=0)[:none] + counts.sum(axis=1)[:none]
    present = np.flatnonzero(counts[:none].sum(axis=1))
    values, weights, members = [], [], []
    for place in present.tolist():
        own = (given == place).astype(np.float64) + (truth == place)
        some = own > 0
        values.append(((truth == place) & (given == place))[some].astype(np.float64))
        weights.append(own[some] / (totals[place] * len(present)))
        members.append(groups[some])
    return _share(np.concatenate(values), np.concatenate(members), np.concatenate(weights))
