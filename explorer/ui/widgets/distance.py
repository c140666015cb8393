"""The choice of a distance, the same wherever a page has one."""

from __future__ import annotations

from typing import Literal

import streamlit as st

Distance = Literal["cosine", "euclidean"]


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
