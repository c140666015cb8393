"""What encoding a corpus took, as the pages tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.data.corpus import Corpus
from explorer.encode.precision import PrecisionCheck

if TYPE_CHECKING:
    from explorer.encode.encoder import Encoder


@dataclass(frozen=True)
class EncodeReport:
    """What encoding a corpus took.

    Attributes:
        rows: Rows of the corpus.
        distinct: Different texts among them; each is encoded once.
        cached: Different texts whose vectors were in the cache.
        encoded: Different texts that were encoded now.
        seconds: Time from start to end.
        engine: What ran; empty when nothing had to.
        dtype: What it computed in.
        check: The probe behind a short type; None when none was tried.
        notes: What the person should know.
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
    """What it takes to have vectors that are in memory already: nothing."""
    distinct = len(corpus) - corpus.repeated
    return EncodeReport(
        len(corpus), distinct, distinct, 0, 0.0, engine="", dtype=encoder.dtype, check=encoder.check
    )
