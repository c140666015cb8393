"""The first line of the overview: where other rows can be brought from; and links of before there was one."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from explorer.data.tables.values import count
from explorer.session.rows_origin import FILE, HUB, LINES, SAMPLE
from explorer.session.session import Session
from explorer.ui.shell.corpus_choice import ask_for_other_rows
from explorer.ui.shell.going import go_to

_STYLE = Path(__file__).with_name("style.css")
_WAYS = {
    FILE: ("Open a file", ":material/upload_file:"),
    HUB: ("From the Hub", ":material/hub:"),
    LINES: ("Paste lines", ":material/content_paste:"),
    SAMPLE: ("Samples", ":material/science:"),
}
_OF_SEARCH = ("q", "queries", "like")


def begin() -> None:
    """Bring the style of the page."""
    st.html(_STYLE)


def offer_other_rows() -> None:
    """Draw the ways to bring rows of one's own; each leads to the Data page."""
    with st.container(horizontal=True, gap="small", key="other-rows"):
        for place, (label, icon) in _WAYS.items():
            st.button(
                label,
                icon=icon,
                type="primary" if place == FILE else "secondary",
                on_click=ask_for_other_rows,
                args=(place,),
            )


def say_that_all_rows_are_meant(session: Session) -> None:
    """Say that all rows are meant, while filters or a selection narrow what other pages show."""
    narrow = [
        *(["the filters"] if session.filters else []),
        *(["the selection"] if session.selection is not None or session.focus is not None else []),
    ]
    if narrow:
        change = "change" if session.filters else "changes"
        st.caption(
            f"The overview is of all {count(len(session.corpus), 'row')}: {' and '.join(narrow)} {change} "
            "nothing here."
        )


def go_to_an_older_search() -> None:
    """Show the Search page for links from when it was the front page."""
    if any(name in st.query_params for name in _OF_SEARCH):
        asked = {name: st.query_params.get_all(name) for name in st.query_params}
        go_to("pages/search.py", **asked)
