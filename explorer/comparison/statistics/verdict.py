"""The verdict: which contender is better, or that this cannot be told, and what it is based on."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.contenders.failure import Failure
from explorer.comparison.measure import Kind, Measure, UnitValues, WholeValues
from explorer.comparison.numbers import number, units
from explorer.comparison.scores import measured_intervals, no_better_than_chance
from explorer.comparison.statistics.differences import Difference, best_first, better, needed
from explorer.comparison.statistics.verdict_sentences import (
    disagreement,
    left_out,
    measured_on,
    objections,
    outlook_of,
    tie,
    too_few,
    winner,
)
from explorer.comparison.statistics.verdict_words import WORDS

DECIDING: tuple[Kind, ...] = ("judgements", "pairs", "captions", "labels", "proxy")
"""The kinds of measures that can decide, the strongest first."""
_FAR = 20  # more than this many times today's units is no advice,
_MOST = 2_000  # nor are more than this: nobody judges as many queries, and no more rows are measured
_FEWEST = 30  # units from which intervals hold what they promise, as measured in decision 24


@dataclass(frozen=True)
class Verdict:
    """Which contender is better on these rows.

    Attributes:
        headline: A short sentence that says it.
        details: Sentences with the figures, what they were measured on, and what was left out; may be empty.
        best: The names that share the first rank; all of them if nothing can be told apart, or if none is
            better than chance.
        needed: How many more units, such as judged queries, would probably show the observed difference of
            the two best; None if they differ already, or if more units would hardly help.
        basis: The measure it is based on, whose figures the text has; None without any that can decide, or if
            the proxies disagree.
    """

    headline: str
    details: str
    best: tuple[str, ...]
    needed: int | None
    basis: Measure | None

    @property
    def text(self) -> str:
        """All of it: one or a few plain sentences."""
        return f"{self.headline} {self.details}".rstrip()


def verdict(
    names: Sequence[str],
    measures: Sequence[UnitValues | WholeValues],
    differences: Sequence[Difference],
    failures: Sequence[Failure] = (),
    *,
    rows: int | None = None,
    grouped_by: str | None = None,
) -> Verdict:
    """The verdict by the strongest measures: judgements, else scored pairs, captions, labels or proxies.

    A kind decides if it has units enough for an interval. Of all but proxies, the first measure
    that has differences decides, and measures of the same kind that say the opposite are named; proxies
    decide together, and only if none contradicts another.

    Args:
        names: The names of the contenders, 2 to 8.
        measures: What was measured, the main measure of each kind first.
        differences: The differences by these measures.
        failures: The contenders that failed while these were measured.
        rows: The number of all rows, of which a sample may have been measured; None to leave it out.
        grouped_by: The column whose rows of one value count as one; None for near-copies.
    """
    every = [
        values
        for values in measures
        if values.measure.better is not None and any(each.measure == values.measure for each in differences)
    ]
    kinds = [kind for kind in DECIDING if any(values.measure.kind == kind for values in every)]
    if not kinds:
        headline = "Nothing says which contender is better."
        details = "There are no judgements, no labels and no proxies."
        return Verdict(headline, details, tuple(names), None, None)
    # Too few units tell nothing; if there is nothing else, the verdict says that.
    told = {each.measure.kind for each in differences if not math.isnan(each.low)}
    kind = next((kind for kind in kinds if kind in told), kinds[0])
    failed = {failure.contender for failure in failures if failure.kind == kind}
    own = [values for values in every if values.measure.kind == kind]
    copies = "near-copies" if grouped_by is None else f"rows of one “{grouped_by}”"
    found = _of_kind(names, own, differences, failed, partial(measured_on, rows=rows, copies=copies))
    stronger = kinds[: kinds.index(kind)]
    few = (next(each for each in differences if each.measure.kind == skipped) for skipped in stronger)
    return _with(found, map(too_few, few))


def _with(found: Verdict, more: Iterable[str]) -> Verdict:
    """The verdict with more sentences."""
    return replace(found, details=" ".join(filter(None, (found.details, *more))))


def _of_kind(
    names: Sequence[str],
    every: Sequence[UnitValues | WholeValues],
    differences: Sequence[Difference],
    failed: Collection[int],
    measured: Callable[[Difference], str],
) -> Verdict:
    """The verdict of the measures of one kind; `measured` says on how many units a difference was."""
    wins = [better(len(names), _of(values.measure, differences)) for values in every]
    if every[0].measure.kind != "proxy":
        found = _decided(names, every[:1], wins[0], differences, failed, measured)
        return _with(found, objections(names, every, wins))
    if any((one & other.T).any() for one in wins for other in wins):
        advice = "Judge some queries, or choose a column of labels."
        return Verdict(disagreement(every), advice, tuple(names), None, None)
    return _decided(names, every, np.logical_and.reduce(wins), differences, failed, measured)


def _of(measure: Measure, differences: Sequence[Difference]) -> list[Difference]:
    return [difference for difference in differences if difference.measure == measure]


def _decided(
    names: Sequence[str],
    every: Sequence[UnitValues | WholeValues],
    wins: NDArray[np.bool_],
    differences: Sequence[Difference],
    failed: Collection[int],
    measured: Callable[[Difference], str],
) -> Verdict:
    """The verdict of measures that agree, where `wins` says who is better than whom."""
    order = best_first(every[0])
    first = [at for at in order if not wins[:, at].any()]
    rest = [at for at in order if wins[:, at].any()]
    pair = first[0], first[1] if len(first) > 1 else rest[0]
    found = [_between(*pair, _of(values.measure, differences)) for values in every]
    known = [each for each in found if each is not None]
    # Of several measures, where contenders are tied, the figures are of one that does not tell them apart.
    shown = known[0] if len(first) == 1 else max(known, key=lambda each: each.p_holm)
    basis = next(values for values in every if values.measure == shown.measure)
    words = WORDS[basis.measure.kind]
    more = _more(shown) if len(first) > 1 and words.ask else None
    outlook = ""
    if len(first) > 1:
        place = {at: number for number, at in enumerate(best_first(basis))}
        first.sort(key=lambda at: place.get(at, len(names)))
        among = [each for each in _of(shown.measure, differences) if {each.first, each.second} <= set(first)]
        headline, figures = tie(names, first, rest, wins, shown, words)
        outlook = outlook_of(shown, among, more, len(first), words)
    else:
        headline, figures = winner(names, *pair, rest, wins, shown, words)
    best = tuple(names[at] for at in sorted(first))
    by_chance, proxy = basis.measure.chance, basis.measure.kind == "proxy"
    if by_chance is not None and all(map(_none_beats_chance, every)):
        no, best = "no" if proxy else "No", tuple(names)
        headline = f"{no} contender is shown to be better than chance on these rows."
        figures = f"Chance gives {number(by_chance, 2)} {basis.measure.in_sentence}. {figures}"
    if proxy:
        headline = f"By {'proxies' if len(every) > 1 else 'a proxy'} only: {headline}"
    few = shown.independent < _FEWEST and not math.isnan(shown.low)
    details = [
        figures,
        measured(shown),
        f"These are few: intervals hold from about {units(shown.measure, _FEWEST)}." if few else "",
        outlook,
        *left_out(names, [at for at in range(len(names)) if at not in order], failed),
    ]
    return Verdict(headline, " ".join(filter(None, details)), best, more, basis.measure)


def _none_beats_chance(values: UnitValues | WholeValues) -> bool:
    """Whether no contender that has a measure is better than chance by it."""
    there = ~np.isnan(values.figures)
    return bool(no_better_than_chance(values, measured_intervals(values))[there].all())


def _more(difference: Difference) -> int | None:
    """How many more units to advise; None if that is no advice."""
    more, n = needed(difference).more, difference.n
    return more if more and more <= _FAR * n and n + more <= _MOST else None


def _between(one: int, other: int, found: Sequence[Difference]) -> Difference | None:
    return next((each for each in found if {each.first, each.second} == {one, other}), None)
