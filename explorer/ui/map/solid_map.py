"""The map in three dimensions."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import cast

import numpy as np
import streamlit as st
from streamlit.typing import PlotlyState

from explorer.session.session import Session
from explorer.ui.map.flat_map import ORIGIN
from explorer.ui.map.shown_map import ShownMap
from explorer.ui.map.solid_figure import PLOTLY_TOOLS, TraceRows, picked_rows, solid_figure, trace_rows
from explorer.ui.widgets.figure_words import map_words
from explorer.ui.widgets.rows_on_map import selected_points

_SOLID = "map-3d"


def draw_solid(session: Session, shown: ShownMap) -> Callable[[], bytes]:
    """Draw a map in three dimensions, where a click selects a row; return what makes a file of it."""
    marked = None
    coordinates, found = shown.projection.coordinates, shown.found
    if found is not None:
        marked = np.concatenate([found.place[None], coordinates[found.points]])
    rows = shown.rows
    chosen = selected_points(session, rows.rows, shown.visible)
    figure = solid_figure(
        coordinates,
        rows.rows,
        shown.colouring,
        rows.space.corpus.captions,
        marked=marked,
        selected=None if chosen is None else np.flatnonzero(chosen),
        visible=shown.visible,
        dark=st.context.theme.type == "dark",
    )
    st.plotly_chart(
        figure,
        key=_SOLID,
        on_select=functools.partial(_click, session, _SOLID, trace_rows(figure)),
        selection_mode="points",
        config=PLOTLY_TOOLS,
        alt=map_words(len(coordinates), 3, shown.colouring),
    )
    return lambda: figure.to_html(include_plotlyjs=True).encode()


def _click(session: Session, widget: str, rows_of: TraceRows) -> None:
    """Select the row of a point that was clicked; called before the page is drawn."""
    rows = picked_rows(cast("PlotlyState", st.session_state[widget]), rows_of)
    if rows:
        session.select(rows, ORIGIN)
