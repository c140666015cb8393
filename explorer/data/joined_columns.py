"""Several text columns as one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from explorer.data.tables.budget import Budget
from explorer.data.tables.source_table import MAX_NAME, SourceTable, unique_names
from explorer.data.tables.values import empty_mask
from explorer.errors import ColumnError, TooLargeError
from explorer.settings import settings

_BETWEEN = "\n\n"


def join_columns(source: SourceTable, names: Sequence[str]) -> tuple[SourceTable, str]:
    """Join text columns, in their order, into a new first column; one alone stays as it is.

    An empty line is between two texts: encoders were trained on titles before texts, and the names of
    columns, the same in every row, would make all rows more alike. Empty and blank texts are left out.

    Args:
        source: The table.
        names: Its text columns, all of type string.

    Returns:
        The table, and the name of the column: the names joined by " + ".

    Raises:
        ColumnError: There is no name, or one is given twice.
        TooLargeError: A joined text is longer than a cell may be, or all take too much memory.
    """
    if not names or len(set(names)) < len(names):
        raise ColumnError(
            "No text column is named." if not names else "A text column is named twice.",
            where=source.name,
            fix="Name each text column once.",
        )
    if len(names) == 1:
        return source, names[0]
    columns = [source.table[name].cast(pa.string()) for name in names]
    Budget(source.name).spend(sum(column.nbytes for column in columns))
    filled = [
        pc.if_else(pa.array(empty_mask(column).to_numpy()), pa.scalar(None, pa.string()), column)
        for column in columns
    ]
    joined = filled[0]
    for column in filled[1:]:  # not all at once with null_handling="skip": that loses rows of only nulls
        both = pc.binary_join_element_wise(joined, column, _BETWEEN)  # null if either is
        joined = pc.coalesce(both, joined, column)
    lengths = pc.fill_null(pc.utf8_length(joined), 0).to_numpy()
    most, longest = settings().max_cell_chars, int(np.argmax(lengths))
    if lengths[longest] > most:
        raise TooLargeError(
            f"The joined text has {lengths[longest]:,} characters; up to {most:,} are read.",
            where=f"{source.name}, row {source.source_rows[longest]:,}",
            fix="Join fewer columns, or ask the host to raise EXPLORER_MAX_CELL_CHARS.",
        )
    name = " + ".join(names)
    name = unique_names([*source.table.column_names, name if len(name) <= MAX_NAME else "joined"])[0][-1]
    return dataclasses.replace(source, table=source.table.add_column(0, name, joined)), name
