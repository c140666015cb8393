"""Rows of a dataset on the Hub, without downloading the whole of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from explorer.data.hub.nested import column_of_path, take_path
from explorer.data.hub.other_columns import columns_along
from explorer.data.hub.row_groups import RowGroup, draw_groups, read_footer, read_group, row_groups
from explorer.data.tables.arrow_columns import add_column
from explorer.data.tables.budget import Budget
from explorer.data.tables.class_labels import class_names, named
from explorer.data.tables.source_table import SourceTable, TableBuilder, list_names
from explorer.data.tables.values import count
from explorer.data.uploads.bounded import read_bounded
from explorer.errors import DataError, EmptyDataError, TooLargeError
from explorer.hub.dataset_splits import DatasetSplit
from explorer.hub.ranges import HubFile, Meter, read_small
from explorer.jobs.progress import READING, OnProgress, counting
from explorer.settings import settings

MAX_FILES = 256  # each costs a request for its footer
# huggingface.co/docs/dataset-viewer/parquet says how much; the folder's name says of which split, as it does
# to the dataset viewer itself, whose flag `partial` is read from it (libcommon/parquet_utils.py).
PARTLY_CONVERTED = "The Hub has converted only the beginning of this dataset to Parquet, the first 5 GB."
_THREADS = 8


def read_split(
    split: DatasetSplit,
    columns: Sequence[str],
    *,
    along: bool = False,
    limit: int | None = None,
    seed: int = 0,
    classes: Mapping[str, Sequence[str]] | None = None,
    on_progress: OnProgress | None = None,
) -> SourceTable:
    """Read columns of a split of Parquet files.

    Of a split with more than five times the rows wanted, random row groups with that many are read.

    Args:
        split: The split.
        columns: Paths as in `explorer.data.hub.nested`.
        along: Whether the small ones of the other columns come along; see `columns_along`.
        limit: Rows wanted; the host's bound holds as well.
        seed: What draws the row groups.
        classes: Names of numbered classes by path; a file's own come before them.
        on_progress: Told the rows that are read; an exception it raises stops the work.

    Raises:
        HubUnreachableError: The Hub does not answer as it should.
        UnreadableFileError: A file is damaged.
        ColumnError: A path leads nowhere.
        EmptyDataError: There is no row.
        TooLargeError: Not even one part of the rows fits into the host's bound on files.
    """
    say = counting(on_progress, READING)
    where = where_of(split)
    meter = Meter(settings().max_file_mb * 1_000_000)
    budget = Budget(where)
    files, notes = _draw_files(split, seed)
    with _Pool(_THREADS) as pool:
        parts = list(pool.map(lambda file: read_footer(file, meter), files))
        schema = parts[0].footer.schema.to_arrow_schema()
        names = list(dict.fromkeys(column_of_path(path, schema, where) for path in columns))
        paths, stay = list(columns), list[str]()
        if along:
            more, stay = columns_along(parts, names)
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
        say(0, expected)
        try:
            for table in _in_waves(pool, read, chosen, meter):
                tables.append(table)
                done += table.num_rows
                say(done, expected)
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
    source = pick_columns(whole, paths, known, where, rows, total)
    if stay:
        notes.append(f"Larger columns stay on the Hub: {list_names(stay)}.")
    return dataclasses.replace(source, notes=(provenance(split), *notes, *source.notes))


def read_whole(split: DatasetSplit) -> SourceTable:
    """A CSV, JSON Lines or text file, read as an upload is: within bounds, in another process."""
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
) -> SourceTable:
    """The values under the paths, as a table whose columns are called by them."""
    builder = TableBuilder(where, "parquet")
    for path in paths:
        values = take_path(table, path, where)
        add_column(builder, path, named(values, classes[path]) if path in classes else values)
    return builder.finish(source_rows=rows, total_rows=total)


def where_of(split: DatasetSplit) -> str:
    """How a message names a split."""
    return f"{split.files[0].repo}, {split.config}, {split.split}"


def _in_waves(
    pool: ThreadPoolExecutor, read: Callable[[RowGroup], pa.Table], groups: list[RowGroup], meter: Meter
) -> Iterator[pa.Table]:
    """Tables in the order of their groups, up to the bound on bytes, whichever thread is faster.

    Raises:
        TooLargeError: The bound is reached.
    """
    at, width = 0, 1
    while at < len(groups):
        before = meter.spent
        yield from list(pool.map(read, groups[at : at + width]))
        at += width
        a_group = (meter.spent - before) // width
        width = max(1, min(_THREADS, meter.left // (2 * a_group + 1)))


class _Pool(ThreadPoolExecutor):
    """Threads that do not finish what waits when the work is stopped."""

    def __exit__(self, *error: object) -> None:
        self.shutdown(wait=True, cancel_futures=True)


def provenance(split: DatasetSplit) -> str:
    """The note on where rows come from."""
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
