"""Reading files of any supported format into tables."""

from __future__ import annotations

from explorer.data.formats.blocks import Source, size_of
from explorer.data.formats.delimited import read_delimited
from explorer.data.formats.jsonl import read_json
from explorer.data.formats.kinds import HEAD_BYTES, file_kind
from explorer.data.formats.lines import read_text
from explorer.data.formats.parquet import read_parquet
from explorer.data.images.collections import read_archive, read_single
from explorer.data.space_files.csv import from_csv
from explorer.data.space_files.npz import read_npz
from explorer.data.space_files.safetensors import read_safetensors
from explorer.data.tables.source_table import SourceTable
from explorer.errors import EmptyDataError, TooLargeError, UnreadableFileError
from explorer.jobs.progress import BYTES, READING, OnProgress, counting
from explorer.settings import settings


def read_file(
    data: Source,
    name: str,
    *,
    seed: int = 0,
    encoding: str | None = None,
    on_progress: OnProgress | None = None,
) -> SourceTable:
    """Read a file of rows: .csv, .tsv, .jsonl, .ndjson, .json, .parquet or .txt; images; or a saved space.

    The table of a saved space, which may also be .npz or .safetensors, has its facts. Images are one file, or
    a .zip of several; see `read_archive`.

    Args:
        data: Its bytes, or its path.
        name: Its name; the extension gives the format, and the contents must agree.
        seed: The seed that draws rows from a file above the limit on rows.
        encoding: Python's name of a text file's encoding; detected from its bytes when None.
        on_progress: Called with the number of bytes read; an exception it raises stops the work.

    Raises:
        TooLargeError: It exceeds a limit the host set; the file size is checked before reading.
        EmptyDataError: It is empty.
        UnreadableFileError: Its contents do not match its name, are broken, or it cannot be opened.
        ColumnError: No column can be shown as text.
    """
    try:
        size = size_of(data)
        _check_size(size, name)
        counting(on_progress, READING, BYTES)(0, size)
        kind = file_kind(_head(data), name)
        if kind == "parquet":
            return read_parquet(data, name, seed=seed, on_progress=on_progress)
        if kind == "zip":
            return read_archive(data, name, read_file, seed=seed, on_progress=on_progress)
        if kind == "image":
            return read_single(data if isinstance(data, bytes) else data.read_bytes(), name, on_progress)
        if kind == "txt":
            return read_text(data, name, seed=seed, encoding=encoding, on_progress=on_progress)
        if kind == "npz":
            return read_npz(data, name, seed=seed)
        if kind == "safetensors":
            return read_safetensors(data, name, seed=seed)
        read = read_delimited if kind in ("csv", "tsv") else read_json
        found = read(data, name, kind=kind, seed=seed, encoding=encoding, on_progress=on_progress)
        return from_csv(found) if kind == "csv" else found
    except OSError as error:
        raise UnreadableFileError(
            f"The file cannot be opened: {error.strerror}.", where=name, fix="Check its name and permissions."
        ) from error


def _check_size(size: int, name: str) -> None:
    most = settings().max_file_mb
    if size > most * 1_000_000:
        raise TooLargeError(
            f"The file is {size / 1_000_000:,.1f} MB; files up to {most:,} MB are read.",
            where=name,
            fix="Keep fewer rows or columns, or ask the host to raise EXPLORER_MAX_FILE_MB.",
        )
    if size == 0:
        raise EmptyDataError("The file is empty: it has 0 bytes.", where=name)


def _head(data: Source) -> bytes:
    if isinstance(data, bytes):
        return data[:HEAD_BYTES]
    with data.open("rb") as stream:
        return stream.read(HEAD_BYTES)
