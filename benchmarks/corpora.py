"""The rows that benchmarks run on: the glosses if they are at hand, else a sample made longer."""

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
    """`rows` texts, the same ones every time; says on standard error when they are not the glosses."""
    folder = Path(os.environ.get("EXPLORER_TEST_DATA", ROOT.parent / "shared" / "data"))
    file = folder / "wordnet.parquet"
    if file.is_file():
        return explorer.open_corpus(file, text="gloss", label=None, limit=rows).texts
    print(f"{file} is not there: the sample support-tickets is repeated with changes", file=sys.stderr)
    texts = explorer.open_corpus("support-tickets").texts
    return [f"{texts[n % len(texts)]} ({n})" for n in range(rows)]


@contextlib.contextmanager
def empty_cache() -> Iterator[Path]:
    """A cache folder that is empty and goes away: nothing in it was computed before."""
    usual = os.environ.get("EXPLORER_CACHE_DIR", "")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EXPLORER_CACHE_DIR"] = folder
        settings.cache_clear()
        try:
            yield Path(folder)
        finally:
            os.environ["EXPLORER_CACHE_DIR"] = usual
            settings.cache_clear()
