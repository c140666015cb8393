"""A file that a person uploads: reading it as a job, and the encoding of its text."""

from __future__ import annotations

import functools
import mmap
from collections.abc import Hashable
from pathlib import PurePath

import streamlit as st

from explorer.data.formats.decode import ENCODINGS
from explorer.data.formats.kinds import KINDS
from explorer.data.tables.source_table import SourceTable
from explorer.data.uploads.bounded import read_bounded
from explorer.errors import ExplorerError
from explorer.jobs.progress import OnProgress
from explorer.jobs.registry import Lane
from explorer.session.session import Session
from explorer.settings import settings
from explorer.ui.data.draft import draft
from explorer.ui.shell.tab_jobs import answer, ask_alone, forget, was_asked
from explorer.ui.shell.text import markdown

_CODECS = ["", *ENCODINGS]  # the first one lets it be detected
_ENCODING_HELP = "Which characters the bytes of the file stand for. Choose another where letters look wrong."


def upload(
    session: Session, label: str, key: str, *, help: str | None = None, opened: SourceTable | None = None
) -> SourceTable | ExplorerError | None:
    """Draw a place for a file, and give what is in it.

    Args:
        session: Whose file.
        label: What it is.
        key: Key of the widget; the last file read through each key is kept.
        help: What may be uploaded.
        opened: What was read from the file that is open; it is given where nothing else was put here.

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
    if file is None:
        return _without_widget(session, key, opened)
    options = st.container()
    box = f"{_encoding_key(key)}-{file.file_id}"
    chosen = st.session_state.get(box, "")
    _begin(session, key, (file.file_id, chosen), file.getvalue(), file.name, chosen)
    read: SourceTable | ExplorerError | None = answer(session, key, here=True)
    table = read if isinstance(read, SourceTable) else None
    if table is not None:
        draft().files[key] = table
    if KINDS.get(PurePath(file.name).suffix.lower()) != "parquet":
        doubtful = bool(chosen) or _is_doubtful(table)
        with options.expander("File options", expanded=doubtful):
            st.selectbox("Encoding", _CODECS, format_func=_codec_name, key=box, help=_ENCODING_HELP)
            if table is not None:
                _say_encoding(table)
    return read


def forget_unheld(session: Session, key: str) -> None:
    """Forget what was read from a file that no widget of the page holds, as after a visit to another page."""
    if st.session_state.get(key) is None and _encoding_key(key) not in st.session_state:
        forget(session, key)


def say_source(table: SourceTable) -> None:
    """Say whose rows these are, where no widget holds what they were read from."""
    st.caption(f"Rows of {markdown(table.name)}")


def _without_widget(
    session: Session, key: str, opened: SourceTable | None
) -> SourceTable | ExplorerError | None:
    """What was read before: the widget forgets its file when another page is visited."""
    read: SourceTable | ExplorerError | None = opened
    source = opened
    options = st.container()
    if was_asked(key):
        read = answer(session, key, here=True)
        if isinstance(read, SourceTable):
            draft().files[key] = read
        source = draft().files.get(key, opened)
    if source is None:
        return read
    with options:
        say_source(source)
        if source.file is not None:
            with st.expander("File options", expanded=_is_doubtful(source)):
                st.selectbox(
                    "Encoding",
                    _CODECS,
                    index=_CODECS.index(source.encoding) if source.encoding in _CODECS else 0,
                    format_func=_codec_name,
                    key=_encoding_key(key),
                    help=_ENCODING_HELP,
                    on_change=_read_again,
                    args=(session, key, source, source.file),
                )
                _say_encoding(source)
    return read


def _read_again(session: Session, key: str, table: SourceTable, file: mmap.mmap) -> None:
    """Read the file of a table once more, in the encoding that was chosen."""
    draft().files[key] = table  # should that fail, the choice is still there
    chosen = st.session_state[_encoding_key(key)]
    _begin(session, key, (file, chosen), file, table.name, chosen)


def _begin(
    session: Session, key: str, what: Hashable, data: bytes | mmap.mmap, name: str, encoding: str
) -> None:
    """Read a file, unless it is what is being read, or was read last."""
    ask_alone(
        session,
        key,
        what,
        f"Reading {name}",
        functools.partial(_read, data, name, encoding),
        lane=Lane.FILES,
    )


def _read(data: bytes | mmap.mmap, name: str, encoding: str, say: OnProgress) -> SourceTable:
    return read_bounded(data, name, encoding=encoding or None, on_progress=say)


def _is_doubtful(table: SourceTable | None) -> bool:
    """Whether the encoding may be wrong, so that the choice of another should be in view."""
    return table is not None and table.encoding not in ("", "utf-8", "ascii")


def _say_encoding(table: SourceTable) -> None:
    if table.encoding:
        st.caption(f"Read as {ENCODINGS.get(table.encoding, table.encoding)}.")


def _codec_name(codec: str) -> str:
    return ENCODINGS.get(codec, "Detect")


def _encoding_key(key: str) -> str:
    return f"{key}-encoding"


def _forget_removed(session: Session, key: str) -> None:
    """A file that was taken out of its place is not to be read on, nor shown."""
    if st.session_state[key] is None:
        forget(session, key)
