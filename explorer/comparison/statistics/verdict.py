"""The verdict: one sentence or two that say which contender is better, or that this cannot be told."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.measure import Kind, Measure, UnitValues, WholeValues
from explorer.comparison.statistics.differences import Difference, better, needed

# The kinds of measures that can decide, the strongest first.
_DECIDING: tuple[Kind, ...] = ("judgements", "pairs", "labels", "proxy")
_FAR = 20  # more than this many times today's units is no advice


@dataclass(frozen=True)
class _Words:
    finds: str
    """For one contender."""
    find: str
    """For several."""
    units: str
    ask: str
    """What to do for more units; empty if nothing helps."""


_WORDS: dict[Kind, _Words] = {
    "judgements": _Words("finds more", "find more", "queries", "Judging about {} more queries"),
    "pairs": _Words("scores pairs better", "score pairs better", "pairs", "About {} more scored pairs"),
    "labels": _Words(
        "fits the labels better", "fit the labels better", "rows", "About {} more rows with labels"
    ),
    "proxy": _Words("looks better", "look better", "rows", ""),
}


@dataclass(frozen=True)
class Verdict:
    """Which contender is better on these rows.

    Attributes:
        text: One or a few plain sentences.
        best: The names that share the first rank; all of them if nothing can be told apart.
        needed: How many more units, such as judged queries, would probably show the observed difference of
            the two best; None if they differ already, or if more units would hardly help.
        basis: The measure it is based on; None without any that can decide.
    """

    text: str
    best: tuple[str, ...]
    needed: int | None
    basis: Measure | None


def verdict(
    names: Sequence[str],
    measures: Sequence[UnitValues | WholeValues],
    differences: Sequence[Difference],
) -> Verdict:
    """The verdict by the strongest measures there are: judgements, else scored pairs, labels or proxies.

    Of judgements, pairs and labels, the first measure that has differences decides; proxies decide together,
    and only if none contradicts another.

    Args:
        names: The names of the contenders, 2 to 8.
        measures: What was measured, the main measure of each kind first.
        differences: The differences by these measures.
    """
    for kind in _DECIDING:
        every = [
            values
            for values in measures
            if values.measure.kind == kind
            and values.measure.higher_is_better is not None
            and any(difference.measure == values.measure for difference in differences)
        ]
        if every:
            wins = [better(len(names), _of(values.measure, differences)) for values in every]
            if kind != "proxy":
                return _decided(names, every[:1], wins[0], differences)
            if any((one & other.T).any() for one in wins for other in wins):
                return Verdict(_disagreement(every), tuple(names), None, every[0].measure)
            return _decided(names, every, np.logical_and.reduce(wins), differences)
    text = "Nothing says which contender is better: there are no judgements, no labels and no proxies."
    return Verdict(text, tuple(names), None, None)


def _of(measure: Measure, differences: Sequence[Difference]) -> list[Difference]:
    return [difference for difference in differences if difference.measure == measure]


def _disagreement(proxies: Sequence[UnitValues | WholeValues]) -> str:
    listed = _listed([values.measure.name for values in proxies])
    return (
        f"The proxies disagree about which contender is better ({listed}). "
        "Judge some queries, or choose a column of labels."
    )


def _decided(
    names: Sequence[str],
    every: Sequence[UnitValues | WholeValues],
    wins: NDArray[np.bool_],
    differences: Sequence[Difference],
) -> Verdict:
    """The verdict of measures that agree, where `wins` says who is better than whom."""
    measure, words = every[0].measure, _WORDS[every[0].measure.kind]
    order = _best_first(every[0])
    first = [at for at in order if not wins[:, at].any()]
    rest = [at for at in order if wins[:, at].any()]
    leader, runner_up = first[0], first[1] if len(first) > 1 else rest[0]
    found = [_between(leader, runner_up, _of(values.measure, differences)) for values in every]
    shown = [each for each in found if each is not None]
    more: int | None = None
    if len(first) > 1:
        # Of several measures, the figures of one that does not tell them apart.
        least = max(shown, key=lambda each: each.p_holm)
        more = _more(least) if words.ask else None
        text = _tie(names, first, rest, wins, least, more, words)
    else:
        text = _winner(names, leader, runner_up, rest, wins, shown[0], words)
    if measure.kind == "proxy":
        text = f"By a proxy only, without labels or judgements: {text}"
    return Verdict(text, tuple(names[at] for at in sorted(first)), more, measure)


def _more(difference: Difference) -> int | None:
    """How many more units to advise; None if that is no advice."""
    more = needed(difference).more
    return more if more and more <= _FAR * difference.n else None


def _tie(
    names: Sequence[str],
    first: Sequence[int],
    rest: Sequence[int],
    wins: NDArray[np.bool_],
    shown: Difference,
    more: int | None,
    words: _Words,
) -> str:
    """What is said where several contenders share the first rank, the best value first."""
    between = "" if len(first) == 2 else f" for {names[shown.first]} against {names[shown.second]}"
    figures = _figures(shown, shown.first if between else first[0])
    text = f"Cannot tell {_each(names, first)} apart on these rows: {figures}{between}."
    if rest and all(wins[at, other] for at in first for other in rest):
        text += f" {'Both' if len(first) == 2 else 'All'} {words.find} than {_each(names, rest)}."
    elif rest:
        text += f" {_each(names, rest)} {'ranks' if len(rest) == 1 else 'rank'} lower."
    smallest = needed(shown).smallest
    if more:
        text += f" {words.ask.format(f'{_rounded(more):,}')} would show a difference of this size."
    elif smallest > abs(shown.difference):
        text += f" A difference of {_shortest(smallest)} or more would probably have shown."
    return text


def _winner(
    names: Sequence[str],
    leader: int,
    runner_up: int,
    rest: Sequence[int],
    wins: NDArray[np.bool_],
    shown: Difference,
    words: _Words,
) -> str:
    """What is said where one contender has the first rank."""
    worse = [at for at in rest if wins[leader, at]]
    unclear = [at for at in rest if not wins[leader, at]]
    if not worse:
        return f"{names[leader]} is ahead of {_each(names, unclear)} on these rows, but not clearly."
    if unclear:
        return (
            f"{names[leader]} {words.finds} than {_each(names, worse)} on these rows, but cannot be told "
            f"apart from {_listed([names[at] for at in unclear], 'or')}."
        )
    others = names[rest[0]] if len(rest) == 1 else f"the other {len(rest)}"
    against = "" if len(rest) == 1 else f" against {names[runner_up]}, the next"
    return (
        f"{names[leader]} {words.finds} than {others} on these rows: "
        f"{_figures(shown, leader)}{against}, {shown.n:,} {words.units}."
    )


def _best_first(values: UnitValues | WholeValues) -> list[int]:
    """The contenders that have the measure, the best value first; equal ones in their order."""
    if isinstance(values, UnitValues):
        means = np.average(values.values, axis=1, weights=values.weights)
    else:
        means = values.values
    signed = means if values.measure.higher_is_better else -means
    return [int(at) for at in np.argsort(-signed, kind="stable") if not np.isnan(signed[at])]


def _between(one: int, other: int, found: Sequence[Difference]) -> Difference | None:
    return next((each for each in found if {each.first, each.second} == {one, other}), None)


def _figures(difference: Difference, leader: int) -> str:
    """The difference as seen from the leader, such as "+0.04 nDCG@10, 95 % interval 0.02 to 0.06"."""
    sign = 1 if difference.first == leader else -1
    low, high = sorted((sign * difference.low, sign * difference.high))
    size = sign * difference.difference
    if math.isnan(low):
        return f"{_number(size, 2, plus=True)} {difference.measure.name}, too few units for an interval"
    places = next(
        (n for n in (2, 3) if float(f"{low:.{n}f}") != 0 != float(f"{high:.{n}f}")), 4 if size else 2
    )
    return (
        f"{_number(size, places, plus=True)} {difference.measure.name}, "
        f"95 % interval {_number(low, places)} to {_number(high, places)}"
    )


def _number(value: float, places: int, *, plus: bool = False) -> str:
    text = f"{abs(value):.{places}f}"
    sign = "" if float(text) == 0 and not plus else "−" if value < 0 else "+" if plus else ""
    return f"{sign}{text}"


def _shortest(value: float) -> str:
    """Two significant digits."""
    return f"{value:.{max(2, 1 - math.floor(math.log10(value)))}f}" if value > 0 else "0"


def _rounded(number: int) -> int:
    """Two significant digits, rounded up: the estimate is no more exact."""
    step = int(10 ** max(0, len(str(number)) - 2))
    return math.ceil(number / step) * step


def _each(names: Sequence[str], places: Sequence[int]) -> str:
    return _listed([names[at] for at in places])


def _listed(names: Sequence[str], word: str = "and") -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"
