"""Sharing what a page shows: the link, what it carries and who can open it, or the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import streamlit as st

from explorer.data.hub.rows_link import HubRows
from explorer.data.tables.values import count
from explorer.encode.model_names import encoder_name
from explorer.errors import ExplorerError
from explorer.session.link import PARAMETERS
from explorer.session.page_link import is_of_a_page
from explorer.session.session import Session
from explorer.share.export import parquet_file, rows_table
from explorer.ui.shell.publish import offer_publishing, show_publishing
from explorer.ui.shell.save_session import session_download
from explorer.ui.shell.text import markdown

if TYPE_CHECKING:
    from explorer.analysis.space import Space

_OPEN = "share-open"


def show_share(session: Session) -> None:
    """Draw the button behind which the link to the page is, made once opened, as the page is then."""
    popover = st.popover("Share", icon=":material/share:", type="tertiary", key=_OPEN, on_change="rerun")
    if popover.open:
        with popover:
            _show_ways(session)
    show_publishing(session)


def _show_ways(session: Session) -> None:
    st.markdown(_who_can_open_it(session))
    st.code(_link(), language=None, wrap_lines=True)
    examples = ", no rows marked as examples" if session.examples else ""
    st.caption(
        "The link carries what is set on this page, such as a query, and the encoder "
        f"({markdown(encoder_name(session.encoder))}). It carries no token, no selection{examples} and "
        "no names that you gave."
    )
    if missed := _what_others_miss(session):
        st.markdown(missed)
    session_download(session)
    if not _can_be_opened_by_others(session):
        st.download_button(
            "Download the rows (Parquet)",
            lambda: parquet_file(rows_table(session.corpus, range(len(session.corpus)), {})),
            "rows.parquet",
            on_click="ignore",
        )
    space = session.spaces.get(session.encoder)
    if space is not None:
        _offer_space(space)
        offer_publishing(_OPEN)


def _offer_space(space: Space) -> None:
    from explorer.analysis.space_files import check_space_file, space_bytes

    try:
        check_space_file(space, ".parquet")
    except ExplorerError:
        return  # the Data page says why
    st.download_button(
        "Download the rows with their vectors (Parquet)",
        lambda: space_bytes(space, ".parquet"),
        "space.parquet",
        on_click="ignore",
        help="Opened on the Data page, no row is encoded again. That page has other formats.",
    )


def _can_be_opened_by_others(session: Session) -> bool:
    return session.corpus.sample is not None or HubRows.of(session.corpus) is not None


def _who_can_open_it(session: Session) -> str:
    name = markdown(session.corpus.name)
    rows = HubRows.of(session.corpus)
    if session.corpus.sample is not None:
        return f"**Anyone who can open this app** sees this page: {name} is a sample that comes with it."
    if rows is not None:
        return (
            f"**Anyone who can open this app and the dataset** {markdown(rows.id)} sees this page: "
            "its rows are read from the Hub again, at the same revision."
        )
    return (
        f"**Only this browser** can open the link, and only for a while: {name} is not on a server that "
        "others can reach. To share it, send the session or the rows as a file; opened on the Data page, it "
        "gives the same results."
    )


def _what_others_miss(session: Session) -> str:
    """That a selection does not travel, and whether the sender sees nothing else; "" without one."""
    rows = f"all {count(len(session.corpus), 'row')}"
    if session.focus is not None:
        only = count(len(session.focus), "selected row")
        shown = session.shown
        edited = shown is not None and any(key.rows == shown.key for key in session.clusters.edits)
        merged = " Nor do merges and splits of their clusters." if edited else ""
        return f"**You see only {only}.** The selection does not travel: others see {rows}.{merged}"
    if session.selection is not None:
        selected = count(len(session.selection), "row")
        return f"**Your selection of {selected} does not travel:** others see {rows}, none of them selected."
    return ""


def _link() -> str:
    asked = {
        name: st.query_params.get_all(name)
        for name in st.query_params
        if name in PARAMETERS or is_of_a_page(name)
    }
    return f"{st.context.url}?{urlencode(asked, doseq=True)}"
