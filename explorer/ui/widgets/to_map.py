"""Selecting rows and opening the map, where they stand out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from explorer.session.session import Session
from explorer.ui.shell.going import go_to


def offer_on_map(
    session: Session,
    rows: Sequence[int] | NDArray[np.int64],
    origin: str,
    *,
    key: str,
    label: str = "Show on the map",
    quiet: bool = False,
) -> None:
    """Draw a button that selects rows and opens the map.

    Args:
        session: The session.
        rows: The rows, from 0.
        origin: What they are, as the header says it.
        key: Of the button.
        label: What the button says.
        quiet: Whether it looks like a link.
    """
    if st.button(label, key=key, icon=":material/scatter_plot:", type="tertiary" if quiet else "secondary"):
        show_on_map(session, rows, origin)


def show_on_map(
    session: Session, rows: Sequence[int] | NDArray[np.int64], origin: str, **parameters: str
) -> NoReturn:
    """Select rows and open the map; `parameters` are those of its link, such as `colour`."""
    session.select(rows, origin)
    go_to("pages/map.py", **parameters)
