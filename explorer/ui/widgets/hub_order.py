"""The order of search results of the Hub, the same choice for models and datasets."""

from __future__ import annotations

import streamlit as st

from explorer.hub.search_options import Sort

_NAMES: dict[Sort, str] = {
    "downloads": "Most downloads",
    "likes": "Most likes",
    "trending": "Trending",
    "modified": "Last modified",
}


def choose_order(key: str) -> Sort:
    """Draw the choice; its widget has that key."""
    return st.selectbox(
        "Order", list(_NAMES), format_func=_NAMES.__getitem__, key=key, persist_state="session"
    )
