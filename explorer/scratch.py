"""Writing to a temporary folder first, so that a file appears whole or not at all, and leaves nothing behind.

What ends by itself removes its temporary folder. What is killed cannot, so each such folder is locked for as
long as its process lives: one that is found unlocked was abandoned.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import filelock

_log = logging.getLogger(__name__)
_PREFIX = "new-"
_LOCK = ".lock"


@contextlib.contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """An empty folder to write into, on the same disk as `parent`; it is removed in the end.

    What is complete is moved out of it by `Path.replace` or `Path.rename`, which is atomic.

    Args:
        parent: Where the folder is made; made itself when it is missing. `remove_abandoned(parent)` removes
            what earlier processes left there.

    Yields:
        The folder, below `parent`. Its name satisfies `is_scratch`.

    Raises:
        OSError: The folder cannot be made, or the disk is full.
    """
    parent.mkdir(parents=True, exist_ok=True)
    with _locked(parent):
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
        alive = filelock.FileLock(folder / _LOCK)
        alive.acquire()
    try:
        yield folder
    finally:
        alive.release()  # Windows removes no file that is open
        shutil.rmtree(folder, ignore_errors=True)


def is_scratch(path: Path) -> bool:
    """Whether a path is such a folder and not something complete."""
    return path.name.startswith(_PREFIX)


def remove_abandoned(parent: Path) -> None:
    """Remove the temporary folders of processes that were killed; those of living processes stay.

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
    """Held while folders are made or judged: one that was just made has no lock of its own yet."""
    return filelock.FileLock(parent.with_name(f"{parent.name}.lock"))
