"""A space as a file, and the rows of a file that a space was saved to."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from explorer.analysis.embedded import EmbeddedCorpus
from explorer.analysis.saved_transforms import saved_transforms, transform_record
from explorer.data.corpus import SOURCE_ROW, Corpus
from explorer.data.records import DamagedFileError, Record
from explorer.data.space_files.csv import check_csv, write_csv, write_vectors
from explorer.data.space_files.facts import (
    MOST_DIMS,
    columns_of,
    columns_record,
    damaged,
    facts_text,
    read_facts,
    rows_of,
)
from explorer.data.space_files.npz import write_npz
from explorer.data.space_files.parquet import write_parquet
from explorer.data.space_files.safetensors import write_safetensors
from explorer.data.space_files.saved_table import VECTORS, SavedTable, free_name
from explorer.data.tables.python_values import in_range
from explorer.data.tables.source_table import SourceTable
from explorer.data.vector_matrix import vectors_of
from explorer.encode.saved_encoder import saved_encoder, saved_encoder_record
from explorer.errors import DataError
from explorer.jobs.memory_limit import require_memory
from explorer.scratch import whole_file

WRITERS: Mapping[str, Callable[[SavedTable, BinaryIO], None]] = {
    ".parquet": write_parquet,
    ".csv": write_csv,
    ".npz": write_npz,
    ".safetensors": write_safetensors,
}
"""The writer of each format, by the ending of its files."""
_CSV_CHARS = 12  # of a number
_NAME_CHARS = 500
_TEXT_CHARS = 10_000
_MANY = 2**40
_MOST_TEXTS = 250  # notes, or suggested searches
_NOTE_CHARS = 2_500


def save_space(space: EmbeddedCorpus, path: Path, *, vectors_only: bool = False) -> None:
    """Write a space to a file; see `Space.save`."""
    ending = path.suffix.lower()
    if ending not in WRITERS or (vectors_only and ending != ".csv"):
        raise DataError(
            f'A space cannot be saved as "{path.name}".',
            fix="Vectors alone are saved as .csv."
            if vectors_only
            else f"Give it one of the endings {', '.join(WRITERS)}.",
        )
    saved = None if vectors_only else saved_table(space)  # first, since it can fail
    with whole_file(path) as sink:
        if saved is None:
            write_vectors(space.vectors, sink)
        else:
            WRITERS[ending](saved, sink)


def space_bytes(space: EmbeddedCorpus, ending: str) -> bytes:
    """The bytes of the file that `save_space` writes, by one of the endings of `WRITERS`.

    Raises:
        DataError: As for `Space.save`.
    """
    buffer = io.BytesIO()
    WRITERS[ending](saved_table(space), buffer)
    return buffer.getvalue()


def check_space_file(space: EmbeddedCorpus, ending: str) -> None:
    """Raise an error for a space that cannot be written in a format.

    Raises:
        DataError: The format cannot hold these rows.
        NotEnoughMemoryError: There is not enough memory for its bytes.
    """
    if ending == ".csv":
        check_csv(space.corpus.table, space.dims, space.corpus.name)
    require_memory(
        2 * file_size(space, ending), "The file", "Save the space in Python, or open fewer of its rows."
    )


def file_size(space: EmbeddedCorpus, ending: str) -> int:
    """About how many bytes a file of a space has."""
    numbers = len(space) * space.dims * (_CSV_CHARS if ending == ".csv" else 4)
    return int(numbers + space.corpus.table.nbytes)


def saved_table(space: EmbeddedCorpus) -> SavedTable:
    """A space as it is written to files of any format.

    Raises:
        TooLargeError: The transforms of a derived space are too large for a file.
    """
    corpus, vectors = space.corpus, space.vectors
    table, source_row = _with_source_rows(corpus)
    dims = vectors.shape[1] if not space.transforms else None
    encoder = None if space.spec is None else saved_encoder_record(corpus, space.encoder, dims)
    about = {
        "rows": len(corpus),
        "corpus": _corpus_record(corpus, source_row),
        "columns": columns_record(table),
        "dims": vectors.shape[1],
        "encoder": encoder,
        # Queries are placed among the vectors by these; without an encoder there are none.
        "transforms": [] if encoder is None else [transform_record(step) for step in space.transforms],
    }
    column = free_name(VECTORS, set(table.column_names))
    return SavedTable(corpus.name, table, vectors, column, facts_text(about, corpus.name))


def saved_corpus(source: SourceTable) -> Corpus:
    """The rows of a saved space, with its vectors as their own.

    Args:
        source: The table of its file, which has facts.

    Raises:
        UnreadableFileError: The facts do not fit the table, or are from a newer Explorer.
        VectorError: A vector is missing, or holds NaN or infinity.
        TooLargeError: The vectors take more memory than the host allows.
    """
    facts = read_facts(source.facts, source.name)
    try:
        table = _typed(source, facts)
        vectors = vectors_of(source, next(iter(source.vectors), ""))
        if vectors.shape != (rows_of(facts), facts.integer("dims", 1, MOST_DIMS)):
            raise DamagedFileError("it has other vectors than its facts say")
        corpus = _corpus(facts, table, vectors, next(iter(source.vectors)))
        saved_line(corpus)  # reads all that the facts say of the vectors
    except (DamagedFileError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise damaged((str(error).splitlines() or [""])[0], source.name) from error
    return corpus


def saved_line(corpus: Corpus) -> str:
    """What a saved space is, in one line; "" for other rows."""
    if corpus.saved is None or corpus.vectors is None:
        return ""
    encoder = saved_encoder(corpus)
    dims = f"{corpus.vectors.shape[1]:,} dimensions"
    made = "" if encoder is None else f"{encoder.name}, "
    changed = ", ".join(step.name for step in saved_transforms(corpus))
    parts = [f"Saved space: {made}{dims}"]
    parts += [f"changed by {changed}"] if changed else []
    parts += [f"encoded in {encoder.dtype}"] if encoder is not None else []
    return f"{', '.join(parts)}, saved on {corpus.saved.text('saved', 40)}."


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


def _corpus(facts: Record, table: pa.Table, vectors: NDArray[np.float32], column: str) -> Corpus:
    record = facts.record("corpus")
    text = record.text("text")
    label = record.optional("label", record.text)
    file_column = record.text("file_column")
    for name in (text, label or text, file_column or text):
        if name not in table.column_names:
            raise DamagedFileError("it names a column that it does not have")
    for name in (text, file_column or text):
        if not pa.types.is_string(table[name].type) or table[name].null_count:
            raise DamagedFileError("a row has no text")
    place = record.optional("source_row", record.record)
    source_rows = np.arange(1, len(vectors) + 1, dtype=np.int64)
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
        saved=facts,
    )


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
