"""Saved spaces as NPZ: an uncompressed zip archive of arrays, without pickle.

`embeddings` are the vectors, `table` the bytes of a Parquet file with the columns, `facts` the bytes of JSON.
"""

from __future__ import annotations

import struct
import zipfile
from typing import BinaryIO

import numpy as np

from explorer.data.formats.blocks import Source
from explorer.data.formats.parquet_file import open_stream
from explorer.data.npy import read_npy
from explorer.data.records import DamagedFileError
from explorer.data.space_files.facts import damaged
from explorer.data.space_files.saved_table import SavedTable, from_parts, packed_table
from explorer.data.tables.source_table import SourceTable

_PARTS = ("embeddings", "table", "facts")
# What zipfile raises for entries that are encrypted, misnamed, or before the file's beginning.
_DAMAGED = (ValueError, zipfile.BadZipFile, EOFError, RuntimeError, OverflowError, struct.error)


def write_npz(saved: SavedTable, sink: BinaryIO) -> None:
    """Write a space."""
    np.savez(
        sink,
        allow_pickle=False,
        embeddings=np.ascontiguousarray(saved.vectors, "<f4"),
        table=np.frombuffer(packed_table(saved.table), np.uint8),
        facts=np.frombuffer(saved.facts.encode("utf-8", "replace"), np.uint8),
    )


def read_npz(data: Source, name: str, *, seed: int = 0) -> SourceTable:
    """Read a saved space; other archives of arrays have no texts and are refused.

    Raises:
        UnreadableFileError: It is not one, is damaged, or is from a newer Explorer.
        TooLargeError: It is over a limit.
        OSError: The file cannot be read.
    """
    try:
        with open_stream(data) as stream, zipfile.ZipFile(stream) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
            wanted = [entries.get(f"{part}.npy") for part in _PARTS]
            if len(entries) != len(archive.infolist()) or None in wanted:
                raise DamagedFileError("it lacks the texts and the facts that Explorer saves with vectors")
            if any(entry is not None and entry.compress_type != zipfile.ZIP_STORED for entry in wanted):
                raise DamagedFileError("it is compressed")  # and could unpack to anything
            vectors, table, facts = (archive.read(f"{part}.npy") for part in _PARTS)
        return from_parts(
            name,
            "npz",
            read_npy(table, "u1").tobytes(),
            read_npy(vectors, "f4").astype(np.float32, copy=False),
            read_npy(facts, "u1").tobytes(),
            seed,
        )
    except _DAMAGED as error:
        reason = error if isinstance(error, DamagedFileError) else "the archive is damaged"
        raise damaged(reason, name) from error
