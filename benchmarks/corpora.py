"""The rows that benchmarks run on: WordNet's glosses if available, else a repeated sample."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import explorer
from explorer.settings import settings

ROOT = Path(__file__).resolve().parent.parent


def glosses(rows: int) -> list[str]:
    """The first `rows` texts, always the same; prints to standard error if they are not the glosses."""
    folder = Path(os.environ.get("EXPLORER_TEST_DATA", ROOT.parent / "shared" / "data"))
    file = folder / "wordnet.parquet"
    if file.is_file():
        return explorer.open_corpus(file, text="gloss", label=None, limit=rows).texts
    print(f"{file} not found: using the sample support-tickets, repeated with changes", file=sys.stderr)
    texts = explorer.open_corpus("support-tickets").texts
    return [f"{texts[n % len(texts)]} ({n})" for n in range(rows)]


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
