"""What is picked on the map, and how the selection stands out on it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.typing import PlotlyState

from explorer.session.selection import Selection
from explorer.session.session import Session

if TYPE_CHECKING:
    import plotly.graph_objects as go

_KEY = "explorer-map-drawn"
_ORIGIN = "the map"


@dataclass
class _Drawn:
    """The map as it was drawn last.

    Attributes:
        what: What it shows, apart from the selection.
        rows: The rows of the corpus behind each trace; None for traces that have none.
        highlit: The selection that was sent with it. What is picked on the map the browser shows by itself,
            and sending the whole map again for it would cost megabytes.
        points: What the browser said was picked, as it was last read.
        picked: The selection that came of it.
        revision: Counts the widgets there were.
    """

    what: Hashable = None
    rows: list[NDArray[np.int64] | None] = field(default_factory=list)
    highlit: Selection | None = None
    points: Hashable = ()
    picked: Selection | None = None
    revision: int = 0

    @property
    def widget(self) -> str:
        """The key of the widget it is drawn in."""
        return f"map-{self.revision}"


def take_picked(session: Session) -> str:
    """Rows picked on the map become the selection, once: a rerun must not select them again.

    What was picked is told by its place in the figure, so it is read by the figure that was drawn then:
    other colours put the same rows in other places.

    Returns:
        The key of the widget to draw the map in.
    """
    drawn = _drawn()
    state = st.session_state.get(drawn.widget)
    if not isinstance(state, PlotlyState):  # another page was shown
        drawn.picked, drawn.points = None, ()
        return drawn.widget
    if drawn.picked is not None and session.selection is not drawn.picked:
        # Cleared, undone or made elsewhere: only a new widget lets go of the lasso on it.
        drawn.revision += 1
        drawn.picked, drawn.points = None, ()
        return drawn.widget
    points = tuple((point["curve_number"], point["point_index"]) for point in state.selection.points)
    if points == drawn.points:
        return drawn.widget
    drawn.points = points
    rows = [
        of_trace[place]
        for curve, place in points
        if curve < len(drawn.rows) and (of_trace := drawn.rows[curve]) is not None and place < len(of_trace)
    ]
    if rows:
        session.select(rows, _ORIGIN)
        drawn.picked = session.selection
        st.rerun()  # the line that names the selection is drawn already
    return drawn.widget


def highlight(
    session: Session, figure: go.Figure, trace_rows: Sequence[NDArray[np.int64] | None], what: Hashable
) -> None:
    """Let the selection stand out on a figure.

    Args:
        session: Whose selection.
        figure: The map. Plotly dims points in two dimensions only.
        trace_rows: The rows of the corpus behind each of its traces; None for traces that have none.
        what: What the figure shows, apart from the selection.
    """
    drawn = _drawn()
    shown_by_browser = drawn.what == what and session.selection is drawn.picked
    if not shown_by_browser:
        drawn.highlit = session.selection
    drawn.what, drawn.rows = what, list(trace_rows)
    if drawn.highlit is None:
        return
    figure.layout.selectionrevision = drawn.highlit.key
    for trace, rows in zip(figure.data, trace_rows, strict=True):
        if rows is not None and trace.type == "scattergl":
            trace.selectedpoints = np.flatnonzero(np.isin(rows, drawn.highlit.rows))


def _drawn() -> _Drawn:
    drawn: _Drawn = st.session_state.setdefault(_KEY, _Drawn())
    return drawn
