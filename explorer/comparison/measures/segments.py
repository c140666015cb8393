"""Where one contender is better than another: differences by label, length, script or any other column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.comparison.measure import Measure, UnitValues
from explorer.comparison.measures.scripts import scripts_of
from explorer.comparison.statistics.differences import LEVEL
from explorer.comparison.statistics.inference import FEWEST_GROUPS, difference_interval, holm, paired_test
from explorer.data.corpus import Corpus
from explorer.data.tables.python_values import texts
from explorer.errors import ColumnError

MOST_VALUES = 30
"""The most values of a column whose values are segments; numbers with more are divided into thirds."""
_LENGTH, _SCRIPT = "length", "script of the text"
_LARGEST_WHOLE = 1e15  # below which float64 has every whole number
_LEAST_ROWS = 20  # of a script that is not an exception among the rows


@dataclass(frozen=True, eq=False)
class Segments:
    """Rows divided by a column.

    Attributes:
        column: The column, or what a computed one is called.
        names: The segments, each with a name of its own, in the order of their values, or from low to high.
        codes: The segment of every row, from 0; −1 for rows without a value; int64, shape (rows,).
    """

    column: str
    names: tuple[str, ...]
    codes: NDArray[np.int64]


@dataclass(frozen=True)
class SegmentDifference:
    """The difference of two contenders in one segment.

    Attributes:
        segment: Its name.
        difference: The mean of first − second, weighted as the measure is.
        low: The lower end of its 95 % interval; NaN for too few groups of units to be tested.
        high: The upper end.
        p: The p-value of the paired test; NaN for too few.
        p_holm: The same, adjusted by Holm's procedure for all segments.
        n: Number of units.
    """

    segment: str
    difference: float
    low: float
    high: float
    p: float
    p_holm: float
    n: int

    def better(self, measure: Measure) -> int | None:
        """Which contender is significantly better, 0 the first, 1 the second; None for neither.

        As for `Difference`: p_holm is below 0.05 and the interval excludes zero.
        """
        if not (self.p_holm < LEVEL and (self.low > 0 or self.high < 0)):
            return None
        return int((self.difference > 0) == (measure.higher_is_better is False))


def segment_columns(corpus: Corpus) -> tuple[str, ...]:
    """The columns by which rows can be divided.

    The label comes first, then the length of the text, its script where at least two scripts have 20 rows or
    more, and the columns of the table. What the computed ones are called, `computed_columns` gives.
    """
    length, script = computed_columns(corpus)
    others = [name for name in corpus.table.column_names if name not in (corpus.text, corpus.label)]
    usable = [name for name in others if _can_divide(corpus, name)]
    label = [corpus.label] if corpus.label is not None and _can_divide(corpus, corpus.label) else []
    rows = Counter(filter(None, scripts_of(corpus.texts)))
    several = sum(count >= _LEAST_ROWS for count in rows.values()) > 1
    return (*label, length, *([script] if several else []), *usable)


def computed_columns(corpus: Corpus) -> tuple[str, str]:
    """What the length of the text and its script are called as columns.

    `length` and `script of the text`, with `(computed)` after them where a column has that name.
    """
    length, script = (_unlike(name, corpus.table.column_names) for name in (_LENGTH, _SCRIPT))
    return length, script


def segments(corpus: Corpus, column: str) -> Segments:
    """Divide rows by a column: its values if there are at most 30, or numbers into thirds.

    Thirds are by rank among all rows with a number, so rows with the same number can make them unequal.

    Args:
        corpus: The rows.
        column: One of `segment_columns`. Of `computed_columns`, the first is the number of characters of the
            text, and the second the script of most of its letters.

    Raises:
        ColumnError: There is no such column, or it has too many values that are not numbers.
    """
    length, script = computed_columns(corpus)
    if column == length:
        return _thirds(column, np.array([len(text) for text in corpus.texts], np.float64))
    if column == script:
        return _by_value(column, scripts_of(corpus.texts))
    if column not in corpus.table.column_names:
        raise ColumnError(f"There is no column {column!r}.", where=corpus.name)
    values = corpus.labels if column == corpus.label else texts(corpus.table[column])
    distinct = sorted({value for value in values or () if value})
    numbers = _numbers(corpus, column)
    if len(distinct) <= MOST_VALUES:
        if numbers is not None:
            distinct.sort(key=float)
        return _by_value(column, values or (), distinct)
    if numbers is None:
        raise ColumnError(
            f"The column {column!r} has {len(distinct):,} values.",
            where=corpus.name,
            fix=f"Choose one with at most {MOST_VALUES}, or one of numbers.",
        )
    return _thirds(column, numbers)


def segment_differences(
    values: UnitValues,
    first: int,
    second: int,
    divided: Segments,
    *,
    seed: int = 0,
) -> tuple[SegmentDifference, ...]:
    """Compare two contenders in each segment.

    Args:
        values: A measure of rows.
        first: The place of the first contender.
        second: The place of the second.
        divided: The segments of all rows.
        seed: The seed of resamples and permutations.

    Returns:
        One difference for each segment with units, in the order of the segments.
    """
    codes = divided.codes[values.units]
    ours, theirs = values.values[first], values.values[second]
    found = []
    for code in np.unique(codes[codes >= 0]):
        at = np.flatnonzero(codes == code)
        weights = None if values.weights is None else values.weights[at]
        mean = float(np.average(ours[at] - theirs[at], weights=weights))
        ends, p = (np.nan, np.nan), np.nan
        # With fewer groups no test could show a difference, and it would only weaken the others.
        if len(np.unique(values.groups[at])) >= FEWEST_GROUPS and not np.isnan(mean):
            ends = difference_interval(ours[at], theirs[at], values.groups[at], weights=weights, seed=seed)
            ends = tuple(values.measure.possible_differences(np.array(ends)).tolist())
            p = paired_test(ours[at], theirs[at], values.groups[at], weights=weights, seed=seed)
        found.append((divided.names[code], mean, *ends, p, len(at)))
    p_values = np.array([p for *_, p, _ in found])
    adjusted = np.full(len(found), np.nan)
    tested = ~np.isnan(p_values)
    if tested.any():
        adjusted[tested] = holm(p_values[tested])
    return tuple(
        SegmentDifference(name, mean, low, high, p, float(corrected), n)
        for (name, mean, low, high, p, n), corrected in zip(found, adjusted, strict=True)
    )


def _by_value(column: str, values: Sequence[str | None], distinct: Sequence[str] | None = None) -> Segments:
    """A segment for each value, in an order, or that of the alphabet."""
    names = sorted({value for value in values if value}) if distinct is None else distinct
    place = {value: code for code, value in enumerate(names)}
    codes = [place.get(value or "", -1) for value in values]
    return Segments(column, tuple(names), np.array(codes, np.int64))


def _can_divide(corpus: Corpus, column: str) -> bool:
    distinct = {value for value in texts(corpus.table[column]) if value}
    few = len(distinct) <= MOST_VALUES
    return len(distinct) > 1 and (few or _numbers(corpus, column) is not None)


def _numbers(corpus: Corpus, column: str) -> NDArray[np.float64] | None:
    """A column as numbers, NaN for none; None if a value is none."""
    values = corpus.table[column]
    kind = values.type
    try:
        if pa.types.is_string(kind) or pa.types.is_large_string(kind):
            values = pc.if_else(pc.equal(values, ""), None, values)
        elif not pa.types.is_integer(kind) and not pa.types.is_floating(kind):
            return None
        found: NDArray[np.float64] = pc.cast(values, pa.float64(), safe=False).to_numpy()
    except pa.ArrowInvalid:
        return None
    return np.where(np.isfinite(found), found, np.nan)


def _thirds(column: str, numbers: NDArray[np.float64]) -> Segments:
    known = numbers[~np.isnan(numbers)]
    # Where more than a third of the rows have the same number, both ends are that number: two segments.
    ends = np.unique(np.quantile(known, [1 / 3, 2 / 3], method="inverted_cdf")) if len(known) else np.zeros(1)
    codes = np.where(np.isnan(numbers), -1, np.searchsorted(ends, numbers, side="left"))
    written = _written(ends)
    names = (*(f"up to {end}" for end in written), f"above {written[-1]}")
    return Segments(column, names, codes.astype(np.int64))


def _written(ends: NDArray[np.float64]) -> list[str]:
    """Different numbers with as many digits as tell them apart, whole ones with all of theirs."""
    if (ends == np.round(ends)).all() and (abs(ends) < _LARGEST_WHOLE).all():
        return [f"{end:.0f}" for end in ends]
    every = ([f"{end:.{digits}g}" for end in ends] for digits in range(6, 18))
    return next(written for written in every if len(set(written)) == len(ends))


def _unlike(name: str, taken: Sequence[str]) -> str:
    while name in taken:
        name += " (computed)"
    return name
