"""The numbers of a figure as a table, for people who cannot see it or want them exactly."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

if TYPE_CHECKING:
    import pyarrow as pa
    from streamlit.elements.lib.column_types import ColumnConfig


def figure_table(
    key: str,
    alt: str,
    table: Callable[[], pa.Table],
    *,
    title: str = "The figure as a table",
    on_pick: Callable[[int], None] | None = None,
) -> None:
    """Draw a closed part of the page with the numbers of a figure; they are sent once it is opened.

    Args:
        key: Names it among the elements of the page.
        alt: What is in the table.
        table: Makes the table; its fractions are shown with three decimals.
        title: What the part of the page is called.
        on_pick: Called with a row of the table, from 0, that was picked, before the page is drawn again.
    """
    rows = f"{key}-rows"

    def picked() -> None:
        for row in st.session_state[rows].selection.rows:
            if on_pick is not None:
                on_pick(row)

    with st.expander(title, key=key, on_change="rerun") as part:
        if part.open:
            numbers = table()
            st.dataframe(
                numbers,
                hide_index=True,
                column_config=_formats(numbers),
                key=rows,
                on_select="ignore" if on_pick is None else picked,
                selection_mode="single-row",
                alt=alt,
            )
            if on_pick is not None:
                st.caption("Click the left edge of a row, or press Shift and Space on it, to choose it.")


def _formats(table: pa.Table) -> dict[str, ColumnConfig]:
    import pyarrow as pa

    formats = {pa.types.is_integer: "localized", pa.types.is_floating: "%.3f"}
    return {
        field.name: st.column_config.NumberColumn(format=form)
        for field in table.schema
        for is_kind, form in formats.items()
        if is_kind(field.type)
    }
