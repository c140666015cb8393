"""A corpus whose rows are the passages of another's rows."""

from __future__ import annotations

import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.data.corpus import SOURCE_ROW, Corpus, PassageSpec, SplitFrom
from explorer.data.passages import PassageSpans
from explorer.data.tables.source_table import unique_names
from explorer.data.tables.values import count
from explorer.errors import DataError, TooLargeError
from explorer.settings import settings

_TABLE_SIZES = 2  # the rows' columns, repeated, can take this many times the limit on file size


def corpus_of_passages(corpus: Corpus, spec: PassageSpec, spans: PassageSpans) -> Corpus:
    """The corpus whose rows are the passages of another's rows.

    Each has the label and the other columns of its row, and two columns more: `passage`, its number within
    the row, and `source_row`, the row's position in the source, both from 1. `Corpus.whole` is the corpus.

    Args:
        corpus: The rows; their own vectors do not fit their passages and are left out.
        spec: How they were split.
        spans: Their passages, from `split_texts`.

    Raises:
        DataError: The rows are images.
        TooLargeError: The columns, repeated for each passage, take too much memory.
    """
    check_texts(corpus)
    repeats = np.bincount(spans.rows, minlength=len(corpus))
    others = [name for name in corpus.table.column_names if name != corpus.text]
    _check_size(corpus, others, repeats)
    at = zip(spans.rows.tolist(), spans.starts.tolist(), spans.ends.tolist(), strict=True)
    texts = pa.array((corpus.texts[row][start:end] for row, start, end in at), pa.string())
    rows = pa.array(spans.rows)
    columns = [
        texts if name == corpus.text else corpus.table[name].take(rows) for name in corpus.table.column_names
    ]
    firsts = np.cumsum(repeats) - repeats
    numbers = {
        "passage": np.arange(len(spans.rows)) - firsts[spans.rows] + 1,
        SOURCE_ROW: corpus.source_rows[spans.rows],
    }
    names, _ = unique_names([*corpus.table.column_names, *numbers])
    table = pa.table([*columns, *map(pa.array, numbers.values())], names=names)
    longer = int(np.count_nonzero(repeats > 1))
    note = (
        f"{count(longer, 'row')} of {len(corpus):,} "
        f"{'has' if longer == 1 else 'have'} more than {spec.size:,} {spec.unit}: "
        f"there are {count(len(spans.rows), 'passage')}, each with the columns of its row."
    )
    return dataclasses.replace(
        corpus,
        name=f"{corpus.name}, passages",
        table=table,
        source_rows=numbers[SOURCE_ROW],
        notes=(*corpus.notes, note),
        sample=None,
        vectors=None,
        vector_column="",
        origin=None,
        split_from=SplitFrom(corpus, spec),
        saved=None,
    )


def check_texts(corpus: Corpus) -> None:
    """Raise DataError for rows that are images, which have no passages."""
    if corpus.images is not None:
        raise DataError(
            "The rows are images, and only texts can be split into passages.",
            where=corpus.name,
            fix=f'Take their captions as the rows: `corpus.reading("{corpus.text}")`.',
        )


def _check_size(corpus: Corpus, columns: list[str], repeats: NDArray[np.int64]) -> None:
    """Raise TooLargeError if columns with their values repeated take more memory than files may."""
    size = 0
    for name in columns:
        column = corpus.table[name]
        if pa.types.is_string(column.type):
            lengths = pc.fill_null(pc.binary_length(column), 0).to_numpy()
            size += int(lengths.astype(np.int64) @ repeats)
    most = _TABLE_SIZES * settings().max_file_mb
    if size > most * 1_000_000:
        raise TooLargeError(
            f"With the columns of their rows, the passages take over {most:,} MB.",
            where=corpus.name,
            fix="Bring a table with fewer columns, use fewer rows or longer passages.",
        )
