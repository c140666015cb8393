"""The controls of the data page: where rows come from, and which columns count."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.data.choose import make_corpus
from explorer.data.columns import guess_label, guess_text
from explorer.data.corpus import Corpus
from explorer.data.files import read_file, read_lines
from explorer.data.kinds import KINDS
from explorer.data.samples import SAMPLES, open_sample
from explorer.data.table import SourceTable
from explorer.errors import ExplorerError
from explorer.settings import settings
from explorer.ui.hub_rows import choose_hub_rows
from explorer.ui.session import Session
from explorer.ui.text import show_error
from explorer.ui.vector_choice import MAX_PASTED_CHARS, choose_vectors

_SAMPLE, _FILE, _LINES, _HUB = "Sample", "File", "Pasted lines", "Hub"
_NO_LABEL = "(none)"
# Session keys: what was read last, and the corpus made of it last.
_READ = "explorer-read"
_MADE = "explorer-made"


def choose_rows(session: Session, contents: DeltaGenerator) -> Corpus | ExplorerError | None:
    """Draw the choice of rows and columns.

    Args:
        session: Whose rows.
        contents: Where there is room for what the Hub has.

    Returns:
        The corpus they make; the error, already drawn, when they make none; None while nothing is chosen.
    """
    source = st.segmented_control(
        "Rows from",
        [_SAMPLE, _FILE, _LINES, _HUB],
        default=_HUB if session.corpus.origin else _SAMPLE,
        required=True,
        key="rows-from",
        persist_state="session",
    )
    try:
        if source == _SAMPLE:
            return _sample(session)
        if source == _HUB:
            rows = choose_hub_rows(session, contents)
            return _columns(rows) if isinstance(rows, SourceTable) else rows
        table = _uploaded() if source == _FILE else _pasted()
        corpus = None if table is None else _columns(table)
        if corpus is None:
            contents.info("Choose rows to see what is in them.", icon=":material/table_rows:")
        return corpus
    except ExplorerError as error:
        show_error(error)
        return error


def _sample(session: Session) -> Corpus:
    names = list(SAMPLES)
    current = session.corpus.sample
    name = st.radio(
        "Sample",
        names,
        index=names.index(current) if current in names else 0,
        format_func=lambda name: SAMPLES[name].title,
        captions=[SAMPLES[name].description for name in names],
        key="sample",
        label_visibility="collapsed",
        persist_state="session",
    )
    return open_sample(str(name))


def _uploaded() -> SourceTable | None:
    file = st.file_uploader(
        "File",
        type=sorted(KINDS),
        max_upload_size=settings().max_file_mb,
        key="file",
        help="CSV, TSV, JSON Lines, Parquet, or plain text with one row a line.",
    )
    if file is None:
        # The widget forgets its file when another page is visited; what was read from it is still here.
        kept = cast("tuple[tuple[str, str], SourceTable] | None", st.session_state.get(_READ))
        return kept[1] if kept is not None and kept[0][0] == _FILE else None
    return _read_once((_FILE, file.file_id), lambda: read_file(file.getvalue(), file.name))


def _pasted() -> SourceTable | None:
    text = st.text_area(
        "One row a line",
        key="lines",
        height=220,
        max_chars=MAX_PASTED_CHARS,
        placeholder="Paste or type texts here, one a line",
        persist_state="session",
    )
    if not text or not text.strip():
        return None
    return _read_once((_LINES, text), lambda: read_lines(text))


def _read_once(key: tuple[str, str], read: Callable[[], SourceTable]) -> SourceTable:
    """The table read last, if it is the one asked for: a rerun reads nothing again."""
    kept = cast("tuple[tuple[str, str], SourceTable] | None", st.session_state.get(_READ))
    if kept is None or kept[0] != key:
        kept = (key, read())
        st.session_state[_READ] = kept
    return kept[1]


def _columns(source: SourceTable) -> Corpus | None:
    with_vectors = choose_vectors(source)
    if with_vectors is None:
        return None
    source, vectors = with_vectors
    names = source.table.column_names
    guessed = guess_text(source)
    text = st.selectbox(
        "Text column", names, index=names.index(guessed), key=f"text-{source.name}", persist_state="session"
    )
    label_guess = guess_label(source, text)
    labels = [_NO_LABEL, *(name for name in names if name != text)]
    label = st.selectbox(
        "Label column",
        labels,
        index=labels.index(label_guess) if label_guess in labels else 0,
        key=f"label-{source.name}-{text}",
        persist_state="session",
    )
    limit, seed = None, 0
    most = min(source.total_rows, settings().max_rows)
    if source.total_rows > 1:
        with st.expander("Use fewer rows"):
            limit = st.number_input(
                "Rows", 1, most, most, key=f"limit-{source.name}", persist_state="session"
            )
            seed = st.number_input(
                "Seed",
                0,
                2**31 - 1,
                0,
                key="seed",
                help="The same seed draws the same rows.",
                persist_state="session",
            )
    choices = (text, None if label == _NO_LABEL else label, limit, seed, vectors)
    made = cast("tuple[SourceTable, object, Corpus] | None", st.session_state.get(_MADE))
    if made is None or made[0] is not source or made[1] != choices:
        corpus = make_corpus(source, text=text, label=choices[1], limit=limit, seed=seed, vectors=vectors)
        made = (source, choices, corpus)
        st.session_state[_MADE] = made
    return made[2]
