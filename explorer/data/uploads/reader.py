"""Reading a stranger's file in a process of its own; `bounded` starts it.

Usage: `python -m explorer.data.uploads.reader NAME ENCODING < FILE > COLUMNS`, with an empty ENCODING to
detect it. What it has to say goes to standard error as lines of JSON: how far it is, and in the end the table
without its columns, or the error. Any other line was written by a library that failed.
"""

from __future__ import annotations

import importlib.abc
import json
import signal
import sys
import time
from pathlib import Path

from explorer.data.formats.files import read_file
from explorer.data.uploads.handover import error_as_json, hand_over, readable
from explorer.data.uploads.process_limits import bound_memory
from explorer.errors import ExplorerError
from explorer.jobs.progress import Progress
from explorer.settings import settings

_SAY_SECONDS = 0.1
_GRACE_SECONDS = 2  # whoever started this process ends it first, and can say why


def main(name: str, encoding: str) -> None:
    """Read the file on standard input, write its columns to standard output, and say the rest."""
    sys.meta_path.insert(0, _NoPandas())
    _limit()
    try:
        source = read_file(_file(), name, encoding=encoding or None, on_progress=_Reporter())
        with open(1, "wb", closefd=False) as sink:
            description = hand_over(source, sink)
    except (ExplorerError, MemoryError, OSError) as error:
        _send(failed=error_as_json(readable(error, name)))
    else:
        _send(table=description)


class _NoPandas(importlib.abc.MetaPathFinder):
    """Keeps pandas out, which pyarrow imports to see whether it was given something of it.

    No reader gives it any, and the import takes half a second and 60 MB of what a file may take.
    """

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> None:
        """Find nothing, and for pandas say that there is none."""
        if name == "pandas":
            raise ModuleNotFoundError(name)


def _limit() -> None:
    """Bound what a file can make this process take; the alarm is for one whose parent was killed."""
    bound_memory()
    signal.alarm(settings().read_seconds + _GRACE_SECONDS)


def _file() -> bytes | Path:
    """Standard input: by a path that opens at its beginning, so that the file is not held in memory."""
    return Path("/dev/stdin") if sys.platform == "linux" else sys.stdin.buffer.read()


class _Reporter:
    """Says how many bytes are read, now and then."""

    def __init__(self) -> None:
        self._said = 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._said >= _SAY_SECONDS:
            self._said = now
            _send(read=progress.done)


def _send(**message: object) -> None:
    sys.stderr.write(json.dumps(message) + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
