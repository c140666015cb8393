"""Row groups of Parquet files on the Hub: counted, drawn and read one by one."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from explorer.data.pages import Group, read_footer_bytes, read_groups
from explorer.data.parquet_file import damaged
from explorer.hub.ranges import HubFile, Meter, RangeReader

SPREAD = 5  # times the rows wanted are read, so that they come from more than one place
_BUFFER_BYTES = 1 << 17
_MARK = b"PAR1"
_BROKEN = (pa.ArrowException, OSError, ValueError)


@dataclass(frozen=True)
class RowGroup:
    """A row group of several files that follow each other.

    Attributes:
        part: Its file's position among these.
        index: Its position in the file.
        first: Position of its first row in all files, from 0.
        rows: Its rows.
    """

    part: int
    index: int
    first: int
    rows: int


@dataclass(frozen=True, eq=False)
class Part:
    """A file, its footer, and the row groups that this describes."""

    file: HubFile
    footer: pq.FileMetaData
    groups: Sequence[Group]


def read_footer(file: HubFile, meter: Meter) -> Part:
    """Read what a file says of itself.

    Raises:
        HubUnreachableError: The Hub does not answer as it should.
        UnreadableFileError: It is damaged, or no Parquet file.
        TooLargeError: That is over the meter's bound.
    """
    reader = RangeReader(file, meter)
    reader.read_tail()
    footer = read_footer_bytes(reader, reader.seek(0, io.SEEK_END), file.where)
    groups = read_groups(footer, file.where)
    ends = _MARK + footer + len(footer).to_bytes(4, "little") + _MARK
    try:
        known = pq.read_metadata(pa.BufferReader(ends))
    except _BROKEN as error:
        raise damaged(error, file.where) from error
    if any(len(group.chunks) != known.num_columns for group in groups):
        raise damaged(pa.ArrowInvalid("a row group lacks a column"), file.where)
    return Part(file, known, groups)


def row_groups(parts: Sequence[Part]) -> Iterator[RowGroup]:
    """The row groups of files in their order; empty ones are left out."""
    first = 0
    for part, known in enumerate(parts):
        for index, group in enumerate(known.groups):
            if group.rows > 0:
                yield RowGroup(part, index, first, group.rows)
                first += group.rows


def draw_groups(groups: list[RowGroup], total: int, most: int, seed: int) -> tuple[list[RowGroup], int]:
    """The row groups to read, in the order of reading, and how many rows of each at most."""
    order = [groups[position] for position in np.random.default_rng(seed).permutation(len(groups))]
    if total <= SPREAD * most:
        return order, max(group.rows for group in groups)
    enough = SPREAD * most
    cap = -(-enough // min(len(groups), SPREAD))
    chosen: list[RowGroup] = []
    for group in order:
        chosen.append(group)
        enough -= min(group.rows, cap)
        if enough <= 0:
            break
    return chosen, cap


def read_group(part: Part, group: RowGroup, names: list[str], most: int, meter: Meter) -> pa.Table:
    """Columns of a row group; of one with more rows than wanted, the first pages alone are downloaded."""
    whole = group.rows <= most
    paths = [column.path for column in map(part.footer.schema.column, range(part.footer.num_columns))]
    source = pa.PythonFile(RangeReader(part.file, meter), "r")
    try:
        with pq.ParquetFile(
            source,
            metadata=part.footer,
            pre_buffer=whole,
            buffer_size=0 if whole else _BUFFER_BYTES,
            read_dictionary=paths,  # so that what repeats is there once until it is counted
        ) as file:
            if whole:
                table = file.read_row_group(group.index, columns=names, use_threads=False)
            else:
                batches = file.iter_batches(most, row_groups=[group.index], columns=names, use_threads=False)
                first = next(batches, None)
                table = pa.table({}) if first is None else pa.Table.from_batches([first])
    except _BROKEN as error:
        raise damaged(error, part.file.where) from error
    if table.num_rows != min(group.rows, most):
        raise damaged(pa.ArrowInvalid("rows are missing"), part.file.where)
    return table
