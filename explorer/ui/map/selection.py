"""Selecting rows on the map, and showing the selection on it."""

from __future__ import annotations

from typing import cast

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.typing import PlotlyState

from explorer.session.session import Session
from explorer.ui.widgets.map_points import TraceRows, picked_rows
from explorer.ui.widgets.shown_rows import ShownRows

_ORIGIN = "the map"


def pick(session: Session, shown_rows: ShownRows, points: NDArray[np.int64], mode: str) -> None:
    """Select rows that were picked on the map; called before the page is drawn.

    Args:
        session: The session with the selection.
        shown_rows: The rows on the map.
        points: The points that were picked; a lasso around nothing changes nothing.
        mode: "replace", "add", "subtract" or "none"; see `map_view`.
    """
    if mode != "none" and not len(points):
        return
    selected = np.empty(0, dtype=np.int64) if session.selection is None else session.selection.rows
    picked = shown_rows.rows[points]
    if mode == "add":
        picked = np.union1d(selected, picked)
    elif mode == "subtract":
        picked = np.setdiff1d(selected, picked)
    if len(picked) or len(selected):
        session.select(picked, _ORIGIN)


def click(session: Session, widget: str, trace_rows: TraceRows) -> None:
    """Select the row of a point that was clicked in three dimensions; called before the page is drawn.

    Args:
        session: The session with the selection.
        widget: The key of the figure.
        trace_rows: The rows of the corpus behind each of its traces; see `picked_rows`.
    """
    rows = picked_rows(cast("PlotlyState", st.session_state[widget]), trace_rows)
    if rows:
        session.select(rows, _ORIGIN)


def chosen_points(session: Session, shown_rows: ShownRows) -> NDArray[np.bool_] | None:
    """Which points of the map are selected, shape (points,); None if none is."""
    if session.selection is None:
        return None
    chosen = np.isin(shown_rows.rows, session.selection.rows)
    return chosen if chosen.any() else None


def points_of(shown_rows: ShownRows, rows: list[int]) -> NDArray[np.int64]:
    """The points of rows of the corpus; rows that are not on the map are left out."""
    return np.flatnonzero(np.isin(shown_rows.rows, rows))
