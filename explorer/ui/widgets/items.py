"""Items as HTML: texts as typed, and images as thumbnails above their captions."""

from __future__ import annotations

import html

from streamlit import runtime

from explorer.data.corpus import Corpus
from explorer.ui.shell.text import as_html

_JPEG = "image/jpeg"


def item_html(corpus: Corpus, row: int, most: int | None = None) -> str:
    """The item of a row (from 0) as HTML: its text, folded if long; or its image, above its caption.

    Args:
        corpus: The rows.
        row: The row.
        most: Longer texts, in characters, are folded; None for the usual length.
    """
    text = corpus.texts[row]
    told = as_html(text) if most is None else as_html(text, most)
    address = thumbnail_address(corpus, row)
    if not address:
        return told
    return f'<div class="explorer-image">{image_html(address, text)}{told}</div>'


def image_html(address: str, caption: str) -> str:
    """An image by its address; its caption is its alternative text."""
    return f'<img src="{html.escape(address)}" alt="{html.escape(caption)}" loading="lazy">'


def thumbnail_address(corpus: Corpus, row: int) -> str:
    """The address of the thumbnail of a row's image in Streamlit's media storage; empty without an image.

    The address is a hash: a browser asks for each thumbnail once.
    """
    thumbnail = b"" if corpus.images is None else corpus.images.thumbnail(row)
    if not thumbnail:
        return ""
    place = f"thumbnail-{corpus.item_keys[row].hex()}"
    return runtime.get_instance().media_file_mgr.add(thumbnail, _JPEG, place)
