"""The part of a space that is published: the chosen rows and columns, and nothing about the others."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from explorer.analysis.space import Space
from explorer.data.corpus import SOURCE_ROW, Corpus
from explorer.data.tables.source_table import list_names
from explorer.encode.spec import OwnVectors, Tfidf
from explorer.errors import ColumnError, EmptyDataError, QueryError


def published_space(
    space: Space, rows: Sequence[int] | NDArray[np.int64] | None, columns: Sequence[str] | None
) -> Space:
    """A space of only the chosen rows and columns.

    Notes on reading, suggested searches and the number of rows that were left out are about all rows and
    columns, so they go only with all of these. Positions in the source go only as a column that is chosen.

    Args:
        space: The space.
        rows: Row numbers, from 0, in the order wanted; None for all.
        columns: The columns besides that of the texts; None for all.

    Raises:
        QueryError: There is no such row.
        EmptyDataError: No row is chosen.
        ColumnError: There is no such column.
    """
    if rows is not None:
        space = space.subspace(checked_rows(rows, space.corpus))
    corpus = space.corpus
    names = corpus.table.column_names
    wanted = set(names if columns is None else columns) | {corpus.text}
    if missing := sorted(wanted - set(names)):
        raise ColumnError(
            f'There is no column "{missing[0]:.100}".',
            where=corpus.name,
            fix=f"The columns are: {list_names(names)}.",
        )
    whole = rows is None and len(wanted) == len(names)
    kept = [name for name in names if name in wanted]
    numbered = SOURCE_ROW in kept and np.array_equal(corpus.table[SOURCE_ROW], corpus.source_rows)
    part = dataclasses.replace(
        corpus,
        table=corpus.table.select(kept),
        label=corpus.label if corpus.label in wanted else None,
        file_column=corpus.file_column if corpus.file_column in wanted else "",
        source_rows=corpus.source_rows if numbered else np.arange(1, len(corpus) + 1, dtype=np.int64),
        total_rows=corpus.total_rows if whole else len(corpus),
        empty_rows=corpus.empty_rows if whole else 0,
        notes=corpus.notes if whole else (),
        queries=corpus.queries if whole else (),
        sample=None,
    )
    return space.for_corpus(part)


def fitted_on_more(space: Space, rows: Sequence[int] | NDArray[np.int64] | None) -> bool:
    """Whether the encoder was fitted on texts that the chosen rows leave out.

    TF-IDF is: whoever opens these rows cannot fit it again, and so cannot search for texts.

    Args:
        space: The space.
        rows: As for `published_space`.
    """
    spec = space.spec.query_model if isinstance(space.spec, OwnVectors) else space.spec
    if rows is None or not isinstance(spec, Tfidf):
        return False
    texts = space.corpus.texts
    return len({texts[row] for row in rows}) < len(set(texts))


def checked_rows(rows: Sequence[int] | NDArray[np.int64], corpus: Corpus) -> NDArray[np.int64]:
    """Row numbers as int64.

    Raises:
        QueryError: There is no such row.
        EmptyDataError: No row is chosen.
    """
    numbers = np.asarray(rows)
    if not numbers.size:
        raise EmptyDataError("No row is chosen.", where=corpus.name)
    if (
        numbers.ndim != 1
        or numbers.dtype.kind not in "iu"
        or numbers.min() < 0
        or numbers.max() >= len(corpus)
    ):
        raise QueryError(
            "There is no such row.", where=corpus.name, fix=f"Rows are numbers from 0 to {len(corpus) - 1:,}."
        )
    return numbers.astype(np.int64)
