"""The words of a verdict: what its contenders do, and how it writes differences, numbers and names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from explorer.comparison.measure import Kind
from explorer.comparison.numbers import has_interval, number
from explorer.comparison.statistics.differences import Difference

LEFT_OUT = (
    "is left out: it does not have this measure.",
    "are left out: they do not have this measure.",
)
FAILED = (
    "is left out: it failed when it was measured.",
    "are left out: they failed when they were measured.",
)


@dataclass(frozen=True)
class Words:
    """What a verdict says of one kind of measures.

    Attributes:
        finds: What the best contender does.
        find: What several do.
        ask: What to do for more units; empty if nothing helps.
        known: What is known of each unit; empty for proxies, which need nothing.
        copies: The units that are not independent; empty for rows, whose groups can be chosen.
    """

    finds: str
    find: str
    ask: str
    known: str
    copies: str


WORDS: dict[Kind, Words] = {
    "judgements": Words(
        "finds more", "find more", "Judging about {} more queries", "judgements", "equal queries"
    ),
    "pairs": Words(
        "scores pairs better",
        "score pairs better",
        "About {} more scored pairs",
        "scores",
        "pairs with the same first text",
    ),
    "captions": Words(
        "matches captions and images better",
        "match captions and images better",
        "About {} more images with captions",
        "captions",
        "",
    ),
    "labels": Words(
        "fits the labels better", "fit the labels better", "About {} more rows with labels", "labels", ""
    ),
    "proxy": Words("looks better", "look better", "", "", ""),
}


def difference_in_words(difference: Difference, leader: int) -> str:
    """The difference as seen from the leader, such as "+0.04 nDCG@10, 95 % interval 0.02 to 0.06"."""
    sign = 1 if difference.first == leader else -1
    low, high = sorted((sign * difference.low, sign * difference.high))
    size = sign * difference.difference
    if not has_interval(low, high):
        why = "too few units for an interval" if math.isnan(low) else "the same in all units"
        return f"{number(size, 2, plus=True)} {difference.measure.in_sentence}, {why}"
    # As few as tell both ends from zero and from each other.
    written = ((n, float(f"{low:.{n}f}"), float(f"{high:.{n}f}")) for n in (2, 3))
    places = next((n for n, least, most in written if 0 != least != most != 0), 4 if size else 2)
    return (
        f"{number(size, places, plus=True)} {difference.measure.in_sentence}, "
        f"95 % interval {number(low, places)} to {number(high, places)}"
    )


def two_digits(value: float) -> str:
    """Two significant digits."""
    return f"{value:.{max(2, 1 - math.floor(math.log10(value)))}f}" if value > 0 else "0"


def rounded_up(units: int) -> int:
    """Two significant digits, rounded up: the estimate is no more exact."""
    step = int(10 ** max(0, len(str(units)) - 2))
    return math.ceil(units / step) * step


def names_at(names: Sequence[str], places: Sequence[int]) -> str:
    """The names at some places, such as "A, B and C"."""
    return listed([names[at] for at in places])


def listed(names: Sequence[str], word: str = "and") -> str:
    """Names with commas, and a word before the last."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} {word} {names[-1]}"
