"""The rows that pass filters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.data.corpus import Corpus
from explorer.data.filters.specs import MAX_FILTERS, Between, Contains, During, Filter, OneOf
from explorer.data.filters.values import (
    NO_TIME,
    after,
    as_plain_text,
    contains,
    filterable,
    holds,
    microseconds,
    moments_of,
    numbers_of,
)
from explorer.data.tables.source_table import list_names
from explorer.errors import FilterError


def passing(corpus: Corpus, filters: Sequence[Filter]) -> NDArray[np.bool_]:
    """Which rows pass all filters.

    Args:
        corpus: The rows.
        filters: The filters; without any, all rows pass.

    Returns:
        Shape (rows,), as `rows` of `Space.search` takes it.

    Raises:
        FilterError: There is no such column, its values cannot be filtered, or there are too many filters.
    """
    if len(filters) > MAX_FILTERS:
        raise FilterError(
            f"There are {len(filters):,} filters; rows take {MAX_FILTERS} at once.", fix="Remove some."
        )
    left = np.ones(len(corpus), dtype=bool)
    for one in filters:
        check_column(corpus, one)
        left &= _passing(corpus.table[one.column], one)
    return left


def possible(corpus: Corpus, filters: Sequence[Filter]) -> tuple[list[Filter], list[FilterError]]:
    """The filters that fit the columns of a corpus, and why the others do not; see `check_column`."""
    found, errors = [], []
    for one in filters:
        try:
            check_column(corpus, one)
        except FilterError as error:
            errors.append(error)
        else:
            found.append(one)
    return found, errors


def check_column(corpus: Corpus, one: Filter) -> None:
    """Check that a corpus has the column of a filter.

    Raises:
        FilterError: It has no such column, or one whose values cannot be filtered.
    """
    columns = filterable(corpus)
    if one.column in columns:
        values = corpus.table[one.column]
        if isinstance(one, Between) and not holds(values, "number"):
            raise FilterError(f'The column "{one.column}" holds no numbers.', where=corpus.name)
        if isinstance(one, During) and not holds(values, "time"):
            raise FilterError(f'The column "{one.column}" holds no dates.', where=corpus.name)
        return
    there = one.column in corpus.table.column_names
    raise FilterError(
        f'The column "{one.column}" holds no single values.'
        if there
        else f'There is no column "{one.column}".',
        where=corpus.name,
        fix=f"Columns that can be filtered: {list_names(columns)}.",
    )


def _passing(values: pa.ChunkedArray, one: Filter) -> NDArray[np.bool_]:
    if isinstance(one, OneOf):
        found = pc.is_in(as_plain_text(values), value_set=pa.array(one.values, pa.string()))
        return np.asarray(found)
    if isinstance(one, Contains):
        return contains(as_plain_text(values), one.text)
    if isinstance(one, Between):
        numbers = numbers_of(values)
        known = ~np.isnan(numbers)
        inside = known.copy()
        if one.low is not None:
            inside &= numbers >= one.low
        if one.high is not None:
            inside &= numbers <= one.high
    else:
        moments = moments_of(values)
        known = moments != NO_TIME
        inside = known.copy()
        if one.first is not None:
            inside &= moments >= microseconds(one.first)
        if one.last is not None:
            inside &= moments < after(one.last)
    return inside | ~known if one.missing else inside
