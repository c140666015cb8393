"""What smaller vectors of an encoder cost, for a report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.comparison.numbers import interval, number

if TYPE_CHECKING:
    from explorer.comparison.compression.measured import SweptMeasure
    from explorer.comparison.compression.size_sweep import SizeSweep


@dataclass(frozen=True)
class SweepTable:
    """A sweep over dimensions and precisions.

    Attributes:
        name: The encoder.
        text: The form that was chosen, in a sentence.
        rule: How it was chosen.
        notes: What was left out, one sentence each.
        columns: The names of the columns after the form: bytes a vector, then each measure with its change.
        rows: The name of each form, with its figures; an interval follows its figure in brackets.
    """

    name: str
    text: str
    rule: str
    notes: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[str, ...]], ...]


def sweep_table(found: SizeSweep) -> SweepTable:
    """Everything that a report says about a sweep."""
    columns = ["bytes a vector", found.recall.measure.name]
    for each in found.quality:
        columns += [each.measure.name, f"change of {each.measure.name}"]
    rows = tuple(
        (form.name, (f"{form.bytes_per_vector:,}", *_figures(found, place)))
        for place, form in enumerate(found.forms)
    )
    return SweepTable(found.name, found.text, found.choice.rule, found.notes, tuple(columns), rows)


def _figures(found: SizeSweep, place: int) -> list[str]:
    figures = [_value(found.recall, place)]
    for each in found.quality:
        figures += [_value(each, place), _change(each, place)]
    return figures


def _value(each: SweptMeasure, place: int) -> str:
    return _within(number(each.value[place]), interval(each.low[place], each.high[place]))


def _change(each: SweptMeasure, place: int) -> str:
    if not place:
        return "–"
    ends = interval(each.change_low[place], each.change_high[place])
    return _within(number(each.change[place], plus=True), ends)


def _within(figure: str, ends: str) -> str:
    return f"{figure} ({ends})" if ends else figure
