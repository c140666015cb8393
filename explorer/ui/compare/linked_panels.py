"""What only the browser knows of a figure of panels: the row under the mouse, and the window's width."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_KEY = "compare-panels"
_COMPONENT = st.components.v2.component(
    "explorer_linked_panels", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
)


def is_narrow() -> bool:
    """Whether the window is too narrow for panels side by side, as far as that is known."""
    told = st.session_state.get(_KEY, {}).get("narrow")
    return "Mobi" in st.context.headers.get("User-Agent", "") if told is None else bool(told)


def watch_width(*, narrow: bool) -> None:
    """Run the page again if the window is not as narrow as it was taken for, now or later.

    Args:
        narrow: What `is_narrow` said when the page was drawn.
    """
    _mount(None, narrow)


def link_panels(chart: str, *, narrow: bool) -> None:
    """Ring a row under the mouse in all panels of a figure, and watch the width of the window.

    Args:
        chart: The key of the figure, whose points carry the numbers of their rows, from 1.
        narrow: As for `watch_width`.
    """
    _mount(chart, narrow)


def _mount(chart: str | None, narrow: bool) -> None:
    _COMPONENT(key=_KEY, data={"chart": chart, "narrow": narrow}, on_narrow_change=lambda: None)
