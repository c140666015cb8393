"""The rows under study."""

from __future__ import annotations

import functools
import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.data.tables.cells import as_strings, cells
from explorer.errors import DataError

_DIGEST_BYTES = 16

Item = str
"""What a row is about, and what an encoder encodes: a text."""


def text_key(text: str) -> bytes:
    """The content hash of a text, 16 bytes: vectors are stored under it."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()


@dataclass(frozen=True)
class HubOrigin:
    """What `open_corpus` takes, beside the columns, to open rows of the Hub again exactly.

    Attributes:
        id: The dataset, `owner/name`.
        config: Its configuration.
        split: The split of that.
        revision: The commit whose files were read.
        limit: The limit on rows asked for.
        seed: What drew the rows.
    """

    id: str
    config: str
    split: str
    revision: str
    limit: int | None
    seed: int


@dataclass(frozen=True, eq=False)
class Corpus:
    """An ordered table with one column of texts, perhaps a label column, and metadata.

    Args:
        name: What it is called on screen.
        table: The rows kept, with all columns; the text column is of type `string`.
        text: The text column.
        label: The label column, if there is one.
        source_rows: For each row its 1-based position among the source's rows, int64, shape (rows,).
        total_rows: Rows in the source.
        empty_rows: Rows left out because they have no text.
        notes: What was done while reading, one sentence each.
        queries: Searches to suggest.
        sample: The name of the sample it is, if it is one.
        source: Where a sample comes from.
        licence: The licence of a sample.
        vectors: The vectors that the rows brought along, float32, shape (rows, dims), if they are wanted.
        vector_column: Where they stood in the source.
        origin: What opens it again, if it comes from the Hub and is whole.
    """

    name: str
    table: pa.Table
    text: str
    label: str | None
    source_rows: NDArray[np.int64]
    total_rows: int
    empty_rows: int
    notes: tuple[str, ...]
    queries: tuple[str, ...] = ()
    sample: str | None = None
    source: str = ""
    licence: str = ""
    vectors: NDArray[np.float32] | None = None
    vector_column: str = ""
    origin: HubOrigin | None = None

    def __len__(self) -> int:
        return int(self.table.num_rows)

    def row(self, i: int) -> dict[str, Any]:
        """All values of one row, by column name.

        Raises:
            DataError: There is no such row.
        """
        if not 0 <= i < len(self):
            raise DataError(f"There is no row {i}.", where=self.name, fix=f"Rows are 0 to {len(self) - 1:,}.")
        row = self.table.slice(i, 1)
        return {name: cells(row[name])[0] for name in row.column_names}

    def take(self, rows: NDArray[np.int64]) -> Corpus:
        """A corpus of some rows (from 0) in the order given, with all their columns."""
        return replace(
            self,
            table=self.table.take(pa.array(rows)),
            source_rows=self.source_rows[rows],
            sample=None,
            vectors=None if self.vectors is None else self.vectors[rows],
            origin=None,
        )

    @functools.cached_property
    def texts(self) -> list[str]:
        """The text of each row: for what is about words, tokens or characters."""
        texts: list[str] = self.table[self.text].to_pylist()
        return texts

    @property
    def items(self) -> list[Item]:
        """The item of each row: for what encodes items or shows them."""
        return self.texts

    @property
    def captions(self) -> list[str]:
        """What names the item of each row where only text has room, as in a table or at an axis: its text."""
        return self.texts

    @functools.cached_property
    def labels(self) -> list[str] | None:
        """The label of each row, "" where it has none; None without a label column."""
        return None if self.label is None else as_strings(self.table[self.label])

    @functools.cached_property
    def metadata(self) -> tuple[str, ...]:
        """The names of the other columns."""
        return tuple(name for name in self.table.column_names if name not in (self.text, self.label))

    @functools.cached_property
    def item_keys(self) -> list[bytes]:
        """The content hash of each item, 16 bytes; equal items have equal keys."""
        return [text_key(text) for text in self.texts]

    @functools.cached_property
    def repeated(self) -> int:
        """Rows whose item already occurred in an earlier row."""
        return len(self) - len(set(self.item_keys))

    @functools.cached_property
    def items_fingerprint(self) -> str:
        """Names the items in their order, and nothing else, in hexadecimal."""
        return hashlib.blake2b(b"".join(self.item_keys), digest_size=_DIGEST_BYTES).hexdigest()

    @functools.cached_property
    def fingerprint(self) -> str:
        """Names all but the corpus's name: columns, all values, the choice of text and label, vectors."""
        digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
        columns = [(field.name, str(field.type)) for field in self.table.schema]
        digest.update(json.dumps([columns, self.text, self.label]).encode())
        for column in self.table.columns:
            _update(digest, column)
        if self.vectors is not None:
            digest.update(str(self.vectors.shape).encode())
            digest.update(self.vectors.tobytes())
        return digest.hexdigest()


def _update(digest: hashlib.blake2b, column: pa.ChunkedArray) -> None:
    """Hash a column's values, however Arrow happens to split them and whatever lies under its nulls."""
    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.int64())  # as text it would need the time zone database
    text = column.cast(pa.string())
    lengths = pc.fill_null(pc.binary_length(text), -1)
    digest.update(lengths.to_numpy().astype("<i4").tobytes())
    for chunk in pc.fill_null(text, "").chunks:
        if len(chunk):
            _, offsets, data = chunk.buffers()
            ends = np.frombuffer(offsets, np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
            if ends[-1] > ends[0]:
                digest.update(memoryview(data)[ends[0] : ends[-1]])
