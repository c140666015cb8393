"""Where a person's rows came from, and the columns and rows they chose."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.data.corpus import Corpus
from explorer.data.tables.source_table import SourceTable
from explorer.data.vector_columns import VectorColumn

SAMPLE, FILE, LINES, HUB = "Sample", "File", "Pasted lines", "Hub"
PLACES = (SAMPLE, FILE, LINES, HUB)


@dataclass(frozen=True)
class RowsOrigin:
    """Where open rows came from, so that a tab that returns to them finds its earlier choices.

    Equal origins give equal rows; tables are compared by identity.

    Attributes:
        place: One of `PLACES`.
        source: The table they were chosen from.
        text: Its text column, or those that are joined, in their order.
        label: Its label column; None for none.
        limit: The most rows to keep; None if not chosen.
        seed: The seed of the draw.
        vectors: The column of the rows' own vectors; None to encode the texts.
        added_to: The rows that were open before, which they follow; None if they took their place.
        as_saved: Whether the source is a saved space that was opened as one.
        by_captions: Whether rows with images are encoded by their captions.
    """

    place: str
    source: SourceTable
    text: tuple[str, ...]
    label: str | None
    limit: int | None
    seed: int
    vectors: VectorColumn | None
    added_to: Corpus | None = None
    as_saved: bool = False
    by_captions: bool = False


def saved_origin(place: str, source: SourceTable, corpus: Corpus) -> RowsOrigin:
    """The origin of rows that are opened as a file has them saved.

    Args:
        place: One of `PLACES`.
        source: The table of the file, which has facts.
        corpus: Its rows.
    """
    vectors = corpus.vector_column or None
    return RowsOrigin(place, source, (corpus.text,), corpus.label, None, 0, vectors, as_saved=True)
