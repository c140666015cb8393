"""The parts of a saved comparison: read from a file, with every shape and number checked."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.agreement.calibration import Agreement
from explorer.comparison.contenders.failure import Failure
from explorer.comparison.files.arrays import Arrays
from explorer.comparison.files.explanations import explained
from explorer.comparison.files.saving import Choices
from explorer.comparison.judging.judgements import Judgements, ScoredPairs
from explorer.comparison.measure import Kind, Measure, UnitValues, WholeValues
from explorer.comparison.statistics.differences import Difference
from explorer.data.records import DamagedFileError, Record
from explorer.errors import DataError, ExplorerError

MOST_NEIGHBORS = 10_000  # of a row
_MANY = 2**40  # units, groups and families; more than any comparison has
_MEASURE_CHARS = 60
_GRADES = 1_000_000
_ERROR_CHARS = 2_000

Values = UnitValues | WholeValues


def values_from(
    records: Sequence[Record], arrays: Arrays, contenders: int
) -> tuple[tuple[Values, ...], tuple[NDArray[np.float64], ...]]:
    """What was measured, and the interval of each value."""
    values: list[Values] = []
    for place, record in enumerate(records):
        name = f"values-{place}"
        measure = _measure(record)
        if measure in [each.measure for each in values]:
            raise DamagedFileError("a measure occurs twice")
        if record.choice("of", ("units", "whole")) == "whole":
            ends = arrays.floats(f"{name}-ends", contenders, 2) if record.flag("ends") else None
            own = arrays.floats(name, contenders)
            n = record.integer("n", 0, _MANY)
            values.append(WholeValues(measure, own, ends, n, _independent(record, n)))
        else:
            values.append(_unit_values(name, measure, arrays, contenders, weighted=record.flag("weighted")))
    intervals = tuple(arrays.floats(f"intervals-{place}", contenders, 2) for place in range(len(values)))
    return tuple(values), intervals


def differences_from(arrays: Arrays, values: Sequence[Values]) -> tuple[Difference, ...]:
    """The differences of pairs of contenders: by each measure that ranks, one for all pairs that have it."""
    whole = arrays.integers("differences", None, 5, low=0, high=_MANY)
    figures = arrays.floats("difference-figures", len(whole), 6)
    independent = [each.independent for each in values]
    found: dict[tuple[int, int, int], Difference] = {}
    for (which, first, second, family, n), numbers in zip(whole.tolist(), figures.tolist(), strict=True):
        if which >= len(values) or not first < second < len(values[which].values):
            raise DamagedFileError("a difference is of no two contenders")
        value, low, high, p, p_holm, error = numbers
        found[which, first, second] = Difference(
            values[which].measure,
            first,
            second,
            value,
            low,
            high,
            p,
            p_holm,
            max(1, family),
            n,
            error,
            independent[which],
        )
    for which in {which for which, *_ in found}:
        there = [place for place, own in enumerate(values[which].values) if not np.isnan(own).any()]
        pairs = {(which, *pair) for pair in itertools.combinations(there, 2)}
        if not pairs or pairs - found.keys():
            raise DamagedFileError("a difference is missing")
    # Older files have differences by measures that are no longer ranked.
    return tuple(each for each in found.values() if each.measure.comparable)


def agreements_from(records: Sequence[Record], arrays: Arrays, contenders: int) -> dict[str, Agreement]:
    """How far the contenders agree, by measure."""
    found = {}
    for place, record in enumerate(records):
        matrices = arrays.floats(f"agreement-{place}", 4, contenders, contenders)
        found[record.text("name", _MEASURE_CHARS)] = Agreement(
            _measure(record.record("measure")),
            value=matrices[0],
            chance=matrices[1],
            spread=matrices[2],
            calibrated=matrices[3],
            rows=record.integer("rows", 0, _MANY),
        )
    return found


def judgements_from(record: Record, arrays: Arrays, rows: int) -> Judgements:
    """Judgements of rows of the corpus."""
    queries = record.texts("queries")
    lines = arrays.integers("grades", None, 3, low=-_GRADES, high=_MANY)
    grades: list[dict[int, int]] = [{} for _ in queries]
    for query, row, grade in lines.tolist():
        if not (0 <= query < len(queries) and 0 <= row < rows):
            raise DamagedFileError("a judgement is of no query or row")
        grades[query][row] = grade
    skipped: list[list[int]] = [[] for _ in queries]
    if "skipped" in arrays:  # older files have none
        for query, row in arrays.integers("skipped", None, 2, low=0, high=_MANY).tolist():
            if not (query < len(queries) and row < rows):
                raise DamagedFileError("a skipped row is of no query or row")
            skipped[query].append(row)
    inclusion = tuple(arrays.floats("inclusion", len(queries)).tolist()) if record.flag("weighted") else None
    try:
        return Judgements(record.texts("ids"), queries, tuple(grades), inclusion, tuple(map(tuple, skipped)))
    except DataError as error:
        raise DamagedFileError(f"its judgements cannot be used, {error.what}") from error


def pairs_from(record: Record, arrays: Arrays) -> ScoredPairs:
    """Pairs of texts with scores."""
    first, second = record.texts("first"), record.texts("second")
    scores = arrays.floats("pair-scores", len(first))
    if len(second) != len(first) or not np.isfinite(scores).all():
        raise DamagedFileError("its pairs are incomplete")
    return ScoredPairs(first, second, tuple(scores.tolist()))


def views_from(record: Record) -> tuple[str, str] | None:
    """Two columns that should find each other; None for the two halves of a text."""
    columns = record.optional("views", record.texts)
    if columns is None:
        return None
    if len(columns) != 2:
        raise DamagedFileError("there are not two views")
    return columns[0], columns[1]


def failures_from(records: Sequence[Record], contenders: int) -> tuple[Failure, ...]:
    """The contenders that failed, with what their errors said."""
    return tuple(
        Failure(
            record.integer("contender", 0, contenders - 1),
            record.choice("kind", get_args(Kind)),
            ExplorerError(
                record.text("what")[:_ERROR_CHARS],
                where=record.text("where")[:_ERROR_CHARS],
                fix=record.text("fix")[:_ERROR_CHARS],
            ),
        )
        for record in records
    )


def choices_from(record: Record, arrays: Arrays, rows: int) -> Choices:
    """What a visitor chose around the comparison."""
    asked = record.texts("asked")
    lines = arrays.integers("answers", None, 4, low=-_GRADES, high=_MANY)
    answers: dict[str, dict[int, int | None]] = {query: {} for query in asked}
    for query, row, skipped, grade in lines.tolist():
        if not (0 <= query < len(asked) and 0 <= row < rows):
            raise DamagedFileError("an answer is of no query or row")
        answers[asked[query]][row] = None if skipped else grade
    return Choices(record.text("name", _MEASURE_CHARS * 10), record.texts("queries"), answers)


def _measure(record: Record) -> Measure:
    name, kind = record.text("name", _MEASURE_CHARS), record.choice("kind", get_args(Kind))
    higher = record.optional("higher_is_better", record.flag)
    chance = record.optional("chance", lambda key: record.number(key, 0, 1))
    return explained(Measure(name, kind, higher, "", chance=chance))


def _independent(record: Record, n: int) -> int:
    """How many groups n rows have; n in an older file, which does not say it."""
    found = record.optional("independent", lambda key: record.integer(key, 0, n))
    return n if found is None else found


def _unit_values(
    name: str, measure: Measure, arrays: Arrays, contenders: int, *, weighted: bool
) -> UnitValues:
    units = arrays.integers(f"{name}-units", None, low=0, high=_MANY)
    groups = arrays.integers(f"{name}-groups", len(units), low=0, high=_MANY)
    weights = arrays.floats(f"{name}-weights", len(units)) if weighted else None
    if weights is not None and not (np.isfinite(weights) & (weights > 0)).all():
        raise DamagedFileError("a weight is not above 0")
    return UnitValues(measure, arrays.floats(name, contenders, len(units)), units, groups, weights)
