"""The rows behind the points of a map: picking them, and showing which are selected."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.session.session import Session


def pick(
    session: Session, rows: NDArray[np.int64], origin: str, points: NDArray[np.int64], mode: str
) -> None:
    """Select rows that were picked on a map; called before the page is drawn.

    Args:
        session: The session with the selection.
        rows: The row of the corpus behind each point, from 0, int64, shape (all points,).
        origin: Where they were picked, as the page says it.
        points: The points that were picked, int64, shape (points,); a lasso around nothing changes nothing.
            To invert: those that are shown.
        mode: "replace", "add", "subtract", "invert" or "none"; see `map_view`.
    """
    if mode not in ("none", "invert") and not len(points):
        return
    selected = np.empty(0, dtype=np.int64) if session.selection is None else session.selection.rows
    picked = rows[points]
    if mode == "add":
        picked = np.union1d(selected, picked)
    elif mode == "subtract":
        picked = np.setdiff1d(selected, picked)
    elif mode == "invert":
        picked = np.setdiff1d(picked, selected)
    if len(picked) or len(selected):
        session.select(picked, origin)


def selected_points(
    session: Session, rows: NDArray[np.int64], visible: NDArray[np.bool_] | None = None
) -> NDArray[np.bool_] | None:
    """Which visible points of a map are selected, shape (points,); None if none is.

    Args:
        session: The session with the selection.
        rows: As for `pick`.
        visible: Which points are visible, shape (points,); None for all.
    """
    if session.selection is None:
        return None
    selected = np.isin(rows, session.selection.rows)
    if visible is not None:
        selected &= visible
    return selected if selected.any() else None


def points_of(rows: NDArray[np.int64], wanted: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    """The points of rows of the corpus, ascending, int64; rows that are not on the map are left out.

    Args:
        rows: As for `pick`.
        wanted: Rows, from 0.
    """
    return np.flatnonzero(np.isin(rows, wanted)) if len(wanted) else np.empty(0, dtype=np.int64)
