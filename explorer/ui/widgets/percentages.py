"""Columns of shares in tables, written as `explorer.numbers.percent` writes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

PERCENT = "%.1f %%"
"""The format of a column that `in_percent` made; Streamlit's own `percent` has no space and two decimals."""


def in_percent(table: pa.Table, names: Iterable[str]) -> pa.Table:
    """A table whose shares, from 0 to 1, are percentages; a missing share stays missing.

    Args:
        table: Any table; it is not changed.
        names: The columns that are shares.
    """
    import pyarrow.compute as pc

    for name in names:
        shares = pc.multiply(table[name], 100.0)
        table = table.set_column(table.column_names.index(name), name, shares)
    return table
