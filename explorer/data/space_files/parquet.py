"""Saved spaces as Parquet: an ordinary table with a column of vectors; the facts are in its metadata."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from explorer.data.space_files.facts import KEY
from explorer.data.space_files.saved_images import SavedImages
from explorer.data.space_files.saved_table import SavedTable, piece_rows, vector_list


def write_parquet(saved: SavedTable, sink: BinaryIO) -> None:
    """Write a space, some rows at a time, so that it takes little memory besides the vectors.

    The vectors are lists of float32 of one length, which `datasets`, pandas and Polars read as such. The
    column of images is one that `datasets` and the Hub take for images.

    Raises:
        DataError: An image cannot be written; see `SavedImages.pieces`.
    """
    kind = pa.list_(pa.float32(), saved.vectors.shape[1])
    schema = _schema(saved.table, saved.images).append(pa.field(saved.column, kind, nullable=False))
    names = saved.table.column_names
    with pq.ParquetWriter(
        sink, schema, compression="zstd", use_dictionary=names, write_statistics=names
    ) as writer:
        for start, stop, columns in _pieces(saved.table, saved.images, piece_rows(saved.vectors)):
            vectors = vector_list(saved.vectors[start:stop])
            writer.write_table(pa.Table.from_arrays([*columns, vectors], schema=schema))
        writer.add_key_value_metadata({KEY: saved.facts})


def write_rows(table: pa.Table, images: SavedImages | None, facts: str, sink: BinaryIO) -> None:
    """Write rows without vectors, and their facts.

    Raises:
        DataError: As for `write_parquet`.
    """
    schema, names = _schema(table, images), table.column_names
    with pq.ParquetWriter(
        sink, schema, compression="zstd", use_dictionary=names, write_statistics=names
    ) as writer:
        for _, _, columns in _pieces(table, images, table.num_rows):
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
        writer.add_key_value_metadata({KEY: facts})


def _schema(table: pa.Table, images: SavedImages | None) -> pa.Schema:
    schema = table.schema.remove_metadata()
    return schema if images is None else schema.append(images.field).with_metadata(images.metadata)


def _pieces(
    table: pa.Table, images: SavedImages | None, most_rows: int
) -> Iterator[tuple[int, int, list[pa.Array | pa.ChunkedArray]]]:
    """Start and stop of consecutive rows, and their columns with that of the images, if there are any."""
    if images is None:
        for start in range(0, table.num_rows, most_rows):
            rows = table.slice(start, most_rows)
            yield start, start + rows.num_rows, rows.columns
        return
    for start, stop, column in images.pieces(most_rows):
        yield start, stop, [*table.slice(start, stop - start).columns, column]
