"""The report on encoding a corpus."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.data.corpus import Corpus
from explorer.encode.precision import PrecisionCheck

if TYPE_CHECKING:
    from explorer.encode.encoder import Encoder


@dataclass(frozen=True)
class EncodeReport:
    """What was encoded, by which engine, and how long it took.

    Attributes:
        rows: Rows of the corpus.
        distinct: Distinct texts; each is encoded once.
        cached: Distinct texts with a vector in the cache, or one that came with Explorer.
        encoded: Distinct texts that were encoded now.
        seconds: Total time, in seconds.
        engine: The engine; empty if nothing was encoded.
        dtype: The type it computed in.
        check: The check of a faster dtype; None if none was tried.
        notes: Notes for the screen.
    """

    rows: int
    distinct: int
    cached: int
    encoded: int
    seconds: float
    engine: str
    dtype: str
    check: PrecisionCheck | None
    notes: tuple[str, ...] = ()


def report_of_kept(encoder: Encoder, corpus: Corpus) -> EncodeReport:
    """The report for vectors that are already in memory: nothing was encoded."""
    distinct = len(corpus) - corpus.repeated
    return EncodeReport(
        len(corpus), distinct, distinct, 0, 0.0, engine="", dtype=encoder.dtype, check=encoder.check
    )
