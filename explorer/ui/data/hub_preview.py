"""The preview of a dataset on the Hub, before its rows are read."""

from __future__ import annotations

import html

import streamlit as st

from explorer.data.hub.preview import Preview, PreviewColumn
from explorer.data.tables.values import count, shortened
from explorer.hub.dataset_search import DatasetListing
from explorer.ui.shell.quantities import readable_size
from explorer.ui.shell.text import as_html, markdown
from explorer.ui.widgets.items import image_html, jpeg_address

_CLASSES_SHOWN = 6
_NAME_CHARS = 80  # as in other grids of images


def show_listing(listing: DatasetListing) -> None:
    """Draw the facts that the Hub has of a dataset, and its description."""
    facts = [
        f"{listing.downloads:,} downloads a month" if listing.downloads is not None else "",
        f"{listing.likes:,} likes" if listing.likes is not None else "",
        f"licence {listing.licence}" if listing.licence else "no licence given",
        f"{listing.size} rows" if listing.size else "",
        f"last modified {listing.modified:%Y-%m-%d}" if listing.modified else "",
        "gated: only people approved by its authors may read it" if listing.gated else "",
        ", ".join(listing.languages[:_CLASSES_SHOWN]),
        ", ".join(listing.tasks[:_CLASSES_SHOWN]),
    ]
    st.caption(" · ".join(markdown(fact) for fact in facts if fact))
    if listing.description:
        st.html(as_html(listing.description))


def show_preview(preview: Preview) -> None:
    """Draw the first rows of a split, its first images, and its columns."""
    head = preview.head
    if preview.thumbnails:
        cells = (
            f"<li>{image_html(jpeg_address(data, f'hub-preview-{place}'), name)}"
            f'<span class="caption" dir="auto">{html.escape(shortened(name, _NAME_CHARS))}</span></li>'
            for place, (name, data) in enumerate(preview.thumbnails)
        )
        st.html(f'<ul class="explorer-grid">{"".join(cells)}</ul>')
        images = count(len(preview.thumbnails), "image")
        st.caption(f"The first {images} of column “{markdown(preview.image or '')}”.")
    if head is not None:
        first = [path for path in (preview.text, preview.label) if path]
        st.dataframe(
            head.table,
            column_order=[*first, *(name for name in head.table.column_names if name not in first)],
            column_config={preview.text: st.column_config.TextColumn(width="large")}
            if preview.text
            else None,
            hide_index=True,
            height=320,
            key="hub-preview",
            alt="The first rows of the split",
        )
        of = "" if preview.rows is None else f" of {preview.rows:,}"
        downloaded = readable_size(preview.bytes_read)
        st.caption(f"The first {head.table.num_rows}{of} rows; {downloaded} were downloaded to show them.")
    for sentence in preview.partial:
        st.caption(markdown(sentence))
    if preview.columns:
        with st.expander(f"{len(preview.columns)} columns"):
            st.dataframe(
                {
                    "Column": [column.path for column in preview.columns],
                    "Detected as": [column.kind for column in preview.columns],
                    "Type": [column.type for column in preview.columns],
                    "Classes": [_classes(column) for column in preview.columns],
                },
                hide_index=True,
                key="hub-columns",
                alt="The columns of the split",
            )


def _classes(column: PreviewColumn) -> str:
    shown = ", ".join(column.classes[:_CLASSES_SHOWN])
    more = len(column.classes) - _CLASSES_SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown
