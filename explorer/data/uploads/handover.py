"""Passing a table from the process that read it to the one that asked for it, without pickle.

The columns are Arrow streams, one after the other in one file: the table, then each column of vectors. The
rest is JSON. The file is memory-mapped: the table stays in the page cache, and columns of vectors cost
nothing until they are used.
"""

from __future__ import annotations

import errno
import functools
import mmap
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa

import explorer.errors
from explorer.data.images.images import Images
from explorer.data.tables.source_table import SourceTable
from explorer.data.tables.values import count
from explorer.errors import DataError, ExplorerError, TooLargeError
from explorer.settings import settings

_COLUMN = ""  # no column of a table has an empty name
_FACTS = b"facts"


def hand_over(source: SourceTable, sink: BinaryIO) -> dict[str, Any]:
    """Write the columns of a table, and return the rest of it as JSON.

    Args:
        source: The table. Its vectors are read here; if that fails, the error replaces them.
        sink: A file at its beginning.

    Raises:
        OSError: It cannot be written, or exceeds the limit on its size.
        MemoryError: There is not enough memory for the table.
    """
    table = source.table.append_column(_COLUMN, pa.array(source.source_rows))
    # Facts can be longer than a line of JSON may be.
    _write(table.replace_schema_metadata({_FACTS: source.facts} if source.facts else None), sink)
    vectors: dict[str, Any] = {}
    for column, load in source.vectors.items():
        start = sink.tell()
        try:
            _write(pa.table({_COLUMN: load()}), sink)
            vectors[column] = start
        except (ExplorerError, MemoryError, OSError) as error:
            sink.seek(start)
            sink.truncate()
            vectors[column] = error_as_json(readable(error, f'{source.name}, column "{column}"'))
    images: dict[str, tuple[int, int]] = {}
    for column, found in source.images.items():
        start = sink.tell()
        _write(found.table, sink)
        images[column] = (start, sink.tell())
        _write(pa.table({_COLUMN: found.rows}), sink)
    return {
        "name": source.name,
        "notes": source.notes,
        "kind": source.kind,
        "nested": sorted(source.nested),
        "total_rows": int(source.total_rows),  # it may be NumPy's
        "encoding": source.encoding,
        "vectors": vectors,
        "images": images,
    }


def take_over(description: dict[str, Any], file: BinaryIO) -> SourceTable:
    """The table handed over by another process.

    Args:
        description: The result of `hand_over`.
        file: The file it wrote, which can be closed and removed afterwards, since the mapping keeps it.
    """
    written = pa.py_buffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    table = _read(written, 0)
    rows, facts = table.column(table.num_columns - 1), (table.schema.metadata or {}).get(_FACTS, b"")
    vectors: dict[str, Callable[[], pa.ChunkedArray]] = {}
    for column, found in description["vectors"].items():
        if isinstance(found, int):
            vectors[column] = functools.partial(_read_column, written, found)
        else:
            vectors[column] = functools.partial(_refuse, found)
    return SourceTable(
        name=description["name"],
        table=table.remove_column(table.num_columns - 1).replace_schema_metadata(None),
        notes=tuple(description["notes"]),
        kind=description["kind"],
        nested=frozenset(description["nested"]),
        source_rows=rows.to_numpy().astype(np.int64, copy=False),
        total_rows=description["total_rows"],
        vectors=vectors,
        encoding=description["encoding"],
        facts=facts.decode(),
        images={
            column: Images(_read(written, start), _read_column(written, rows).to_numpy())
            for column, (start, rows) in description["images"].items()
        },
    )


def error_as_json(error: ExplorerError) -> dict[str, str]:
    """An error of our tree, as JSON."""
    return {"kind": type(error).__name__, "what": error.what, "where": error.where, "fix": error.fix}


def error_from_json(error: dict[str, str]) -> ExplorerError:
    """The error that `error_as_json` described."""
    kind: type[ExplorerError] = getattr(explorer.errors, error["kind"])
    return kind(error["what"], where=error["where"], fix=error["fix"])


def readable(error: ExplorerError | MemoryError | OSError, where: str) -> ExplorerError:
    """The error to show for one raised while reading: a lack of memory or disk space is not a damaged file.

    Args:
        error: The error. pyarrow can report a MemoryError as damage, so its causes are checked.
        where: The file.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError) or (isinstance(cause, OSError) and cause.errno == errno.EFBIG):
            return out_of_memory(where)
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, ExplorerError):
        return error
    return DataError(
        f"The rows cannot be kept on this server: {error}.",
        where=where,
        fix="The host should check the disk of the cache folder.",
    )


def out_of_memory(where: str) -> TooLargeError:
    """The error for a file that takes more memory than the host allows."""
    return TooLargeError(
        f"Reading it takes more than the {settings().read_mb:,} MB of memory allowed.",
        where=where,
        fix="Keep fewer rows or columns, or ask the host to raise EXPLORER_READ_MB.",
    )


def too_slow(where: str, fix: str) -> TooLargeError:
    """The error for reading that takes more time than the host allows.

    Args:
        where: What is read.
        fix: What the person can reduce.
    """
    return TooLargeError(
        f"Reading it takes longer than the {count(settings().read_seconds, 'second')} allowed.",
        where=where,
        fix=f"{fix}, or ask the host to raise EXPLORER_READ_SECONDS.",
    )


def _write(table: pa.Table, sink: BinaryIO) -> None:
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)


def _read(written: pa.Buffer, start: int) -> pa.Table:
    with pa.ipc.open_stream(written.slice(start)) as stream:
        return stream.read_all()


def _read_column(written: pa.Buffer, start: int) -> pa.ChunkedArray:
    return _read(written, start).column(0)


def _refuse(error: dict[str, str]) -> pa.ChunkedArray:
    raise error_from_json(error)
