"""What has changed since a query was asked before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.record.entry import Entry

if TYPE_CHECKING:
    from explorer.analysis.space import Hit


@dataclass(frozen=True)
class HitThenAndNow:
    """A row among the first hits then, now or both.

    Attributes:
        row: The row, from 0.
        text: The beginning of its text.
        then: Its place then, from 1; None if it was not among the first.
        now: Its place now.
        score_then: Its score then.
        score_now: Its score now.
    """

    row: int
    text: str
    then: int | None
    now: int | None
    score_then: float | None
    score_now: float | None


def then_and_now(entry: Entry, hits: Sequence[Hit]) -> list[HitThenAndNow]:
    """The first hits of an entry beside those of the same query now, over the same rows.

    Args:
        entry: The entry.
        hits: The hits now, best first.

    Returns:
        The hits now in their order, as many as there were both times, then those no longer among them.
    """
    first = min(len(entry.hits), len(hits))
    before = {hit.row: (place, hit) for place, hit in enumerate(entry.hits[:first], start=1)}
    both = []
    for place, hit in enumerate(hits[:first], start=1):
        then, old = before.pop(hit.row, (None, None))
        both.append(
            HitThenAndNow(hit.row, hit.text, then, place, None if old is None else old.score, hit.score)
        )
    gone = [HitThenAndNow(row, hit.text, then, None, hit.score, None) for row, (then, hit) in before.items()]
    return both + gone
