"""The reference of our encoders: sentence-transformers itself, imported when a test asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


def sentence_transformer(folder: Path | str) -> SentenceTransformer:
    """A model as sentence-transformers loads it; importing the library takes seconds."""
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(folder), device="cpu")
