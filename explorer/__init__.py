"""Explore text embeddings, and compare embedding models on your own data.

Importing this package is quick: each name imports what it needs on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from explorer.analysis.space import Hit, Space
    from explorer.comparison.compare import compare
    from explorer.comparison.comparison import Comparison
    from explorer.comparison.compression.size_sweep import SizeSweep
    from explorer.comparison.compression.sweep import sweep
    from explorer.comparison.files.opening import open_comparison
    from explorer.data.corpus import Corpus
    from explorer.data.opening import open_corpus
    from explorer.embedding import embed
    from explorer.errors import ExplorerError

_HOMES = {
    "Comparison": "explorer.comparison.comparison",
    "Corpus": "explorer.data.corpus",
    "ExplorerError": "explorer.errors",
    "Hit": "explorer.analysis.space",
    "SizeSweep": "explorer.comparison.compression.size_sweep",
    "Space": "explorer.analysis.space",
    "compare": "explorer.comparison.compare",
    "embed": "explorer.embedding",
    "open_comparison": "explorer.comparison.files.opening",
    "open_corpus": "explorer.data.opening",
    "sweep": "explorer.comparison.compression.sweep",
}

__all__ = [
    "Comparison",
    "Corpus",
    "ExplorerError",
    "Hit",
    "SizeSweep",
    "Space",
    "compare",
    "embed",
    "open_comparison",
    "open_corpus",
    "sweep",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _HOMES:
        raise AttributeError(f"module 'explorer' has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
