"""Which texts of images are captions that somebody wrote, and which are only the names of files."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from explorer.data.corpus import Corpus
from explorer.data.images.decoding import is_image_name
from explorer.data.images.image_rows import has_images, image_rows
from explorer.data.images.images import FILE


def written_captions(corpus: Corpus, rows: Sequence[int] | None = None) -> list[str]:
    """The texts of rows, for anything about words: "" for an image whose text is only a file's name.

    Args:
        corpus: The rows.
        rows: Some of them, from 0; None for all.
    """
    some = range(len(corpus)) if rows is None else rows
    if not has_images(corpus):
        return corpus.texts if rows is None else [corpus.texts[row] for row in some]
    only_named = image_rows(corpus) & (corpus.text == FILE)  # such as "image 3", without an ending
    return ["" if only_named[row] or is_image_name(corpus.texts[row]) else corpus.texts[row] for row in some]


def has_captions(corpus: Corpus) -> bool:
    """Whether an image of the rows has a caption, which is more than the name of its file."""
    if corpus.text == FILE:
        return False
    texts = itertools.compress(corpus.texts, image_rows(corpus))
    return any(text.strip() and not is_image_name(text) for text in texts)
