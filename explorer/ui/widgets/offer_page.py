"""A page, one HTML file that opens offline: downloaded, or published as a static Space on the Hub."""

from __future__ import annotations

import functools
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import streamlit as st

from explorer.data.tables.values import count
from explorer.errors import ExplorerError
from explorer.hub.push import Pushed
from explorer.hub.pushed_repo import STATIC_SPACE
from explorer.jobs.lanes import Lane
from explorer.jobs.progress import OnProgress, ignore_progress
from explorer.session.session import Session
from explorer.ui.shell.publish_form import (
    Place,
    choose_place,
    is_agreed,
    name_key,
    publish_button,
    show_job,
    show_published,
    token_and_account,
)
from explorer.ui.shell.tab_jobs import ask_alone, was_asked
from explorer.ui.shell.text import markdown, show_error
from explorer.ui.widgets.downloads import download_file, download_name

if TYPE_CHECKING:
    from explorer.encode.engines.services import Secret

_KEY, _OPEN = "page", "publish-page-open"


@dataclass(frozen=True)
class Chosen:
    """What a page is to have.

    Attributes:
        rows: One of the choices of rows that were offered; "" without a choice.
        texts: Whether it has texts of rows.
    """

    rows: str
    texts: bool


@dataclass(frozen=True, eq=False)
class PageOffer:
    """A page that can be made.

    Attributes:
        kind: What it shows, in a word; names its controls.
        label: What opens them.
        name: The name of the file, without ending.
        make: Makes the content of the file; it can take a while.
        holds: What is in it, as a sentence or two.
        texts: What is in it if texts are, as a sentence.
        rows: The choices of rows, with their numbers; empty for no choice.
        open_rows: Number of all rows that are open; 0 where there is no choice.
        check: Raises an error for what cannot be made.
    """

    kind: str
    label: str
    name: str
    make: Callable[[Chosen, OnProgress], bytes]
    holds: str
    texts: str
    rows: Mapping[str, int] = field(default_factory=dict)
    open_rows: int = 0
    check: Callable[[Chosen], None] = lambda _chosen: None


def offer_page(session: Session, offer: PageOffer) -> None:
    """Draw the button behind which a page is downloaded and published; it is made when it is asked for.

    Args:
        session: The session.
        offer: The page.
    """
    popover = f"{_KEY}-{offer.kind}-open"
    opened = st.popover(
        offer.label, icon=":material/web_asset:", key=popover, on_change="rerun", width="content"
    )
    if opened.open:
        with opened:
            _show_choices(offer, popover)
    if st.session_state.get(_OPEN) == offer.kind:
        _dialog(session, offer)


@st.fragment
def _show_choices(offer: PageOffer, popover: str) -> None:
    chosen = _choose(offer)
    if not _is_possible(offer, chosen):
        return
    with st.container(horizontal=True):
        download_file(
            "Download (HTML)", functools.partial(offer.make, chosen, ignore_progress), f"{offer.name}.html"
        )
        asked = st.button(
            "Publish as a Space",
            icon=":material/cloud_upload:",
            on_click=_open,
            args=(offer.kind, popover),
            help="The page becomes a static Space on the Hugging Face Hub, private unless you choose "
            "otherwise.",
        )
    if asked:
        st.rerun()  # the dialog is no part of this fragment


def _choose(offer: PageOffer) -> Chosen:
    """Draw what is in the page, and the choices."""
    rows = next(iter(offer.rows), "")
    if len(offer.rows) > 1:
        rows = st.segmented_control(
            "Rows",
            list(offer.rows),
            default=rows,
            required=True,
            format_func=lambda option: f"The {offer.rows[option]:,} {option}",
            key=f"{_KEY}-{offer.kind}-rows-{'-'.join(offer.rows)}",
            persist_state="session",
        )
    texts = st.toggle(
        "With texts", True, key=f"{_KEY}-{offer.kind}-texts", help=offer.texts, persist_state="session"
    )
    chosen = Chosen(rows, texts)
    st.caption(_contents(offer, chosen))
    return chosen


def _contents(offer: PageOffer, chosen: Chosen) -> str:
    """What is in the page, as Markdown."""
    rows = f"{_rows_in_words(offer.rows[chosen.rows], offer.open_rows)} " if chosen.rows else ""
    texts = offer.texts if chosen.texts else "No texts of rows."
    return markdown(f"One file that opens without a network. {rows}{offer.holds} {texts}")


def _rows_in_words(number: int, among: int) -> str:
    if number == among:
        return f"All {count(number, 'row')}."
    return f"{count(number, 'row')}, and nothing about others."


def _is_possible(offer: PageOffer, chosen: Chosen) -> bool:
    try:
        offer.check(chosen)
    except ExplorerError as error:
        show_error(error)
        return False
    return True


def _open(kind: str, popover: str) -> None:
    st.session_state[_OPEN], st.session_state[popover] = kind, False


def _close() -> None:
    st.session_state.pop(_OPEN, None)


@st.dialog("Publish as a Space", width="large", on_dismiss=_close)
def _dialog(session: Session, offer: PageOffer) -> None:
    name = download_name(f"{offer.name}.html").removesuffix(".html")
    job = _job(offer)
    if was_asked(job):
        show_job(session, job, name_key(name, _KEY), _show_published, _close)
        return
    st.markdown(
        "The page becomes a static Space: a page on the Hub with an address of its own, for which no server "
        "has to run."
    )
    signed_in = token_and_account(session, STATIC_SPACE)
    if signed_in is None:
        return
    token, account = signed_in
    place = choose_place(session, account, STATIC_SPACE, name, _KEY)
    with st.container(border=True):
        st.markdown(place.readers)
        chosen = _choose(offer)
        if not _is_possible(offer, chosen):
            return
        download_file(
            "See it first: download it (HTML)",
            functools.partial(offer.make, chosen, ignore_progress),
            f"{offer.name}-to-publish.html",
        )
        st.caption(
            "A page that was pushed before under this name gets a new version, and its history keeps the "
            "earlier ones. No other Space is overwritten."
        )
    agreed = is_agreed(place, f"{_KEY}-agreed-{offer.kind}-{chosen.rows}-{chosen.texts}-{_rows(session)}")
    publish_button(
        f"Publish the page {'as a private Space' if place.private else 'for everyone'}",
        place,
        agreed=agreed,
        on_click=functools.partial(_begin, session, offer, token, place, chosen),
    )


def _rows(session: Session) -> str:
    """Which rows are open, shown and selected."""
    parts = (part.key for part in (session.shown, session.selection) if part is not None)
    return "-".join([session.corpus.fingerprint, *parts])


def _job(offer: PageOffer) -> str:
    return f"publish-{_KEY}-{offer.kind}"


def _begin(session: Session, offer: PageOffer, token: Secret, place: Place, chosen: Chosen) -> None:
    def work(on_progress: OnProgress) -> Pushed:
        from explorer.share.push_page import push_page

        return push_page(
            offer.make(chosen, on_progress),
            place.name,
            licence=cast("str", place.licence),
            private=place.private,
            token=token.reveal(),
            on_progress=on_progress,
        )

    ask_alone(session, _job(offer), secrets.token_hex(8), f"Publishing {place.name}", work, lane=Lane.ROWS)


def _show_published(pushed: Pushed) -> None:
    show_published(pushed, STATIC_SPACE)
    st.caption("The Hub takes a moment to show it for the first time.")
