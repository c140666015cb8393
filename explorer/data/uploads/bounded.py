"""Reading an uploaded file within limits on memory and time, in a separate process.

`docs/decisions/0012-uploads.md` explains why. A file that exhausts memory or crashes a library ends only that
process; meanwhile the server's own memory and interpreter are free for others.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import mmap
import os
import selectors
import signal
import subprocess
import tempfile
import time
from typing import Any, BinaryIO, cast

from explorer.data.tables.source_table import SourceTable
from explorer.data.tables.values import count
from explorer.data.uploads.handover import error_from_json, out_of_memory, take_over, too_slow
from explorer.data.uploads.time_limit import TimeLimit
from explorer.errors import DataError, TooLargeError, UnreadableFileError
from explorer.jobs.process import python_module, python_path
from explorer.jobs.progress import BYTES, READING, OnProgress, Progress, ignore_progress
from explorer.settings import PROFILE, Settings, settings

_log = logging.getLogger(__name__)
_FEWER = "Keep fewer rows or columns"
_POLL_SECONDS = 0.1  # how soon a stop is noticed
_BLOCK = 1 << 16
_MAX_LINE = 8_000_000  # more than the description of a table with the most columns and notes
INTERRUPTED = "Reading it was interrupted"  # what is said of a reader that crashed
_OUTPUT_CHARS = 4_000  # characters kept of a library's output before it crashed
# Python and the system's libraries are found by these.
_NEEDED = frozenset({"PATH", "LANG", "TZ", "TZDIR", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SYSTEMROOT"})
# Threads and arenas that libraries reserve for each core would count as used memory.
_LEAN = {
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    "ARROW_IO_THREADS": "2",
    "OMP_NUM_THREADS": "2",
    "OPENBLAS_NUM_THREADS": "1",
}


def read_bounded(
    data: bytes | mmap.mmap,
    name: str,
    *,
    encoding: str | None = None,
    on_progress: OnProgress | None = None,
) -> SourceTable:
    """Read a file as `read_file` does, in another process, within the host's limits on memory and time.

    Args:
        data: Its bytes.
        name: Its name.
        encoding: As in `read_file`.
        on_progress: Called with the number of bytes or images read, at once and then several times a second.
            An exception it raises ends the process.

    Returns:
        The table. It and the text file it came from are in unnamed files, which are freed with it.

    Raises:
        TooLargeError: It takes too much memory or time, or exceeds another limit.
        UnreadableFileError: It crashed the reader, or as for `read_file`.
        DataError: As for `read_file`; or the disk is full.
    """
    folder = settings().cache_folder
    report = on_progress or ignore_progress
    report(Progress(READING, total=len(data), unit=BYTES))
    try:
        # Neither file ever has a name that a killed server could leave behind.
        with tempfile.TemporaryFile(dir=folder) as file, tempfile.TemporaryFile(dir=folder) as columns:
            file.write(data)
            file.seek(0)
            description = _run(file, columns, name, encoding or "", len(data), report)
            table = take_over(description, columns)
            if not table.encoding:
                return table
            return dataclasses.replace(table, file=mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError as error:
        raise DataError(
            f"The file cannot be read on this server: {error.strerror}.",
            where=name,
            fix="The host should check the disk of the cache folder.",
        ) from error


def _run(
    file: BinaryIO, columns: BinaryIO, name: str, encoding: str, size: int, report: OnProgress
) -> dict[str, Any]:
    """Run `explorer.data.uploads.reader`; return its description of the table."""
    process = subprocess.Popen(  # noqa: S603 - our own module
        python_module("explorer.data.uploads.reader", _argument(name), encoding),
        env=bare_environment(),
        stdin=file,
        stdout=columns,
        stderr=subprocess.PIPE,
    )
    try:
        return _follow(process, name, size, report)
    finally:
        process.kill()  # even when it has answered: unloading its libraries takes longer than a small file
        process.wait()


def bare_environment() -> dict[str, str]:
    """The environment of a process that reads strangers' files, without secrets."""
    bounds = {
        PROFILE,
        *(entry.metadata["env"] for entry in dataclasses.fields(Settings) if isinstance(entry.default, int)),
    }
    kept = {
        key: value
        for key, value in os.environ.items()
        if key in bounds or key in _NEEDED or key.startswith(("LC_", "PYTHON"))
    }
    return {**kept, **_LEAN, "PYTHONPATH": python_path()}


def _follow(process: subprocess.Popen[bytes], name: str, size: int, report: OnProgress) -> dict[str, Any]:
    """Read the process's messages until it ends or its time is up."""
    limit, progress = TimeLimit(), Progress(READING, total=size, unit=BYTES)
    rest, output = bytearray(), ""
    with cast("BinaryIO", process.stderr) as stderr, selectors.DefaultSelector() as selector:
        selector.register(stderr, selectors.EVENT_READ)
        while True:
            report(progress)
            limit.note(progress)
            if time.monotonic() > limit.end:
                raise _too_slow(limit, name)
            if selector.select(_POLL_SECONDS):
                block = os.read(stderr.fileno(), _BLOCK)
                if not block:
                    break
                first, *others = block.split(b"\n")
                rest += first
                if len(rest) > _MAX_LINE:
                    raise _description_too_long(name)
                for following in others:
                    line, rest = bytes(rest), bytearray(following)
                    message = _message(line)
                    if "table" in message:
                        table: dict[str, Any] = message["table"]
                        return table
                    if "failed" in message:
                        raise error_from_json(message["failed"])
                    if "read" in message:
                        progress = Progress.count(*message["read"])
                    if not message:
                        output = f"{output}{line.decode(errors='replace')}\n"[-_OUTPUT_CHARS:]
    status = process.wait()
    raise _too_slow(limit, name) if status == -signal.SIGALRM else _crash(status, output, name)


def _message(line: bytes) -> dict[str, Any]:
    """Parse a message of the reader; empty for a line written by a library."""
    if not line.startswith(b"{"):
        return {}
    try:
        message: dict[str, Any] = json.loads(line)
    except ValueError:
        return {}
    return message


def _too_slow(limit: TimeLimit, name: str) -> TooLargeError:
    """The error for reading that takes more time than the host allows."""
    if not limit.total_seconds:
        return too_slow(name, _FEWER)
    each, together = limit.seconds, limit.total_seconds
    return TooLargeError(
        f"Reading the images takes longer than the {count(each, 'second')} allowed for one "
        f"or the {together:,} for all.",
        where=name,
        fix="Upload fewer or smaller images, or ask the host to raise EXPLORER_READ_SECONDS.",
    )


def _crash(status: int, output: str, name: str) -> TooLargeError | UnreadableFileError:
    """The error for a process that ended without a message."""
    if "bad_alloc" in output or "MemoryError" in output:
        return out_of_memory(name)
    how = (
        signal.strsignal(-status) if status < 0 else (output.strip().splitlines() or [f"status {status}"])[-1]
    )
    _log.error("reading an upload ended with status %d: %s", status, output)
    return UnreadableFileError(
        f"{INTERRUPTED} ({how}).",
        where=name,
        # Libraries that run out of memory may crash instead of raising, and a crash gives no reason.
        fix="It may be damaged: if another program can open it, save it again from there. Or the limit of "
        f"{settings().read_mb:,} MB of memory is too low: ask the host to raise EXPLORER_READ_MB.",
    )


def _description_too_long(name: str) -> TooLargeError:
    return TooLargeError(
        "The description of its columns is too long.",
        where=name,
        fix="Keep fewer columns, and give them short names.",
    )


def _argument(name: str) -> str:
    """A file name that can be passed as a process argument: no NUL, and no lone surrogates."""
    return name.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
