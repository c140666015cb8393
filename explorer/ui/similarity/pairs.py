"""Two rows side by side, with what differs in their texts."""

from __future__ import annotations

import streamlit as st

from explorer.ui.widgets.items import item_html
from explorer.ui.widgets.shown_rows import ShownRows
from explorer.ui.widgets.text_diff import differing_html


def show_pair(rows: ShownRows, row: int, other: int, score: float) -> None:
    """Draw two rows: the first as it is, the second with its differences from the first marked.

    Args:
        rows: The shown rows.
        row: The place of the first among them, from 0.
        other: The place of the second.
        score: Their similarity.
    """
    corpus, numbers = rows.space.corpus, rows.rows
    with st.container(border=True):
        st.html(f"<b>{score:.3f}</b> · row {numbers[row] + 1:,}{item_html(corpus, row)}")
        marked = differing_html(corpus.texts[other], corpus.texts[row]) or item_html(corpus, other)
        st.html(f"row {numbers[other] + 1:,}{marked}")
