"""The top of every page: title, corpus, encoder, and running jobs."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Iterator
from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

from explorer.encode.model_names import encoder_name
from explorer.encode.spec import LocalModel, OwnVectors
from explorer.errors import ExplorerError
from explorer.jobs.outcome import Done, Pending
from explorer.session.linked_rows import LinkedRows
from explorer.session.session import Session
from explorer.ui.shell.job_progress import begin_page, has_jobs, job_panel, outcome_soon, show_outcome
from explorer.ui.shell.session import current_session, has_session, remember
from explorer.ui.shell.text import markdown, show_error
from explorer.ui.shell.token import point_to_token

_STYLE = Path(__file__).with_name("style.css")


@contextlib.contextmanager
def page(title: str, question: str) -> Iterator[Session]:
    """Draw the top of a page and yield the session; errors raised in the block are drawn below.

    Args:
        title: The page's name.
        question: The question that the page answers, one line.
    """
    _leave_automatic_pages()
    st.html(_STYLE)
    session = current_session()
    begin_page()
    if session.linked_rows is not None:
        _await_rows(session, session.linked_rows)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            st.title(title, anchor=False, width="content")
            st.caption(question, width="content")
        with st.container(horizontal=True, vertical_alignment="center", width="content"):
            rows = f"{len(session.corpus):,} row{'' if len(session.corpus) == 1 else 's'}"
            st.html(f"Open: <b>{html.escape(session.corpus.name)}</b> · {rows}", width="content")
            st.session_state["encoder"] = session.active
            st.selectbox(
                "Encoder",
                range(len(session.encoders)),
                format_func=lambda position: encoder_name(session.encoders[position]),
                key="encoder",
                on_change=_activate,
                args=(session,),
                label_visibility="collapsed",
                width=300,
            )
    # Each of these takes a place, also if it is empty: otherwise the browser makes anew what is below.
    if session.notice:
        st.warning(markdown(session.notice), icon=":material/link_off:")
    else:
        st.empty()
    remember(session)
    if session.selection is not None or session.can_undo_selection:
        _selection_line(session)
    else:
        st.empty()
    # What was drawn here before stays until something replaces it: with work that has ended, until the whole
    # page is drawn, and what is below would be seen in one place and clicked in another.
    work = st.container() if has_jobs(session) else st.empty()
    try:
        yield session
    except ExplorerError as error:
        show_error(error)
        point_to_token(session.encoder)
    # Drawn last, so that jobs this page started are included; at the top, to be visible without scrolling.
    with work.container():
        job_panel(session)


def _leave_automatic_pages() -> None:
    """Run `streamlit_app.py` first, whichever page a visitor opens.

    Until `st.navigation` is called once in the process, Streamlit makes its own menu of `pages/`. So the
    first visitor, if a link leads straight to a page, would see that menu and no page config. For an existing
    session this is not needed, and a rerun would lose its click.
    """
    if PagesManager.uses_pages_directory and not has_session():
        PagesManager.uses_pages_directory = False
        st.rerun()


def _await_rows(session: Session, linked_rows: LinkedRows) -> None:
    """Open the rows that a link names once they are read; until then the page shows only their progress."""
    outcome = outcome_soon(linked_rows.job, session.visitor)
    if isinstance(outcome, Done):
        notice = session.notice
        session.open(outcome.result, linked_rows.encoder)
        session.notice = notice
        return
    if isinstance(outcome, Pending):
        st.info("This link opens rows of a dataset on the Hub. They are being read.", icon=":material/link:")
    show_outcome(session, outcome, key="arriving", again=linked_rows.ask, show=_show_unreadable)
    if isinstance(outcome, Pending):
        job_panel(session)
        st.stop()
    if isinstance(session.encoder, OwnVectors):  # only the rows of the link have these
        session.encoders, session.active = [LocalModel()], 0


def _show_unreadable(error: ExplorerError) -> None:
    st.warning(
        markdown(f"The rows of this link could not be read, so a sample is shown. {error}"),
        icon=":material/link_off:",
    )


def _selection_line(session: Session) -> None:
    selection = session.selection
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if selection is None:
            st.caption("Nothing is selected.", width="content")
        else:
            rows = f"{len(selection):,} row{'' if len(selection) == 1 else 's'}"
            st.html(f"<b>Selection</b> · {rows} · {html.escape(selection.origin)}", width="content")
            st.button(
                "Clear", icon=":material/close:", type="tertiary", on_click=session.select, args=([], "")
            )
        if session.can_undo_selection:
            st.button("Undo", icon=":material/undo:", type="tertiary", on_click=session.undo_selection)


def _activate(session: Session) -> None:
    session.active = int(st.session_state["encoder"])
