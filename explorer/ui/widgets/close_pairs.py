"""The pairs of rows that are close, looked for once for all thresholds."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from explorer.analysis.duplicates import MOST_PAIRS, ClosePairs, find_close_pairs, usual_floor
from explorer.analysis.threshold_advice import ThresholdShares, threshold_shares
from explorer.encode.spec import Tfidf
from explorer.jobs.progress import OnProgress
from explorer.session.session import Session
from explorer.ui.shell.job_progress import analysis_lane, result_or_progress
from explorer.ui.widgets.kept import kept
from explorer.ui.widgets.shown_rows import ShownRows

if TYPE_CHECKING:
    from explorer.analysis.space import Space

LOWEST = 0.5
"""The lowest threshold of near-duplicates that can be chosen."""
USUAL_FALSE = 0.05
"""The largest share of false pairs that the advice on a threshold allows at first."""
_TITLE = "Looking for near-duplicates"


def close_pairs_or_progress(
    session: Session, rows: ShownRows, threshold: float, *, here: bool = False
) -> ClosePairs | None:
    """The pairs of rows from a threshold or lower up; None while they are looked for, which the page shows.

    One search serves all usual thresholds: it looks for enough pairs to see how they thin out. If there are
    too many pairs, they are those of a higher threshold; see `ClosePairs.reached`.

    Args:
        session: The session that keeps them.
        rows: The rows that are compared.
        threshold: The lowest score.
        here: Whether progress is shown here instead of at the top of the page.
    """
    space, lane = rows.space, analysis_lane(len(rows))

    def search(lowest: float | None, report: OnProgress) -> ClosePairs:
        floor = usual_floor(space) if lowest is None else lowest
        return find_close_pairs(space, floor, limit=MOST_PAIRS, closest=True, on_progress=report)

    usual = functools.partial(search, None)
    found = result_or_progress(session, ("close pairs", rows.key), _TITLE, usual, lane=lane, here=here)
    if found is None or threshold >= found.floor or found.cut:
        return found
    return result_or_progress(
        session,
        ("close pairs", rows.key, threshold),
        _TITLE,
        functools.partial(search, threshold),
        lane=lane,
        here=here,
    )


def shares_of(session: Session, close: ClosePairs) -> ThresholdShares:
    """The estimated share of false pairs at each threshold."""
    return kept(
        session,
        "threshold shares",
        (close,),
        lambda: threshold_shares(close.pairs.scores, close.floor, close.texts),
    )


def lost_words(space: Space) -> str:
    """That texts which score high can differ in what they say, as a sentence; empty where that is not known.

    TF-IDF keeps frequent words of many rows and loses most rare ones: "a small nut" has 0.91 with "a small
    bolt".
    """
    if not isinstance(space.spec, Tfidf) or len(space) <= space.dims:
        return ""
    return (
        f"TF-IDF’s {space.dims:,} dimensions keep little of rare words: texts that score high can differ in "
        "the word that matters."
    )
