"""Data already in Python: lists, dicts of columns, data frames, Arrow tables."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from explorer.data.tables.arrow_columns import add_column
from explorer.data.tables.source_table import SourceTable, TableBuilder
from explorer.data.tables.values import Remarks, chunked, column_of, text_column
from explorer.errors import ColumnError, EmptyDataError
from explorer.jobs.progress import OnProgress

_Values = tuple[pa.ChunkedArray, Remarks]  # of any Arrow type
_NOT_ONE_KIND = (pa.ArrowException, TypeError, ValueError, OverflowError)


def is_data_frame(source: object) -> bool:
    """Whether it is a pandas DataFrame; checked without importing pandas."""
    pandas = sys.modules.get("pandas")
    return pandas is not None and isinstance(source, pandas.DataFrame)


def from_texts(texts: Sequence[object], name: str) -> SourceTable:
    """A table with one column, "text". None and NaN become empty rows.

    Raises:
        ColumnError: An element is not a string.
        EmptyDataError: The list is empty.
    """
    if not texts:
        raise EmptyDataError("The list of texts is empty.", where=name)
    for position, value in enumerate(texts):
        if not isinstance(value, str) and not _is_missing(value):
            raise ColumnError(
                f"This is {value!r:.60}, a {type(value).__name__}, not a string.",
                where=f"{name}, position {position:,}",
                fix="Give strings, or a data frame or a dict of columns and the name of the text column.",
            )
    builder = TableBuilder(name, "python")
    builder.add("text", *text_column([value if isinstance(value, str) else None for value in texts]))
    return builder.finish()


def from_columns(columns: Mapping[Any, Any], name: str, on_progress: OnProgress | None = None) -> SourceTable:
    """A table from a mapping of names to columns: lists, NumPy arrays or series.

    Raises:
        ColumnError: A column is not a list, mixes strings with other values, or differs in length.
        EmptyDataError: No column or no row.
    """
    data = [_from_values(values, str(key), name) for key, values in columns.items()]
    lengths = {str(key): len(values) for key, values in columns.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"{key} has {length:,}" for key, length in lengths.items())
        raise ColumnError(
            f"The columns differ in length: {listed}.", where=name, fix="Give all columns the same length."
        )
    return _table(zip(lengths, data, strict=True), name, on_progress)


def from_data_frame(
    frame: Any,  # noqa: ANN401 - pandas is not imported
    name: str,
    on_progress: OnProgress | None = None,
) -> SourceTable:
    """A table from a pandas DataFrame. Missing values become null; the index is dropped.

    Raises:
        EmptyDataError: No column or no row.
    """
    series = (frame.iloc[:, position] for position in range(frame.shape[1]))
    return _table(
        ((str(label), _from_series(values)) for label, values in zip(frame.columns, series, strict=True)),
        name,
        on_progress,
    )


def from_arrow(
    source: Any,  # noqa: ANN401 - whatever speaks Arrow
    name: str,
    on_progress: OnProgress | None = None,
    *,
    open_paths: bool = False,
) -> SourceTable:
    """A table from an Arrow table, or from anything with `__arrow_c_stream__` such as a Polars frame.

    Args:
        source: The table.
        name: What to call it.
        on_progress: Called with the number of images read; an exception it raises stops the work.
        open_paths: Whether to open the files of this machine that records of images name.

    Raises:
        UnreadableFileError: A text column holds bytes that are not UTF-8.
        EmptyDataError: No column or no row.
    """
    table = pa.table(source)
    columns = zip(table.column_names, table.columns, strict=True)
    return _table(
        ((label, (values, ())) for label, values in columns), name, on_progress, open_paths=open_paths
    )


def _table(
    columns: Iterable[tuple[str, _Values]],
    name: str,
    on_progress: OnProgress | None = None,
    *,
    open_paths: bool = False,
) -> SourceTable:
    builder = TableBuilder(name, "python")
    for label, (values, remarks) in columns:
        add_column(builder, label, values, remarks, on_progress, open_paths=open_paths)
    return builder.finish()


def _from_series(series: Any) -> _Values:  # noqa: ANN401 - pandas is not imported
    try:
        return chunked(pa.array(series, from_pandas=True)), ()
    except _NOT_ONE_KIND:
        return column_of([None if _is_missing(value) else value for value in series])


def _from_values(values: Any, column: str, name: str) -> _Values:  # noqa: ANN401
    where = f'{name}, column "{column}"'
    if isinstance(values, str | bytes) or not hasattr(values, "__len__") or getattr(values, "ndim", 1) != 1:
        raise ColumnError(
            f"The column is of type {type(values).__name__}, not a list of values.",
            where=where,
            fix="Give each column a list as long as the others.",
        )
    if isinstance(values, pa.Array | pa.ChunkedArray):
        return chunked(values), ()
    try:
        return chunked(pa.array(values, from_pandas=True)), ()
    except _NOT_ONE_KIND as error:
        there = [(position, value) for position, value in enumerate(values) if not _is_missing(value)]
        first = type(there[0][1])
        for position, value in there:
            if type(value) is not first:
                raise ColumnError(
                    f"This is {value!r:.60}, a {type(value).__name__}; earlier values are {first.__name__}.",
                    where=f"{where}, position {position:,}",
                    fix="Give all values of a column the same type.",
                ) from error
        return column_of([None if _is_missing(value) else value for value in values])


def _is_missing(value: object) -> bool:
    """Whether a value is None, NaN, or pandas' NA or NaT, whose comparisons are not booleans."""
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or type(value).__name__ in ("NAType", "NaTType")
