"""The file of a space that was pushed to the Hub."""

from __future__ import annotations

import dataclasses
import io
from pathlib import PurePosixPath

from explorer.data.hub.row_groups import read_footer
from explorer.data.space_files.facts import KEY, check_rows
from explorer.data.tables.source_table import SourceTable
from explorer.data.uploads.bounded import read_bounded
from explorer.errors import TooLargeError, UnreadableFileError
from explorer.hub.pushed_repo import DATASET, pushed_repo
from explorer.hub.ranges import HubFile, Meter, RangeReader
from explorer.jobs.progress import BYTES, OnProgress, counting
from explorer.settings import settings

_PIECE_BYTES = 4_000_000


def read_pushed(
    name: str,
    revision: str | None = None,
    *,
    token: str | None = None,
    on_progress: OnProgress | None = None,
) -> SourceTable:
    """The table of a space that was pushed to the Hub; see `read_saved_file`.

    Args:
        name: The dataset, `owner/name`.
        revision: Branch, tag or commit; None for the newest.
        token: The token that reads it; None for HF_TOKEN or the stored login.
        on_progress: As for `read_saved_file`.

    Raises:
        UnreadableFileError: It is a dataset of another kind; or as for `read_saved_file`.
    """
    file = pushed_repo(DATASET, name, revision, token).file
    if file is None or not is_saved_space(file):
        raise UnreadableFileError(
            "The dataset is not a space that was pushed from Explorer.",
            where=name,
            fix="Open its rows with open_corpus, and embed them.",
        )
    return read_saved_file(file, on_progress)


def is_saved_space(file: HubFile) -> bool:
    """Whether a Parquet file on the Hub is a saved space, by its footer.

    Raises:
        HubError: The Hub does not respond, or denies access.
        UnreadableFileError: The file is damaged, or the space is from a newer Explorer.
        TooLargeError: It is one, and cannot be opened whole within the host's limits.
    """
    footer = read_footer(file, Meter(settings().max_file_mb * 1_000_000)).footer
    facts = (footer.metadata or {}).get(KEY.encode(), b"")
    if facts:
        check_rows(facts, file.repo)
        _check_size(file)
    return bool(facts)


def read_saved_file(file: HubFile, on_progress: OnProgress | None = None) -> SourceTable:
    """The table of a saved space on the Hub, read like an uploaded file, within the host's limits.

    Args:
        file: The file; its size is known.
        on_progress: Called with the bytes that have arrived; an exception it raises stops the work.

    Raises:
        HubError: The Hub does not respond, or denies access.
        TooLargeError: The file or its rows are more than the host allows.
        UnreadableFileError: The file is damaged, or from a newer Explorer.
    """
    _check_size(file)
    size = file.size or 0
    report = counting(on_progress, "Downloading", BYTES)
    reader = RangeReader(file, Meter(size))
    content = io.BytesIO()
    report(0, size)
    while piece := reader.read(_PIECE_BYTES):
        content.write(piece)
        report(content.tell(), size)
    read = read_bounded(content.getvalue(), PurePosixPath(file.path).name, on_progress=on_progress)
    return dataclasses.replace(read, name=file.repo)


def _check_size(file: HubFile) -> None:
    size, most = file.size or 0, settings().max_file_mb
    if size > most * 1_000_000:
        raise TooLargeError(
            f"The file of the space has {size / 1e6:,.0f} MB; up to {most:,} MB are downloaded.",
            where=file.repo,
            fix="Push fewer of its rows, or ask the host to raise EXPLORER_MAX_FILE_MB.",
        )
