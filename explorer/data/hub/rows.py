"""Rows of a dataset on the Hub, read without downloading all of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from explorer.data.hub.metadata_columns import metadata_columns
from explorer.data.hub.nested import column_of_path, take_path
from explorer.data.hub.row_groups import RowGroup, draw_groups, read_footer, read_group, row_groups
from explorer.data.tables.arrow_columns import add_column
from explorer.data.tables.budget import Budget
from explorer.data.tables.hf_features import class_names, named
from explorer.data.tables.source_table import SourceTable, TableBuilder, list_names
from explorer.data.tables.values import count
from explorer.data.uploads.bounded import read_bounded
from explorer.errors import DataError, EmptyDataError, TooLargeError
from explorer.hub.dataset_splits import DatasetSplit
from explorer.hub.ranges import HubFile, Meter, read_small
from explorer.jobs.progress import READING, OnProgress, counting
from explorer.settings import settings

MAX_FILES = 256  # reading each footer takes a request
# The limit is from huggingface.co/docs/dataset-viewer/parquet. The dataset viewer derives its own flag
# `partial` from the folder's name as well (libcommon/parquet_utils.py).
PARTLY_CONVERTED = "The Hub has converted only the beginning of this dataset to Parquet, the first 5 GB."
_THREADS = 8


def read_split(
    split: DatasetSplit,
    columns: Sequence[str],
    *,
    metadata: bool = False,
    limit: int | None = None,
    seed: int = 0,
    classes: Mapping[str, Sequence[str]] | None = None,
    on_progress: OnProgress | None = None,
) -> SourceTable:
    """Read columns of a split of Parquet files.

    If the split has more than five times as many rows as requested, random row groups with about five times
    as many rows are read.

    Args:
        split: The split.
        columns: Paths as in `explorer.data.hub.nested`.
        metadata: Whether to read small metadata columns too; see `metadata_columns`.
        limit: Number of rows requested; the host's limit applies too.
        seed: Random seed for drawing row groups.
        classes: Class names by path; those in the files take precedence.
        on_progress: Called with the number of rows read; its exceptions stop the work.

    Raises:
        HubUnreachableError: The Hub does not respond correctly.
        UnreadableFileError: A file is damaged.
        ColumnError: A path does not exist.
        EmptyDataError: There are no rows.
        TooLargeError: Even one row group exceeds the host's limit on file size.
    """
    report = counting(on_progress, READING)
    where = where_of(split)
    meter = Meter(settings().max_file_mb * 1_000_000)
    budget = Budget(where)
    files, notes = _draw_files(split, seed)
    with _Pool(_THREADS) as pool:
        parts = list(pool.map(lambda file: read_footer(file, meter), files))
        schema = parts[0].footer.schema.to_arrow_schema()
        names = list(dict.fromkeys(column_of_path(path, schema, where) for path in columns))
        paths, omitted = list(columns), list[str]()
        if metadata:
            more, omitted = metadata_columns(parts, names)
            paths = list(dict.fromkeys([*columns, *more]))
            names = list(dict.fromkeys(column_of_path(path, schema, where) for path in paths))
        groups = list(row_groups(parts))
        total = sum(group.rows for group in groups)
        if total == 0:
            raise EmptyDataError("There are no rows.", where=where)
        most = min(settings().max_rows, limit or total)
        chosen, cap = draw_groups(groups, total, most, seed)

        def read(group: RowGroup) -> pa.Table:
            return read_group(parts[group.part], group, names, cap, meter, budget)

        tables: list[pa.Table] = []
        expected = sum(min(group.rows, cap) for group in chosen)
        done = 0
        report(0, expected)
        try:
            for table in _in_waves(pool, read, chosen, meter):
                tables.append(table)
                done += table.num_rows
                report(done, expected)
        except TooLargeError as error:
            if not tables:
                raise
            notes.append(f"The rest is left out: {error.what[0].lower()}{error.what[1:]}")
    chosen = chosen[: len(tables)]
    if len(chosen) < len(groups) or cap < max(group.rows for group in chosen):
        head = (
            f", of each the first {cap:,} rows at most" if cap < max(group.rows for group in chosen) else ""
        )
        notes.insert(
            0,
            f"{done:,} of {total:,} rows were read: {len(chosen):,} of {count(len(groups), 'row group')}, "
            f"drawn at random (seed {seed}){head}.",
        )
    order = sorted(range(len(chosen)), key=lambda read: chosen[read].first)
    rows = np.concatenate(
        [np.arange(tables[read].num_rows, dtype=np.int64) + chosen[read].first + 1 for read in order]
    )
    whole = _joined([tables[read] for read in order], where)
    known = {**(classes or {}), **class_names(schema)}
    source = pick_columns(whole, paths, known, where, rows, total, on_progress)
    if omitted:
        notes.append(f"Larger columns stay on the Hub: {list_names(omitted)}.")
    return dataclasses.replace(source, notes=(provenance(split), *notes, *source.notes))


def read_whole(split: DatasetSplit) -> SourceTable:
    """Read a CSV, JSON Lines or text file like an upload: with limits, in a separate process."""
    file = split.files[0]
    most = settings().max_file_mb * 1_000_000
    source = read_bounded(read_small(file, most + 1), file.path.rsplit("/", 1)[-1])
    return dataclasses.replace(source, name=where_of(split), notes=(provenance(split), *source.notes))


def pick_columns(
    table: pa.Table,
    paths: Sequence[str],
    classes: Mapping[str, Sequence[str]],
    where: str,
    rows: NDArray[np.int64],
    total: int,
    on_progress: OnProgress | None = None,
) -> SourceTable:
    """The values at the paths, as a table with one column per path.

    Args:
        table: The columns that the paths begin with.
        paths: Paths as in `explorer.data.hub.nested`.
        classes: Class names by path.
        where: The split, for error messages.
        rows: Position of each row in the split, from 1; shape (rows,).
        total: Rows in the split.
        on_progress: Called with the number of images read; its exceptions stop the work.

    Raises:
        ColumnError: A path does not exist, or no column can be shown.
    """
    builder = TableBuilder(where, "parquet")
    for path in paths:
        values = take_path(table, path, where)
        plain = named(values, classes[path]) if path in classes else values
        add_column(builder, path, plain, on_progress=on_progress)
    return builder.finish(source_rows=rows, total_rows=total)


def where_of(split: DatasetSplit) -> str:
    """The name of a split in error messages."""
    return f"{split.files[0].repo}, {split.config}, {split.split}"


def _in_waves(
    pool: ThreadPoolExecutor, read: Callable[[RowGroup], pa.Table], groups: list[RowGroup], meter: Meter
) -> Iterator[pa.Table]:
    """Read row groups in parallel; yield tables in the order of the groups, until the byte limit is reached.

    Raises:
        TooLargeError: The limit is reached.
    """
    at, width = 0, 1
    while at < len(groups):
        before = meter.spent
        yield from list(pool.map(read, groups[at : at + width]))
        at += width
        a_group = (meter.spent - before) // width
        width = max(1, min(_THREADS, meter.left // (2 * a_group + 1)))


class _Pool(ThreadPoolExecutor):
    """A thread pool that cancels pending work when its block ends."""

    def __exit__(self, *error: object) -> None:
        self.shutdown(wait=True, cancel_futures=True)


def provenance(split: DatasetSplit) -> str:
    """The note that names the source of the rows."""
    part = "" if split.complete else f" {PARTLY_CONVERTED}"
    return f"{split.files[0].repo}@{split.commit}, {split.config}, {split.split}.{part}"


def _draw_files(split: DatasetSplit, seed: int) -> tuple[list[HubFile], list[str]]:
    files = list(split.files)
    if len(files) <= MAX_FILES:
        return files, []
    drawn = np.sort(np.random.default_rng(seed).choice(len(files), MAX_FILES, replace=False))
    note = (
        f"{MAX_FILES} of {len(files):,} files were looked at, drawn at random (seed {seed}); "
        "rows are counted in these."
    )
    return [files[position] for position in drawn], [note]


def _joined(tables: list[pa.Table], where: str) -> pa.Table:
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException as error:
        raise DataError(
            "The files of this split differ in their columns.", where=where, fix="Open another split."
        ) from error
