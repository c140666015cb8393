"""Vectors that rows bring along: whether they are used, and where their texts are when a table has none."""

from __future__ import annotations

from typing import cast

import streamlit as st

from explorer.data.columns import text_columns
from explorer.data.files import read_file, read_lines
from explorer.data.kinds import KINDS
from explorer.data.table import SourceTable
from explorer.data.vectors import ALL, VectorColumn, vectors_in, with_texts
from explorer.settings import settings

MAX_PASTED_CHARS = 5_000_000
_ENCODE = "Encode the texts"
_FILE, _LINES = "File", "Pasted lines"
# Session keys: what was found in the table asked about last, the texts read last, and both together.
_FOUND = "explorer-vectors-found"
_TEXTS = "explorer-vectors-texts"
_JOINED = "explorer-vectors-joined"


def choose_vectors(source: SourceTable) -> tuple[SourceTable, VectorColumn | None] | None:
    """Draw the choice of the rows' vectors, if they brought any.

    Returns:
        The table of texts and where its vectors are, None to encode the texts; None while a table of vectors
        alone has no texts.

    Raises:
        DataError: The texts cannot be read, or are not as many as the vectors.
        VectorError: A row's vector cannot be used.
    """
    has_texts, places = _found(source)
    if not places:
        return source, None
    if has_texts:
        chosen = st.selectbox(
            "Vectors",
            [None, *places],
            format_func=_name,
            key=f"vectors-{source.name}",
            help="Rows that bring their own vectors need not be encoded.",
            persist_state="session",
        )
        return source, chosen
    place: VectorColumn = places[0]
    if len(places) > 1:
        place = st.selectbox(
            "Vectors", places, format_func=_name, key=f"vectors-{source.name}", persist_state="session"
        )
    st.caption(f"{source.total_rows:,} vectors without texts: give one text for each, in the same order.")
    texts = _texts()
    return None if texts is None else _joined(source, place, texts)


def _name(place: VectorColumn | None) -> str:
    if place is None:
        return _ENCODE
    return "One column a dimension" if place is ALL else f"Column “{place}”"


def _found(source: SourceTable) -> tuple[bool, list[VectorColumn]]:
    kept = cast("tuple[SourceTable, bool, list[VectorColumn]] | None", st.session_state.get(_FOUND))
    if kept is None or kept[0] is not source:
        kept = (source, bool(text_columns(source)), vectors_in(source))
        st.session_state[_FOUND] = kept
    return kept[1], kept[2]


def _texts() -> SourceTable | None:
    where = st.segmented_control(
        "Texts from",
        [_FILE, _LINES],
        default=_FILE,
        required=True,
        key="texts-from",
        persist_state="session",
    )
    kept = cast("tuple[tuple[str, str], SourceTable] | None", st.session_state.get(_TEXTS))
    if where == _FILE:
        file = st.file_uploader(
            "File of texts", type=sorted(KINDS), max_upload_size=settings().max_file_mb, key="texts-file"
        )
        if file is None:
            # As with rows: the widget forgets its file when another page is visited.
            return kept[1] if kept is not None and kept[0][0] == _FILE else None
        key = (_FILE, file.file_id)
        if kept is None or kept[0] != key:
            kept = (key, read_file(file.getvalue(), file.name))
    else:
        lines = st.text_area(
            "One text a line",
            key="texts-lines",
            height=220,
            max_chars=MAX_PASTED_CHARS,
            persist_state="session",
        )
        if not lines or not lines.strip():
            return None
        key = (_LINES, lines)
        if kept is None or kept[0] != key:
            kept = (key, read_lines(lines))
    st.session_state[_TEXTS] = kept
    return kept[1]


def _joined(source: SourceTable, place: VectorColumn, texts: SourceTable) -> tuple[SourceTable, str]:
    kept = cast(
        "tuple[SourceTable, VectorColumn, SourceTable, tuple[SourceTable, str]] | None",
        st.session_state.get(_JOINED),
    )
    if kept is None or kept[0] is not source or kept[1] != place or kept[2] is not texts:
        kept = (source, place, texts, with_texts(source, place, texts))
        st.session_state[_JOINED] = kept
    return kept[3]
