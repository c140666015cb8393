"""What is said to people who hear the page: how work goes on, and what came of it."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

_ANNOUNCED = "explorer-announced"
_PAGE = "page"
# Each page has this component, so what keys need of Streamlit's popovers comes with it.
_SCRIPTS = ("popovers.js", "announcements.js")
_COMPONENT = st.components.v2.component(
    "explorer_announcements",
    js="\n".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in _SCRIPTS),
)


def announce(text: str) -> None:
    """Have screen readers say a text once the page is drawn, unless the run before announced the same.

    Args:
        text: One plain sentence; it is never read as HTML.
    """
    st.session_state.setdefault(_ANNOUNCED, []).append(text)


def say_announced() -> None:
    """Say what this run of the page announced. Nothing of it is seen, and it takes no place."""
    say(" ".join(st.session_state.pop(_ANNOUNCED, [])), place=_PAGE)


def say(text: str, *, place: str) -> None:
    """Have screen readers say a text now, unless it is the last one of its place.

    Args:
        text: Plain text; empty for nothing.
        place: What says it: its texts replace each other.
    """
    _COMPONENT(key=f"announcements-{place}", data={"place": place, "text": text})
