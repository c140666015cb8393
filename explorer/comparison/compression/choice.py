"""Which of several forms of vectors to take, by a rule that is stated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.compression.compressed import Compression
from explorer.comparison.compression.measured import SweptMeasure
from explorer.comparison.numbers import units
from explorer.numbers import percent

LEAST_RECALL = 0.95
MOST_LOSS = 0.02  # below it, a difference hardly matters: the margin of judging, too


@dataclass(frozen=True)
class Choice:
    """The form with the fewest bytes that costs little.

    Attributes:
        place: Its position among the forms; 0 for the full vectors.
        text: What it costs and saves, in a sentence.
        rule: The rule it was chosen by, and what kept a stronger rule from being used.
    """

    place: int
    text: str
    rule: str


def choose(forms: Sequence[Compression], recall: SweptMeasure, quality: Sequence[SweptMeasure]) -> Choice:
    """Choose the form with the fewest bytes that loses at most 0.02 of the first measure of quality.

    It loses at most so much if the low end of the 95 % interval of its change is not below −0.02. Where no
    smaller form can be shown to, as with few queries, or there is no quality, it is the form with the fewest
    bytes that keeps at least 95 % of the nearest rows, by the low end of its interval. Of forms with the same
    bytes, that with the better value is taken.

    Args:
        forms: The forms, the full vectors first.
        recall: How many nearest rows each keeps.
        quality: The measures of quality, the strongest first.
    """
    least = percent(LEAST_RECALL)
    rule = (
        f"Chosen: the fewest bytes that keep at least {least} of the nearest rows, by the low end of the "
        "95 % interval."
    )
    if quality:
        best = quality[0]
        name = best.measure.in_sentence
        place = _smallest(forms, best.change_low >= -MOST_LOSS, best.value)
        if place:
            return Choice(
                place,
                _by_quality(forms, place, recall, best),
                f"Chosen: the fewest bytes with at most {MOST_LOSS} less {name} than the full vectors, by "
                "the low end of the 95 % interval of the difference. It is one of several tried: add it "
                "to a comparison before you rely on it.",
            )
        measured = units(best.measure, best.n, best.independent)
        rule += f" {name} cannot tell: from {measured}, none can be shown to lose at most {MOST_LOSS}."
    place = _smallest(forms, recall.low >= LEAST_RECALL, recall.value)
    full = f"the full vectors have {forms[0].bytes_per_vector:,} bytes each."
    if np.isnan(recall.low).all():
        return Choice(
            0,
            f"There are too few rows to say how many of the nearest rows smaller forms keep: {full}",
            rule,
        )
    if not place:
        return Choice(
            0,
            f"No smaller form can be shown to keep {least} of the nearest rows: {full}",
            rule,
        )
    return Choice(place, _by_recall(forms, place, recall), rule)


def _smallest(forms: Sequence[Compression], good: NDArray[np.bool_], value: NDArray[np.float64]) -> int:
    """The smallest good form; the full vectors, 0, if no smaller one is good."""
    places = [0, *(place for place in np.flatnonzero(good).tolist() if place)]
    return min(places, key=lambda place: (forms[place].bytes_per_vector, -value[place]))


def _by_quality(forms: Sequence[Compression], place: int, recall: SweptMeasure, best: SweptMeasure) -> str:
    subject, one = _subject(forms[place])
    lost = max(0.0, -float(best.change_low[place]))
    loss = (
        f"{'loses' if one else 'lose'} at most {lost:.3f} {best.measure.in_sentence}"
        if lost >= 0.0005
        else f"{'loses' if one else 'lose'} no {best.measure.in_sentence}"
    )
    return (
        f"{subject} {loss} and {'keeps' if one else 'keep'} {percent(recall.value[place])} of the nearest "
        f"rows, in {_memory(forms, place)}."
    )


def _by_recall(forms: Sequence[Compression], place: int, recall: SweptMeasure) -> str:
    subject, one = _subject(forms[place])
    return (
        f"{subject} {'keeps' if one else 'keep'} {percent(recall.value[place])} of the nearest rows, in "
        f"{_memory(forms, place)}."
    )


def _subject(form: Compression) -> tuple[str, bool]:
    """The form as the subject of a sentence, and whether it is in the singular."""
    words = {"all": "All", "first": "The first", "pca": "PCA to"}[form.method]
    noun = "dimension" if form.dims == 1 else "dimensions"
    return f"{words} {form.dims:,} {noun} in {form.stored_as}", form.method == "pca" or form.dims == 1


def _memory(forms: Sequence[Compression], place: int) -> str:
    full, own = forms[0].bytes_per_vector, forms[place].bytes_per_vector
    times = full / own
    part = f"1/{times:.0f}" if abs(times - round(times)) < 0.05 else percent(own / full)
    return f"{part} of the memory ({own:,} bytes a vector instead of {full:,})"
