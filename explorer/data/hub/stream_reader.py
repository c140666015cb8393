"""Rows of files that the library `datasets` reads, in a process of its own; `stream_process` starts it.

Usage: `python -m explorer.data.hub.stream_reader COLUMNS`, the descriptor of a file for Arrow streams.

It needs no network and has no secrets: the files stay on the Hub, and each part of one that the library wants
is asked for on standard output and comes on standard input. The builders are those of the library; nothing of
the dataset's repository is run.
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
_KEPT = 4  # blocks
_LINE = 1 << 14  # bytes in which the end of a line is looked for


class NoMoreError(OSError):
    """Whoever started this process gives no more parts of files."""


class Parent:
    """The process that started this one, which has the files.

    Args:
        asking: Where lines of JSON go.
        answers: Where parts of files come from.
        sizes: The files' sizes in bytes, by path.
    """

    def __init__(self, asking: BinaryIO, answers: BinaryIO, sizes: Mapping[str, int]) -> None:
        self._asking = asking
        self._answers = answers
        self._lock = threading.Lock()  # the library may read in threads
        self.sizes = sizes
        self.refused = False

    def say(self, **told: object) -> None:
        """Send a line."""
        self._asking.write(json.dumps(told).encode() + b"\n")
        self._asking.flush()

    def part(self, path: str, start: int, end: int) -> bytes:
        """Bytes of a file.

        Raises:
            NoMoreError: There are none to be had.
        """
        with self._lock:
            if not self.refused:
                self.say(part=[path, start, min(end, self.sizes[path])])
                length = int.from_bytes(self._answers.read(_HEADER), "big", signed=True)
                self.refused = length < 0
            if self.refused:
                raise NoMoreError
            return self._answers.read(length)


class _Blocks:
    """Files in blocks of one size, the last ones of which are kept: the library reads beginnings again.

    Args:
        parent: Who has the files.
        size: Bytes of a block.
    """

    def __init__(self, parent: Parent, size: int) -> None:
        self.sizes = parent.sizes
        self._part = functools.lru_cache(_KEPT)(
            lambda path, index: parent.part(path, index * size, (index + 1) * size)
        )
        self._size = size

    def read(self, path: str, start: int, end: int) -> bytes:
        """Bytes of a file, all that are asked for: the library would take fewer for the file's end.

        Raises:
            NoMoreError: They are not to be had.
        """
        end = min(end, self.sizes[path])
        first, last = start // self._size, -(-end // self._size)
        content = b"".join(self._part(path, index) for index in range(first, last))
        return content[start - first * self._size : end - first * self._size]


class _Part(AbstractBufferedFile):  # type: ignore[misc]  # fsspec has no types
    def _fetch_range(self, start: int, end: int) -> bytes:
        return _Files.blocks.read(self.path, start, end)


class _Files(AbstractFileSystem):  # type: ignore[misc]  # fsspec has no types
    """The parent's files, as the library opens any others."""

    protocol = _PROTOCOL
    blocks: ClassVar[_Blocks]  # fsspec makes the instances

    def info(self, path: str, **_: object) -> dict[str, Any]:
        """Name, size and type of a file."""
        path = self._strip_protocol(path)
        if path not in self.blocks.sizes:
            raise FileNotFoundError(path)
        return {"name": path, "size": self.blocks.sizes[path], "type": "file"}

    def _open(self, path: str, mode: str = "rb", **_: object) -> _Part:
        size = self.blocks.sizes[path]
        return _Part(self, path, mode, block_size=_LINE, cache_type="none", size=size)


def main(columns: BinaryIO, asking: BinaryIO, answers: BinaryIO) -> None:
    """Read what the first line of the answers orders, write its rows, and say how it ended.

    The order has `builder` and `options` (the library's), `files` (path and size), `rows` (at most), `block`
    (bytes asked for at a time) and `text` (whether every column is to be read as text).
    """
    bound_memory()
    order = json.loads(answers.readline())
    parent = Parent(asking, answers, dict(order["files"]))
    _bound_time()
    done = 0
    try:
        for table in tables(order, parent):
            kept = table.slice(0, order["rows"] - done)
            _write(kept, columns)
            done += kept.num_rows
            parent.say(rows=done)
            if done >= order["rows"]:
                break
    except Exception as error:
        # Whatever a stranger's file makes the library raise is a sentence for a person, not a crash of ours.
        parent.say(**_reason(error))
    else:
        parent.say(end=done)


def tables(order: Mapping[str, Any], parent: Parent) -> Iterator[pa.Table]:
    """The rows in Arrow tables, columns of bytes emptied; those before the parent gave no more parts."""
    _Files.blocks = _Blocks(parent, order["block"])
    fsspec.register_implementation(_PROTOCOL, _Files, clobber=True)
    rows = _rows(order)
    # The library cannot join rows whose fields come in different orders, as an archive's last row does.
    waiting: list[pa.Table] = []
    many = min(_ROWS, order["rows"]) if _one_by_one(order) else 1
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
    """Whether an error comes of a part that the parent refused; the library wraps it in its own."""
    while error is not None and not isinstance(error, NoMoreError):
        error = error.__cause__ or error.__context__
    return error is not None


def _one_by_one(order: Mapping[str, Any]) -> bool:
    return bool(order["builder"] == "webdataset")


def _rows(order: Mapping[str, Any]) -> Iterator[pa.Table]:
    """The rows as the library gives them."""
    datasets.disable_progress_bars()

    def opened(**options: object) -> Any:  # noqa: ANN401 - datasets has no types we could give
        urls = DataFilesList([f"{_PROTOCOL}://{path}" for path, _ in order["files"]], [])
        return datasets.load_dataset(
            order["builder"],
            data_files={"train": urls},
            split="train",
            streaming=True,
            **{**order["options"], **options},
        )

    dataset = opened()
    if order[
        "text"
    ]:  # the library infers types from each piece of a file by itself: a value stays the text it is
        first = next(iter(dataset.with_format("arrow").iter(1)), pa.table({}))
        texts = {name: datasets.Value("string") for name in first.column_names}
        dataset = opened(features=datasets.Features(texts)) if texts else dataset
    if dataset.features is not None:
        dataset = dataset.decode(False)
    yield from dataset.with_format("arrow").iter(1 if _one_by_one(order) else min(_ROWS, order["rows"]))


def _without_bytes(table: pa.Table) -> pa.Table:
    """The same table with nothing but nulls where the bytes of images and the like were."""
    for place, field in enumerate(table.schema):
        if left_out(field.type):
            table = table.set_column(place, field, pa.nulls(table.num_rows, field.type))
    return table


def _write(table: pa.Table, sink: BinaryIO) -> None:
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    sink.flush()


def _reason(error: BaseException) -> dict[str, object]:
    """What went wrong at the bottom of what the library wraps it in, and whether it was memory."""
    while error.__cause__ is not None:
        error = error.__cause__
    said = (str(error).strip().splitlines() or [type(error).__name__])[0].strip("'\"")[:300]
    return {"failed": said, "memory": isinstance(error, MemoryError) or "out of memory" in said}


def _bound_time() -> None:
    """Bound the processor time from now on: waiting for downloads and importing are no reading."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    seconds = math.ceil(spent.ru_utime + spent.ru_stime) + settings().read_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


if __name__ == "__main__":
    # Libraries that print must not be taken for this module.
    said = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with os.fdopen(int(sys.argv[1]), "wb") as streams:
        main(streams, said, sys.stdin.buffer)
