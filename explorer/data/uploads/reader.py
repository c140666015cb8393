"""Reading an uploaded file in a separate process, which `bounded` starts.

Usage: `python -m explorer.data.uploads.reader NAME ENCODING < FILE > COLUMNS`, with an empty ENCODING to
detect it. Messages go to standard error as lines of JSON: progress, and finally the description of the table
without its columns, or the error. Any other line was written by a library that failed.
"""

from __future__ import annotations

import importlib.abc
import json
import math
import signal
import sys
import time
from pathlib import Path

from explorer.data.formats.files import read_file
from explorer.data.uploads.handover import error_as_json, hand_over, readable
from explorer.data.uploads.process_limits import bound_memory
from explorer.data.uploads.time_limit import TimeLimit
from explorer.errors import ExplorerError
from explorer.jobs.progress import Progress

_SAY_SECONDS = 0.1
_GRACE_SECONDS = 2  # the parent ends this process first, and can give the reason


def main(name: str, encoding: str) -> None:
    """Read the file on standard input, write its columns to standard output, and send the rest."""
    sys.meta_path.insert(0, _NoPandas())
    bound_memory()
    try:
        source = read_file(_file(), name, encoding=encoding or None, on_progress=_Reporter())
        with open(1, "wb", closefd=False) as sink:
            description = hand_over(source, sink)
    except (ExplorerError, MemoryError, OSError) as error:
        _send(failed=error_as_json(readable(error, name)))
    else:
        _send(table=description)


class _NoPandas(importlib.abc.MetaPathFinder):
    """Blocks the import of pandas, which pyarrow imports to recognise pandas objects.

    No reader passes it any, and the import takes half a second and 60 MB of the file's memory limit.
    """

    def find_spec(self, name: str, _path: object = None, _target: object = None) -> None:
        """Find nothing, and raise ModuleNotFoundError for pandas."""
        if name == "pandas":
            raise ModuleNotFoundError(name)


def _file() -> bytes | Path:
    """Standard input as a path that opens at its beginning, so that the file is not held in memory."""
    return Path("/dev/stdin") if sys.platform == "linux" else sys.stdin.buffer.read()


class _Reporter:
    """Sends the progress from time to time; an alarm ends this process if its parent was killed."""

    def __init__(self) -> None:
        self._said = 0.0
        self._limit = TimeLimit()
        self._set_alarm()

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._said >= _SAY_SECONDS:
            self._said = now
            _send(read=[progress.phase, progress.done, progress.total, progress.unit])
            self._limit.note(progress)
            self._set_alarm()

    def _set_alarm(self) -> None:
        left = max(0, math.ceil(self._limit.end - time.monotonic()))
        signal.alarm(left + _GRACE_SECONDS)


def _send(**message: object) -> None:
    sys.stderr.write(json.dumps(message) + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
