"""The rows that pages work on: all or only the selection, and of these the ones that pass the filters."""

from __future__ import annotations

import html
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.session.selection import Selection
from explorer.session.session import Session


@dataclass(frozen=True, eq=False)
class ShownRows:
    """The rows a page works on.

    Attributes:
        space: The space of only these rows.
        rows: Their numbers in the corpus, from 0, int64, shape (rows,).
        key: Identifies them in the keys of results; "" for all rows.
    """

    space: Space
    rows: NDArray[np.int64]
    key: str

    def __len__(self) -> int:
        return len(self.rows)


def shown_rows_of(session: Session, space: Space) -> ShownRows:
    """The rows in focus that pass the filters, or all rows of a space."""
    return _only(session, space, session.shown)


def focused_rows_of(session: Session, space: Space) -> ShownRows:
    """The rows in focus, or all rows of a space, whether they pass the filters or not."""
    return _only(session, space, session.focus)


def _only(session: Session, space: Space, only: Selection | None) -> ShownRows:
    if only is None:
        return ShownRows(space, np.arange(len(space)), "")
    place = (space.fingerprint, only.key)
    if place not in session.subspaces:
        session.subspaces[place] = space.subspace(only.rows)
    return ShownRows(session.subspaces[place], only.rows, only.key)


def choose_focus(session: Session, *, narrow: bool = True) -> None:
    """Draw which rows are in focus, and buttons to change that.

    Args:
        session: The session with the selection.
        narrow: Whether a button offers to show only the selected rows.
    """
    focus, selection = session.focus, session.selection
    narrower = (
        selection
        if narrow
        and selection is not None
        and 1 < len(selection) < len(session.corpus)
        and (focus is None or selection.key != focus.key)
        else None
    )
    if focus is not None or narrower is not None:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            if focus is not None:
                st.html(
                    f"Only <b>{len(focus):,} rows</b> are shown · {html.escape(focus.origin)}",
                    width="content",
                )
                st.button(
                    "Show all rows", icon=":material/zoom_out:", on_click=session.focus_on, args=(None,)
                )
            if narrower is not None:
                st.button(
                    f"Show only the {len(narrower):,} selected rows",
                    icon=":material/zoom_in:",
                    on_click=session.focus_on,
                    args=(narrower,),
                    help="The map and the clusters are then made from only these rows.",
                )
    else:
        st.empty()  # takes the same place, so that the browser does not make anew what is below


def choose_shown_rows(session: Session, space: Space) -> ShownRows:
    """Draw which rows are in focus, and buttons to change that; return the shown rows."""
    choose_focus(session)
    return shown_rows_of(session, space)
