"""How many more queries the stopping rule of the queue needs."""

from __future__ import annotations

import math
from dataclasses import replace

from explorer.comparison.judging.queue import FEWEST, Standing, anytime_margin, leading_difference


def queries_needed(standing: Standing, most: int, *, within: float = 0.02) -> int | None:
    """About how many more queries to judge until there are enough, if the difference stays as it is.

    The rule is that of `standing`. The standard error is taken to shrink with the root of the number of
    queries, and as large a share of later queries to have a relevant row as of those judged.

    Args:
        standing: What the judgements so far say.
        most: The number of queries that are left.
        within: As for `standing`.

    Returns:
        None if the queries that are left are too few. With one query nothing is known about the spread, and
        it is the fewest that the rule asks for.
    """
    if standing.enough:
        return 0
    leading = leading_difference(standing.values, standing.differences)
    share = leading.n / standing.queries
    if not math.isfinite(leading.error) or leading.n < 2:
        fewest = FEWEST - leading.n
        return fewest if fewest <= most else None
    for units in range(max(FEWEST, leading.n), leading.n + math.ceil(most * share) + 1):
        later = replace(leading, n=units, error=leading.error * math.sqrt(leading.n / units))
        margin = anytime_margin(later, len(standing.differences))
        if abs(leading.difference) > margin or margin < within:
            return min(most, max(1, math.ceil((units - leading.n) / share)))
    return None
