"""The download of a session: everything that is open, in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from explorer.encode.model_names import encoder_name
from explorer.encode.spec import OwnVectors
from explorer.errors import ExplorerError
from explorer.session.session import Session
from explorer.settings import settings
from explorer.ui.shell.quantities import readable_size
from explorer.ui.shell.text import markdown, show_error

if TYPE_CHECKING:
    from explorer.analysis.space import Space

_NAMED, _ROWS, _VECTORS = "Source of the rows", "Rows", "Rows and vectors"
_OPEN = "save-session-open"


def offer_session_file(session: Session) -> None:
    """Draw the button behind which a session is saved, made once it is opened."""
    popover = st.popover(
        "Save the session", icon=":material/archive:", type="tertiary", key=_OPEN, on_change="rerun"
    )
    if popover.open:
        with popover:
            _show_choice(session)


def session_download(session: Session) -> None:
    """Draw the download of a session: with its rows, or only their source if anyone can read them there."""
    _download(session, "share")
    st.caption(
        "Everything that is open, also your selection, examples, judgements and names, in one file. It opens "
        "on the Data page of any machine."
    )


@st.fragment
def _show_choice(session: Session) -> None:
    from explorer.session.files.row_sources import can_be_named

    st.markdown(
        "Everything that is open, in one file: rows, encoders, filters, selection, examples, clusters with "
        "their names, the settings of pages, judgements and the comparison. It opens on the Data page of "
        "any machine, or by `explorer.open_session`."
    )
    space = session.spaces.get(session.encoder)
    if isinstance(session.encoder, OwnVectors):
        space = None  # the rows have them already
    ways = [
        *([_NAMED] if can_be_named(session.corpus) else []),
        _ROWS,
        *([_VECTORS] if space is not None else []),
    ]
    way = st.segmented_control(
        "The file contains",
        ways,
        default=ways[0],
        required=True,
        key=f"session-has-{len(ways)}-{ways[0]}",
        persist_state="session",
    )
    st.caption(_about(session, way))
    _download(session, "data", rows=way != _NAMED, space=space if way == _VECTORS else None)


def _about(session: Session, way: str) -> str:
    if way == _NAMED:
        place = "from the app itself" if session.corpus.sample else "from the Hub, at the same revision"
        return f"The rows are not in the file. They are read {place} when it is opened."
    if way == _ROWS:
        return "The rows are encoded where it is opened, unless they were encoded there before."
    return markdown(
        f"Nothing is encoded again by {encoder_name(session.encoder)}. The rows then have these vectors as "
        "their own, and queries need the same model."
    )


def _download(session: Session, key: str, *, rows: bool = False, space: Space | None = None) -> None:
    from explorer.session.files.contents import ENDING
    from explorer.session.files.visitor import saved_from
    from explorer.session.files.writing import check_session_file, session_bytes, session_size

    try:
        check_session_file(session.corpus, rows=rows, space=space)
    except ExplorerError as error:
        show_error(error)
        return
    st.download_button(
        "Save the session",
        lambda: session_bytes(saved_from(session), rows=rows, space=space),
        f"{_stem(session.corpus.name)}{ENDING}",
        icon=":material/download:",
        on_click="ignore",
        key=f"save-session-{key}",
    )
    size, most = session_size(session.corpus, rows=rows, space=space), settings().max_file_mb
    has_images = size > 0 and session.corpus.images is not None
    if space is not None or has_images:
        larger = "" if size <= most * 1e6 else f" Files up to {most:,} MB are opened here."
        plain = " Images lose their metadata, such as where and when they were taken." if has_images else ""
        st.caption(f"About {readable_size(size)}.{larger}{plain}")


def _stem(name: str) -> str:
    """The name of rows without the ending of their file."""
    return name.rsplit(".", 1)[0] or name
