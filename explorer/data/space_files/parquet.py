"""Saved spaces as Parquet: an ordinary table with a column of vectors; the facts are in its metadata."""

from __future__ import annotations

from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from explorer.data.space_files.facts import KEY
from explorer.data.space_files.saved_table import SavedTable, vector_list


def write_parquet(saved: SavedTable, sink: BinaryIO) -> None:
    """Write a space, some rows at a time, so that it takes little memory besides the vectors.

    The vectors are lists of float32 of one length, which `datasets`, pandas and Polars read as such.
    """
    kind = pa.list_(pa.float32(), saved.vectors.shape[1])
    schema = saved.table.schema.remove_metadata().append(pa.field(saved.column, kind, nullable=False))
    names = saved.table.column_names
    with pq.ParquetWriter(
        sink, schema, compression="zstd", use_dictionary=names, write_statistics=names
    ) as writer:
        for start, stop in saved.pieces():
            vectors = vector_list(saved.vectors[start:stop])
            rows = saved.table.slice(start, stop - start)
            writer.write_table(pa.Table.from_arrays([*rows.columns, vectors], schema=schema))
        writer.add_key_value_metadata({KEY: saved.facts})


def write_rows(table: pa.Table, facts: str, sink: BinaryIO) -> None:
    """Write rows without vectors, and their facts."""
    with pq.ParquetWriter(sink, table.schema.remove_metadata(), compression="zstd") as writer:
        writer.write_table(table.replace_schema_metadata(None))
        writer.add_key_value_metadata({KEY: facts})
