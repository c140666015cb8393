"""The top of every page: one line with title, rows, encoder and selection; below it what is running."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Iterator
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.pages_manager import PagesManager

from explorer.data.tables.values import count
from explorer.encode.model_names import encoder_name
from explorer.encode.spec import LocalModel, OwnVectors
from explorer.errors import ExplorerError
from explorer.jobs.outcome import Done, Pending
from explorer.session.link import corpus_parameter, follow_filters
from explorer.session.linked_rows import LinkedRows
from explorer.session.rows_origin import FILE, HUB, SAMPLE
from explorer.session.session import Session
from explorer.ui.shell.arrival import note_page
from explorer.ui.shell.corpus_choice import (
    ask_for_other_rows,
    choose_corpus,
    go_where_rows_are_chosen,
)
from explorer.ui.shell.job_progress import (
    begin_page,
    has_jobs,
    job_panel,
    other_jobs,
    outcome_soon,
    show_outcome,
)
from explorer.ui.shell.looked_at import show_looked_at
from explorer.ui.shell.page_settings import follow_page_settings, keep_page_settings
from explorer.ui.shell.session import LINKED_EDITS, current_session, has_session, remember
from explorer.ui.shell.share import show_share
from explorer.ui.shell.text import markdown, show_error
from explorer.ui.shell.token import point_to_token

_STYLE = Path(__file__).with_name("style.css")


@contextlib.contextmanager
def page(title: str, *, needs_rows: bool = True) -> Iterator[Session]:
    """Draw the top of a page and yield the session; errors raised in the block are drawn below.

    Args:
        title: The page's name.
        needs_rows: Whether it shows nothing without rows. If not, it is drawn also with a link whose rows
            cannot be shown, which it finds in `Session.unopened`.
    """
    _leave_automatic_pages()
    st.html(_STYLE)
    go_where_rows_are_chosen()
    session = current_session()
    note_page(title)
    follow_page_settings(session, title)
    begin_page()
    if session.linked_rows is not None:
        _await_rows(session, session.linked_rows, title)
    if session.unopened:
        _show_unopened(session, title)
        if needs_rows:
            st.stop()
        with _errors_drawn(session):
            yield session
        job_panel(session)
        other_jobs(session)
        return
    st.set_page_config(page_title=f"{title} · {session.corpus.name} · Explorer")  # of the browser's tab
    with _header(title):
        choose_corpus(session)
        key = _encoder_key(session)
        st.session_state[key] = session.active
        st.selectbox(
            "Encoder",
            range(len(session.encoders)),
            format_func=lambda position: encoder_name(session.encoders[position]),
            key=key,
            on_change=_activate,
            args=(session, key),
            label_visibility="collapsed",
            width=260,
        )
        if session.selection is not None or session.can_undo_selection:
            _selection_line(session)
        looked_at = st.container(width="content", key="looked-at")
        share = st.container(width="content", key="share")
    # It takes a place, also if it is empty: otherwise the browser makes anew what is below.
    if session.notice:
        st.warning(markdown(session.notice), icon=":material/link_off:")
    else:
        st.empty()
    remember(session)
    # What was drawn here before stays until something replaces it: with work that has ended, until the whole
    # page is drawn, and what is below would be seen in one place and clicked in another.
    goes_on = has_jobs(session)
    work = st.container() if goes_on else st.empty()
    with _errors_drawn(session):
        yield session
    # Last, when the link says all that was chosen on the page, and rows that are looked at are known.
    keep_page_settings(session, title)
    with looked_at:
        show_looked_at(session)
    with share:
        show_share(session)
    # Drawn last, so that jobs this page started are included; at the top, to be visible without scrolling.
    with work if goes_on else work.container():
        job_panel(session)
    other_jobs(session)


@contextlib.contextmanager
def _errors_drawn(session: Session) -> Iterator[None]:
    try:
        yield
    except ExplorerError as error:
        show_error(error)
        point_to_token(session.encoder)


def _header(title: str) -> DeltaGenerator:
    """Draw the title of a page; what is drawn in the container that is returned stands beside it."""
    header = st.container(key="header", horizontal=True, vertical_alignment="center", gap="small")
    header.title(title, anchor=False, width="content")
    return header


def _leave_automatic_pages() -> None:
    """Run `streamlit_app.py` first, whichever page a visitor opens.

    Until `st.navigation` is called once in the process, Streamlit makes its own menu of `pages/`. So the
    first visitor, if a link leads straight to a page, would see that menu and no page config. For an existing
    session this is not needed, and a rerun would lose its click.
    """
    if PagesManager.uses_pages_directory and not has_session():
        PagesManager.uses_pages_directory = False
        st.rerun()


def _await_rows(session: Session, linked_rows: LinkedRows, title: str) -> None:
    """Open the rows that a link names once they are read; until then the page shows only their progress."""
    outcome = outcome_soon(linked_rows.job, session.visitor)
    if isinstance(outcome, Done):
        notice = session.notice
        session.open(outcome.result, linked_rows.encoder)
        session.notice = notice
        follow_filters(session, linked_rows.filters)
        return
    _header(title)
    st.info("This link opens rows of a dataset on the Hub.", icon=":material/link:")
    show_outcome(session, outcome, key="arriving", again=linked_rows.ask)
    if isinstance(outcome, Pending):
        job_panel(session)
        other_jobs(session)
    else:
        _offer_other_rows(session)
    st.stop()


def _show_unopened(session: Session, title: str) -> None:
    """Say why the rows of a link cannot be shown; no others are shown in their place."""
    _header(title)
    st.warning(markdown(session.unopened), icon=":material/link_off:")
    _offer_other_rows(session)


def _offer_other_rows(session: Session) -> None:
    with st.container(horizontal=True):
        st.button("Open a file", type="primary", on_click=_open_instead, args=(session, FILE))
        st.button("From the Hub", on_click=_open_instead, args=(session, HUB))
        st.button("Show a sample", on_click=_open_instead, args=(session, SAMPLE))


def _open_instead(session: Session, place: str) -> None:
    """Show the sample that the session has in place of a link's rows, or the choice of others."""
    session.unopened, session.linked_rows = "", None
    st.session_state.pop(LINKED_EDITS, None)
    if isinstance(session.encoder, OwnVectors):  # only the rows of the link have these
        session.encoders, session.active = [LocalModel()], 0
    if place != SAMPLE:
        ask_for_other_rows(place)


def _selection_line(session: Session) -> None:
    selection = session.selection
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", width="content", key="selection-line"
    ):
        if selection is None:
            st.caption("Nothing is selected.", width="content")
        else:
            rows = count(len(selection), "row")
            st.html(f"<b>Selection</b> · {rows} · {html.escape(selection.origin)}", width="content")
            st.button(
                "Clear", icon=":material/close:", type="tertiary", on_click=session.select, args=([], "")
            )
        if session.can_undo_selection:
            st.button("Undo", icon=":material/undo:", type="tertiary", on_click=session.undo_selection)


def _encoder_key(session: Session) -> str:
    # Another element once something is opened: see `_activate`.
    return f"encoder-{corpus_parameter(session.corpus)}-{session.times_opened}"


def _activate(session: Session, key: str) -> None:
    # What a browser sends before it has heard what was opened holds the encoder of before, and Streamlit
    # takes the value of an element that is not drawn any longer for a change.
    if key == _encoder_key(session):
        session.active = int(st.session_state[key])
