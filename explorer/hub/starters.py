"""Models that are a good start, by what they are for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Starter:
    """A model that is a good start.

    Attributes:
        id: Hub id.
        need: What it is for, in two or three words.
        reason: Why this one.
    """

    id: str
    need: str
    reason: str


STARTERS = (
    Starter(
        "sentence-transformers/all-MiniLM-L6-v2",
        "small and quick",
        "English; 23 million parameters, 384 dimensions. It comes with Explorer, so nothing is downloaded.",
    ),
    Starter(
        "BAAI/bge-base-en-v1.5",
        "better search in English",
        "109 million parameters, 768 dimensions: several times slower than MiniLM, and better at retrieval.",
    ),
    Starter(
        "intfloat/multilingual-e5-small",
        "many languages",
        "About 100 languages in one space; 118 million parameters, 384 dimensions.",
    ),
    Starter(
        "nomic-ai/modernbert-embed-base",
        "long texts",
        "English; reads 8,192 tokens of a text, where most small models read 256 or 512.",
    ),
    Starter(
        "Qwen/Qwen3-Embedding-0.6B",
        "code",
        "Trained on code, and on texts in over 100 languages; 596 million parameters, so best with a GPU.",
    ),
    Starter(
        "sentence-transformers/clip-ViT-B-32",
        "images",
        "Pictures and short English texts in one space; 512 dimensions.",
    ),
)
