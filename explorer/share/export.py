"""Rows of a corpus as files that other programs read."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from explorer.data.corpus import SOURCE_ROW, Corpus
from explorer.data.formulas import neutralise
from explorer.data.space_files.saved_table import free_name

_NAME_CHARS = 100


def rows_table(
    corpus: Corpus, rows: Sequence[int] | np.ndarray, found: Mapping[str, Sequence[Any] | np.ndarray]
) -> pa.Table:
    """Rows as a table to be written to a file.

    Args:
        corpus: The corpus of the rows.
        rows: Rows, from 0, in the order wanted; rows can repeat.
        found: Computed columns by name, with one value for each of `rows`; these columns come first. A corpus
            column with the same name gets the suffix " (corpus)", or " (corpus 2)" if that is taken.

    Returns:
        The computed columns, `row` (position in the corpus, from 1), `source_row` (position in the source,
        from 1), then every column of the corpus.
    """
    places = np.asarray(rows, dtype=np.int64)
    columns: dict[str, Any] = {name: pa.array(values) for name, values in found.items()}
    columns["row"] = pa.array(places + 1)
    columns[SOURCE_ROW] = pa.array(corpus.source_rows[places])
    taken = corpus.table.take(pa.array(places))
    names = set(taken.column_names)
    for name in taken.column_names:
        if name == SOURCE_ROW and taken[name].equals(pa.chunked_array([columns[name]])):
            continue  # passages say it themselves
        columns[_free_name(name, columns, names - {name})] = taken[name]
    return pa.table(columns)


def numbered_table(corpus: Corpus) -> pa.Table:
    """The rows of a corpus as a table for programs that know nothing of corpora.

    Returns:
        `source_row` (position in the source, from 1), then the text, the label and the other columns. Their
        names are kept; if one is `source_row`, in upper or lower case, that of the positions is longer.
    """
    table = corpus.table.select(
        [corpus.text, *([corpus.label] if corpus.label else []), *corpus.metadata]
    ).replace_schema_metadata()
    numbers = pa.chunked_array([pa.array(corpus.source_rows)])
    if SOURCE_ROW in table.column_names and table[SOURCE_ROW].equals(numbers):
        table = table.drop_columns([SOURCE_ROW])  # passages say it themselves
    name = free_name(SOURCE_ROW, {name.lower() for name in table.column_names})
    return table.add_column(0, name, numbers)


def plain_name(name: str) -> str:
    """A name as part of a file's name that no shell and no system reads as anything else."""
    return re.sub(r"[^\w.-]", "_", name)[:_NAME_CHARS].lstrip("-.") or "rows"


def csv_file(table: pa.Table, *, exact: bool = False) -> bytes:
    """A table as CSV: UTF-8 with a byte order mark, which spreadsheets need.

    Args:
        table: The table.
        exact: Whether to keep texts and column names unchanged even if a spreadsheet would run them as
            formulas. Otherwise they are neutralised in a way that `explorer.data.formulas.restore` undoes.
    """
    if not exact:
        table = pa.table(
            [_neutral(column) for column in table.columns], names=[neutralise(n) for n in table.column_names]
        )
    buffer = io.BytesIO(b"\xef\xbb\xbf")
    buffer.seek(0, io.SEEK_END)
    pa.csv.write_csv(table, buffer)
    return buffer.getvalue()


def parquet_file(table: pa.Table) -> bytes:
    """A table as Parquet, with every column's type and every text unchanged."""
    buffer = io.BytesIO()
    pa.parquet.write_table(table, buffer)
    return buffer.getvalue()


def _free_name(name: str, used: Collection[str], others: Collection[str]) -> str:
    free = name
    for number in itertools.count(1):
        if free not in used and (free == name or free not in others):
            break
        free = f"{name} (corpus)" if number == 1 else f"{name} (corpus {number})"
    return free


def _neutral(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return column
    texts = [None if text is None else neutralise(text) for text in column.to_pylist()]
    return pa.chunked_array([pa.array(texts, column.type)])
