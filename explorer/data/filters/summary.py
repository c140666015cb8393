"""What a column holds, as the choice of a filter shows it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.data.corpus import Corpus
from explorer.data.filters.values import NO_TIME, Kind, as_plain_text, kind_of, moments_of, numbers_of

_BINS = 32


@dataclass(frozen=True, eq=False)
class Histogram:
    """How numbers or moments are distributed.

    Attributes:
        counts: Values in each of equally wide bins, int64, shape (bins,).
        low: The lowest value: a number, or microseconds since 1970.
        high: The highest value.
        whole: Whether all values are whole numbers.
    """

    counts: NDArray[np.int64]
    low: float
    high: float
    whole: bool


@dataclass(frozen=True, eq=False)
class ColumnSummary:
    """What a column holds.

    Attributes:
        kind: How it is filtered.
        values: For a category, the different values with their numbers of rows, frequent ones first and ties
            by name; "" for missing ones.
        histogram: For numbers and times; None if no value is finite.
        missing: For numbers and times, rows without one.
    """

    kind: Kind
    values: tuple[tuple[str, int], ...] = ()
    histogram: Histogram | None = None
    missing: int = 0


def summarise(corpus: Corpus, column: str) -> ColumnSummary:
    """What a column holds.

    Args:
        corpus: The rows.
        column: One of `filterable`.
    """
    kind, values = kind_of(corpus, column), corpus.table[column]
    if kind == "category":
        counted = pc.value_counts(as_plain_text(values))
        pairs = zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True)
        return ColumnSummary(kind, tuple(sorted(pairs, key=lambda pair: (-pair[1], pair[0]))))
    if kind == "number":
        numbers = numbers_of(values)
        known = numbers[np.isfinite(numbers)]
        return ColumnSummary(kind, histogram=_histogram(known), missing=int(np.isnan(numbers).sum()))
    if kind == "time":
        moments = moments_of(values)
        known = moments[moments != NO_TIME]
        histogram = _histogram(known.astype(np.float64))
        return ColumnSummary(kind, histogram=histogram, missing=len(moments) - len(known))
    return ColumnSummary(kind)


def _histogram(known: NDArray[np.float64]) -> Histogram | None:
    if not len(known):
        return None
    low, high = float(known.min()), float(known.max())
    whole = bool((known == np.floor(known)).all())
    # Halves, since the difference of two floats can be beyond them; equal values fill the middle.
    span = high / 2 - low / 2
    shares = np.full(len(known), 0.5) if span == 0 else (known / 2 - low / 2) / span
    places = np.minimum((shares * _BINS).astype(np.int64), _BINS - 1)
    return Histogram(np.bincount(places, minlength=_BINS), low, high, whole)
