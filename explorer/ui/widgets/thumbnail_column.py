"""Tables of rows with a column of thumbnails."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from explorer.data.corpus import Corpus
from explorer.data.images.image_rows import has_images
from explorer.ui.widgets.items import thumbnail_address

_HEIGHT = 72  # pixels of a line: thumbnails can be told apart, and a screen has about ten


@dataclass(frozen=True)
class ThumbnailColumn:
    """The thumbnails of rows, for `st.dataframe`.

    Attributes:
        values: A column of their addresses; empty where no row of the corpus is an image.
        config: How it is drawn.
        row_height: Of the table, in pixels; None for the usual one.
    """

    values: dict[str, list[str | None]]
    config: dict[str, Any]
    row_height: int | None


NO_THUMBNAILS = ThumbnailColumn({}, {}, None)
"""That of a table without images."""


def thumbnail_column(
    corpus: Corpus, rows: Iterable[int | None], taken: Collection[str] = ()
) -> ThumbnailColumn:
    """The thumbnails of rows (from 0; None for a line without one) as a column.

    Args:
        corpus: The rows.
        rows: The row of each line.
        taken: The names of the table's other columns.
    """
    if not has_images(corpus):
        return NO_THUMBNAILS
    name = "image"
    while name in taken:
        name += " "  # a browser draws it without
    found = [None if row is None else thumbnail_address(corpus, row) or None for row in rows]
    return ThumbnailColumn({name: found}, {name: st.column_config.ImageColumn(width="small")}, _HEIGHT)
