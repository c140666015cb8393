"""Rows as a line of small thumbnails, which break into several lines where there is no room."""

from __future__ import annotations

import html
from collections.abc import Sequence

from explorer.data.corpus import Corpus
from explorer.data.tables.values import shortened
from explorer.ui.widgets.items import thumbnail_address

_CHARS = 40  # of a row that is no image


def strip_html(
    corpus: Corpus, rows: Sequence[int], numbers: Sequence[int] | None = None, *, numbered: bool = False
) -> str:
    """Rows (from 0) as HTML; a caption is the alternative text of its image, and its tooltip.

    Args:
        corpus: The rows.
        rows: The rows.
        numbers: What each row is called, from 1; None for its place in the corpus.
        numbered: Whether that is written below the thumbnails.
    """
    cells = []
    for row, number in zip(rows, numbers or [row + 1 for row in rows], strict=True):
        # Without its slash it is below the app's own address; see `image_html`.
        caption, address = corpus.captions[row], thumbnail_address(corpus, row).lstrip("/")
        told = html.escape(caption)
        item = (
            f'<img src="{html.escape(address)}" alt="{told}" title="{number:,}. {told}" loading="lazy">'
            if address
            else f'<span dir="auto">{html.escape(shortened(caption, _CHARS))}</span>'
        )
        below = f"<b>{number:,}</b>" if numbered else ""
        cells.append(f"<li>{item}{below}</li>")
    return f'<ul class="explorer-strip">{"".join(cells)}</ul>'
