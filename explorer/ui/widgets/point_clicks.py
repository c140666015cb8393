"""Clicks on points of a figure, which Streamlit does not report while the mouse draws a lasso."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import streamlit as st

_COMPONENT = st.components.v2.component(
    "explorer_point_clicks", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
)


def watch_clicks(chart: str, on_click: Callable[[int], None]) -> None:
    """Watch clicks on the points of a figure while a lasso or a box is drawn on it.

    Args:
        chart: The key of the figure, whose points carry the numbers of their rows, from 1.
        on_click: Called with the number that a clicked point carries, before the page is drawn again. It
            comes from the browser: check that there is such a row.
    """
    key = f"{chart}-clicks"

    def clicked() -> None:
        number = st.session_state[key].get("clicked")
        if isinstance(number, int):
            on_click(number)

    _COMPONENT(key=key, data={"chart": chart}, on_clicked_change=clicked)
