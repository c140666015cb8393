"""Writing to a temporary folder first, so that files appear complete or not at all.

A process removes its temporary folders when done. A killed process cannot, so each folder is locked while its
process lives: an unlocked one was abandoned.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import filelock

_log = logging.getLogger(__name__)
_PREFIX = "new-"
_LOCK = ".lock"
_NAME_CHARS = 40  # of a file's name that are kept in that of its unfinished one


@contextlib.contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """An empty folder to write into, on the same disk as `parent`; removed at the end.

    Complete files are moved out of it by `Path.replace` or `Path.rename`, which is atomic.

    Args:
        parent: Where the folder is created; itself created if missing. `remove_abandoned(parent)` removes
            what earlier processes left there.

    Yields:
        The folder, below `parent`. Its name satisfies `is_scratch`.

    Raises:
        OSError: The folder cannot be created, or the disk is full.
    """
    parent.mkdir(parents=True, exist_ok=True)
    with _locked(parent):
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        alive = filelock.FileLock(folder / _LOCK)
        alive.acquire()
    try:
        yield folder
    finally:
        alive.release()  # Windows cannot remove open files
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write that takes its name when it is complete: until then, the name has the previous file.

    Nothing is left of it if writing fails. A killed process leaves it beside `path`, under a name that begins
    with a dot and ends in `.part`.

    Args:
        path: The name; a link is followed.

    Raises:
        OSError: The file cannot be written.
    """
    path = path.expanduser().resolve()
    aside = path.with_name(f".{path.name[:_NAME_CHARS]}-{secrets.token_hex(4)}.part")
    try:
        with aside.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, aside)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def is_scratch(path: Path) -> bool:
    """Whether a path is such a temporary folder."""
    return path.name.startswith(_PREFIX)


def remove_abandoned(parent: Path) -> None:
    """Remove the temporary folders of killed processes; those of running processes stay.

    Args:
        parent: As for `scratch_folder`; it need not exist. A folder that cannot be cleaned is logged.
    """
    try:
        if not any(map(is_scratch, parent.iterdir())):
            return
        with _locked(parent):
            for folder in filter(is_scratch, parent.iterdir()):
                if _is_abandoned(folder):
                    shutil.rmtree(folder, ignore_errors=True)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        _log.warning("%s cannot be cleaned: %s", parent, error)


def _is_abandoned(folder: Path) -> bool:
    try:
        with filelock.FileLock(folder / _LOCK, blocking=False):
            return True
    except filelock.Timeout:
        return False


def _locked(parent: Path) -> filelock.BaseFileLock:
    """The lock held while folders are created or checked: a new folder has no lock of its own yet."""
    return filelock.FileLock(parent.with_name(f"{parent.name}.lock"))
