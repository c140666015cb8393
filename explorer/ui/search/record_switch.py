"""Whether this browser keeps a record of what it asks, and the button that opens it."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st

from explorer.record.visitors import KEPT_SECONDS
from explorer.session.recording import Recording, recordings
from explorer.session.session import Session
from explorer.settings import settings

OPEN = "record-open"
"""Whether the dialog is open."""
_COOKIE = "explorer-record"
_COMPONENT = st.components.v2.component(
    "explorer_record_cookie", js=Path(__file__).with_name("record_cookie.js").read_text(encoding="utf-8")
)


def recording_of(session: Session) -> Recording:
    """What this browser chose; no file is read for it."""
    return recordings().of(session.visitor, str(st.context.cookies.get(_cookie_name(), "")))


def choose_recording(session: Session, recording: Recording) -> None:
    """Remember what a visitor chose; `hold_cookie` tells the browser."""
    recordings().choose(session.visitor, recording)


def hold_cookie(recording: Recording) -> None:
    """Have the browser keep what was chosen, for as long as the record is kept."""
    _set_cookie("record-cookie", recording, renew=False)


def renew_cookie(recording: Recording) -> None:
    """Have the browser keep the cookie of a record in use for as long again, if it still has it."""
    _set_cookie("record-cookie-renewed", recording, renew=True)


def _set_cookie(key: str, recording: Recording, *, renew: bool) -> None:
    _COMPONENT(
        key=key,
        data={
            "name": _cookie_name(),
            "value": recording.cookie,
            "seconds": KEPT_SECONDS,
            "renew": renew,
        },
    )


def offer_record(session: Session) -> None:
    """Draw the button that opens the record, if the host allows one; it says whether answers are kept."""
    if not settings().allow_record:
        return
    on = recording_of(session).on
    st.button(
        "Record: on" if on else "Record: off",
        key="record-button",
        icon=":material/radio_button_checked:" if on else ":material/history:",
        type="tertiary",
        on_click=_open,
        help="Keep what you ask and what is answered, to look it up, search it, download or erase it.",
    )


def _open() -> None:
    st.session_state[OPEN] = True


def _cookie_name() -> str:
    """The cookie; over HTTPS it has a name that browsers take from this host alone, not from its domain."""
    return f"__Host-{_COOKIE}" if urlsplit(str(st.context.url)).scheme == "https" else _COOKIE
