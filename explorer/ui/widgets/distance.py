"""The choice of a distance, the same wherever a page has one."""

from __future__ import annotations

import streamlit as st

from explorer.analysis.specs import Distance


def choose_distance(key: str) -> Distance:
    """Draw the choice; it is in the URL under its key."""
    chosen = st.selectbox(
        "Distance",
        ["cosine", "euclidean"],
        format_func=str.capitalize,
        key=key,
        width=150,
        bind="query-params",
    )
    return "euclidean" if chosen == "euclidean" else "cosine"
