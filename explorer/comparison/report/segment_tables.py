"""Where the contenders differ whose difference says most: by label, length and script of the text."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.comparison.measure import Measure, UnitValues
from explorer.comparison.measures.segments import (
    SegmentDifference,
    computed_columns,
    segment_columns,
    segment_differences,
    segments,
)
from explorer.comparison.numbers import NO_INTERVAL, has_interval, interval, number, probability
from explorer.comparison.results import Results
from explorer.comparison.statistics.differences import telling_pair

_BY_ROWS = ("captions", "labels", "proxy")  # kinds whose units are rows, which have labels and lengths


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
    """The pair of `telling_pair` by segment, by the measure that the verdict is based on.

    None if that measure is not of rows.
    """
    basis = results.verdict.basis
    values = next((each for each in results.values if each.measure == basis), None)
    if not isinstance(values, UnitValues) or values.measure.kind not in _BY_ROWS:
        return ()
    pair = telling_pair(values, results.found)
    wanted = (results.corpus.label, *computed_columns(results.corpus))
    columns = [column for column in segment_columns(results.corpus) if column in wanted]
    return () if pair is None else tuple(_table(results, values, pair, column) for column in columns)


def _table(results: Results, values: UnitValues, pair: tuple[int, int], column: str) -> SegmentTable:
    first, second = (results.names[place] for place in pair)
    divided = segments(results.corpus, column)
    found = segment_differences(values, *pair, divided, seed=results.seed)
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
