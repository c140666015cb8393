"""What the items of rows are called in sentences."""

from __future__ import annotations

from explorer.data.corpus import Corpus
from explorer.ui.widgets.items import has_only_images


def item_word(corpus: Corpus) -> str:
    """What one item is called: "text" or, where rows are images, "image"; "row" where some are."""
    if corpus.images is None:
        return "text"
    return "image" if has_only_images(corpus) else "row"
