"""The sentences of a verdict: who leads or shares the first rank, by which figures, and what was left out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.comparison.measure import UnitValues, WholeValues
from explorer.comparison.measures.views import VIEW_ROWS
from explorer.comparison.numbers import units
from explorer.comparison.statistics.differences import Difference, needed
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

_NAMED = 4  # contenders up to which a sentence names all of them


def tie(
    names: Sequence[str],
    first: Sequence[int],
    rest: Sequence[int],
    wins: NDArray[np.bool_],
    shown: Difference,
    words: Words,
) -> tuple[str, str]:
    """The headline and the figures where several contenders share the first rank, the best value first.

    Args:
        names: The names of all contenders.
        first: Those that share it.
        rest: The others.
        wins: Who is better than whom, bool, shape (contenders, contenders).
        shown: The difference that is told, of two of them.
        words: The words of the measure.

    Returns:
        The headline, and the sentences with the figures.
    """
    ahead, behind = sorted((shown.first, shown.second), key=first.index)
    between = "" if len(first) == 2 else f", for {names[ahead]} against {names[behind]}"
    tied = names_at(names, first) if rest or len(first) <= _NAMED else f"the {len(first)} contenders"
    figures = f"The difference is {difference_in_words(shown, ahead)}{between}."
    if rest and all(wins[at, other] for at in first for other in rest):
        figures += f" {'Both' if len(first) == 2 else 'All'} {words.find} than {names_at(names, rest)}."
    elif rest:
        figures += f" {names_at(names, rest)} {'ranks' if len(rest) == 1 else 'rank'} lower."
    return (
        f"{'cannot' if shown.measure.kind == 'proxy' else 'Cannot'} tell {tied} apart on these rows.",
        figures,
    )


def winner(
    names: Sequence[str],
    leader: int,
    runner_up: int,
    rest: Sequence[int],
    wins: NDArray[np.bool_],
    shown: Difference,
    words: Words,
) -> tuple[str, str]:
    """The headline and the figures where one contender has the first rank.

    Args:
        names: The names of all contenders.
        leader: The contender with the first rank.
        runner_up: The next one.
        rest: All others, the best value first, the runner-up among them.
        wins: Who is better than whom, bool, shape (contenders, contenders).
        shown: The difference between these two.
        words: The words of the measure.

    Returns:
        The headline, and the sentence with the figures: empty unless the leader is better than all others.
    """
    worse = [at for at in rest if wins[leader, at]]
    unclear = [at for at in rest if not wins[leader, at]]
    if not worse:
        return f"{names[leader]} is ahead of {names_at(names, unclear)} on these rows, but not clearly.", ""
    if unclear:
        apart = listed([names[at] for at in unclear], "or")
        return (
            f"{names[leader]} {words.finds} than {names_at(names, worse)} on these rows, but cannot be told "
            f"apart from {apart}."
        ), ""
    others = names[rest[0]] if len(rest) == 1 else f"the other {len(rest)}"
    against = "" if len(rest) == 1 else f", against {names[runner_up]}, the next"
    return (
        f"{names[leader]} {words.finds} than {others} on these rows.",
        f"The difference is {difference_in_words(shown, leader)}{against}.",
    )


def outlook_of(
    shown: Difference, among: Sequence[Difference], more: int | None, tied: int, words: Words
) -> str:
    """Which difference more units would show, or today's would have shown; empty if neither says anything.

    Args:
        shown: The difference that is told.
        among: The differences of all contenders that share the first rank.
        more: How many more units to advise for the one that is told.
        tied: How many share the first rank.
        words: The words of the measure.
    """
    smallest = max(needed(each).smallest for each in among)
    if more:
        size = "this size" if tied == 2 else "the size between these two"
        return f"{words.ask.format(f'{rounded_up(more):,}')} would probably show a difference of {size}."
    if smallest > max(abs(each.difference) for each in among):
        any_two = "" if tied == 2 else " between any two of them"
        size = f"a difference of {two_digits(smallest)} or more{any_two}"
        return f"These {units(shown.measure, shown.n)} would probably have shown {size}."
    return ""


def measured_on(difference: Difference, *, rows: int | None, copies: str) -> str:
    """On how many units a difference was measured, which of them count as one, and which rows have none.

    Args:
        difference: The difference.
        rows: The number of all rows; None to leave it out.
        copies: What counts as one where the units are rows, such as near-copies.
    """
    kind, n, independent = difference.measure.kind, difference.n, difference.independent
    why = [f"{WORDS[kind].copies or copies} count once"] if independent < n else []
    if kind == "proxy" and rows is not None and n < min(rows, VIEW_ROWS):
        why.append("rows without two views are left out")
    reasons = f": {' and '.join(why)}" if why else ""
    return f"Measured on {units(difference.measure, n, independent, rows)}{reasons}."


def objections(
    names: Sequence[str], every: Sequence[UnitValues | WholeValues], wins: Sequence[NDArray[np.bool_]]
) -> Iterator[str]:
    """What the other measures of a kind say the opposite of; none if they do not."""
    for values, own in zip(every[1:], wins[1:], strict=True):
        winners, losers = np.nonzero(wins[0] & own.T)
        by = f"By {values.measure.in_sentence}"
        if len(winners) == 1:
            yield f"{by}, {names[losers[0]]} is better than {names[winners[0]]}."
        elif len(winners):
            yield f"{by}, {len(winners)} pairs of them are the other way round."


def disagreement(proxies: Sequence[UnitValues | WholeValues]) -> str:
    """That proxies name different winners."""
    named = listed([f"“{values.measure.in_sentence}”" for values in proxies])
    return f"The proxies {named} disagree about which contender is better."


def too_few(difference: Difference) -> str:
    """What is said of a stronger kind of measures that has too few units."""
    some = units(difference.measure, difference.n, difference.independent)
    known = WORDS[difference.measure.kind].known
    return f"{some} with {known} {'is' if difference.n == 1 else 'are'} too few to count."


def left_out(names: Sequence[str], places: Sequence[int], failed: Collection[int]) -> Iterator[str]:
    """Which contenders are left out, and why."""
    for without, why in (
        ([at for at in places if at not in failed], LEFT_OUT),
        ([at for at in places if at in failed], FAILED),
    ):
        if without:
            yield f"{names_at(names, without)} {why[len(without) > 1]}"
