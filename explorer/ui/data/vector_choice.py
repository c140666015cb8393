"""Vectors in the rows: whether they are used, and their texts if the table has none."""

from __future__ import annotations

import streamlit as st

from explorer.data.columns import text_columns
from explorer.data.formats.lines import read_lines
from explorer.data.tables.source_table import SourceTable
from explorer.data.vector_columns import ALL, VectorColumn, vector_columns
from explorer.data.vector_matrix import with_texts
from explorer.errors import ExplorerError
from explorer.session.rows_origin import FILE, LINES
from explorer.session.session import Session
from explorer.ui.data.draft import draft
from explorer.ui.widgets.upload import upload

MAX_PASTED_CHARS = 5_000_000
_ENCODE = "Encode the texts"


def choose_vectors(
    session: Session, source: SourceTable
) -> tuple[SourceTable, VectorColumn | None] | ExplorerError | None:
    """Draw the choice of the rows' vectors, if they have any.

    Returns:
        The table of texts and its column of vectors, or None in place of the column if the texts are to be
        encoded; the error, already drawn, if the texts cannot be read; None while a table without texts waits
        for them.

    Raises:
        DataError: The numbers of texts and vectors differ.
        VectorError: A row's vector cannot be used.
    """
    has_texts, places = draft().once(
        "vectors", source, lambda: (bool(text_columns(source)), vector_columns(source))
    )
    if not places:
        return source, None
    if has_texts:
        back = session.rows_origin
        options = [None, *places]
        opened = back.vectors if back is not None and back.source is source else None
        chosen = st.selectbox(
            "Vectors",
            options,
            index=options.index(opened) if opened in options else 0,
            format_func=_name,
            key=f"vectors-{source.name}",
            help="Rows that include vectors need not be encoded.",
            persist_state="session",
        )
        return source, chosen
    place: VectorColumn = places[0]
    if len(places) > 1:
        place = st.selectbox(
            "Vectors", places, format_func=_name, key=f"vectors-{source.name}", persist_state="session"
        )
    st.caption(f"{source.total_rows:,} vectors without texts. Add one text for each, in the same order.")
    texts = _texts(session)
    if not isinstance(texts, SourceTable):
        return texts
    return draft().once(
        "vectors with texts", (source, place, texts), lambda: with_texts(source, place, texts)
    )


def _name(place: VectorColumn | None) -> str:
    if place is None:
        return _ENCODE
    return "One column per dimension" if place is ALL else f"Column “{place}”"


def _texts(session: Session) -> SourceTable | ExplorerError | None:
    where = st.segmented_control(
        "Texts from",
        [FILE, LINES],
        default=FILE,
        required=True,
        key="texts-from",
        persist_state="session",
    )
    if where == FILE:
        return upload(session, "File of texts", "texts-file")
    lines = st.text_area(
        "One text per line",
        key="texts-lines",
        height=220,
        max_chars=MAX_PASTED_CHARS,
        persist_state="session",
    )
    if not lines or not lines.strip():
        return None
    return draft().once("pasted texts", lines, lambda: read_lines(lines))
