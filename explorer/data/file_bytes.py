"""The bytes of a file on this machine, as far as a file may be opened."""

from __future__ import annotations

from pathlib import Path

from explorer.errors import UnreadableFileError
from explorer.settings import settings


def file_bytes(path: Path) -> bytes:
    """The bytes of a file; of one over the limit on files, one byte more than may be opened.

    Args:
        path: The file; `~` is the home folder.

    Raises:
        UnreadableFileError: The system cannot read it.
    """
    try:
        with path.expanduser().open("rb") as file:
            return file.read(settings().max_file_mb * 1_000_000 + 1)
    except OSError as error:
        raise UnreadableFileError(f"The file cannot be read: {error.strerror}.", where=path.name) from error
