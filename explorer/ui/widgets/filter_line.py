"""The filters of the session in one line, the same on each page that shows rows."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from explorer.data.filters.specs import Filter
from explorer.data.tables.values import count, shortened
from explorer.session.selection import Selection
from explorer.session.session import Session
from explorer.ui.shell.arrival import shown_page
from explorer.ui.shell.text import markdown
from explorer.ui.widgets.filter_choice import choose_filter
from explorer.ui.widgets.filter_words import filter_words

_OPEN = "filter-open"
_CHANGED = "filter-changed"
_BEGUN = "filter-begun-on"  # the page on which it was opened, if nothing was sent since
_ORIGIN_CHARS = 80
_WIDTH = 380


def show_filters(session: Session, among: Selection | None = None, note: str = "") -> bool:
    """Draw the filters, how many rows pass them, and what changes them.

    Args:
        session: The session that is filtered.
        among: The only rows that the page shows; None for all rows.
        note: What the page does with rows that do not pass, shown beside their number.

    Returns:
        Whether any row is left. If none is, the page has said so.
    """
    with st.container():
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
            _popover(session)
            left = _line(session, among, note) if session.filters else 1
        if session.filter_notice:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.warning(markdown(session.filter_notice), icon=":material/link_off:")
                st.button("Dismiss", type="tertiary", on_click=session.filter_by, args=(session.filters,))
        if not left:
            rows = "No row" if among is None else f"None of these {len(among):,} rows"
            st.info(f"{rows} passes the filters.", icon=":material/filter_alt_off:")
            st.button("Clear the filters", on_click=session.filter_by, args=((),))
    return bool(left)


def _line(session: Session, among: Selection | None, note: str) -> int:
    """Draw the active filters; return how many rows pass them."""
    inside = _passing(session, among)
    total, left = len(inside), int(np.count_nonzero(inside))
    for one in session.filters:
        st.button(
            markdown(filter_words(one)),
            key=f"filter-chip-{one.column}",
            icon=":material/close:",
            icon_position="right",
            help="Remove this filter",
            on_click=_remove,
            args=(session, one),
        )
    st.html(f"{total:,} → <b>{count(left, 'row')}</b>", width="content")
    if note:
        st.caption(note, width="content")
    if left:
        st.button(
            f"Select all {left:,}",
            key="filter-select",
            type="tertiary",
            icon=":material/select_all:",
            on_click=_select,
            args=(session, among),
        )
    st.button(
        "Clear all",
        key="filter-clear",
        type="tertiary",
        icon=":material/filter_alt_off:",
        on_click=session.filter_by,
        args=((),),
    )
    return left


def _popover(session: Session) -> None:
    popover = st.popover(
        "Filter", icon=":material/filter_alt:", type="tertiary", key=_OPEN, on_change="rerun", width="content"
    )
    # What was chosen but not sent is in the browser, which forgets it with the controls, as on another page.
    if popover.open:
        st.session_state[_BEGUN] = shown_page()
    elif st.session_state.get(_BEGUN) != shown_page():
        st.session_state.pop(_BEGUN, None)
    if _BEGUN in st.session_state:
        with popover, st.container(width=_WIDTH):  # the same for each kind of column
            _choose(session)


@st.fragment
def _choose(session: Session) -> None:
    """Draw the choice of a filter, which draws only itself again until one is chosen."""
    choose_filter(session, _close)
    if st.session_state.pop(_CHANGED, False):
        st.rerun()


def _close() -> None:
    st.session_state.pop(_BEGUN, None)
    st.session_state[_OPEN], st.session_state[_CHANGED] = False, True


def _passing(session: Session, among: Selection | None) -> NDArray[np.bool_]:
    """Which rows pass the filters, of all or of some, shape (rows,)."""
    inside = session.passing
    if inside is None:
        inside = np.ones(len(session.corpus), dtype=bool)
    return inside if among is None else inside[among.rows]


def _select(session: Session, among: Selection | None) -> None:
    origin = shortened(", ".join(filter_words(one) for one in session.filters), _ORIGIN_CHARS)
    inside = _passing(session, among)
    session.select(np.flatnonzero(inside) if among is None else among.rows[inside], origin)


def _remove(session: Session, one: Filter) -> None:
    session.filter_by([other for other in session.filters if other != one])
