"""What hits that are texts and hits that are images share: their controls and their columns."""

from __future__ import annotations

import html
from collections.abc import Callable

import streamlit as st

from explorer.analysis.space import Hit
from explorer.data.corpus import Corpus
from explorer.data.tables.values import shortened
from explorer.ui.search.found import Found

_META_CHARS = 120


def show_tick(found: Found, hit: Hit) -> None:
    """Draw the box that picks a hit."""
    label = f"Pick row {hit.row + 1:,}"
    st.checkbox(label, key=found.tick(hit), label_visibility="collapsed", width="content")


def offer_more(hit: Hit, more_like: Callable[[int], None]) -> None:
    """Draw the button that searches for rows like a hit."""
    st.button(
        "More like this",
        key=f"more-{hit.row}",
        icon=":material/join_inner:",
        type="tertiary",
        on_click=more_like,
        args=(hit.row,),
    )


def columns_html(corpus: Corpus, row: int) -> str:
    """The number of a row and its other columns in a line, as HTML."""
    values = corpus.row(row)
    parts = [
        f"<b>{html.escape(name)}</b> {html.escape(shortened(str(values[name]), _META_CHARS))}"
        for name in corpus.metadata
        if values[name] not in (None, "")
    ]
    parts.insert(0, f"<b>row</b> {row + 1:,}")
    return f'<p dir="auto">{" · ".join(parts)}</p>'
