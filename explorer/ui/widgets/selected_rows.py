"""Rows that a person selected: their distinctive words, a table, and a file."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import streamlit as st

from explorer.analysis.cluster_words import distinctive_words
from explorer.data.corpus import Corpus
from explorer.data.images.image_rows import has_images
from explorer.session.selection import Selection
from explorer.session.session import Session
from explorer.share.export import rows_table
from explorer.ui.shell.job_progress import session_result_or_progress
from explorer.ui.shell.text import as_html
from explorer.ui.widgets.downloads import download_table
from explorer.ui.widgets.thumbnail_column import thumbnail_column

_TABLE_ROWS = 1_000
_IMAGE_ROWS = 200  # of images: each thumbnail is hashed in every run, which keeps it on the server


def show_selected_rows(session: Session, corpus: Corpus, selection: Selection, *, key: str) -> None:
    """Draw what the selected rows of a corpus say.

    Args:
        session: The session.
        corpus: The corpus whose rows are selected.
        selection: The rows.
        key: Of the table.
    """
    words = words_apart(session, corpus, selection)
    with st.container(border=True):
        if words and words[0]:
            st.html(f"<b>Distinctive words</b>{as_html(', '.join(words[0]))}")
        show_selected_table(corpus, selection, key=key)


def show_selected_table(corpus: Corpus, selection: Selection, *, key: str) -> None:
    """Draw the selected rows of a corpus as a table, and the button that downloads them."""
    show_table_of_rows(corpus, selection.rows, key=key, about="The selected rows")
    with st.container(horizontal=True):
        if len(selection) > (most := _most_rows(corpus)):
            shown = f"The first {most:,} of {len(selection):,} rows"
            st.caption(f"{shown}; the download includes all of them.")
        download_table(
            "Download the selection",
            lambda: rows_table(corpus, selection.rows, {}),
            f"{corpus.name}-selection",
        )


def show_table_of_rows(corpus: Corpus, rows: np.ndarray, *, key: str, about: str) -> None:
    """Draw the first of some rows of a corpus (from 0) with their columns."""
    rows = rows[: _most_rows(corpus)]
    table = corpus.table.take(pa.array(rows))
    thumbnails = thumbnail_column(corpus, rows.tolist(), table.column_names)
    for name, values in thumbnails.values.items():
        table = table.append_column(name, pa.array(values, pa.string()))
    st.dataframe(
        table,
        column_order=[
            *thumbnails.values,
            corpus.text,
            *([corpus.label] if corpus.label else []),
            *corpus.metadata,
        ],
        column_config={corpus.text: st.column_config.TextColumn(width="large"), **thumbnails.config},
        row_height=thumbnails.row_height,
        hide_index=True,
        key=key,
        alt=about,
    )


def _most_rows(corpus: Corpus) -> int:
    """How many rows a table has at most."""
    return _IMAGE_ROWS if has_images(corpus) else _TABLE_ROWS


def words_apart(session: Session, corpus: Corpus, selection: Selection) -> tuple[list[str], list[str]] | None:
    """The distinctive words of the selected rows and of the rest; None while they are being counted."""
    if len(selection) == len(corpus):
        return [], []
    inside = np.zeros(len(corpus), dtype=np.int64)
    inside[selection.rows] = 1
    texts = corpus.texts
    found = session_result_or_progress(
        session,
        ("words", selection.key, corpus.fingerprint),
        "Finding distinctive words",
        lambda _report: distinctive_words(texts, inside),
    )
    if found is None:
        return None
    selected, rest = ([word.text for word in found.get(side, ())] for side in (1, 0))
    return selected, rest
