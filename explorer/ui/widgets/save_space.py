"""The download of a space: its rows, their vectors and what made them, in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from explorer.data.images.image_rows import has_images
from explorer.errors import ExplorerError
from explorer.settings import settings
from explorer.ui.shell.quantities import readable_size
from explorer.ui.shell.text import show_error
from explorer.ui.widgets.downloads import download_file

if TYPE_CHECKING:
    from explorer.analysis.space import Space

_FORMATS = {
    ".parquet": ("Parquet", "A table with a column of vectors, as pandas, Polars and `datasets` read it."),
    ".csv": (
        "CSV",
        "A column for each dimension; vectors to 1e-6. A text that a spreadsheet could run as a formula has "
        "an apostrophe before it until the file is opened here.",
    ),
    ".npz": ("NPZ", "Arrays for NumPy: the vectors, and the columns as a Parquet file in bytes."),
    ".safetensors": ("safetensors", "Tensors: the vectors, and the columns as a Parquet file in bytes."),
}
_WITH_IMAGES = ".parquet"  # the only format that holds images


def offer_space_file(space: Space) -> None:
    """Draw the button behind which the space can be downloaded, in the format that is chosen."""
    with st.popover("Save this space", icon=":material/save:", type="tertiary"):
        st.markdown(
            "Rows, vectors and what made them, in one file. Opened on the Data page or by "
            "`explorer.open_space`, no row is encoded again."
        )
        if has_images(space.corpus):
            ending = _WITH_IMAGES
        else:
            ending = st.segmented_control(
                "Format",
                list(_FORMATS),
                default=next(iter(_FORMATS)),
                required=True,
                format_func=lambda ending: _FORMATS[ending][0],
                key="space-format",
                persist_state="session",
            )
        label, about = _FORMATS[ending]
        st.caption(about)
        if has_images(space.corpus):
            st.caption("Images lose their metadata, such as where and when they were taken.")
        _offer(space, ending, label)


def _offer(space: Space, ending: str, label: str) -> None:
    from explorer.analysis.space_files import check_space_file, file_size, space_bytes

    size = file_size(space, ending)
    try:
        check_space_file(space, ending)
    except ExplorerError as error:
        show_error(error)
        return
    download_file(
        f"Save as {label}", lambda: space_bytes(space, ending), f"{space.corpus.name}-space{ending}"
    )
    most = settings().max_file_mb
    larger = "" if size <= most * 1e6 else f" Files up to {most:,} MB are opened on this page."
    st.caption(f"About {readable_size(size)}.{larger}")
