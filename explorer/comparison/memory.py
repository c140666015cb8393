"""How much memory a comparison takes, measured by `benchmarks.memory_needs`."""

from __future__ import annotations

import sys

# Bytes: what is imported by the first, and what is held for each row of the sample and of the corpus.
_LIBRARIES = 8_000_000
_SAMPLED_ROW = 13_000
_ROW = 700


def comparison_bytes(rows: int, sampled: int) -> int:
    """Memory that a comparison of two contenders takes at its peak, in bytes.

    Args:
        rows: Rows of the corpus.
        sampled: Rows that are measured.
    """
    imported = "sklearn.linear_model" in sys.modules
    return (0 if imported else _LIBRARIES) + _SAMPLED_ROW * sampled + _ROW * rows
