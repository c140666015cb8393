"""Rows of a dataset on the Hub that has no Parquet files, streamed through the library `datasets`.

The library runs in a process of its own within the bounds on uploads; see `docs/decisions/0016-datasets.md`.
What it wants of a file is downloaded here, by the one client there is.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import mmap
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from explorer.data.hf_datasets import not_installed
from explorer.data.hub.nested import column_of_path
from explorer.data.hub.other_columns import is_plain, paths_along
from explorer.data.hub.rows import pick_columns, provenance, where_of
from explorer.data.hub.stream_process import StreamProcess
from explorer.data.tables.class_labels import class_names
from explorer.data.tables.source_table import SourceTable
from explorer.data.tables.values import count
from explorer.errors import EmptyDataError, HubUnreachableError, TooLargeError, UnreadableFileError
from explorer.hub.dataset_splits import DatasetSplit
from explorer.hub.ranges import Meter, RangeReader
from explorer.jobs.progress import READING, OnProgress, counting
from explorer.scratch import remove_abandoned, scratch_folder
from explorer.settings import settings

_BLOCK_BYTES = 2_000_000  # asked for at a time, where the bound on bytes is many times that
_ROW_BYTES = 2_000  # of a text file, about: how many rows are parsed at a time


@dataclass(frozen=True, eq=False)
class Streamed:
    """The first rows of a split.

    Attributes:
        table: The rows as the library gives them, with nulls in place of the bytes of images and the like.
        cut: Why there are no more, where more were wanted; None where the rows end, or there are enough.
    """

    table: pa.Table
    cut: TooLargeError | None


def read_streamed(
    split: DatasetSplit,
    columns: Sequence[str] | None,
    *,
    along: bool = False,
    limit: int | None = None,
    classes: Mapping[str, Sequence[str]] | None = None,
    on_progress: OnProgress | None = None,
) -> SourceTable:
    """Read the first rows of a split.

    Args:
        split: A split whose kind is `streamed`.
        columns: Paths as in `explorer.data.hub.nested`; all columns when None.
        along: Whether all other columns of plain values come along: whole rows are downloaded in any case.
        limit: Rows wanted; the host's bounds hold as well.
        classes: Names of numbered classes by path; those the library knows come before them.
        on_progress: As in `read_split`.

    Raises:
        ColumnError: A path leads nowhere, or no column can be shown.
        ExplorerError: As in `stream_rows`.
    """
    most = min(settings().max_rows, limit or settings().max_rows)
    bound = settings().max_file_mb * 1_000_000
    block = min(_BLOCK_BYTES, bound // 10)
    streamed = stream_rows(split, most, Meter(bound), block=block, on_progress=on_progress)
    table = numbered(streamed.table, classes or {})
    done = table.num_rows
    notes = [provenance(split)]
    if streamed.cut or done == most:
        notes.append(f"The first {count(done, 'row')} were read, file after file.")
    if streamed.cut:
        notes.append(f"The rest is left out: {streamed.cut.what[0].lower()}{streamed.cut.what[1:]}")
    known = {**(classes or {}), **class_names(table.schema)}
    paths = table.column_names if columns is None else list(columns)
    if along:
        wanted = {column_of_path(path, table.schema, where_of(split)) for path in paths}
        plain = {field.name for field in table.schema if is_plain(field.type)}
        paths = list(dict.fromkeys([*paths, *paths_along(table.schema, plain - wanted, wanted)]))
    rows = np.arange(1, done + 1, dtype=np.int64)
    source = pick_columns(table, paths, known, where_of(split), rows, max(done, split.rows or 0))
    return dataclasses.replace(source, notes=(*notes, *source.notes))


def stream_rows(
    split: DatasetSplit, limit: int, meter: Meter, *, block: int, on_progress: OnProgress | None = None
) -> Streamed:
    """Stream the first rows of a split, file after file.

    Args:
        split: A split whose kind is `streamed`.
        limit: Rows at most.
        meter: What bounds the bytes downloaded.
        block: Bytes to ask for at a time.
        on_progress: Told several times a second how many rows are read; what it raises stops the work.

    Raises:
        HubError: The Hub does not give the files.
        UnreadableFileError: The files cannot be read.
        EmptyDataError: There is no row.
        TooLargeError: Not even the first rows fit into the bounds on bytes, memory and time.
        DataError: The library is not installed.
    """
    where = where_of(split)
    if importlib.util.find_spec("datasets") is None:
        raise not_installed(where)
    if split.size is None:
        raise HubUnreachableError("The Hub does not say how large the files are.", where=where)
    if split.size == 0:
        raise EmptyDataError("There are no rows.", where=where)
    files = {file.path: file for file in split.files}

    def read_part(path: str, start: int, end: int) -> bytes:
        reader = RangeReader(files[path], meter)
        reader.seek(start)
        return reader.read(end - start)

    say = counting(on_progress, READING)
    homes = settings().cache_folder / "streams"
    remove_abandoned(homes)
    with scratch_folder(homes) as home, tempfile.TemporaryFile(dir=home) as columns:
        with (
            tempfile.TemporaryFile(dir=home) as words,
            StreamProcess(columns, words, str(home), where) as process,
        ):
            cut = process.follow(order_of(split, limit, block), read_part, lambda done: say(done, limit))
        if columns.seek(0, os.SEEK_END) == 0:
            raise cut or EmptyDataError("There are no rows.", where=where)
        written = pa.py_buffer(mmap.mmap(columns.fileno(), 0, access=mmap.ACCESS_READ))
    try:
        return Streamed(pa.concat_tables(_tables(written), promote_options="permissive"), cut)
    except pa.ArrowException as error:
        raise UnreadableFileError(
            "The files of this split differ in their columns.", where=where, fix="Open another split."
        ) from error


def numbered(table: pa.Table, classes: Mapping[str, Sequence[str]]) -> pa.Table:
    """The table with the numbers of classes as numbers, which a text file holds as text."""
    for place, field in enumerate(table.schema):
        if field.name in classes and pa.types.is_string(field.type):
            try:
                table = table.set_column(place, field.name, table[field.name].cast(pa.int64()))
            except pa.ArrowInvalid:
                continue  # the card is wrong: the column holds other text
    return table


def order_of(split: DatasetSplit, limit: int, block: int) -> dict[str, Any]:
    """What `stream_reader` is asked for; the arguments are those of `stream_rows`."""
    options: dict[str, object] = {}
    if split.builder == "csv":
        separator = "\t" if ".tsv" in split.files[0].path else ","
        options = {"sep": separator, "chunksize": max(1, block // _ROW_BYTES), "na_filter": False}
    elif split.builder in ("json", "text"):
        options = {"chunksize": block}
    return {
        "builder": split.builder,
        "options": options,
        "files": [(file.path, file.size) for file in split.files if file.size],
        "rows": limit,
        "block": block,
        "text": split.builder == "csv",
    }


def _tables(written: pa.Buffer) -> list[pa.Table]:
    """The tables that were written one after the other."""
    source = pa.BufferReader(written)
    tables: list[pa.Table] = []
    while source.tell() < written.size:
        with pa.ipc.open_stream(source) as stream:
            tables.append(stream.read_all())
    return tables
