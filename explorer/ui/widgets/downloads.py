"""Controls for downloading rows and figures as files."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Callable
from typing import Literal

import pyarrow as pa
import streamlit as st

from explorer.data.formats.kinds import KINDS
from explorer.share.export import csv_file, parquet_file

_FORMULAS = "Texts that a spreadsheet could run as a formula get a leading apostrophe; see the other formats."
# The extension of the file that rows came from, in the middle of a name that we extend.
_OLD_ENDING = re.compile(rf"(?:{'|'.join(map(re.escape, KINDS))})(?=-[^.]*\.[a-z]+$)", re.IGNORECASE)


def download_table(
    label: str,
    make: Callable[[], pa.Table],
    name: str,
    *,
    kind: Literal["primary", "secondary"] = "secondary",
    about: str = "",
) -> None:
    """Draw a button that downloads a table as CSV without formulas, with the other formats beside it.

    Args:
        label: What is downloaded.
        make: Makes the table when it is downloaded.
        name: The file name, without extension.
        kind: The type of the button.
        about: The help text of the button.
    """
    with st.container(horizontal=True, gap="xsmall", width="content"):
        download_file(
            f"{label} (CSV)",
            lambda: csv_file(make()),
            f"{name}.csv",
            kind=kind,
            about=f"{about} {_FORMULAS}".strip(),
        )
        with st.popover(
            f"{label}: other formats", type="tertiary", key=f"formats-{name}", on_change="rerun"
        ) as popover:
            if popover.open:
                _show_other_formats(make, name)


def _show_other_formats(make: Callable[[], pa.Table], name: str) -> None:
    st.markdown(
        "In the CSV, a text that a spreadsheet could run as a formula, because it begins with =, +, "
        "-, @, a tab or a line break, has an apostrophe before it; numbers have none. To undo it, "
        "remove one apostrophe from each text that has apostrophes before such a character. In "
        "Python, `explorer.data.formulas.restore` undoes it."
    )
    with st.container(horizontal=True):
        download_file("Exact CSV", lambda: csv_file(make(), exact=True), f"{name}-exact.csv")
        download_file("Parquet", lambda: parquet_file(make()), f"{name}.parquet")
    st.caption("Both keep every text unchanged. Open an exact CSV in a spreadsheet only if you trust it.")


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
        make: Makes the file when it is downloaded.
        name: The file name, with extension.
        kind: The type of the button.
        about: The help text of the button.
    """
    st.download_button(
        label,
        make,
        file_name=download_name(name),
        mime=mimetypes.guess_type(name)[0],
        icon=":material/download:",
        type=kind,
        on_click="ignore",
        help=about or None,
        key=f"download-{name}",
    )


def download_name(name: str) -> str:
    """A file name with one extension: `notes-clusters.csv`, not `notes.csv-clusters.csv`."""
    return _OLD_ENDING.sub("", name)
