"""The verdict: one sentence or two that say which contender is better, or that this cannot be told."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.contenders.failure import Failure
from explorer.comparison.measure import Kind, Measure, UnitValues, WholeValues
from explorer.comparison.numbers import units
from explorer.comparison.statistics.differences import Difference, best_first, better, needed
from explorer.comparison.statistics.verdict_words import (
    FAILED,
    LEFT_OUT,
    WORDS,
    Words,
    difference_in_words,
    listed,
    names_at,
    rounded_up,
    two_digits,
)

DECIDING: tuple[Kind, ...] = ("judgements", "pairs", "labels", "proxy")
"""The kinds of measures that can decide, the strongest first."""
_FAR = 20  # more than this many times today's units is no advice,
_MOST = 2_000  # nor are more than this: nobody judges as many queries, and no more rows are measured
_FEWEST = 30  # units from which intervals hold what they promise, as measured in decision 24
_NAMED = 4  # contenders up to which a sentence names all of them


@dataclass(frozen=True)
class Verdict:
    """Which contender is better on these rows.

    Attributes:
        text: One or a few plain sentences.
        best: The names that share the first rank; all of them if nothing can be told apart.
        needed: How many more units, such as judged queries, would probably show the observed difference of
            the two best; None if they differ already, or if more units would hardly help.
        basis: The measure it is based on, whose figures the text has; None without any that can decide, or if
            the proxies disagree.
    """

    text: str
    best: tuple[str, ...]
    needed: int | None
    basis: Measure | None


def verdict(
    names: Sequence[str],
    measures: Sequence[UnitValues | WholeValues],
    differences: Sequence[Difference],
    failures: Sequence[Failure] = (),
) -> Verdict:
    """The verdict by the strongest measures there are: judgements, else scored pairs, labels or proxies.

    A kind decides if it has units enough for an interval. Of judgements, pairs and labels, the first measure
    that has differences decides, and measures of the same kind that say the opposite are named; proxies
    decide together, and only if none contradicts another.

    Args:
        names: The names of the contenders, 2 to 8.
        measures: What was measured, the main measure of each kind first.
        differences: The differences by these measures.
        failures: The contenders that failed while these were measured.
    """
    every = [
        values
        for values in measures
        if values.measure.better is not None and any(each.measure == values.measure for each in differences)
    ]
    kinds = [kind for kind in DECIDING if any(values.measure.kind == kind for values in every)]
    if not kinds:
        text = "Nothing says which contender is better: there are no judgements, no labels and no proxies."
        return Verdict(text, tuple(names), None, None)
    # Too few units tell nothing; if there is nothing else, the verdict says that.
    told = {each.measure.kind for each in differences if not math.isnan(each.low)}
    kind = next((kind for kind in kinds if kind in told), kinds[0])
    failed = {failure.contender for failure in failures if failure.kind == kind}
    own = [values for values in every if values.measure.kind == kind]
    found = _of_kind(names, own, differences, failed)
    stronger = kinds[: kinds.index(kind)]
    few = (next(each for each in differences if each.measure.kind == skipped) for skipped in stronger)
    return replace(found, text=found.text + "".join(map(_skipped, few)))


def _of_kind(
    names: Sequence[str],
    every: Sequence[UnitValues | WholeValues],
    differences: Sequence[Difference],
    failed: Collection[int],
) -> Verdict:
    """The verdict of the measures of one kind."""
    wins = [better(len(names), _of(values.measure, differences)) for values in every]
    if every[0].measure.kind != "proxy":
        found = _decided(names, every[:1], wins[0], differences, failed)
        return replace(found, text=found.text + _objections(names, every, wins))
    if any((one & other.T).any() for one in wins for other in wins):
        return Verdict(_disagreement(every), tuple(names), None, None)
    return _decided(names, every, np.logical_and.reduce(wins), differences, failed)


def _skipped(difference: Difference) -> str:
    """What is said of a stronger kind of measures that has too few units."""
    some = units(difference.measure, difference.n, difference.independent)
    known = WORDS[difference.measure.kind].known
    return f" {some} with {known} {'is' if difference.n == 1 else 'are'} too few to count."


def _of(measure: Measure, differences: Sequence[Difference]) -> list[Difference]:
    return [difference for difference in differences if difference.measure == measure]


def _disagreement(proxies: Sequence[UnitValues | WholeValues]) -> str:
    named = listed([f"“{values.measure.in_sentence}”" for values in proxies])
    return (
        f"The proxies {named} disagree about which contender is better. "
        "Judge some queries, or choose a column of labels."
    )


def _objections(
    names: Sequence[str], every: Sequence[UnitValues | WholeValues], wins: Sequence[NDArray[np.bool_]]
) -> str:
    """What the other measures of a kind say the opposite of; empty if they do not."""
    text = ""
    for values, own in zip(every[1:], wins[1:], strict=True):
        winners, losers = np.nonzero(wins[0] & own.T)
        if len(winners) == 1:
            text += (
                f" By {values.measure.in_sentence}, {names[losers[0]]} is better than {names[winners[0]]}."
            )
        elif len(winners):
            text += f" By {values.measure.in_sentence}, {len(winners)} pairs of them are the other way round."
    return text


def _decided(
    names: Sequence[str],
    every: Sequence[UnitValues | WholeValues],
    wins: NDArray[np.bool_],
    differences: Sequence[Difference],
    failed: Collection[int],
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
    if len(first) > 1:
        place = {at: number for number, at in enumerate(best_first(basis))}
        first.sort(key=lambda at: place.get(at, len(names)))
        among = [each for each in _of(shown.measure, differences) if {each.first, each.second} <= set(first)]
        text = _tie(names, first, rest, wins, shown, among, more, words)
    else:
        text = _winner(names, *pair, rest, wins, shown, words)
    if basis.measure.kind == "proxy":
        by = "proxies" if len(every) > 1 else "a proxy"
        text = f"By {by} only, without labels or judgements: {text}"
    if shown.independent < _FEWEST and not math.isnan(shown.low):
        few = units(shown.measure, _FEWEST)
        text += f" These are few: intervals hold from about {few}."
    missing = [at for at in range(len(names)) if at not in order]
    for without, why in (
        ([at for at in missing if at not in failed], LEFT_OUT),
        ([at for at in missing if at in failed], FAILED),
    ):
        if without:
            text += f" {names_at(names, without)} {why[len(without) > 1]}"
    return Verdict(text, tuple(names[at] for at in sorted(first)), more, basis.measure)


def _more(difference: Difference) -> int | None:
    """How many more units to advise; None if that is no advice."""
    more, n = needed(difference).more, difference.n
    return more if more and more <= _FAR * n and n + more <= _MOST else None


def _tie(
    names: Sequence[str],
    first: Sequence[int],
    rest: Sequence[int],
    wins: NDArray[np.bool_],
    shown: Difference,
    among: Sequence[Difference],
    more: int | None,
    words: Words,
) -> str:
    """What is said where several contenders share the first rank, the best value first.

    Args:
        names: The names of all contenders.
        first: Those that share it.
        rest: The others.
        wins: Who is better than whom.
        shown: The difference that is told, of two of them.
        among: The differences of all that share it.
        more: How many more units to advise for the one that is told.
        words: The words of the measure.
    """
    cannot = "cannot" if shown.measure.kind == "proxy" else "Cannot"  # after a colon, or as the first word
    ahead, behind = sorted((shown.first, shown.second), key=first.index)
    between = "" if len(first) == 2 else f" for {names[ahead]} against {names[behind]}"
    tied = names_at(names, first) if rest or len(first) <= _NAMED else f"the {len(first)} contenders"
    text = f"{cannot} tell {tied} apart on these rows: {difference_in_words(shown, ahead)}{between}."
    if rest and all(wins[at, other] for at in first for other in rest):
        text += f" {'Both' if len(first) == 2 else 'All'} {words.find} than {names_at(names, rest)}."
    elif rest:
        text += f" {names_at(names, rest)} {'ranks' if len(rest) == 1 else 'rank'} lower."
    smallest = max(needed(each).smallest for each in among)
    if more:
        size = "this size" if len(first) == 2 else "the size between these two"
        text += f" {words.ask.format(f'{rounded_up(more):,}')} would probably show a difference of {size}."
    elif smallest > max(abs(each.difference) for each in among):
        these = units(shown.measure, shown.n, shown.independent)
        any_two = "" if len(first) == 2 else " between any two of them"
        size = f"a difference of {two_digits(smallest)} or more{any_two}"
        text += f" These {these} would probably have shown {size}."
    return text


def _winner(
    names: Sequence[str],
    leader: int,
    runner_up: int,
    rest: Sequence[int],
    wins: NDArray[np.bool_],
    shown: Difference,
    words: Words,
) -> str:
    """What is said where one contender has the first rank."""
    worse = [at for at in rest if wins[leader, at]]
    unclear = [at for at in rest if not wins[leader, at]]
    if not worse:
        return f"{names[leader]} is ahead of {names_at(names, unclear)} on these rows, but not clearly."
    if unclear:
        return (
            f"{names[leader]} {words.finds} than {names_at(names, worse)} on these rows, but cannot be told "
            f"apart from {listed([names[at] for at in unclear], 'or')}."
        )
    others = names[rest[0]] if len(rest) == 1 else f"the other {len(rest)}"
    against = "" if len(rest) == 1 else f" against {names[runner_up]}, the next"
    return (
        f"{names[leader]} {words.finds} than {others} on these rows: "
        f"{difference_in_words(shown, leader)}{against}, {units(shown.measure, shown.n, shown.independent)}."
    )


def _between(one: int, other: int, found: Sequence[Difference]) -> Difference | None:
    return next((each for each in found if {each.first, each.second} == {one, other}), None)
