"""The rows that benchmarks run on: WordNet's glosses if available, else a repeated sample."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import explorer
from explorer.data.corpus import Corpus
from explorer.settings import settings

ROOT = Path(__file__).resolve().parent.parent


def glosses(rows: int) -> list[str]:
    """The first `rows` texts, always the same; prints to standard error if they are not the glosses."""
    found = wordnet(rows)
    if found is not None:
        return found.texts
    print("wordnet.parquet not found: using the sample support-tickets, repeated", file=sys.stderr)
    texts = explorer.open_corpus("support-tickets").texts
    return [f"{texts[n % len(texts)]} ({n})" for n in range(rows)]


def wordnet(rows: int | None = None) -> Corpus | None:
    """The first glosses of WordNet, or all, labelled by their lexicographer files; None if not at hand."""
    folder = Path(os.environ.get("EXPLORER_TEST_DATA", ROOT.parent / "shared" / "data"))
    file = folder / "wordnet.parquet"
    return explorer.open_corpus(file, text="gloss", label="lexname", limit=rows) if file.is_file() else None


@contextlib.contextmanager
def empty_cache() -> Iterator[Path]:
    """An empty temporary cache folder, so that nothing is cached."""
    usual = os.environ.get("EXPLORER_CACHE_DIR", "")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EXPLORER_CACHE_DIR"] = folder
        settings.cache_clear()
        try:
            yield Path(folder)
        finally:
            os.environ["EXPLORER_CACHE_DIR"] = usual
            settings.cache_clear()
