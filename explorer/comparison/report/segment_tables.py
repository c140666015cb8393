"""Where the two best contenders differ: by label, and by length and script of the text."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.comparison.measure import Measure, UnitValues
from explorer.comparison.measures.segments import (
    LENGTH,
    SCRIPT,
    SegmentDifference,
    segment_columns,
    segment_differences,
    segments,
)
from explorer.comparison.numbers import NO_INTERVAL, has_interval, interval, number, probability
from explorer.comparison.results import Results
from explorer.comparison.statistics.differences import Difference

_BY_ROWS = ("labels", "proxy")  # kinds whose units are rows, which have labels and lengths


@dataclass(frozen=True)
class SegmentRow:
    """The difference in one segment.

    Attributes:
        name: The segment.
        n: Its number of rows.
        difference: The difference, first − second.
        interval: Its 95 % interval; a dash where there are too few rows for one.
        reason: Why there is a dash; empty without one.
        p: Its p-value after Holm.
        winner: The name of the contender that is better; empty if they cannot be told apart.
    """

    name: str
    n: str
    difference: str
    interval: str
    reason: str
    p: str
    winner: str


@dataclass(frozen=True)
class SegmentTable:
    """The differences of two contenders in the segments of a column.

    Attributes:
        column: The column.
        measure: The measure.
        first: The name of one contender.
        second: The name of the other.
        rows: The segments.
    """

    column: str
    measure: str
    first: str
    second: str
    rows: tuple[SegmentRow, ...]


def segment_tables(results: Results) -> tuple[SegmentTable, ...]:
    """The two best contenders by segment, by the measure that the verdict is based on.

    None if that measure is not of rows.
    """
    basis = results.verdict.basis
    values = next((each for each in results.values if each.measure == basis), None)
    if not isinstance(values, UnitValues) or values.measure.kind not in _BY_ROWS:
        return ()
    leading = _leading(results, values)
    label = results.corpus.label
    columns = [column for column in segment_columns(results.corpus) if column in (label, LENGTH, SCRIPT)]
    return () if leading is None else tuple(_table(results, values, leading, column) for column in columns)


def _leading(results: Results, values: UnitValues) -> Difference | None:
    """The difference of the two best contenders."""
    two = set(results.best_first(values.measure)[:2])
    own = (each for each in results.found if each.measure == values.measure)
    return next((each for each in own if {each.first, each.second} == two), None)


def _table(results: Results, values: UnitValues, leading: Difference, column: str) -> SegmentTable:
    first, second = results.names[leading.first], results.names[leading.second]
    divided = segments(results.corpus, column)
    found = segment_differences(values, leading.first, leading.second, divided, seed=results.seed)
    rows = tuple(_row(each, (first, second), values.measure) for each in found)
    return SegmentTable(column, values.measure.name, first, second, rows)


def _row(each: SegmentDifference, names: tuple[str, str], measure: Measure) -> SegmentRow:
    winner = each.better(measure)
    return SegmentRow(
        each.segment,
        f"{each.n:,}",
        number(each.difference, plus=True),
        interval(each.low, each.high, too_few=True),
        "" if has_interval(each.low, each.high) else NO_INTERVAL,
        probability(each.p_holm),
        "" if winner is None else names[winner],
    )
