"""The process in which the library `datasets` reads, seen from the server; `stream_reader` is its side."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO, cast

from explorer.data.uploads.bounded import bare_environment
from explorer.data.uploads.handover import out_of_memory, too_slow
from explorer.errors import ExplorerError, TooLargeError, UnreadableFileError

_log = logging.getLogger(__name__)
_POLL_SECONDS = 0.1  # how soon a stop is noticed
_BLOCK = 1 << 16
_MAX_LINE = 1_000_000
_HEADER = 8  # bytes before each part, as `stream_reader` reads them
_NO_MORE = (-1).to_bytes(_HEADER, "big", signed=True)
_WORDS = 4_000  # bytes kept of what libraries said before a crash
_ALONE = {"HF_HUB_OFFLINE": "1", "USE_TORCH": "0", "USE_TF": "0", "USE_JAX": "0"}


class StreamProcess:
    """The process that reads; it ends with the block that it is used in.

    Args:
        columns: The file it writes Arrow streams into.
        words: A file for what libraries say.
        home: A folder for what they write.
        where: What is read, for messages.
    """

    def __init__(self, columns: BinaryIO, words: BinaryIO, home: str, where: str) -> None:
        self._where = where
        self._words = words
        self._done = 0
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "explorer.data.hub.stream_reader", str(columns.fileno())],
            env={**bare_environment(), **_ALONE, "HF_HOME": home},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=words,
            pass_fds=(columns.fileno(),),
        )

    def __enter__(self) -> StreamProcess:
        return self

    def __exit__(self, *_error: object) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(BrokenPipeError):  # what it did not take any more
                cast("BinaryIO", pipe).close()

    def follow(
        self,
        order: Mapping[str, Any],
        read_part: Callable[[str, int, int], bytes],
        report: Callable[[int], None],
    ) -> TooLargeError | None:
        """Give the process what it asks for until it has read all rows.

        Args:
            order: What to read; see `stream_reader.main`.
            read_part: Gives bytes of a file, by path, start and end. Once it raises TooLargeError, the
                process ends with the rows it has.
            report: Called several times a second with the rows read.

        Returns:
            Why it was given no more, if it was not.

        Raises:
            TooLargeError: It takes too much memory or time.
            UnreadableFileError: The library cannot read the files, or crashed.
        """
        cut = None
        with contextlib.suppress(BrokenPipeError):  # it ended before it took an answer
            self._answer(json.dumps(order).encode() + b"\n")
            for told in self._lines(report):
                if "part" in told:
                    try:
                        part = read_part(*told["part"])
                        self._answer(len(part).to_bytes(_HEADER, "big", signed=True) + part)
                    except TooLargeError as error:
                        cut = error
                        self._answer(_NO_MORE)
                elif "failed" in told:
                    raise self._failure(told)
                elif "end" in told:
                    return cut
                self._done = told.get("rows", self._done)
        raise self._crash()

    def _answer(self, content: bytes) -> None:
        answers = cast("BinaryIO", self._process.stdin)
        answers.write(content)
        answers.flush()

    def _lines(self, report: Callable[[int], None]) -> Iterator[dict[str, Any]]:
        """What the process says."""
        rest = bytearray()
        voice = cast("BinaryIO", self._process.stdout)
        with selectors.DefaultSelector() as selector:
            selector.register(voice, selectors.EVENT_READ)
            while True:
                report(self._done)
                if not selector.select(_POLL_SECONDS):
                    continue
                block = os.read(voice.fileno(), _BLOCK)
                if not block:
                    return
                rest += block
                *lines, tail = rest.split(b"\n")
                rest = bytearray(tail)
                if len(rest) > _MAX_LINE:
                    return
                for line in lines:
                    yield json.loads(line)

    def _failure(self, told: Mapping[str, Any]) -> ExplorerError:
        if told["memory"]:
            return out_of_memory(self._where)
        return UnreadableFileError(
            f"The library datasets cannot read it: {told['failed'].rstrip('.')}.",
            where=self._where,
            fix="Open another split or dataset.",
        )

    def _crash(self) -> ExplorerError:
        """What to say of a process that ended without a word of its own."""
        status = self._process.wait()
        self._words.seek(0)
        words = self._words.read()[-_WORDS:].decode(errors="replace")
        if status == -signal.SIGXCPU:
            return too_slow(self._where, "Ask for fewer rows")
        if "bad_alloc" in words or "MemoryError" in words:
            return out_of_memory(self._where)
        _log.error("streaming a dataset ended with status %d: %s", status, words)
        how = signal.strsignal(-status) if status < 0 else f"status {status}"
        return UnreadableFileError(
            f"Reading it was interrupted ({how}).", where=self._where, fix="Open another split or dataset."
        )
