"""Selecting rows on the map, and highlighting the selection."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np
import streamlit as st
from streamlit.typing import PlotlyState

from explorer.session.selection import Selection
from explorer.session.session import Session
from explorer.ui.widgets.map_points import TraceRows, picked_rows

if TYPE_CHECKING:
    import plotly.graph_objects as go

_KEY = "explorer-map-drawn"
_ORIGIN = "the map"


@dataclass
class _Drawn:
    """The map as it was last drawn.

    Attributes:
        what: What it shows, apart from the selection.
        highlit: The selection that was sent with it. The browser itself highlights a lasso, and sending the
            whole map again for it would cost megabytes.
        picked: The selection made with the lasso that the browser shows.
        revision: Number of widgets so far.
    """

    what: Hashable = None
    highlit: Selection | None = None
    picked: Selection | None = None
    revision: int = 0

    @property
    def widget(self) -> str:
        """The key of the widget it is drawn in."""
        return f"map-{self.revision}"


def map_widget(session: Session) -> str:
    """The key of the widget to draw the map in."""
    drawn = _drawn()
    if not isinstance(st.session_state.get(drawn.widget), PlotlyState):
        drawn.picked = None  # another page was shown, so the lasso is gone
    elif drawn.picked is not None and session.selection is not drawn.picked:
        # Cleared, undone or made elsewhere: only a new widget removes the lasso.
        drawn.revision += 1
        drawn.picked = None
    return drawn.widget


def pick(session: Session, widget: str, trace_rows: TraceRows) -> None:
    """Select the rows that were picked on the map; called before the page is drawn.

    Args:
        session: The session with the selection.
        widget: The key of the widget that the map is drawn in.
        trace_rows: The rows of the corpus behind each trace of the map as it was drawn; None for traces that
            have none.
    """
    state = cast("PlotlyState", st.session_state[widget])
    rows = picked_rows(state, trace_rows)
    if rows:
        session.select(rows, _ORIGIN)
        _drawn().picked = session.selection


def click(session: Session, number: int) -> None:
    """Select the row of a clicked point, numbered from 1; called before the page is drawn."""
    if 1 <= number <= len(session.corpus):
        session.select([number - 1], _ORIGIN)


def highlight(session: Session, figure: go.Figure, trace_rows: TraceRows, what: Hashable) -> None:
    """Highlight the selection on a figure.

    Args:
        session: The session with the selection.
        figure: The map. Plotly dims points in two dimensions only.
        trace_rows: The rows of the corpus behind each of its traces; None for traces that have none.
        what: What the figure shows, apart from the selection.
    """
    drawn = _drawn()
    shown_by_browser = drawn.what == what and session.selection is drawn.picked
    if not shown_by_browser:
        drawn.highlit = session.selection
    drawn.what = what
    if drawn.highlit is None:
        return
    figure.layout.selectionrevision = drawn.highlit.key
    for trace, rows in zip(figure.data, trace_rows, strict=True):
        if rows is not None and trace.type == "scattergl":
            trace.selectedpoints = np.flatnonzero(np.isin(rows, drawn.highlit.rows))


def _drawn() -> _Drawn:
    return cast("_Drawn", st.session_state.setdefault(_KEY, _Drawn()))
