"""Files and pasted lines, read into tables."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from explorer.data.blocks import Source, size_of
from explorer.data.budget import Budget
from explorer.data.decode import Encoding, detect_encoding
from explorer.data.delimited import read_delimited
from explorer.data.jsonl import read_json
from explorer.data.kinds import HEAD_BYTES, file_kind
from explorer.data.parquet import read_parquet
from explorer.data.sampling import TextFile, draw, drawn_note
from explorer.data.splitting import Lines
from explorer.data.table import SourceTable, source_table
from explorer.data.values import Column, chunked, empty_mask, without_surrogates
from explorer.errors import EmptyDataError, TooLargeError, UnreadableFileError
from explorer.jobs.progress import BYTES, READING, OnProgress, counting
from explorer.settings import settings

_BATCH_LINES = 8_192
_LINES = functools.partial(Lines, any_ending=True)
_SPACES = b"\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f "


def read_file(
    data: Source,
    name: str,
    *,
    seed: int = 0,
    encoding: str | None = None,
    on_progress: OnProgress | None = None,
) -> SourceTable:
    """Read a file of rows: .csv, .tsv, .jsonl, .ndjson, .json, .parquet or .txt.

    Args:
        data: Its bytes, or where it lies.
        name: Its name; the ending says the kind, and the contents must agree.
        seed: What draws the rows of a file over the bound on rows.
        encoding: Python's name of the encoding of a text file; found from its bytes when None.
        on_progress: Told the bytes that are read, while it is read; an exception it raises
            stops the work.

    Raises:
        TooLargeError: Over a bound the host set; the file's size is looked at before it is read.
        EmptyDataError: Nothing in it.
        UnreadableFileError: Not what its name promises, broken, or not to be opened.
        ColumnError: No column can be shown as text.
    """
    try:
        size = size_of(data)
        _check_size(size, name)
        counting(on_progress, READING, BYTES)(0, size)
        kind = file_kind(_head(data), name)
        if kind == "parquet":
            return read_parquet(data, name, seed=seed, on_progress=on_progress)
        if kind == "txt":
            return _read_text(data, name, seed, encoding, on_progress)
        read = read_delimited if kind in ("csv", "tsv") else read_json
        return read(data, name, kind=kind, seed=seed, encoding=encoding, on_progress=on_progress)
    except OSError as error:
        raise UnreadableFileError(
            f"The file cannot be opened: {error.strerror}.", where=name, fix="Check its name and permissions."
        ) from error


def read_lines(text: str, *, name: str = "pasted lines", seed: int = 0) -> SourceTable:
    """Read text with one row a line; the column is called "text" and blank lines are empty rows.

    Args:
        text: The lines.
        name: What to call them.
        seed: What draws the rows when there are more than the host allows.

    Raises:
        EmptyDataError: Nothing in it.
        TooLargeError: A line with too many characters.
    """
    clean = without_surrogates(text)
    notes = () if clean == text else ("Halves of characters (lone surrogates) became �.",)
    lines = TextFile(clean.encode(), name, Encoding("utf-8"), _LINES, _SPACES, text=False)
    return _lines_table(lines, "lines", seed, notes)


def _read_text(
    data: Source, name: str, seed: int, chosen: str | None, on_progress: OnProgress | None
) -> SourceTable:
    encoding = detect_encoding(data, name, chosen)
    lines = TextFile(data, name, encoding, _LINES, _SPACES, on_progress=on_progress)
    return _lines_table(lines, "txt", seed, encoding.notes)


def _lines_table(file: TextFile, kind: str, seed: int, notes: tuple[str, ...]) -> SourceTable:
    counted = file.count()
    if counted.filled == 0:
        raise EmptyDataError("There is no text in it.", where=file.name)
    every = counted.rows <= settings().max_rows
    numbers = draw(counted.rows if every else counted.filled, settings().max_rows, seed)
    if not every:
        notes = (drawn_note(len(numbers), counted.filled, seed, "lines with text"), *notes)
    remaining = iter(file.rows(numbers, every=every))
    budget = Budget(file.name)
    chunks: list[pa.Array] = []
    places: list[int] = []
    while batch := list(itertools.islice(remaining, _BATCH_LINES)):
        places += [row.line for row in batch]
        texts = pa.array([row.data.removesuffix(b"\n").removesuffix(b"\r").decode() for row in batch])
        budget.spend(texts.nbytes)
        chunks += chunked(texts).chunks
    texts = pa.chunked_array(chunks, pa.string())
    if not pc.any(pc.invert(empty_mask(texts))).as_py():
        raise EmptyDataError("There is no text in it.", where=file.name)
    return source_table(
        file.name,
        kind,
        [("text", Column(texts))],
        notes=notes,
        source_rows=np.array(places, dtype=np.int64),
        total_rows=counted.rows,
        encoding=file.encoding.codec if kind == "txt" else "",
    )


def _check_size(size: int, name: str) -> None:
    most = settings().max_file_mb
    if size > most * 1_000_000:
        raise TooLargeError(
            f"The file is {size / 1_000_000:,.1f} MB; files up to {most:,} MB are read.",
            where=name,
            fix="Keep fewer rows or columns, or let the host raise EXPLORER_MAX_FILE_MB.",
        )
    if size == 0:
        raise EmptyDataError("The file is empty: it has 0 bytes.", where=name)


def _head(data: Source) -> bytes:
    if isinstance(data, bytes):
        return data[:HEAD_BYTES]
    with data.open("rb") as stream:
        return stream.read(HEAD_BYTES)
