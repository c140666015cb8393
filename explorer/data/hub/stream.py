"""Streaming of rows through the library `datasets`, for datasets on the Hub without Parquet files.

The library runs in a separate process with the limits for uploads; see `docs/decisions/0016-datasets.md`.
This process downloads the parts of files that the library reads, with the client in `explorer.hub`.
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
from explorer.data.hub.metadata_columns import is_plain, metadata_paths
from explorer.data.hub.nested import column_of_path
from explorer.data.hub.rows import pick_columns, provenance, where_of
from explorer.data.hub.stream_process import StreamProcess
from explorer.data.tables.hf_features import class_names
from explorer.data.tables.source_table import SourceTable
from explorer.data.tables.values import count
from explorer.errors import EmptyDataError, HubUnreachableError, TooLargeError, UnreadableFileError
from explorer.hub.dataset_splits import DatasetSplit
from explorer.hub.ranges import Meter, RangeReader
from explorer.jobs.progress import READING, OnProgress, counting
from explorer.scratch import remove_abandoned, scratch_folder
from explorer.settings import settings

_BLOCK_BYTES = 2_000_000  # per request; less if the byte limit is low
_ROW_BYTES = 2_000  # assumed size of a row in a text file, to choose how many rows to parse at a time


@dataclass(frozen=True, eq=False)
class Streamed:
    """The first rows of a split.

    Attributes:
        table: The rows as the library returns them, with nulls in place of images and other binary data.
        cut: The limit that ended the stream early; None if the split ended or enough rows were read.
    """

    table: pa.Table
    cut: TooLargeError | None


def read_streamed(
    split: DatasetSplit,
    columns: Sequence[str] | None,
    *,
    metadata: bool = False,
    limit: int | None = None,
    classes: Mapping[str, Sequence[str]] | None = None,
    on_progress: OnProgress | None = None,
) -> SourceTable:
    """Read the first rows of a split.

    Args:
        split: A split whose kind is `streamed`.
        columns: Paths as in `explorer.data.hub.nested`; all columns when None.
        metadata: Whether to keep all other columns of plain values; whole rows are downloaded in any case.
        limit: Maximum number of rows; the host's limits apply too.
        classes: Class names by path; those that the library reports take precedence.
        on_progress: As in `read_split`.

    Raises:
        ColumnError: A path does not exist, or no column can be shown.
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
    if metadata:
        selected = {column_of_path(path, table.schema, where_of(split)) for path in paths}
        plain = {field.name for field in table.schema if is_plain(field.type)}
        paths = list(dict.fromkeys([*paths, *metadata_paths(table.schema, plain - selected, selected)]))
    rows = np.arange(1, done + 1, dtype=np.int64)
    source = pick_columns(table, paths, known, where_of(split), rows, max(done, split.rows or 0))
    return dataclasses.replace(source, notes=(*notes, *source.notes))


def stream_rows(
    split: DatasetSplit, limit: int, meter: Meter, *, block: int, on_progress: OnProgress | None = None
) -> Streamed:
    """Stream the first rows of a split, file after file.

    Args:
        split: A split whose kind is `streamed`.
        limit: Maximum number of rows.
        meter: Counts and limits the bytes downloaded.
        block: Bytes per request.
        on_progress: Called several times a second with the number of rows read; its exceptions stop the work.

    Raises:
        HubError: The files cannot be downloaded.
        UnreadableFileError: The files cannot be read.
        EmptyDataError: There are no rows.
        TooLargeError: Even the first rows exceed the limits on bytes, memory or time.
        DataError: The library is not installed.
    """
    where = where_of(split)
    if importlib.util.find_spec("datasets") is None:
        raise not_installed(where)
    if split.size is None:
        raise HubUnreachableError("The Hub does not give the size of the files.", where=where)
    if split.size == 0:
        raise EmptyDataError("There are no rows.", where=where)
    files = {file.path: file for file in split.files}

    def read_part(path: str, start: int, end: int) -> bytes:
        reader = RangeReader(files[path], meter)
        reader.seek(start)
        return reader.read(end - start)

    report = counting(on_progress, READING)
    homes = settings().cache_folder / "streams"
    remove_abandoned(homes)
    with scratch_folder(homes) as home, tempfile.TemporaryFile(dir=home) as columns:
        with (
            tempfile.TemporaryFile(dir=home) as log,
            StreamProcess(columns, log, str(home), where) as process,
        ):
            cut = process.follow(
                request_for(split, limit, block), read_part, lambda done: report(done, limit)
            )
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
    """The table with class numbers as integers; text files hold them as text."""
    for place, field in enumerate(table.schema):
        if field.name in classes and pa.types.is_string(field.type):
            try:
                table = table.set_column(place, field.name, table[field.name].cast(pa.int64()))
            except pa.ArrowInvalid:
                continue  # the card is wrong: the column does not hold class numbers
    return table


def request_for(split: DatasetSplit, limit: int, block: int) -> dict[str, Any]:
    """The request for `stream_reader`; the arguments are those of `stream_rows`."""
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
    """The tables in a sequence of Arrow streams."""
    source = pa.BufferReader(written)
    tables: list[pa.Table] = []
    while source.tell() < written.size:
        with pa.ipc.open_stream(source) as stream:
            tables.append(stream.read_all())
    return tables
