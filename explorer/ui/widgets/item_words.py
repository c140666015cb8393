"""What the items of rows are called in sentences."""

from __future__ import annotations

from explorer.data.corpus import Corpus
from explorer.data.images.captions import has_captions
from explorer.data.images.image_rows import has_images, has_only_images
from explorer.data.tables.values import count


def item_word(corpus: Corpus) -> str:
    """What one item is called: "text" or, where rows are images, "image"; "row" where some are."""
    if not has_images(corpus):
        return "text"
    return "image" if has_only_images(corpus) else "row"


def text_word(corpus: Corpus) -> str:
    """What heads a column of the rows' texts: "text" or, where rows are images, "caption" or "file"."""
    if not has_images(corpus):
        return "text"
    return "caption" if has_captions(corpus) else "file"


def count_rows(corpus: Corpus, number: int) -> str:
    """A number of rows in words: of "images", if all rows of the corpus are images."""
    return count(number, "image" if has_only_images(corpus) else "row")
