"""The controls that take rows and pictures away as files."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from typing import Literal

import pyarrow as pa
import streamlit as st

from explorer.share.export import csv_file, parquet_file


def download_table(
    label: str,
    make: Callable[[], pa.Table],
    name: str,
    *,
    kind: Literal["primary", "secondary"] = "secondary",
    about: str = "",
) -> None:
    """Draw a button that downloads a table as CSV without formulas, and beside it the other formats.

    Args:
        label: What is downloaded.
        make: Makes the table, once somebody asks for it.
        name: Of the file, without its ending.
        kind: The look of the button.
        about: More about the table.
    """
    with st.container(horizontal=True, gap="xsmall", width="content"):
        download_file(f"{label} (CSV)", lambda: csv_file(make()), f"{name}.csv", kind=kind, about=about)
        with st.popover("Other formats", type="tertiary"):
            st.markdown(
                "In the CSV, a text that a spreadsheet could run as a formula, because it begins with =, +, "
                "-, @, a tab or a line break, has an apostrophe before it; numbers have none. To undo it, "
                "take one away wherever apostrophes stand before such a character."
            )
            with st.container(horizontal=True):
                download_file("Exact CSV", lambda: csv_file(make(), exact=True), f"{name}-exact.csv")
                download_file("Parquet", lambda: parquet_file(make()), f"{name}.parquet")
            st.caption(
                "Both have every text as it is. Open an exact CSV in a spreadsheet only if you trust it."
            )


def download_file(
    label: str,
    make: Callable[[], bytes],
    name: str,
    *,
    kind: Literal["primary", "secondary"] = "secondary",
    about: str = "",
) -> None:
    """Draw a button that downloads a file.

    Args:
        label: What is downloaded.
        make: Makes the file, once somebody asks for it.
        name: Of the file, with its ending.
        kind: The look of the button.
        about: More about the file.
    """
    st.download_button(
        label,
        make,
        file_name=name,
        mime=mimetypes.guess_type(name)[0],
        icon=":material/download:",
        type=kind,
        on_click="ignore",
        help=about or None,
        key=f"download-{name}",
    )
