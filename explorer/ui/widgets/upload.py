"""An uploaded file: reading it in a job, and the choice of its text encoding."""

from __future__ import annotations

import dataclasses
import functools
import mmap
from collections.abc import Hashable, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, cast

import streamlit as st

from explorer.data.corpus import Corpus
from explorer.data.formats.decode import ENCODINGS
from explorer.data.formats.kinds import BINARY, KINDS
from explorer.data.images.archives import stored_zip
from explorer.data.images.decoding import is_image_name
from explorer.data.tables.source_table import SourceTable
from explorer.data.tables.values import count
from explorer.data.uploads.bounded import read_bounded
from explorer.errors import ExplorerError
from explorer.jobs.progress import OnProgress
from explorer.jobs.registry import Lane
from explorer.session.files.contents import ENDING, SessionContents
from explorer.session.session import Session
from explorer.settings import settings
from explorer.ui.shell.tab_jobs import answer_or_progress, ask_alone, forget, was_asked
from explorer.ui.shell.text import markdown

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

Read = SourceTable | SessionContents | ExplorerError | None
_IMAGES = frozenset({"zip", "image"})  # kinds of files
_TABLES = "explorer-uploaded-tables"
_CODECS = ["", *ENCODINGS]  # the empty one stands for detection
_ENCODING_HELP = "The character encoding of the file. Choose another one if letters look wrong."


def upload(
    session: Session, label: str, key: str, *, help: str | None = None
) -> SourceTable | ExplorerError | None:
    """Draw a file uploader and return the table read from its file, as `upload_either` for tables alone."""
    read = upload_either(session, label, key, help=help, tables_only=True)
    if isinstance(read, SessionContents):
        raise AssertionError(read)
    return read


def upload_either(
    session: Session,
    label: str,
    key: str,
    *,
    help: str | None = None,
    opened: SourceTable | None = None,
    tables_only: bool = False,
) -> Read:
    """Draw a file uploader and return the table read from its file, or the session that it is.

    Several images, with a table of metadata if there is one, are read together. Of several other files only
    the last one is, as if it had replaced the others.

    Args:
        session: The visitor's session.
        label: The uploader's label.
        key: The uploader's key; the last table read is kept for each key.
        help: The uploader's help text.
        opened: The table of the open file; it is returned if no other file was uploaded here.
        tables_only: Whether neither sessions nor images are taken, and one file at a time.

    Returns:
        The table, or the session; the error, already drawn, if it cannot be read; None without a file, and
        while one is being read; the progress is drawn here.
    """
    files = _files(
        st.file_uploader(
            label,
            type=[kind for kind in sorted(KINDS) if KINDS[kind] not in _IMAGES]
            if tables_only
            else [*sorted(KINDS), ENDING],
            accept_multiple_files=not tables_only,
            max_upload_size=settings().max_file_mb,
            key=key,
            help=help,
            on_change=_forget_removed,
            args=(session, key),
        )
    )
    if not files:
        return _without_widget(session, key, opened)
    options = st.container()
    if len(files) > 1:
        _begin_together(session, key, files)
        read: Read = answer_or_progress(session, key, here=True)
        if isinstance(read, SourceTable):
            _tables()[key] = read
        return read
    (file,) = files
    box = f"{_encoding_key(key)}-{file.file_id}"
    chosen = st.session_state.get(box, "")
    _begin(session, key, (file.file_id, chosen), file.getvalue(), file.name, chosen, sessions=not tables_only)
    read = answer_or_progress(session, key, here=True)
    if isinstance(read, SessionContents):
        return read
    table = read if isinstance(read, SourceTable) else None
    if table is not None:
        _tables()[key] = table
    if KINDS.get(PurePath(file.name).suffix.lower()) not in BINARY:
        doubtful = bool(chosen) or _is_doubtful(table)
        with options.expander("File options", expanded=doubtful):
            st.selectbox("Encoding", _CODECS, format_func=_codec_name, key=box, help=_ENCODING_HELP)
            if table is not None:
                _show_encoding(table)
    return read


def drop_upload(session: Session, key: str) -> None:
    """Drop the table of an uploader and stop reading; the uploader itself is left by changing its key."""
    forget(session, key)
    _tables().pop(key, None)


def drop_tables() -> None:
    """Drop the tables that uploaders of this tab have read."""
    _tables().clear()


def show_source_name(table: SourceTable) -> None:
    """Draw the name of the file that rows were read from, if no widget shows it."""
    st.caption(f"Rows of {markdown(table.name)}")


def _tables() -> dict[str, SourceTable]:
    """The last table read by each uploader of this tab, by its key."""
    return cast("dict[str, SourceTable]", st.session_state.setdefault(_TABLES, {}))


def _without_widget(session: Session, key: str, opened: SourceTable | None) -> Read:
    """What was read before: the uploader loses its file when another page is visited."""
    read: Read = opened
    source = opened
    options = st.container()
    if was_asked(key):
        read = answer_or_progress(session, key, here=True)
        if isinstance(read, SessionContents):
            return read
        if isinstance(read, SourceTable):
            _tables()[key] = read
        source = _tables().get(key, opened)
    if source is None:
        return read
    with options:
        show_source_name(source)
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
                _show_encoding(source)
    return read


def _read_again(session: Session, key: str, table: SourceTable, file: mmap.mmap) -> None:
    """Read the file of a table again, in the chosen encoding."""
    _tables()[key] = table  # if reading fails, the choice of encoding is still shown
    chosen = st.session_state[_encoding_key(key)]
    _begin(session, key, (file, chosen), file, table.name, chosen)


def _files(uploaded: UploadedFile | list[UploadedFile] | None) -> list[UploadedFile]:
    """The files that are read: all, if there are images among them, else the last one."""
    if not isinstance(uploaded, list):
        return [] if uploaded is None else [uploaded]
    if len(uploaded) > 1 and not any(is_image_name(file.name) for file in uploaded):
        st.caption(f"Only {markdown(uploaded[-1].name)} is read: several files are if they are images.")
        return uploaded[-1:]
    return uploaded


def _begin_together(session: Session, key: str, files: Sequence[UploadedFile]) -> None:
    """Start reading image files, unless they are being read already or were the last ones read."""
    images = sum(is_image_name(file.name) for file in files)
    name, parts = count(images, "image"), [(file.name, file.getvalue()) for file in files]
    ask_alone(
        session,
        key,
        tuple(file.file_id for file in files),
        f"Reading {name}",
        functools.partial(_read_together, parts, name),
        lane=Lane.FILES,
    )


def _read_together(parts: Sequence[tuple[str, bytes]], name: str, on_progress: OnProgress) -> SourceTable:
    table = read_bounded(stored_zip(parts), f"{name}.zip", on_progress=on_progress)
    return dataclasses.replace(table, name=name)


def _begin(
    session: Session,
    key: str,
    identity: Hashable,
    data: bytes | mmap.mmap,
    name: str,
    encoding: str,
    *,
    sessions: bool = False,
) -> None:
    """Start reading a file, unless it is being read already or was the last one read."""
    ask_alone(
        session,
        key,
        identity,
        f"Reading {name}",
        functools.partial(_read, data, name, encoding, session.corpus if sessions else None),
        lane=Lane.FILES,
    )


def _read(
    data: bytes | mmap.mmap,
    name: str,
    encoding: str,
    open_rows: Corpus | None,
    on_progress: OnProgress,
) -> SourceTable | SessionContents:
    if open_rows is not None and isinstance(data, bytes):  # a session, if it is one, is read beside them
        from explorer.session.files.opening import is_session, read_session

        if is_session(data, name):
            rows = functools.partial(read_bounded, on_progress=on_progress)
            return read_session(data, name, read_rows=rows, open_rows=open_rows, on_progress=on_progress)
    return read_bounded(data, name, encoding=encoding or None, on_progress=on_progress)


def _is_doubtful(table: SourceTable | None) -> bool:
    """Whether the encoding may be wrong, so that the choice of another one should be visible."""
    return table is not None and table.encoding not in ("", "utf-8", "ascii")


def _show_encoding(table: SourceTable) -> None:
    if table.encoding:
        st.caption(f"Read as {ENCODINGS.get(table.encoding, table.encoding)}.")


def _codec_name(codec: str) -> str:
    return ENCODINGS.get(codec, "Detect")


def _encoding_key(key: str) -> str:
    return f"{key}-encoding"


def _forget_removed(session: Session, key: str) -> None:
    """Stop reading a file that was removed from the uploader, and show it no longer."""
    if not st.session_state[key]:
        forget(session, key)
