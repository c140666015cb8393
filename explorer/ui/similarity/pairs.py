"""Two rows side by side, with what differs in their texts."""

from __future__ import annotations

import streamlit as st

from explorer.data.corpus import Corpus
from explorer.data.images.image_rows import is_image
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
    parts = (
        f"<b>{score:.3f}</b> · row {numbers[row] + 1:,}{item_html(corpus, row)}",
        f"row {numbers[other] + 1:,}{compared_html(corpus, other, row)}",
    )
    with st.container(border=True):
        if is_image(corpus, row) and is_image(corpus, other):
            for column, part in zip(st.columns(2), parts, strict=True):
                column.html(part)
            return
        for part in parts:
            st.html(part)


def compared_html(corpus: Corpus, row: int, other: int) -> str:
    """A row as HTML, with its differences from another marked where both are texts that can be compared."""
    if is_image(corpus, row) or is_image(corpus, other):
        return item_html(corpus, row)
    return differing_html(corpus.texts[row], corpus.texts[other]) or item_html(corpus, row)
