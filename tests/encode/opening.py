"""Encoders opened for texts, without a word about the corpus they make."""

from __future__ import annotations

import explorer
from explorer.encode.opening import open_encoder


def open_for(spec, cache, texts=("a text",)):
    """The encoder for these texts."""
    return open_encoder(spec, explorer.open_corpus(list(texts)), cache)
