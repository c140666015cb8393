"""Which texts of images are captions that somebody wrote, and which are only the names of files."""

from __future__ import annotations

from pathlib import PurePosixPath

from explorer.data.corpus import Corpus
from explorer.data.images.decoding import ENDINGS


def written_captions(corpus: Corpus) -> list[str]:
    """The texts of a corpus, for anything about words: "" for an image whose text is only a file's name."""
    if corpus.images is None:
        return corpus.texts
    return ["" if PurePosixPath(text).suffix.lower() in ENDINGS else text for text in corpus.texts]
