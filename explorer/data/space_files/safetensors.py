"""Saved spaces as safetensors: the vectors, a table as bytes, and the facts in the header's metadata.

The format is a length, a header in JSON and bytes (huggingface.co/docs/safetensors): it is written here so
that vectors go to the file without a copy in memory. Tests open the files with the library.
"""

from __future__ import annotations

import json
import math
from typing import BinaryIO

import numpy as np

from explorer.data.formats.blocks import Source, size_of
from explorer.data.formats.parquet_file import open_stream
from explorer.data.records import DamagedFileError
from explorer.data.space_files.facts import KEY, damaged
from explorer.data.space_files.saved_table import SavedTable, from_parts, packed_table
from explorer.data.tables.source_table import SourceTable
from explorer.hub.safetensors_header import header_entries

_ALIGNED = 8
_MANY = 2**48
_KINDS = {"F32": (4, 2), "U8": (1, 1)}  # bytes of a number, and dimensions
_VECTORS, _TABLE = "embeddings", "table"


def write_safetensors(saved: SavedTable, sink: BinaryIO) -> None:
    """Write a space."""
    table = packed_table(saved.table)
    size = 4 * saved.vectors.size
    header = {
        "__metadata__": {KEY: saved.facts},
        _VECTORS: {"dtype": "F32", "shape": list(saved.vectors.shape), "data_offsets": [0, size]},
        _TABLE: {"dtype": "U8", "shape": [len(table)], "data_offsets": [size, size + len(table)]},
    }
    text = json.dumps(header, ensure_ascii=False).encode("utf-8", "replace")
    text += b" " * (-len(text) % _ALIGNED)
    sink.write(len(text).to_bytes(8, "little"))
    sink.write(text)
    for start, stop in saved.pieces():
        sink.write(np.ascontiguousarray(saved.vectors[start:stop], "<f4").data)
    sink.write(table)


def read_safetensors(data: Source, name: str, *, seed: int = 0) -> SourceTable:
    """Read a saved space; the weights of models are refused.

    Raises:
        UnreadableFileError: It is not one, is damaged, or is from a newer Explorer.
        TooLargeError: It is over a limit.
        OSError: The file cannot be read.
    """
    with open_stream(data) as stream:

        def read(start: int, end: int) -> bytes:
            stream.seek(start)
            return stream.read(end - start)

        try:
            body, header = header_entries(read)
            metadata = header.get("__metadata__")
            facts = metadata.get(KEY) if isinstance(metadata, dict) else None
            if not isinstance(facts, str):
                raise DamagedFileError("it lacks the facts that Explorer saves with vectors")
            room = size_of(data) - body
            shape, (start, end) = _place(header.get(_VECTORS), "F32", room)
            vectors = np.frombuffer(read(body + start, body + end), "<f4").reshape(shape)
            _, (start, end) = _place(header.get(_TABLE), "U8", room)
            table = read(body + start, body + end)
            return from_parts(
                name,
                "safetensors",
                table,
                vectors.astype(np.float32, copy=False),
                facts.encode("utf-8", "replace"),
                seed,
            )
        except ValueError as error:  # DamagedFileError is one
            reason = error if isinstance(error, DamagedFileError) else "its header is damaged"
            raise damaged(reason, name) from error


def _place(entry: object, kind: str, room: int) -> tuple[list[int], list[int]]:
    """The shape of a tensor, and where its bytes begin and end, by its entry in the header.

    Raises:
        DamagedFileError: It is of another type, or does not fit the file.
    """
    fields = entry if isinstance(entry, dict) else {}
    size, ndim = _KINDS[kind]
    shape, offsets = _counts(fields.get("shape"), ndim), _counts(fields.get("data_offsets"), 2)
    if fields.get("dtype") != kind or size * math.prod(shape) != offsets[1] - offsets[0]:
        raise DamagedFileError("its header is damaged")
    if offsets[1] > room:
        raise DamagedFileError("it is cut short")
    return shape, offsets


def _counts(values: object, number: int) -> list[int]:
    if not isinstance(values, list) or len(values) != number:
        raise DamagedFileError("its header is damaged")
    if not all(type(value) is int and 0 <= value < _MANY for value in values):
        raise DamagedFileError("its header is damaged")
    return values
