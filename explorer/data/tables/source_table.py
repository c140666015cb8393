"""The result of reading: a table, before its columns are chosen."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.data.images.columns import address_note
from explorer.data.images.images import FILE, Images
from explorer.data.tables.budget import Budget
from explorer.data.tables.values import NESTED, column_of, text_column, without_surrogates
from explorer.errors import ColumnError, EmptyDataError, TooLargeError
from explorer.settings import settings

MAX_NAME = 200  # characters of a column name; longer ones are misplaced text
_MAX_LISTED = 12  # names in one message
_MAX_NOTES = 200
_MAX_NOTE = 2_000
MAX_COLUMNS = 2_000  # a table wider than this is a matrix, and no page could show it
UNTYPED_KINDS = frozenset({"csv", "tsv", "txt", "lines"})  # formats without types, where numbers are text


@dataclass(frozen=True, eq=False)
class SourceTable:
    """A table as it was read, whole or sampled, with every column of a plain type.

    Args:
        name: The file's name, or a substitute.
        table: The rows read; column names are unique.
        notes: What was done while reading, one sentence each.
        kind: csv, tsv, jsonl, json, parquet, txt, lines, images or python.
        nested: The columns that held lists or records, now JSON text.
        source_rows: The 1-based position of each row in the source, int64, shape (rows,).
        total_rows: Number of rows in the source; more than in the table if it was sampled while reading.
        vectors: Readers of columns of long lists of numbers, which the table leaves out: each returns one
            list per row of the table.
        encoding: Python's name of the encoding a text file was read in; empty for other sources.
        file: The bytes of an uploaded text file, so that it can be read again in another encoding.
        facts: What a saved space says of itself, if this is one; see `explorer.data.space_files.facts`.
        images: Columns of images, which the table leaves out, by name: one for each row of the table.
    """

    name: str
    table: pa.Table
    notes: tuple[str, ...]
    kind: str
    nested: frozenset[str]
    source_rows: NDArray[np.int64]
    total_rows: int
    vectors: Mapping[str, Callable[[], pa.ChunkedArray]] = field(default_factory=dict)
    encoding: str = ""
    file: mmap.mmap | None = None
    facts: str = ""
    images: Mapping[str, Images] = field(default_factory=dict)

    @property
    def typed(self) -> bool:
        """Whether the source distinguishes text from numbers."""
        return self.kind not in UNTYPED_KINDS


class TableBuilder:
    """Builds a table: a reader adds what it parsed, column by column, and notes on it.

    Args:
        name: As in `SourceTable`.
        kind: As in `SourceTable`.

    Attributes:
        budget: The limit on the columns' memory.
    """

    def __init__(self, name: str, kind: str) -> None:
        self.name = name
        self.budget = Budget(name)
        self._kind = kind
        self._notes: list[str] = []
        self._left_out: list[str] = []
        self._labels: list[str] = []
        self._data: list[pa.ChunkedArray] = []
        self._remarks: list[Sequence[str]] = []
        self._vectors: dict[str, Callable[[], pa.ChunkedArray]] = {}
        self._images: dict[str, Images] = {}

    def note(self, *sentences: str) -> None:
        """Add notes on what was done while reading; they come before remarks on columns."""
        self._notes += sentences

    def add(self, label: str, data: pa.ChunkedArray, remarks: Sequence[str] = ()) -> None:
        """Add a column.

        Args:
            label: Its name in the source.
            data: Its values, of a plain type: text, number, true/false, date or time.
            remarks: What was done to them, each worded to follow the column's name in a note.
        """
        self._labels.append(label)
        self._data.append(data)
        self._remarks.append(remarks)

    def add_images(
        self, label: str, images: Images, names: Sequence[str] | None, notes: Sequence[str] = ()
    ) -> None:
        """Add a column of images, unless all rows are without one, and their names as a column of text.

        Args:
            label: Its name in the source.
            images: The image of each row.
            names: What each is called; None for no column of names.
            notes: What was done to them, one sentence each.
        """
        if images.present().any():
            self._images[_trimmed(label)] = images
        if names is not None:
            self.add(FILE, *text_column(names))
        self.note(*notes)

    def leave_out(
        self, label: str, reason: str, vectors: Callable[[], pa.ChunkedArray] | None = None
    ) -> None:
        """Leave a column out, with a note.

        Args:
            label: Its name in the source.
            reason: Why, worded to follow "is left out".
            vectors: Reads it, if it holds lists of numbers.
        """
        self._left_out.append(f'Column "{label}" is left out: {reason}.')
        self._notes.append(self._left_out[-1])
        if vectors is not None:
            self._vectors[label] = vectors

    def finish(
        self,
        *,
        source_rows: NDArray[np.int64] | None = None,
        total_rows: int | None = None,
        encoding: str = "",
    ) -> SourceTable:
        """Build the table: make names unique, turn remarks into notes, check limits.

        Args:
            source_rows: As in `SourceTable`; by default all rows in order.
            total_rows: As in `SourceTable`; by default the number of rows in the table.
            encoding: As in `SourceTable`.

        Raises:
            ColumnError: Every column was left out.
            EmptyDataError: No column or no row.
            TooLargeError: Too many columns, or a name or a cell with too many characters.
        """
        name = self.name
        if self._left_out and not self._labels and not self._vectors:
            raise ColumnError("No column can be shown as text.", where=name, fix=" ".join(self._left_out))
        check_width(len(self._labels), name)
        for label in (*self._labels, *self._vectors):
            check_name(label, name)
        if self._vectors and not self._labels:  # a table must have a column
            rows = len(next(iter(self._vectors.values()))()) if source_rows is None else len(source_rows)
            self.add("row", *column_of(range(1, rows + 1)))
        names, renamed = unique_names(self._labels)
        table = pa.table(self._data, names=names)
        if table.num_columns == 0:
            raise EmptyDataError("There are no columns.", where=name)
        if table.num_rows == 0:
            listed = list_names(names)
            raise EmptyDataError(f"There are columns ({listed}) but no rows.", where=name)
        if source_rows is None:
            source_rows = np.arange(1, table.num_rows + 1, dtype=np.int64)
        _check_cells(table, name, source_rows)
        remarks = list(zip(names, self._remarks, strict=True))
        said = [f'Column "{label}": {remark}.' for label, column in remarks for remark in column]
        addresses = [address_note(label, table[label]) for label in names]
        vectors = {_trimmed(label): load for label, load in self._vectors.items()}
        return SourceTable(
            name=name,
            table=table,
            notes=_bounded([*self._notes, *renamed, *said, *filter(None, addresses)]),
            kind=self._kind,
            nested=frozenset(label for label, column in remarks if NESTED in column),
            source_rows=source_rows,
            total_rows=table.num_rows if total_rows is None else total_rows,
            vectors={label: load for label, load in vectors.items() if label not in names},
            encoding=encoding,
            images=self._images,
        )


def unique_names(raw: Sequence[str]) -> tuple[list[str], list[str]]:
    """Column names, trimmed, unique and not empty, and a note on each changed name."""
    names: list[str] = []
    notes: list[str] = []
    taken = {_trimmed(name) for name in raw}
    used: set[str] = set()
    for position, given in enumerate(raw, 1):
        wanted = _trimmed(given) or f"column {position}"
        name, number = wanted, 2
        while name in used or (name != _trimmed(given) and name in taken):
            name, number = f"{wanted} ({number})", number + 1
        names.append(name)
        used.add(name)
        if name != given.strip():
            notes.append(f'Column {position}, named "{given.strip()}", is called "{name}" here.')
    return names, notes


def list_names(names: Sequence[str]) -> str:
    """Names for a message: the first ones, and the number of others."""
    shown = ", ".join(names[:_MAX_LISTED])
    return shown if len(names) <= _MAX_LISTED else f"{shown} and {len(names) - _MAX_LISTED:,} more"


def check_width(columns: int, name: str) -> None:
    """Raise TooLargeError if there are more columns than a table of texts would have."""
    if columns > MAX_COLUMNS:
        raise TooLargeError(
            f"There are at least {columns:,} columns; the limit is {MAX_COLUMNS:,}.",
            where=name,
            fix="Keep the text column and those that describe it.",
        )


def check_name(column: str, name: str) -> None:
    """Raise TooLargeError if a column name is too long."""
    if len(column) > MAX_NAME:
        raise TooLargeError(
            f'The name of a column, "{column[:40]}…", has {len(column):,} characters; '
            f"up to {MAX_NAME} are read.",
            where=name,
            fix="Give the column a short name; a CSV or TSV file begins with a row of names.",
        )


def _bounded(notes: Sequence[str]) -> tuple[str, ...]:
    """A readable number of notes, each of limited length."""
    kept = [note if len(note) <= _MAX_NOTE else f"{note[:_MAX_NOTE]}…" for note in notes[:_MAX_NOTES]]
    if len(notes) > _MAX_NOTES:
        kept.append(f"{len(notes) - _MAX_NOTES:,} more notes are left out.")
    return tuple(kept)


def _trimmed(name: str) -> str:
    return without_surrogates(name).strip()


def _check_cells(table: pa.Table, name: str, source_rows: NDArray[np.int64]) -> None:
    most = settings().max_cell_chars
    for label in table.column_names:
        if not pa.types.is_string(table[label].type):
            continue
        lengths = pc.utf8_length(table[label])
        longest = pc.max(lengths).as_py()
        if longest is not None and longest > most:
            row = source_rows[pc.index(lengths, longest).as_py()]
            raise TooLargeError(
                f"A cell holds {longest:,} characters; up to {most:,} are read.",
                where=f'{name}, row {row}, column "{label}"',
                fix="Shorten or split the text, or ask the host to raise EXPLORER_MAX_CELL_CHARS.",
            )
