"""The parent's side of the process in which the library `datasets` reads; the other is `stream_reader`."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import selectors
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, cast

from explorer.data.uploads.bounded import bare_environment
from explorer.data.uploads.handover import out_of_memory, too_slow
from explorer.errors import ExplorerError, TooLargeError, UnreadableFileError
from explorer.jobs.process import python_module

_log = logging.getLogger(__name__)
_POLL_SECONDS = 0.1  # how often cancellation is checked
_BLOCK = 1 << 16
_MAX_LINE = 1_000_000
_HEADER = 8  # bytes before each part, as `stream_reader` reads them
_NO_MORE = (-1).to_bytes(_HEADER, "big", signed=True)
_LOG_BYTES = 4_000  # from the end of standard error, logged after a crash
_ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "USE_TORCH": "0", "USE_TF": "0", "USE_JAX": "0"}


class StreamProcess:
    """The process that reads; it is killed when its `with` block ends.

    Args:
        columns: The file it writes Arrow streams to.
        log: The file for its standard error.
        home: The folder for files that libraries write.
        where: The split, for error messages.
    """

    def __init__(self, columns: BinaryIO, log: BinaryIO, home: str, where: str) -> None:
        self._where = where
        self._stderr = log
        self._done = 0
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            python_module("explorer.data.hub.stream_reader", str(columns.fileno())),
            env={**bare_environment(), **_ENVIRONMENT, "HF_HOME": home},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            pass_fds=(columns.fileno(),),
        )

    def __enter__(self) -> StreamProcess:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(BrokenPipeError):  # it ended before it read all of its input
                cast("BinaryIO", pipe).close()

    def follow(
        self,
        request: Mapping[str, Any],
        read_part: Callable[[str, int, int], bytes],
        report: Callable[[int], None],
    ) -> TooLargeError | None:
        """Serve the requests of the process until it has read all rows.

        Args:
            request: What to read; see `stream_reader.main`.
            read_part: Takes path, start and end (exclusive), and returns these bytes of a file. Once it
                raises TooLargeError, the process ends with the rows it has.
            report: Called several times a second with the number of rows read.

        Returns:
            The error that ended reading early; None if there was none.

        Raises:
            TooLargeError: The process needs too much memory or time.
            UnreadableFileError: The library cannot read the files, or it crashed.
        """
        cut = None
        with contextlib.suppress(BrokenPipeError):  # it ended before it read the response
            self._send(json.dumps(request).encode() + b"\n")
            for message in self._messages(report):
                if "part" in message:
                    try:
                        part = read_part(*message["part"])
                        self._send(len(part).to_bytes(_HEADER, "big", signed=True) + part)
                    except TooLargeError as error:
                        cut = error
                        self._send(_NO_MORE)
                elif "failed" in message:
                    raise self._failure(message)
                elif "end" in message:
                    return cut
                self._done = message.get("rows", self._done)
        raise self._crash()

    def _send(self, content: bytes) -> None:
        stdin = cast("BinaryIO", self._process.stdin)
        stdin.write(content)
        stdin.flush()

    def _messages(self, report: Callable[[int], None]) -> Iterator[dict[str, Any]]:
        """The messages of the process, one JSON object per line."""
        rest = bytearray()
        stdout = cast("BinaryIO", self._process.stdout)
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            while True:
                report(self._done)
                if not selector.select(_POLL_SECONDS):
                    continue
                block = os.read(stdout.fileno(), _BLOCK)
                if not block:
                    return
                rest += block
                *lines, tail = rest.split(b"\n")
                rest = bytearray(tail)
                if len(rest) > _MAX_LINE:
                    return
                for line in lines:
                    yield json.loads(line)

    def _failure(self, message: Mapping[str, Any]) -> ExplorerError:
        if message["memory"]:
            return out_of_memory(self._where)
        return UnreadableFileError(
            f"The library datasets cannot read it: {message['failed'].rstrip('.')}.",
            where=self._where,
            fix="Open another split or dataset.",
        )

    def _crash(self) -> ExplorerError:
        """The error for a process that ended without reporting one."""
        status = self._process.wait()
        self._stderr.seek(0)
        tail = self._stderr.read()[-_LOG_BYTES:].decode(errors="replace")
        if status == -signal.SIGXCPU:
            return too_slow(self._where, "Ask for fewer rows")
        if "bad_alloc" in tail or "MemoryError" in tail:
            return out_of_memory(self._where)
        _log.error("streaming a dataset ended with status %d: %s", status, tail)
        how = signal.strsignal(-status) if status < 0 else f"status {status}"
        return UnreadableFileError(
            f"Reading it was interrupted ({how}).", where=self._where, fix="Open another split or dataset."
        )
