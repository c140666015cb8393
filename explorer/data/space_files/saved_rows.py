"""The rows of a corpus in the file of a saved space: a table of plain types, and what its facts say of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from explorer.data.corpus import SOURCE_ROW, Corpus
from explorer.data.images.images import IMAGE, Images
from explorer.data.records import DamagedFileError, Record
from explorer.data.space_files.facts import columns_of, columns_record, rows_of
from explorer.data.space_files.saved_images import SavedImages, saved_images
from explorer.data.space_files.saved_table import free_name
from explorer.data.tables.python_values import in_range
from explorer.data.tables.source_table import SourceTable

_NAME_CHARS = 500
_TEXT_CHARS = 10_000
_MANY = 2**40
_MOST_TEXTS = 250  # notes, or suggested searches
_NOTE_CHARS = 2_500


def rows_facts(corpus: Corpus, vectors_size: int) -> tuple[pa.Table, SavedImages | None, dict[str, Any]]:
    """The table and the images of a corpus as they are written, and what the facts say of them.

    Args:
        corpus: The rows.
        vectors_size: Bytes of the vectors that are written with them.

    Raises:
        TooLargeError: With its images, the file would be larger than one that is opened again.
    """
    table, source_row = _with_source_rows(corpus)
    column, besides = free_name(IMAGE, set(table.column_names)), vectors_size + int(table.nbytes)
    images = saved_images(corpus.images, column, besides, corpus.name)
    facts = {
        "rows": len(corpus),
        "corpus": _corpus_record(corpus, source_row),
        "columns": columns_record(table),
        # They are counted, so that one that is missing or damaged is noticed.
        "images": None if images is None else images.record,
    }
    return table, images, facts


def corpus_from(
    facts: Record, source: SourceTable, vectors: NDArray[np.float32] | None, column: str
) -> Corpus:
    """The corpus that `rows_facts` wrote.

    Args:
        facts: The facts.
        source: The table of the file.
        vectors: Its vectors, float32, shape (rows, dims); None if it has none.
        column: Their column; "" without vectors.

    Raises:
        DamagedFileError: The facts do not fit the table.
        pa.ArrowInvalid: A column cannot have the type that the facts say.
        pa.ArrowNotImplementedError: As above.
    """
    return _corpus(facts, _typed(source, facts), source, vectors, column)


def _with_source_rows(corpus: Corpus) -> tuple[pa.Table, dict[str, Any] | None]:
    """The columns of a corpus with one that says the rows' positions, and what facts say of that column.

    Without such a column and with None if they are all rows of the source, in order.
    """
    rows = corpus.source_rows
    if np.array_equal(rows, np.arange(1, len(rows) + 1)):
        return corpus.table, None
    column = pa.chunked_array([pa.array(rows)])
    if SOURCE_ROW in corpus.table.column_names and corpus.table[SOURCE_ROW].equals(column):
        return corpus.table, {"column": SOURCE_ROW, "added": False}
    name = free_name(SOURCE_ROW, set(corpus.table.column_names))
    return corpus.table.append_column(name, column), {"column": name, "added": True}


def _corpus_record(corpus: Corpus, source_row: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "name": corpus.name[:_NAME_CHARS],
        "text": corpus.text,
        "label": corpus.label,
        "file_column": corpus.file_column,
        "source_row": source_row,
        "total_rows": int(corpus.total_rows),  # they may be NumPy's
        "empty_rows": int(corpus.empty_rows),
        "notes": list(corpus.notes),
        "queries": list(corpus.queries),
        "source": corpus.source,
        "licence": corpus.licence,
    }


def _typed(source: SourceTable, facts: Record) -> pa.Table:
    """The table with the types that its columns were saved with: no format has all of Arrow's."""
    columns = columns_of(facts)
    if source.table.column_names != list(columns) or source.table.num_rows != rows_of(facts):
        raise DamagedFileError("it has other columns or rows than its facts say")
    table = pa.table([source.table[name].cast(kind) for name, kind in columns.items()], names=list(columns))
    if not all(in_range(column) for column in table.columns if pa.types.is_temporal(column.type)):
        raise DamagedFileError("a date or a time is outside the usual range")
    return table


def _corpus(
    facts: Record, table: pa.Table, source: SourceTable, vectors: NDArray[np.float32] | None, column: str
) -> Corpus:
    record = facts.record("corpus")
    text = record.text("text")
    label = record.optional("label", record.text)
    images = facts.optional("images", lambda key: _images(facts.record(key), source))
    file_column = record.text("file_column")
    for name in (text, label or text, file_column or text):
        if name not in table.column_names:
            raise DamagedFileError("it names a column that it does not have")
    for name in (text, file_column or text):
        if not pa.types.is_string(table[name].type) or table[name].null_count:
            raise DamagedFileError("a row has no text")
    place = record.optional("source_row", record.record)
    source_rows = np.arange(1, table.num_rows + 1, dtype=np.int64)
    if place is not None:
        name = place.text("column")
        source_rows = _row_numbers(table, name)
        table = table.drop_columns([name]) if place.flag("added") else table
    if text not in table.column_names or (label or text) not in table.column_names:
        raise DamagedFileError("it names a column that it does not have")
    return Corpus(
        record.text("name", _NAME_CHARS),
        table,
        text,
        label,
        source_rows,
        total_rows=record.integer("total_rows", 0, _MANY),
        empty_rows=record.integer("empty_rows", 0, _MANY),
        notes=_short(record.texts("notes")),
        queries=_short(record.texts("queries")),
        source=record.text("source", _TEXT_CHARS),
        licence=record.text("licence", _TEXT_CHARS),
        vectors=vectors,
        vector_column=column,
        file_column=file_column,
        saved=None if vectors is None else facts,
        images=images,
    )


def _images(record: Record, source: SourceTable) -> Images:
    found = source.images.get(record.text("column"))
    if found is None or np.count_nonzero(found.present()) != record.integer("number", 1, _MANY):
        raise DamagedFileError("an image is missing or damaged")
    return found


def _short(texts: tuple[str, ...]) -> tuple[str, ...]:
    """As many of a stranger's notes or suggested searches as a page shows."""
    return tuple(text for text in texts if len(text) <= _NOTE_CHARS)[:_MOST_TEXTS]


def _row_numbers(table: pa.Table, name: str) -> NDArray[np.int64]:
    if name not in table.column_names or table[name].type != pa.int64() or table[name].null_count:
        raise DamagedFileError("its rows have no numbers")
    numbers: NDArray[np.int64] = table[name].to_numpy().astype(np.int64, copy=False)
    if (numbers < 1).any():
        raise DamagedFileError("its rows have no numbers")
    return numbers
