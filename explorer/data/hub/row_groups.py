"""Row groups of Parquet files on the Hub: listing, random sampling and reading."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from explorer.data.formats.pages import RowGroupChunks, read_footer_bytes, read_groups
from explorer.data.formats.parquet_file import damaged
from explorer.data.hub.page_gate import PageGate
from explorer.data.tables.arrow_columns import leaf_count
from explorer.data.tables.budget import Budget
from explorer.hub.ranges import HubFile, Meter, RangeReader

SPREAD = 5  # factor of rows read to rows requested, so that a sample comes from several row groups
_BUFFER_BYTES = 1 << 17
_BATCH_BYTES = 64_000_000  # decompressed size of a batch
_MARK = b"PAR1"
_BROKEN = (pa.ArrowException, OSError, ValueError)


@dataclass(frozen=True)
class RowGroup:
    """A row group in a sequence of files.

    Attributes:
        part: Index of its file in the sequence.
        index: Index of the row group in the file.
        first: Index of its first row in the sequence, from 0.
        rows: Number of rows.
    """

    part: int
    index: int
    first: int
    rows: int


@dataclass(frozen=True, eq=False)
class Part:
    """A file, its footer and its row groups."""

    file: HubFile
    footer: pq.FileMetaData
    groups: Sequence[RowGroupChunks]


def read_footer(file: HubFile, meter: Meter) -> Part:
    """Read the footer of a file.

    Raises:
        HubUnreachableError: The Hub does not respond correctly.
        UnreadableFileError: The file is damaged, or not a Parquet file.
        TooLargeError: The download exceeds the meter's limit.
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
    """The row groups of files in order, without empty ones."""
    first = 0
    for part, known in enumerate(parts):
        for index, group in enumerate(known.groups):
            if group.rows > 0:
                yield RowGroup(part, index, first, group.rows)
                first += group.rows


def draw_groups(groups: list[RowGroup], total: int, most: int, seed: int) -> tuple[list[RowGroup], int]:
    """Draw row groups at random.

    Args:
        groups: All row groups.
        total: Number of rows in these.
        most: Number of rows requested.
        seed: Random seed.

    Returns:
        The row groups in the order of reading, and the maximum number of rows to read from each.
    """
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
    """Read columns of a row group; if it has more than `most` rows, only its first pages are downloaded.

    Raises:
        HubUnreachableError: The Hub does not respond correctly.
        UnreadableFileError: The row group is damaged.
        TooLargeError: The download exceeds the meter's limit, or the decompressed size the budget; pages are
            checked before they are decompressed.
    """
    whole = group.rows <= most
    chunks = part.groups[group.index].chunks
    try:
        leaves = _leaves(part.footer.schema.to_arrow_schema(), names)
        gate = PageGate(part.file, [chunks[leaf] for leaf in leaves], meter, budget)
        gate.open(None if whole else most)
        # Columns stay dictionary-encoded, so that repeated values are stored once until they are counted.
        # Values with a prefix from the previous value are decoded in small batches and counted one by one.
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
    """Indices of the leaf columns of the named columns."""
    leaves: list[int] = []
    at = 0
    for field in schema:
        end = at + leaf_count(field.type)
        if field.name in names:
            leaves += range(at, end)
        at = end
    return leaves
