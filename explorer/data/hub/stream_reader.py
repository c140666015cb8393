"""A separate process in which the library `datasets` reads files; `stream_process` starts it.

Usage: `python -m explorer.data.hub.stream_reader COLUMNS`; COLUMNS is a file descriptor for Arrow streams.

It needs no network and no secrets: it requests each part of a file on standard output and receives it on
standard input. Only builders of the library are used; no code from the dataset's repository runs.
"""

from __future__ import annotations

import functools
import json
import math
import os
import resource
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO, ClassVar

import datasets
import fsspec
import pyarrow as pa
from datasets.data_files import DataFilesList
from fsspec.spec import AbstractBufferedFile, AbstractFileSystem

from explorer.data.tables.arrow_columns import left_out
from explorer.data.uploads.process_limits import bound_memory
from explorer.settings import settings

_PROTOCOL = "explorer"
_ROWS = 1_000  # read at a time
_HEADER = 8  # bytes before each part: its length, -1 for no more parts
_CACHED_BLOCKS = 4
_LINE = 1 << 14  # bytes read at a time to find the end of a line


class NoMoreError(OSError):
    """The parent process sends no more parts of files."""


class Parent:
    """The connection to the parent process, which downloads the files.

    Args:
        messages: Stream for messages to the parent, one JSON object per line.
        responses: Stream of responses, which are parts of files.
        sizes: File sizes in bytes, by path.
    """

    def __init__(self, messages: BinaryIO, responses: BinaryIO, sizes: Mapping[str, int]) -> None:
        self._messages = messages
        self._responses = responses
        self._lock = threading.Lock()  # the library may read in threads
        self.sizes = sizes
        self.refused = False

    def send(self, **message: object) -> None:
        """Send a message."""
        self._messages.write(json.dumps(message).encode() + b"\n")
        self._messages.flush()

    def part(self, path: str, start: int, end: int) -> bytes:
        """Request the bytes of a file from `start` to `end`, exclusive.

        Raises:
            NoMoreError: The parent sends no more parts.
        """
        with self._lock:
            if not self.refused:
                self.send(part=[path, start, min(end, self.sizes[path])])
                length = int.from_bytes(self._responses.read(_HEADER), "big", signed=True)
                self.refused = length < 0
            if self.refused:
                raise NoMoreError
            return self._responses.read(length)


class _Blocks:
    """Files in blocks of one size, with a small cache: the library reads the beginning of a file twice.

    Args:
        parent: The connection to the parent process.
        size: Block size in bytes.
    """

    def __init__(self, parent: Parent, size: int) -> None:
        self.sizes = parent.sizes
        self._part = functools.lru_cache(_CACHED_BLOCKS)(
            lambda path, index: parent.part(path, index * size, (index + 1) * size)
        )
        self._size = size

    def read(self, path: str, start: int, end: int) -> bytes:
        """All bytes from `start` to `end`: the library takes a short read for the end of the file.

        Raises:
            NoMoreError: The parent sends no more parts.
        """
        end = min(end, self.sizes[path])
        first, last = start // self._size, -(-end // self._size)
        content = b"".join(self._part(path, index) for index in range(first, last))
        return content[start - first * self._size : end - first * self._size]


class _RemoteFile(AbstractBufferedFile):  # type: ignore[misc]  # fsspec has no types
    def _fetch_range(self, start: int, end: int) -> bytes:
        return _Files.blocks.read(self.path, start, end)


class _Files(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A file system of fsspec for the parent's files."""

    protocol = _PROTOCOL
    blocks: ClassVar[_Blocks]  # fsspec creates the instances

    def info(self, path: str, **_: object) -> dict[str, Any]:
        """Name, size and type of a file."""
        path = self._strip_protocol(path)
        if path not in self.blocks.sizes:
            raise FileNotFoundError(path)
        return {"name": path, "size": self.blocks.sizes[path], "type": "file"}

    def _open(self, path: str, mode: str = "rb", **_: object) -> _RemoteFile:
        size = self.blocks.sizes[path]
        return _RemoteFile(self, path, mode, block_size=_LINE, cache_type="none", size=size)


def main(columns: BinaryIO, messages: BinaryIO, responses: BinaryIO) -> None:
    """Read the request from the first line of the responses, write the rows, and report the outcome.

    The request has `builder` and `options` (of the library), `files` (paths and sizes), `rows` (the maximum),
    `block` (bytes per part) and `text` (whether to read every column as text).
    """
    bound_memory()
    request = json.loads(responses.readline())
    parent = Parent(messages, responses, dict(request["files"]))
    _bound_time()
    done = 0
    try:
        for table in tables(request, parent):
            kept = table.slice(0, request["rows"] - done)
            _write(kept, columns)
            done += kept.num_rows
            parent.send(rows=done)
            if done >= request["rows"]:
                break
    except Exception as error:
        # Any error that a stranger's file causes in the library is reported, not treated as a crash.
        parent.send(**_reason(error))
    else:
        parent.send(end=done)


def tables(request: Mapping[str, Any], parent: Parent) -> Iterator[pa.Table]:
    """The rows as Arrow tables without binary data, up to the point where the parent sends no more parts."""
    _Files.blocks = _Blocks(parent, request["block"])
    fsspec.register_implementation(_PROTOCOL, _Files, clobber=True)
    rows = _rows(request)
    # The library cannot join rows with fields in different order, as in the last row of an archive.
    waiting: list[pa.Table] = []
    many = min(_ROWS, request["rows"]) if _one_by_one(request) else 1
    more = True
    while more:
        try:
            waiting.append(_without_bytes(next(rows)))
        except StopIteration:
            more = False
        except Exception as error:
            if not _follows_from_refusal(error):
                raise
            more = False
        if waiting and (not more or len(waiting) == many):
            yield pa.concat_tables(waiting, promote_options="permissive")
            waiting = []


def _follows_from_refusal(error: BaseException | None) -> bool:
    """Whether the cause of an error is a part that the parent refused; the library wraps such errors."""
    while error is not None and not isinstance(error, NoMoreError):
        error = error.__cause__ or error.__context__
    return error is not None


def _one_by_one(request: Mapping[str, Any]) -> bool:
    return bool(request["builder"] == "webdataset")


def _rows(request: Mapping[str, Any]) -> Iterator[pa.Table]:
    """The rows as the library returns them."""
    datasets.disable_progress_bars()

    def opened(**options: object) -> Any:  # noqa: ANN401 - datasets has no types we could give
        urls = DataFilesList([f"{_PROTOCOL}://{path}" for path, _ in request["files"]], [])
        return datasets.load_dataset(
            request["builder"],
            data_files={"train": urls},
            split="train",
            streaming=True,
            **{**request["options"], **options},
        )

    dataset = opened()
    if request["text"]:
        # The library would infer the types of each chunk separately; as text, values stay unchanged.
        first = next(iter(dataset.with_format("arrow").iter(1)), pa.table({}))
        texts = {name: datasets.Value("string") for name in first.column_names}
        dataset = opened(features=datasets.Features(texts)) if texts else dataset
    if dataset.features is not None:
        dataset = dataset.decode(False)
    yield from dataset.with_format("arrow").iter(1 if _one_by_one(request) else min(_ROWS, request["rows"]))


def _without_bytes(table: pa.Table) -> pa.Table:
    """The table with nulls in place of images and other binary data."""
    for place, field in enumerate(table.schema):
        if left_out(field.type):
            table = table.set_column(place, field, pa.nulls(table.num_rows, field.type))
    return table


def _write(table: pa.Table, sink: BinaryIO) -> None:
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    sink.flush()


def _reason(error: BaseException) -> dict[str, object]:
    """The root cause of an error, and whether it was a lack of memory."""
    while error.__cause__ is not None:
        error = error.__cause__
    text = (str(error).strip().splitlines() or [type(error).__name__])[0].strip("'\"")[:300]
    return {"failed": text, "memory": isinstance(error, MemoryError) or "out of memory" in text}


def _bound_time() -> None:
    """Limit the CPU time from now on; imports are not counted."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(spent.ru_utime + spent.ru_stime) + settings().read_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


if __name__ == "__main__":
    # Anything that libraries print must not mix with the messages.
    messages = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with os.fdopen(int(sys.argv[1]), "wb") as streams:
        main(streams, messages, sys.stdin.buffer)
