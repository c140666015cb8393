"""Parquet files."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from explorer.data.formats.blocks import Source, size_of
from explorer.data.formats.pages import (
    RowGroupChunks,
    Work,
    check_pages,
    damaged_metadata,
    read_footer_bytes,
    read_groups,
    too_large,
)
from explorer.data.formats.parquet_file import (
    Field,
    check_ends,
    damaged,
    fields_of,
    open_stream,
    parquet_file,
)
from explorer.data.formats.sampling import draw, drawn_note
from explorer.data.images.columns import begin_like_images, image_column, may_hold_images
from explorer.data.space_files.facts import KEY, check_rows
from explorer.data.tables.arrow_columns import ColumnBuilder, is_list_of_numbers, left_out, widest_row
from explorer.data.tables.budget import Budget
from explorer.data.tables.hf_features import class_names, named
from explorer.data.tables.source_table import SourceTable, TableBuilder, check_width
from explorer.jobs.progress import BYTES, READING, OnProgress, counting
from explorer.settings import settings

_BATCH_ROWS = 16_384
_BATCH_BYTES = 128_000_000  # decompressed size of a batch
_JOINED_BYTES = 4_000_000  # small batches are joined to chunks of this size
_MAX_BATCHES = 200_000
_MAX_ROWS = 1 << 48  # more than any real file has


def read_parquet(
    data: Source, name: str, *, seed: int = 0, on_progress: OnProgress | None = None
) -> SourceTable:
    """Read a Parquet file; above the limit on rows, a random sample in file order.

    Args:
        data: The file's bytes, or its path.
        name: Its name, for messages.
        seed: The seed that draws the rows.
        on_progress: As in `read_file`.

    Raises:
        UnreadableFileError: Not Parquet, incomplete or damaged.
        ColumnError: Every column holds raw bytes.
        EmptyDataError: No column or no row.
        TooLargeError: Too many columns, too long a cell, or too much once unpacked.
        OSError: The file cannot be read.
    """
    check_ends(data, name)
    with _reader(data, name, seed, on_progress) as reader:
        return reader.table()


@dataclass(frozen=True)
class _Plan:
    """How a column is read.

    Attributes:
        known: The column.
        groups: The row groups with drawn rows: position, first row, and contents.
        batch: Rows per batch.
        dictionaries: The paths of leaves that stay dictionary-encoded.
    """

    known: Field
    groups: list[tuple[int, int, RowGroupChunks]]
    batch: int
    dictionaries: list[str]


class _Reader:
    """Reads one column after the other, so that only one is decompressed at a time."""

    def __init__(
        self,
        data: Source,
        stream: BinaryIO,
        groups: list[RowGroupChunks],
        name: str,
        seed: int,
        on_progress: OnProgress | None,
    ) -> None:
        self._data = data
        self._stream = stream
        self._groups = groups
        self._name = name
        self._seed = seed
        self._on_progress = on_progress
        self._say = counting(on_progress, READING, BYTES)
        self._work = Work(name)
        self._total = sum(group.rows for group in groups)
        if self._total > _MAX_ROWS:
            raise damaged_metadata(f"it counts {self._total:,} rows", name)
        self._rows = draw(self._total, settings().max_rows, seed)

    def table(self) -> SourceTable:
        """All columns that can be shown."""
        with parquet_file(self._data) as file:
            schema = file.schema_arrow
            check_width(len(schema), self._name)
            fields = self._checked(fields_of(file))
            facts = (file.metadata.metadata or {}).get(KEY.encode(), b"").decode("utf-8", "replace")
        if facts:
            check_rows(facts, self._name)
        classes = class_names(schema)
        builder = TableBuilder(self._name, "parquet")
        if len(self._rows) < self._total:
            builder.note(drawn_note(len(self._rows), self._total, self._seed))
        kept: list[Field] = []
        for place, known in enumerate(fields):
            if may_hold_images(known.field.type) and self._add_images(builder, known, is_space=bool(facts)):
                continue
            if reason := self._left_out(known, is_space=bool(facts)):
                load = functools.partial(_read_vectors, self._data, self._name, self._seed, place)
                builder.leave_out(
                    known.field.name, reason, load if is_list_of_numbers(known.field.type) else None
                )
            else:
                kept.append(known)
        plans = [self._plan(known) for known in kept]
        with parquet_file(self._data, [path for plan in plans for path in plan.dictionaries]) as file:
            for place, plan in enumerate(plans):
                label = plan.known.field.name
                column = ColumnBuilder(
                    plan.known.field.type, f'{self._name}, column "{label}"', builder.budget
                )
                for batch in _joined(self._batches(file, plan, place / len(plans), 1 / len(plans))):
                    column.add(named(batch, classes[label]) if label in classes else batch)
                builder.add(label, *column.column())
        read = builder.finish(source_rows=self._rows + 1, total_rows=self._total)
        return dataclasses.replace(read, facts=facts)

    def _add_images(self, builder: TableBuilder, known: Field, *, is_space: bool) -> bool:
        """Add a column of images; False if its bytes are something else."""
        plan = self._plan(known, as_dictionaries=False)
        chunks: list[pa.Array] = []
        looked_at = False
        with parquet_file(self._data) as file:
            for batch in self._batches(file, plan, 0, 1):
                if not looked_at:
                    looks = begin_like_images(batch)
                    looked_at = looks is not None
                    if looks is False:
                        return False
                builder.budget.spend(batch.nbytes)
                chunks.append(batch)
        label = known.field.name
        values = pa.chunked_array(chunks, chunks[0].type if chunks else known.field.type)
        found = image_column(values, label, builder.budget, self._on_progress)
        if found is not None:
            names = None if is_space else found.names  # a saved space has its own column of names
            builder.add_images(label, found.images, names, found.notes)
        return found is not None

    def vectors(self, place: int) -> pa.ChunkedArray:
        """A column of lists of numbers, by its position in the schema."""
        with parquet_file(self._data) as file:
            plan = self._plan(self._checked(fields_of(file))[place])
        budget = Budget(self._name)
        chunks: list[pa.Array] = []
        with parquet_file(self._data) as file:
            for batch in self._batches(file, plan, 0, 1):
                budget.spend(batch.nbytes)
                chunks.append(batch)
        return pa.chunked_array(chunks, chunks[0].type if chunks else plan.known.field.type)

    def _left_out(self, known: Field, *, is_space: bool) -> str:
        """Why a column is left out, by its type and its size according to the file; empty if it is not."""
        if is_space and pa.types.is_fixed_size_list(known.field.type):
            return "it holds the vectors of a saved space"
        size = sum(
            group.chunks[leaf].values * group.chunks[leaf].width
            for group in self._groups
            for leaf in known.leaves
        )
        return left_out(known.field.type, size / max(self._total, 1))

    def _checked(self, fields: list[Field]) -> list[Field]:
        """The columns, after checking that the row groups have each of them."""
        leaves = sum(len(known.leaves) for known in fields)
        if any(len(group.chunks) != leaves for group in self._groups if group.rows):
            raise pa.ArrowInvalid("a row group lacks a column")
        return fields

    def _plan(self, known: Field, *, as_dictionaries: bool = True) -> _Plan:
        """How to read a column, judged by its pages."""
        nested = known.field.type.num_fields > 0
        wanted: list[tuple[int, int, RowGroupChunks]] = []
        start = 0
        for place, group in enumerate(self._groups):
            first, last = np.searchsorted(self._rows, (start, start + group.rows))
            if last > first:
                wanted.append((place, start, group))
            start += group.rows
        groups = [group for _, _, group in wanted]
        costs = [
            check_pages(self._stream, groups, leaf, self._name, nested=nested, work=self._work)
            for leaf in known.leaves
        ]
        widest = widest_row(known.field.type)
        if widest > _BATCH_BYTES:
            raise too_large("The lists of a column are too long.", self._name)
        rows = sum(group.rows for group in groups)
        dictionaries: list[str] = []
        for path, cost in zip(known.paths, costs, strict=True):
            # Arrow adds directly stored values to the dictionary too, and keeps all values seen.
            few = rows * max(cost.value, 1) <= _MAX_BATCHES * _BATCH_BYTES
            if as_dictionaries and cost.dictionary and (nested or not cost.direct or not few):
                dictionaries.append(path)
            else:
                widest = max(widest, cost.value)
        return _Plan(known, wanted, max(1, min(_BATCH_ROWS, _BATCH_BYTES // max(1, widest))), dictionaries)

    def _batches(self, file: pq.ParquetFile, plan: _Plan, before: float, share: float) -> Iterator[pa.Array]:
        """The drawn rows of a column, which is the given share of the work, after `before` of it."""
        size = size_of(self._data)
        for place, start, group in plan.groups:
            at = start
            for batch in file.reader.iter_batches(
                plan.batch, row_groups=[place], column_indices=list(plan.known.leaves), use_threads=False
            ):
                end = at + len(batch)
                first, last = np.searchsorted(self._rows, (at, end))
                values = batch.column(0)
                if last - first < len(batch):
                    values = values.take(pa.array(self._rows[first:last] - at))
                yield values
                at = end
                self._say(round(size * (before + share * at / self._total)), size)
            if at != start + group.rows:
                raise pa.ArrowInvalid(f"{at - start:,} of {group.rows:,} rows are there")


def _joined(batches: Iterator[pa.Array]) -> Iterator[pa.Array]:
    """Join small batches: their size is chosen for the longest possible values."""
    small: list[pa.Array] = []
    rows = size = 0
    for batch in batches:
        if pa.types.is_dictionary(batch.type) or batch.type.num_fields:
            yield batch
            continue
        small.append(batch)
        rows, size = rows + len(batch), size + batch.nbytes
        if rows >= _BATCH_ROWS or size >= _JOINED_BYTES:
            yield pa.concat_arrays(small)
            small, rows, size = [], 0, 0
    if small:
        yield pa.concat_arrays(small)


@contextlib.contextmanager
def _reader(data: Source, name: str, seed: int, on_progress: OnProgress | None = None) -> Iterator[_Reader]:
    """A reader of a file; errors that pyarrow raises in the block become ours."""
    with open_stream(data) as stream:
        groups = read_groups(read_footer_bytes(stream, size_of(data), name), name)
        try:
            yield _Reader(data, stream, groups, name, seed, on_progress)
        except (pa.ArrowException, OSError, ValueError) as error:  # ValueError: names that are not UTF-8
            raise damaged(error, name) from error


def _read_vectors(data: Source, name: str, seed: int, place: int) -> pa.ChunkedArray:
    """A column of lists of numbers, read when it is chosen: most people never do."""
    with _reader(data, name, seed) as reader:
        return reader.vectors(place)
