"""Row groups of Parquet files on the Hub: counted, drawn and read one by one."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from explorer.data.formats.pages import Group, read_footer_bytes, read_groups
from explorer.data.formats.parquet_file import damaged
from explorer.data.hub.page_gate import PageGate
from explorer.data.tables.arrow_columns import leaf_count
from explorer.data.tables.budget import Budget
from explorer.hub.ranges import HubFile, Meter, RangeReader

SPREAD = 5  # times the rows wanted are read, so that they come from more than one place
_BUFFER_BYTES = 1 << 17
_BATCH_BYTES = 64_000_000  # what a batch may unpack to
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


def read_group(
    part: Part, group: RowGroup, names: list[str], most: int, meter: Meter, budget: Budget
) -> pa.Table:
    """Columns of a row group; of one with more rows than wanted, the first pages alone are downloaded.

    Raises:
        HubUnreachableError: The Hub does not answer as it should.
        UnreadableFileError: The row group is damaged.
        TooLargeError: It is over the meter's bound, or unpacks to more than the budget has left; pages are
            judged before they are unpacked.
    """
    whole = group.rows <= most
    chunks = part.groups[group.index].chunks
    try:
        leaves = _leaves(part.footer.schema.to_arrow_schema(), names)
        gate = PageGate(part.file, [chunks[leaf] for leaf in leaves], meter, budget)
        gate.open(None if whole else most)
        # Dictionaries stay, so that what repeats is there once until it is counted; but values that take
        # their beginning from the one before are unpacked a few at a time, and counted as they come.
        widest = gate.widest
        kept = [] if widest else [leaves[place] for place in gate.dictionaries]
        paths = [part.footer.schema.column(leaf).path for leaf in kept]
        rows = max(1, min(most, _BATCH_BYTES // widest)) if widest else min(most, group.rows)
        tables: list[pa.RecordBatch] = []
        left = min(group.rows, most)
        with pq.ParquetFile(
            pa.PythonFile(gate, "r"),
            metadata=part.footer,
            pre_buffer=False,
            buffer_size=0 if whole else _BUFFER_BYTES,
            read_dictionary=paths,
        ) as file:
            if whole and not widest:
                table = file.read_row_group(group.index, columns=names, use_threads=False)
            else:
                for batch in file.iter_batches(
                    rows, row_groups=[group.index], columns=names, use_threads=False
                ):
                    if widest:
                        budget.spend(batch.nbytes)
                    tables.append(batch.slice(0, left))
                    left -= len(tables[-1])
                    if left <= 0:
                        break
                table = pa.Table.from_batches(tables) if tables else pa.table({})
    except _BROKEN as error:
        raise damaged(error, part.file.where) from error
    if table.num_rows != min(group.rows, most):
        raise damaged(pa.ArrowInvalid("rows are missing"), part.file.where)
    return table


def _leaves(schema: pa.Schema, names: list[str]) -> list[int]:
    """The places of the leaves of some columns."""
    leaves: list[int] = []
    at = 0
    for field in schema:
        end = at + leaf_count(field.type)
        if field.name in names:
            leaves += range(at, end)
        at = end
    return leaves
