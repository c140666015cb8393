"""Opening Parquet files with pyarrow: checks of both ends, columns, and errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from explorer.data.formats.blocks import Source, size_of
from explorer.data.formats.pages import as_stream
from explorer.data.tables.arrow_columns import leaf_count
from explorer.errors import UnreadableFileError

_BUFFER_BYTES = 1 << 20


def damaged(error: Exception, name: str) -> UnreadableFileError:
    """The error for a file that pyarrow cannot read."""
    reason = (str(error).splitlines() or ["no reason given"])[0]
    return UnreadableFileError(
        f"The Parquet file is damaged or incomplete ({reason}).", where=name, fix="Copy or download it again."
    )


def check_ends(data: Source, name: str) -> None:
    """Check that the file begins and ends with Parquet's magic bytes; an interrupted copy lacks the end."""
    with open_stream(data) as stream:
        head = stream.read(4)
        stream.seek(max(0, size_of(data) - 4))
        tail = stream.read(4)
    if head == b"PARE":
        raise UnreadableFileError(
            "The Parquet file is encrypted.", where=name, fix="Write it again without encryption."
        )
    if head != b"PAR1":
        raise UnreadableFileError(
            "This is not a Parquet file, though its name ends in .parquet.",
            where=name,
            fix="Check how it was written, or give it the right extension.",
        )
    if tail != b"PAR1" or size_of(data) < 12:
        raise UnreadableFileError(
            "The Parquet file is incomplete: its end is missing.",
            where=name,
            fix="Copy or download it again.",
        )


def open_stream(data: Source) -> BinaryIO:
    """A seekable file."""
    return data.open("rb") if isinstance(data, Path) else as_stream(data)


def parquet_file(data: Source, dictionaries: Sequence[str] = ()) -> pq.ParquetFile:
    """Open the file so that it is read in pieces; columns at `dictionaries` stay dictionary-encoded."""
    return pq.ParquetFile(
        data if isinstance(data, Path) else pa.BufferReader(data),
        read_dictionary=list(dictionaries),
        pre_buffer=False,
        buffer_size=_BUFFER_BYTES,
    )


def fields_of(file: pq.ParquetFile) -> list[Field]:
    """The columns with their leaves, which are consecutive in schema order."""
    fields: list[Field] = []
    at = 0
    for field in file.schema_arrow:
        end = at + leaf_count(field.type)
        fields.append(
            Field(field, range(at, end), tuple(file.schema.column(leaf).path for leaf in range(at, end)))
        )
        at = end
    if at != len(file.schema):
        raise pa.ArrowInvalid("its schema has columns that Arrow does not")
    return fields


@dataclass(frozen=True)
class Field:
    """A column of the schema, its leaves, and their paths."""

    field: pa.Field
    leaves: range
    paths: tuple[str, ...]
