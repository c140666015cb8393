"""The rows under study."""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from explorer.data.images.images import ImageItem, Images
from explorer.data.records import Record
from explorer.data.tables.python_values import as_strings, cells
from explorer.errors import DataError

SOURCE_ROW = "source_row"
"""The column of tables and files that has the positions of rows in their source; see `Corpus`."""
_DIGEST_BYTES = 16

Item = str | ImageItem
"""The item of a row, which an encoder encodes: a text or an image."""


def text_key(text: str) -> bytes:
    """The content hash of a text, 16 bytes; vectors are stored under it."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).digest()


def item_key(item: Item) -> bytes:
    """The content hash of an item, 16 bytes."""
    return text_key(item) if isinstance(item, str) else item.key


@dataclass(frozen=True)
class HubOrigin:
    """The arguments of `open_corpus`, besides the columns, that open the same Hub rows again.

    Attributes:
        id: The dataset, `owner/name`.
        config: Its configuration.
        split: The split of that configuration.
        revision: The commit whose files were read.
        limit: The requested limit on rows.
        seed: The seed of the draw.
        images: The column of images; empty for none.
    """

    id: str
    config: str
    split: str
    revision: str
    limit: int | None
    seed: int
    images: str = ""


@dataclass(frozen=True)
class PassageSpec:
    """How long texts are split into passages.

    Attributes:
        by: `sentences`, as many as fit together, or `windows`, which are cut between words.
        size: The most units in a passage.
        overlap: The units at the end of a window that the next one repeats, at most; 0 for sentences.
        unit: What is counted: `words`, or the tokens of a model, by name.
    """

    by: Literal["sentences", "windows"]
    size: int
    overlap: int = 0
    unit: str = "words"


@dataclass(frozen=True, eq=False)
class SplitFrom:
    """What passages were split from.

    Attributes:
        whole: The corpus with the whole texts.
        spec: How they were split.
    """

    whole: Corpus
    spec: PassageSpec


@dataclass(frozen=True, eq=False)
class Corpus:
    """An ordered table with one column of texts, perhaps a label column, and metadata.

    Args:
        name: What it is called on screen.
        table: The kept rows, with all columns; the text column has type `string`.
        text: The text column.
        label: The label column, if there is one.
        source_rows: The 1-based position of each row in the source, int64, shape (rows,); passages of one
            row share it.
        total_rows: Number of rows in the source.
        empty_rows: Number of rows left out because they have no text.
        notes: What was done while reading, one sentence each.
        queries: Suggested searches.
        sample: The sample's name, if it is a sample.
        source: Where a sample comes from.
        licence: The licence of a sample.
        vectors: The rows' own vectors, float32, shape (rows, dims), if requested.
        vector_column: Their column in the source.
        origin: How to open it again, if it comes from the Hub and is complete.
        split_from: The whole rows, if these are their passages.
        file_column: The column that says which file each row is from, if there are several; see `add_rows`.
        saved: What the file of a saved space says of its vectors, if it is one; see `saved_corpus`.
        images: The images of the rows, which are encoded in place of their texts where a row has one.
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
    split_from: SplitFrom | None = None
    file_column: str = ""
    saved: Record | None = None
    images: Images | None = None

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

    def row_name(self, row: int) -> str:
        """What messages call a row (from 0): its number and, if there are several files, its place in one."""
        name = f"row {row + 1:,}"
        if not self.file_column:
            return name
        return f"{name} (row {self.source_rows[row]:,} of {self.table[self.file_column][row]})"

    def take(self, rows: NDArray[np.int64]) -> Corpus:
        """A corpus of some rows (from 0) in the order given, with all their columns."""
        return replace(
            self,
            table=self.table.take(pa.array(rows)),
            source_rows=self.source_rows[rows],
            sample=None,
            vectors=None if self.vectors is None else self.vectors[rows],
            origin=None,
            split_from=None,
            images=None if self.images is None else self.images.take(rows),
        )

    def with_columns(self, columns: Mapping[str, pa.Array]) -> Corpus:
        """The same rows with more columns; if one of their names is taken, all get a number after them.

        They are no longer a sample or a dataset of the Hub, since these have no such columns.

        Args:
            columns: A value for each row, by the name of the column.
        """
        endings = itertools.chain([""], (f" {number}" for number in itertools.count(2)))
        taken = set(self.table.column_names)
        ending = next(ending for ending in endings if not taken & {f"{name}{ending}" for name in columns})
        table = self.table
        for name, values in columns.items():
            table = table.append_column(f"{name}{ending}", values)
        return replace(self, table=table, sample=None, origin=None)

    def reading(self, column: str) -> Corpus:
        """The same rows with another text column, whose texts become what is encoded."""
        place = self.table.column_names.index(column)
        table = self.table.set_column(place, column, self.table[column].cast(pa.string()))
        return replace(
            self,
            table=table,
            text=column,
            queries=(),
            sample=None,
            vectors=None,
            vector_column="",
            origin=None,
            split_from=None,
            saved=None,
            images=None,
        )

    @property
    def whole(self) -> Corpus:
        """The corpus whose texts are not split: this one, unless its rows are passages."""
        return self if self.split_from is None else self.split_from.whole

    @functools.cached_property
    def texts(self) -> list[str]:
        """The text of each row, for anything about words, tokens or characters."""
        texts: list[str] = self.table[self.text].to_pylist()
        return texts

    @functools.cached_property
    def items(self) -> Sequence[Item]:
        """The item of each row, for anything that encodes or shows items."""
        if self.images is None:
            return self.texts
        return [self.images.item(row) or text for row, text in enumerate(self.texts)]

    @property
    def captions(self) -> list[str]:
        """A short text for the item of each row, for tables and axes: its text, or its image's caption."""
        return self.texts

    @functools.cached_property
    def labels(self) -> list[str] | None:
        """The label of each row, "" for none; None without a label column."""
        return None if self.label is None else as_strings(self.table[self.label])

    @functools.cached_property
    def label_sizes(self) -> tuple[tuple[str, int], ...]:
        """Each label with its number of rows, largest first, then by name; those without one are left out."""
        counts = Counter(self.labels or ())
        counts.pop("", None)
        return tuple(sorted(counts.items(), key=lambda label: (-label[1], label[0])))

    @property
    def label_count(self) -> int:
        """Number of different labels, without ""."""
        return len(self.label_sizes)

    @functools.cached_property
    def metadata(self) -> tuple[str, ...]:
        """The names of the other columns."""
        return tuple(name for name in self.table.column_names if name not in (self.text, self.label))

    @functools.cached_property
    def item_keys(self) -> list[bytes]:
        """The content hash of each item, 16 bytes; equal items have equal keys."""
        if self.images is None:
            return [text_key(text) for text in self.texts]
        return [
            key or text_key(text) for key, text in zip(self.images.content_keys(), self.texts, strict=True)
        ]

    @functools.cached_property
    def repeated(self) -> int:
        """Number of rows whose item occurs in an earlier row."""
        return len(self) - len(set(self.item_keys))

    @functools.cached_property
    def items_fingerprint(self) -> str:
        """A hash of the items in their order, and nothing else, in hexadecimal."""
        return hashlib.blake2b(b"".join(self.item_keys), digest_size=_DIGEST_BYTES).hexdigest()

    @functools.cached_property
    def fingerprint(self) -> str:
        """A hash of everything except the corpus's name: columns, values, text and label columns, vectors."""
        digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
        columns = [(field.name, str(field.type)) for field in self.table.schema]
        digest.update(json.dumps([columns, self.text, self.label]).encode())
        for column in self.table.columns:
            _update(digest, column)
        if self.vectors is not None:
            digest.update(str(self.vectors.shape).encode())
            digest.update(self.vectors.tobytes())
        if self.images is not None:
            digest.update(self.items_fingerprint.encode())
        return digest.hexdigest()


def _update(digest: hashlib.blake2b, column: pa.ChunkedArray) -> None:
    """Hash a column's values, independent of Arrow's chunks and of the bytes under nulls."""
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
