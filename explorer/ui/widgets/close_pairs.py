"""The pairs of rows that are close, looked for once for all thresholds."""

from __future__ import annotations

from explorer.analysis.duplicates import ClosePairs, find_close_pairs, usual_floor
from explorer.jobs.progress import OnProgress
from explorer.session.session import Session
from explorer.ui.shell.job_progress import analysis_lane, result_or_progress
from explorer.ui.widgets.shown_rows import ShownRows

LOWEST = 0.5
"""The lowest threshold of near-duplicates that can be chosen."""
_TITLE = "Looking for near-duplicates"


def close_pairs_or_progress(
    session: Session, rows: ShownRows, threshold: float, *, here: bool = False
) -> ClosePairs | None:
    """The pairs of rows from a threshold or lower up; None while they are looked for, which the page shows.

    One search serves all usual thresholds: it looks for enough pairs to see how they thin out.

    Args:
        session: The session that keeps them.
        rows: The rows that are compared.
        threshold: The lowest score.
        here: Whether progress is shown here instead of at the top of the page.
    """
    space, lane = rows.space, analysis_lane(len(rows))

    def search(report: OnProgress) -> ClosePairs:
        return find_close_pairs(space, usual_floor(space), on_progress=report)

    found = result_or_progress(session, ("close pairs", rows.key), _TITLE, search, lane=lane, here=here)
    if found is None or threshold >= found.floor:
        return found
    return result_or_progress(
        session,
        ("close pairs", rows.key, threshold),
        _TITLE,
        lambda report: find_close_pairs(space, threshold, on_progress=report),
        lane=lane,
        here=here,
    )
