"""The controls of the data page: where rows come from, and which columns are used."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.data.columns import guess_label, guess_text
from explorer.data.corpus import Corpus
from explorer.data.formats.lines import read_lines
from explorer.data.samples import SAMPLES, open_sample
from explorer.data.tables.source_table import SourceTable
from explorer.errors import ExplorerError
from explorer.session.rows_origin import FILE, HUB, LINES, PLACES, SAMPLE, RowsOrigin
from explorer.session.session import Session
from explorer.settings import settings
from explorer.ui.data.draft import draft
from explorer.ui.data.hub_dataset import choose_hub_rows
from explorer.ui.data.hub_search import OPENED
from explorer.ui.data.vector_choice import MAX_PASTED_CHARS, choose_vectors
from explorer.ui.shell.tab_jobs import forget, was_asked
from explorer.ui.shell.text import markdown, show_error
from explorer.ui.widgets.upload import forget_unheld, show_source_name, upload

_NO_LABEL = "(none)"
_FILE_KEY = "file"


def choose_rows(session: Session, contents: DeltaGenerator) -> Corpus | ExplorerError | None:
    """Draw the choice of rows and columns; it starts from the open corpus.

    Args:
        session: The visitor's session.
        contents: The wide part of the page, where search results and previews of the Hub are drawn.

    Returns:
        The corpus; the error, already drawn, if it cannot be made; None while nothing is chosen or while the
        rows are being read.
    """
    # Kept in the draft: Streamlit loses the widget's state if this was the first page of the tab. Not set in
    # the session state: that would be sent to the browser once, and is lost if the next run overtakes it.
    place = st.segmented_control(
        "Rows from",
        PLACES,
        default=draft().place or _place_of(session),
        required=True,
        key=_key("rows-from"),
    )
    draft().place = place
    try:
        if place == SAMPLE:
            return _sample(session)
        if place == HUB:
            rows = choose_hub_rows(session, contents)
        else:
            rows = _uploaded(session) if place == FILE else _pasted(session)
            if rows is None and not (place == FILE and was_asked(_key(_FILE_KEY))):
                contents.info("Choose rows to see what is in them.", icon=":material/table_rows:")
        return _columns(session, str(place), rows) if isinstance(rows, SourceTable) else rows
    except ExplorerError as error:
        show_error(error)
        return error


def offer_way_back(session: Session) -> None:
    """Draw the button that drops the draft and shows the open corpus."""
    st.button(
        f"Back to {markdown(session.corpus.name)}",
        icon=":material/arrow_back:",
        type="tertiary",
        on_click=_show_open,
        args=(session,),
    )


def _show_open(session: Session) -> None:
    forget(session, _key(_FILE_KEY))
    st.session_state.pop(OPENED, None)
    draft().empty(_place_of(session))


def _key(name: str) -> str:
    """A widget's key; it changes when the draft is emptied, because an uploader's file cannot be removed."""
    emptied = draft().emptied
    return f"{name}-{emptied}" if emptied else name


def _place_of(session: Session) -> str:
    if session.rows_origin is not None:
        return session.rows_origin.place
    return HUB if session.corpus.origin else SAMPLE


def _sample(session: Session) -> Corpus:
    names = list(SAMPLES)
    current = session.corpus.sample
    name = st.radio(
        "Sample",
        names,
        index=names.index(current) if current in names else 0,
        format_func=lambda name: SAMPLES[name].title,
        captions=[SAMPLES[name].description for name in names],
        key=_key("sample"),
        label_visibility="collapsed",
        persist_state="session",
    )
    return open_sample(str(name))


def _uploaded(session: Session) -> SourceTable | ExplorerError | None:
    key = _key(_FILE_KEY)
    back = session.rows_origin
    opened = back.source if back is not None and back.place == FILE else None
    if opened is not None:
        # After a visit to another page, the open file is shown rather than the one previewed last.
        forget_unheld(session, key)
    return upload(
        session,
        "File",
        key,
        opened=opened,
        help="CSV, TSV, JSON Lines, Parquet, or plain text with one row per line.",
    )


def _pasted(session: Session) -> SourceTable | None:
    text = st.text_area(
        "One row per line",
        key=_key("lines"),
        height=220,
        max_chars=MAX_PASTED_CHARS,
        placeholder="Paste or type texts here, one per line",
        persist_state="session",
    )
    if not text or not text.strip():
        back = session.rows_origin
        if back is None or back.place != LINES:
            return None
        show_source_name(back.source)  # the text area is empty: the lines may be from another tab
        return back.source
    return draft().once("pasted lines", text, lambda: read_lines(text))


def _columns(session: Session, place: str, table: SourceTable) -> Corpus | ExplorerError | None:
    opened = session.rows_origin
    chosen = choose_vectors(session, table)
    if not isinstance(chosen, tuple):
        return chosen
    source, vectors = chosen
    back = opened if opened is not None and opened.source is source else None
    names = source.table.column_names
    text = st.selectbox(
        "Text column",
        names,
        index=names.index(back.text if back else guess_text(source)),
        key=_key(f"text-{source.name}"),
        persist_state="session",
    )
    label_guess = back.label if back and back.text == text else guess_label(source, text)
    labels = [_NO_LABEL, *(name for name in names if name != text)]
    label = st.selectbox(
        "Label column",
        labels,
        index=labels.index(label_guess) if label_guess in labels else 0,
        key=_key(f"label-{source.name}-{text}"),
        persist_state="session",
    )
    limit, seed = None, 0
    most = min(source.total_rows, settings().max_rows)
    if source.total_rows > 1:
        with st.expander("Use fewer rows"):
            limit = st.number_input(
                "Rows",
                1,
                most,
                min(most, back.limit or most) if back else most,
                key=_key(f"limit-{source.name}"),
                persist_state="session",
            )
            seed = st.number_input(
                "Seed",
                0,
                2**31 - 1,
                back.seed if back else 0,
                key=_key("seed"),
                help="The same seed draws the same rows.",
                persist_state="session",
            )
    wanted = RowsOrigin(place, source, text, None if label == _NO_LABEL else label, limit, seed, vectors)
    if back == wanted:
        return session.corpus
    return draft().corpus(wanted)
