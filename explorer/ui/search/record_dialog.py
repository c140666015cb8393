"""The dialog of the record: the switch, what was asked, downloads, and erasing."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import streamlit as st

from explorer.data.tables.values import count
from explorer.encode.spec import LocalModel, OwnVectors, hosted_model
from explorer.errors import ExplorerError
from explorer.record.entry import KEPT_HITS, Entry
from explorer.record.tables import json_lines, record_corpus, record_table
from explorer.record.visitors import KEPT_DAYS, MOST_ENTRIES, visitor_records
from explorer.session.recording import Recording
from explorer.session.session import Session
from explorer.settings import settings
from explorer.share.export import csv_file
from explorer.ui.search.controls import ask_for
from explorer.ui.search.record_entries import chosen_entry, forget_found, show_entry
from explorer.ui.search.record_switch import OPEN, choose_recording, hold_cookie, recording_of
from explorer.ui.shell.text import markdown, show_error
from explorer.ui.widgets.downloads import download_file

_SWITCH, _ERROR, _CHANGED = "record-on", "record-error", "record-changed"


def show_record(session: Session) -> None:
    """Draw the dialog while it is open."""
    if settings().allow_record and OPEN in st.session_state:
        _dialog(session)


def _close() -> None:
    st.session_state.pop(OPEN, None)


@st.dialog("Record", width="large", on_dismiss=_close)
def _dialog(session: Session) -> None:
    if OPEN not in st.session_state or st.session_state.pop(_CHANGED, False):
        st.rerun()  # something in it was chosen that the page below shows
    recording = recording_of(session)
    st.session_state[_SWITCH] = recording.on
    st.toggle("Keep a record of what I ask", key=_SWITCH, on_change=_switch, args=(session,))
    _say_what_is_kept()
    hold_cookie(recording)
    if _ERROR in st.session_state:
        show_error(st.session_state.pop(_ERROR))
    if not recording.secret:
        return
    records = visitor_records()
    records.use(recording.secret)
    try:
        entries = records.of(recording.secret).entries()
    except ExplorerError as error:
        show_error(error)
        _offer_erasing(session, "Erase this record")
        return
    if not entries:
        st.caption("Nothing is recorded yet.")
        return
    chosen = chosen_entry(session, entries)
    if chosen is not None:
        show_entry(session, chosen, functools.partial(_erase_one, session, chosen.number))
    _show_actions(session, entries)


def _say_what_is_kept() -> None:
    address = urlsplit(str(st.context.url)).netloc
    where = f" ({markdown(address)})" if address else ""
    st.caption(
        f"**What is kept:** each query from then on, or the row it came from; when, of which rows, with "
        f"which encoder and ranking; how long it took; the first {KEPT_HITS} hits with the beginnings of "
        "their texts.  \n"
        f"**Where:** in a file on the computer that runs this app{where}.  \n"
        "**Who can see it:** this browser, which has a cookie for it, and whoever runs that computer. No "
        "other visitor.  \n"
        f"**How long:** until you erase it, or have not used it for {KEPT_DAYS} days. The newest "
        f"{MOST_ENTRIES:,} answers are kept; older ones are erased. If the cookie is lost, you cannot "
        "find it again."
    )


def _show_actions(session: Session, entries: Sequence[Entry]) -> None:
    with st.container(horizontal=True):
        st.button(
            "Open as rows",
            icon=":material/table_rows:",
            on_click=_open_as_rows,
            args=(session, entries),
            help="What you asked becomes the open rows, for the map, clusters and search by meaning. Your "
            "other rows stay in the list of open rows.",
        )
        download_file(
            "Download (CSV)",
            lambda: csv_file(record_table(entries)),
            "record.csv",
            about="Texts that a spreadsheet could run as a formula get a leading apostrophe.",
        )
        download_file(
            "JSON Lines",
            lambda: json_lines(entries),
            "record.jsonl",
            about="Every text unchanged.",
        )
        _offer_erasing(session, f"Erase {count(len(entries), 'answer')}")


def _offer_erasing(session: Session, label: str) -> None:
    with st.popover("Erase all", icon=":material/delete:", type="tertiary"):
        st.write("The file is deleted and the switch is turned off. There is no way back.")
        st.button(label, key="record-erase-all", type="primary", on_click=_erase_all, args=(session,))


def _switch(session: Session) -> None:
    on = bool(st.session_state[_SWITCH])
    _choose(session, recording_of(session).switched(on))


def _choose(session: Session, recording: Recording) -> None:
    choose_recording(session, recording)
    st.session_state[_CHANGED] = True


def _erase_one(session: Session, number: int) -> None:
    _attempt(lambda: visitor_records().of(recording_of(session).secret).erase(number))
    forget_found(session)


def _erase_all(session: Session) -> None:
    recording = recording_of(session)

    def erase() -> None:
        visitor_records().erase(recording.secret)
        _choose(session, Recording())

    _attempt(erase)
    forget_found(session)


def _open_as_rows(session: Session, entries: Sequence[Entry]) -> None:
    def open_rows() -> None:
        corpus = record_corpus(entries)
        encoder = session.encoder
        # What was ever asked is sent to nobody.
        elsewhere = isinstance(encoder, OwnVectors) or hosted_model(encoder) is not None
        session.open(corpus, LocalModel() if elsewhere else encoder)
        ask_for("")  # it was asked of other rows
        _close()

    _attempt(open_rows)


def _attempt(work: Callable[[], None]) -> None:
    """Do something; the dialog shows an error."""
    try:
        work()
    except ExplorerError as error:
        st.session_state[_ERROR] = error
