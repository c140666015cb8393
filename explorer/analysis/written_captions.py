"""Which texts of images are captions that somebody wrote, and which are only the names of files."""

from __future__ import annotations

from explorer.data.corpus import Corpus
from explorer.data.images.decoding import is_image_name


def written_captions(corpus: Corpus) -> list[str]:
    """The texts of a corpus, for anything about words: "" for an image whose text is only a file's name."""
    if corpus.images is None:
        return corpus.texts
    return ["" if is_image_name(text) else text for text in corpus.texts]
