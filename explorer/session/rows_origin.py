"""Rows that a person brought, and what they chose of them."""

from __future__ import annotations

from dataclasses import dataclass

from explorer.data.tables.source_table import SourceTable
from explorer.data.vector_columns import VectorColumn

SAMPLE, FILE, LINES, HUB = "Sample", "File", "Pasted lines", "Hub"
PLACES = (SAMPLE, FILE, LINES, HUB)


@dataclass(frozen=True)
class RowsOrigin:
    """Where open rows came from, so that a tab that comes back to them finds the choice it left.

    Equal ones make equal rows: tables are compared by identity.

    Attributes:
        place: One of `PLACES`.
        source: The table they were chosen from.
        text: Its text column.
        label: Its label column; None for none.
        limit: Rows asked for at most; None where it was not asked.
        seed: What drew them.
        vectors: Where the rows' own vectors stand; None to encode the texts.
    """

    place: str
    source: SourceTable
    text: str
    label: str | None
    limit: int | None
    seed: int
    vectors: VectorColumn | None
