"""Items as HTML: texts as typed, and images as thumbnails above their captions."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st
from streamlit import runtime

from explorer.data.corpus import Corpus
from explorer.data.images.decoding import thumbnail
from explorer.data.tables.values import shortened
from explorer.ui.shell.text import as_html

if TYPE_CHECKING:
    from streamlit.elements.lib.grid_container import GridContainer

_JPEG = "image/jpeg"
_LARGE_SIDE = 1_600  # pixels
_CAPTION_CHARS = 80  # of a grid, where two lines are shown


def item_html(corpus: Corpus, row: int, most: int | None = None) -> str:
    """The item of a row (from 0) as HTML: its text, folded if long; or its image, above its caption.

    Args:
        corpus: The rows.
        row: The row.
        most: Longer texts, in characters, are folded; None for the usual length.
    """
    text = corpus.texts[row]
    return with_image(corpus, row, as_html(text) if most is None else as_html(text, most))


def with_image(corpus: Corpus, row: int, told: str) -> str:
    """HTML about a row (from 0), below the thumbnail of its image if it has one."""
    address = thumbnail_address(corpus, row)
    if not address:
        return told
    return f'<div class="explorer-image">{image_html(address, corpus.texts[row])}{told}</div>'


def grid_html(corpus: Corpus, rows: Sequence[int]) -> str:
    """Rows (from 0) as a grid of thumbnails above captions and labels; rows without an image are texts."""
    cells = []
    for row in rows:
        text, address = corpus.texts[row], thumbnail_address(corpus, row)
        image = image_html(address, text) if address else ""
        caption = html.escape(shortened(text, _CAPTION_CHARS))
        cells.append(
            f'<li>{image}{label_html(corpus, row)}<span class="caption" dir="auto">{caption}</span></li>'
        )
    return f'<ul class="explorer-grid">{"".join(cells)}</ul>'


def image_cells(key: str) -> GridContainer:
    """A grid for images with controls below each; a cell for each is drawn by its method `cell`."""
    return st.grid(5, min_column_width=150, gap="small", key=f"images-{key}")


def card_html(corpus: Corpus, row: int, told: str = "", about: str = "") -> str:
    """A row that is an image as HTML: its thumbnail, what is told of it, and its label and caption.

    Args:
        corpus: The rows.
        row: The row, from 0.
        told: HTML that comes first below the image.
        about: The tooltip.
    """
    text = corpus.texts[row]
    return (
        f'<div class="explorer-card" title="{html.escape(about)}">'
        f"{image_html(thumbnail_address(corpus, row), text)}{told}{label_html(corpus, row)}"
        f'<div class="caption" dir="auto">{html.escape(shortened(text, _CAPTION_CHARS))}</div></div>'
    )


def label_html(corpus: Corpus, row: int) -> str:
    """The label of a row as HTML; empty without one."""
    label = "" if corpus.labels is None else corpus.labels[row]
    return f'<span class="label" dir="auto">{html.escape(label)}</span>' if label else ""


def image_html(address: str, caption: str, about: str = "") -> str:
    """An image by its address; its caption is its alternative text.

    Args:
        address: As by `thumbnail_address`.
        caption: The caption.
        about: The tooltip.
    """
    title = f' title="{html.escape(about)}"' if about else ""
    return f'<img src="{html.escape(address)}" alt="{html.escape(caption)}"{title} loading="lazy">'


def thumbnail_address(corpus: Corpus, row: int) -> str:
    """The address of the thumbnail of a row's image in Streamlit's media storage; empty without an image.

    The address is a hash: a browser asks for each thumbnail once.
    """
    small = b"" if corpus.images is None else corpus.images.thumbnail(row)
    return jpeg_address(small, f"thumbnail-{corpus.item_keys[row].hex()}") if small else ""


def large_address(corpus: Corpus, row: int) -> str:
    """The address of a row's image at the size of a screen, as `thumbnail_address`.

    Raises:
        DataError: Its file is no longer there, or was changed.
    """
    item = None if corpus.images is None else corpus.images.item(row)
    if item is None:
        return ""
    with item.open() as image:
        return jpeg_address(thumbnail(image, _LARGE_SIDE), f"large-{item.key.hex()}")


def jpeg_address(data: bytes, place: str) -> str:
    """The address of a JPEG in Streamlit's media storage, which keeps it while the page shows it.

    It is relative to that of the page: an app may be served below a path, which Streamlit leaves out.

    Args:
        data: Its bytes.
        place: What tells it from other files of the page.
    """
    return runtime.get_instance().media_file_mgr.add(data, _JPEG, place).lstrip("/")
