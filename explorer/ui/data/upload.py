"""A file that a person uploads: reading it as a job, and the encoding of its text."""

from __future__ import annotations

import functools
from pathlib import PurePath

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from explorer.data.bounded import read_bounded
from explorer.data.decode import ENCODINGS
from explorer.data.kinds import KINDS
from explorer.data.table import SourceTable
from explorer.errors import ExplorerError
from explorer.jobs.progress import OnProgress
from explorer.jobs.registry import Lane
from explorer.session.session import Session
from explorer.settings import settings
from explorer.ui.shell.tab_jobs import answer, ask_alone, forget, was_asked
from explorer.ui.shell.text import markdown


def upload(
    session: Session, label: str, key: str, *, help: str | None = None
) -> SourceTable | ExplorerError | None:
    """Draw a place for a file, and give what is in it.

    Args:
        session: Whose file.
        label: What it is.
        key: Key of the widget; the last file read through each key is kept.
        help: What may be uploaded.

    Returns:
        The table; the error, already drawn, when there is none; None while there is no file, or it is being
        read, which the page shows here.
    """
    file = st.file_uploader(
        label,
        type=sorted(KINDS),
        max_upload_size=settings().max_file_mb,
        key=key,
        help=help,
        on_change=_forget_removed,
        args=(session, key),
    )
    options = st.container()
    chosen = ""
    if file is not None:
        chosen = st.session_state.get(_encoding_key(key, file.file_id), "")
        ask_alone(
            session,
            key,
            (file.file_id, chosen),
            f"Reading {file.name}",
            functools.partial(_read, file.getvalue(), file.name, chosen),
            lane=Lane.FILES,
        )
    elif not was_asked(key):
        return None
    # The widget forgets its file when another page is visited; what was read from it is still here.
    read: SourceTable | ExplorerError | None = answer(session, key, here=True)
    table = read if isinstance(read, SourceTable) else None
    if file is None and table is not None:
        say_source(table)
    if file is not None and KINDS.get(PurePath(file.name).suffix.lower()) != "parquet":
        _choose_encoding(options, _encoding_key(key, file.file_id), chosen, table)
    return read


def say_source(table: SourceTable) -> None:
    """Say which file rows are from, where the widget holds it no more, and how its text was decoded."""
    st.caption(f"Rows of {markdown(table.name)}")
    if table.encoding:
        st.caption(
            f"Read as {ENCODINGS.get(table.encoding, table.encoding)}. "
            "Upload it again to choose another encoding."
        )


def _read(data: bytes, name: str, encoding: str, say: OnProgress) -> SourceTable:
    return read_bounded(data, name, encoding=encoding or None, on_progress=say)


def _choose_encoding(place: DeltaGenerator, key: str, chosen: str, table: SourceTable | None) -> None:
    """Say which encoding was taken, and let another be chosen; in view where it may be wrong."""
    doubtful = bool(chosen) or (table is not None and table.encoding not in ("", "utf-8", "ascii"))
    with place.expander("File options", expanded=doubtful):
        st.selectbox(
            "Encoding",
            ["", *ENCODINGS],
            format_func=lambda codec: ENCODINGS.get(codec, "Detect"),
            key=key,
            help="Which characters the bytes of the file stand for. Choose another where letters look wrong.",
        )
        if table is not None and table.encoding:
            st.caption(f"Read as {ENCODINGS.get(table.encoding, table.encoding)}.")


def _encoding_key(key: str, file: str) -> str:
    return f"{key}-encoding-{file}"


def _forget_removed(session: Session, key: str) -> None:
    """A file that was taken out of its place is not to be read on, nor shown."""
    if st.session_state[key] is None:
        forget(session, key)
