"""Rows of a corpus as files that other programs read."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from explorer.data.corpus import Corpus


def rows_csv(
    corpus: Corpus, rows: Sequence[int] | np.ndarray, found: Mapping[str, Sequence[Any] | np.ndarray]
) -> bytes:
    """Rows as CSV: UTF-8 with a byte-order mark, so that spreadsheets read it too.

    Args:
        corpus: Where the rows are from.
        rows: Rows, from 0, in the order wanted; a row may come several times.
        found: What was found out about them, by column name, one value for each of `rows`; these columns
            come first. A corpus column of the same name gets " (corpus)" behind it.

    Returns:
        The file: the found columns, `row` (place in the corpus, from 1), `source_row` (place in what was
        opened, from 1), then every column of the corpus.
    """
    buffer = io.BytesIO(b"\xef\xbb\xbf")
    buffer.seek(0, io.SEEK_END)
    pa.csv.write_csv(_table(corpus, rows, found), buffer)
    return buffer.getvalue()


def rows_parquet(
    corpus: Corpus, rows: Sequence[int] | np.ndarray, found: Mapping[str, Sequence[Any] | np.ndarray]
) -> bytes:
    """Rows as Parquet, every column with its type.

    Args:
        corpus: Where the rows are from.
        rows: As for `rows_csv`.
        found: As for `rows_csv`.

    Returns:
        The file, with the columns of `rows_csv`.
    """
    buffer = io.BytesIO()
    pa.parquet.write_table(_table(corpus, rows, found), buffer)
    return buffer.getvalue()


def _table(
    corpus: Corpus, rows: Sequence[int] | np.ndarray, found: Mapping[str, Sequence[Any] | np.ndarray]
) -> pa.Table:
    places = np.asarray(rows, dtype=np.int64)
    columns: dict[str, Any] = {name: pa.array(values) for name, values in found.items()}
    columns["row"] = pa.array(places + 1)
    columns["source_row"] = pa.array(corpus.source_rows[places])
    taken = corpus.table.take(pa.array(places))
    for name in taken.column_names:
        columns[name if name not in columns else f"{name} (corpus)"] = taken[name]
    return pa.table(columns)
