"""The controls of the data page: where rows come from."""

from __future__ import annotations

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.data.corpus import Corpus
from explorer.data.formats.lines import read_lines
from explorer.data.samples import SAMPLES, open_sample
from explorer.data.tables.source_table import SourceTable
from explorer.errors import ExplorerError
from explorer.session.files.contents import SessionContents
from explorer.session.rows_origin import FILE, HUB, LINES, PLACES, SAMPLE, RowsOrigin
from explorer.session.session import Session
from explorer.ui.data.column_choice import choose_columns
from explorer.ui.data.draft import draft, has_source, widget_key
from explorer.ui.data.hub_dataset import choose_hub_rows
from explorer.ui.data.hub_search import OPENED
from explorer.ui.data.saved_space import choose_saved
from explorer.ui.data.vector_choice import MAX_PASTED_CHARS
from explorer.ui.shell.corpus_choice import take_asked_place
from explorer.ui.shell.tab_jobs import forget, was_asked
from explorer.ui.shell.text import markdown, show_error
from explorer.ui.widgets.upload import Read, show_source_name, upload_either

_OPEN = ""  # in the choice of a sample
_FILE_KEY = "file"


def choose_rows(
    session: Session, contents: DeltaGenerator
) -> Corpus | SessionContents | ExplorerError | None:
    """Draw the choice of rows and columns, or of a session; it starts from the open corpus.

    Args:
        session: The visitor's session.
        contents: The wide part of the page, where search results and previews of the Hub are drawn.

    Returns:
        The corpus; the session of a session file; the error, already drawn, if it cannot be made; None while
        nothing is chosen or while the rows are being read.
    """
    asked = take_asked_place()
    belongs = draft().belongs_to(session)
    if asked is not None or not belongs:
        _start_over(session, asked or _place_of(session))
    # Kept in the draft: Streamlit loses the widget's state if this was the first page of the tab. Not set in
    # the session state: that would be sent to the browser once, and is lost if the next run overtakes it.
    place = st.segmented_control(
        "Rows from",
        PLACES,
        default=draft().place or _place_of(session),
        required=True,
        key=widget_key("rows-from"),
    )
    draft().place = place
    try:
        if place == SAMPLE:
            return _sample(session)
        rows: Corpus | Read
        if place == HUB:
            rows = choose_hub_rows(session, contents)
        else:
            rows = _uploaded(session) if place == FILE else _pasted(session)
            if rows is None and not (place == FILE and was_asked(widget_key(_FILE_KEY))):
                contents.info("Choose rows to see what is in them.", icon=":material/table_rows:")
        if not isinstance(rows, SourceTable):
            return rows
        saved = choose_saved(session, str(place), rows) if rows.facts else None
        return saved or choose_columns(session, str(place), rows)
    except ExplorerError as error:
        show_error(error)
        return error


def rows_origin_of(session: Session, corpus: Corpus) -> RowsOrigin | None:
    """Where rows that are to be opened came from, if a person brought them."""
    if corpus.whole is session.corpus.whole:
        return session.rows_origin
    return draft().rows_origin(corpus.whole)


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
    _start_over(session, _place_of(session))


def _start_over(session: Session, place: str) -> None:
    """Drop the draft, and offer rows from a place of `PLACES`."""
    forget(session, widget_key(_FILE_KEY))
    st.session_state.pop(OPENED, None)
    draft().empty(place)


def _place_of(session: Session) -> str:
    if session.rows_origin is not None:
        return session.rows_origin.place
    return HUB if session.corpus.whole.origin else SAMPLE


def _sample(session: Session) -> Corpus:
    """Draw the choice of a sample; the open rows are the first choice where no place has them."""
    whole = session.corpus.whole
    listed = has_source(session)
    names = [*([] if listed else [_OPEN]), *SAMPLES]
    current = whole.sample
    name = st.radio(
        "Sample",
        names,
        index=names.index(current) if current in names else 0,
        format_func=lambda name: markdown(whole.name) if name == _OPEN else SAMPLES[name].title,
        captions=["The open rows." if name == _OPEN else SAMPLES[name].description for name in names],
        key=widget_key("sample" if listed else "open-or-sample"),
        label_visibility="collapsed",
        persist_state="session",
    )
    return whole if name == _OPEN else draft().once("sample", name, lambda: open_sample(str(name)))


def _uploaded(session: Session) -> Read:
    key = widget_key(_FILE_KEY)
    back = session.rows_origin
    opened = back.source if back is not None and back.place == FILE else None
    return upload_either(
        session,
        "File, or images",
        key,
        opened=opened,
        help="CSV, TSV, JSON Lines, Parquet, plain text with one row per line, or a saved space or session. "
        "Or images: several files, or a .zip, in which folders are labels and a metadata.csv has captions.",
    )


def _pasted(session: Session) -> SourceTable | None:
    text = st.text_area(
        "One row per line",
        key=widget_key("lines"),
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
