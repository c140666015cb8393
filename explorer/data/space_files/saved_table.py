"""What a saved space is made of, whatever the format, and how its parts are read."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from explorer.data.formats.parquet import read_parquet
from explorer.data.records import DamagedFileError
from explorer.data.space_files.facts import MOST_DIMS, check_rows
from explorer.data.space_files.saved_images import SavedImages
from explorer.data.tables.source_table import SourceTable

VECTORS = "embedding"  # the usual name of a column of vectors
_BLOCK_NUMBERS = 1 << 22  # 16 MB of float32


@dataclass(frozen=True, eq=False)
class SavedTable:
    """A saved space before it is written.

    Attributes:
        name: What messages call it.
        table: Its columns, of plain types.
        vectors: A vector for each row, float32, shape (rows, dims).
        column: The name for a column of vectors, which no column of the table has.
        facts: The text of `facts_text`.
        images: The images of the rows, if they have any.
    """

    name: str
    table: pa.Table
    vectors: NDArray[np.float32] = field(repr=False)
    column: str
    facts: str
    images: SavedImages | None = None

    def pieces(self) -> Iterator[tuple[int, int]]:
        """Start and stop of consecutive rows whose vectors together take little memory."""
        return pieces(self.vectors)


def pieces(vectors: NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    """Start and stop of consecutive vectors, of shape (rows, dims), that take 16 MB at most, or one row."""
    # As `explorer.tensor.matrices.blocks`, which would load torch into the process that reads uploads.
    step = piece_rows(vectors)
    for start in range(0, len(vectors), step):
        yield start, min(len(vectors), start + step)


def piece_rows(vectors: NDArray[np.float32]) -> int:
    """The number of vectors, of shape (rows, dims), that take 16 MB, or one."""
    return max(1, _BLOCK_NUMBERS // int(vectors.shape[1]))


def vector_list(vectors: NDArray[np.float32]) -> pa.FixedSizeListArray:
    """Vectors, shape (rows, dims), as a column of lists of one length."""
    return pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])


def packed_table(table: pa.Table) -> bytes:
    """A table as Parquet, for formats that have only arrays."""
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def from_parts(
    name: str, kind: str, table: bytes, vectors: NDArray[np.float32], facts: bytes, seed: int
) -> SourceTable:
    """The table of a file that has its parts as arrays.

    Args:
        name: The file's name.
        kind: As in `SourceTable`.
        table: What `packed_table` gave.
        vectors: float32, shape (rows, dims).
        facts: The text of its facts.
        seed: As in `read_file`.

    Raises:
        UnreadableFileError: A part is damaged, or they are not of the same rows.
        TooLargeError: It has more rows than may be opened.
    """
    check_rows(facts, name)
    read = read_parquet(table, name, seed=seed)
    if vectors.ndim != 2 or not 0 < vectors.shape[1] <= MOST_DIMS:
        raise DamagedFileError("its array of vectors has another shape than vectors have")
    if len(vectors) != read.table.num_rows:
        raise DamagedFileError(f"there are {len(vectors):,} vectors for {read.table.num_rows:,} rows")
    lists = pa.chunked_array([vector_list(vectors)])
    column = free_name(VECTORS, set(read.table.column_names))
    return dataclasses.replace(
        read, kind=kind, vectors={column: lambda: lists}, facts=facts.decode("utf-8", "replace")
    )


def free_name(wanted: str, taken: set[str]) -> str:
    """A name that no column has."""
    while wanted in taken:
        wanted += "_"
    return wanted
