"""Whether the window is narrow, which only the browser knows."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_KEY = "compare-window"
_COMPONENT = st.components.v2.component(
    "explorer_window_width", js=Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
)


def is_narrow() -> bool:
    """Whether the window is too narrow for a wide figure, as far as that is known."""
    told = st.session_state.get(_KEY, {}).get("narrow")
    return "Mobi" in st.context.headers.get("User-Agent", "") if told is None else bool(told)


def watch_width(*, narrow: bool) -> None:
    """Run the page again if the window is not as narrow as it was taken for, now or later.

    Args:
        narrow: What `is_narrow` said when the page was drawn.
    """
    _COMPONENT(key=_KEY, data={"narrow": narrow}, on_narrow_change=lambda: None)
