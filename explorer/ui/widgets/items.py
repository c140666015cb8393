"""Items as HTML."""

from __future__ import annotations

from explorer.data.corpus import Corpus
from explorer.ui.shell.text import as_html


def item_html(corpus: Corpus, row: int) -> str:
    """The item of a row (from 0) as HTML: its text as typed, folded if long."""
    return as_html(corpus.items[row])
