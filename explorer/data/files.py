"""Files and pasted lines, read into tables."""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from explorer.data.decode import checked_lines, detect_encoding, open_text
from explorer.data.delimited import read_delimited
from explorer.data.jsonl import read_json
from explorer.data.kinds import HEAD_BYTES, file_kind
from explorer.data.parquet import read_parquet
from explorer.data.table import SourceTable, source_table
from explorer.data.values import Column, empty_mask, without_surrogates
from explorer.errors import EmptyDataError, TooLargeError, UnreadableFileError
from explorer.settings import settings

_BATCH_LINES = 8_192


def read_file(
    data: bytes | Path,
    name: str,
    *,
    seed: int = 0,
    encoding: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> SourceTable:
    """Read a file of rows: .csv, .tsv, .jsonl, .ndjson, .json, .parquet or .txt.

    Args:
        data: Its bytes, or where it lies.
        name: Its name; the ending says the kind, and the contents must agree.
        seed: What draws the rows of a Parquet file over the bound on rows.
        encoding: Python's name of the encoding of a text file; found from its bytes when None.
        on_progress: Called while it is read, with the bytes done and those to read; an exception it raises
            stops the work.

    Raises:
        TooLargeError: Over a bound the host set; the file's size is looked at before it is read.
        EmptyDataError: Nothing in it.
        UnreadableFileError: Not what its name promises, broken, or not to be opened.
        ColumnError: No column can be shown as text.
    """
    try:
        size = data.stat().st_size if isinstance(data, Path) else len(data)
        _check_size(size, name)
        say = on_progress or (lambda _done, _total: None)
        say(0, size)
        kind = file_kind(_head(data), name)
        if kind == "parquet":
            return read_parquet(data, name, seed=seed)
        content = data.read_bytes() if isinstance(data, Path) else data
    except OSError as error:
        raise UnreadableFileError(
            f"The file cannot be opened: {error.strerror}.", where=name, fix="Check its name and permissions."
        ) from error
    if kind == "txt":
        return _read_text(content, name, encoding)
    if kind in ("csv", "tsv"):
        return read_delimited(content, name, kind=kind, encoding=encoding)
    return read_json(content, name, kind=kind, encoding=encoding)


def read_lines(text: str, *, name: str = "pasted lines") -> SourceTable:
    """Read text with one row a line; the column is called "text" and blank lines are empty rows.

    Raises:
        EmptyDataError: Nothing in it.
        TooLargeError: A line with too many characters.
    """
    clean = without_surrogates(text)
    notes = () if clean == text else ("Halves of characters (lone surrogates) became �.",)
    with io.StringIO(clean, newline=None) as stream:
        return _lines_table(stream, name, "lines", notes)


def _read_text(content: bytes, name: str, chosen: str | None) -> SourceTable:
    encoding = detect_encoding(content, name, chosen)
    with open_text(content, encoding, newline=None) as stream:
        return _lines_table(checked_lines(stream, name), name, "txt", encoding.notes, encoding.codec)


def _lines_table(
    lines: Iterable[str], name: str, kind: str, notes: tuple[str, ...] = (), codec: str = ""
) -> SourceTable:
    remaining = (line.removesuffix("\n") for line in lines)
    chunks: list[pa.Array] = []
    while batch := list(itertools.islice(remaining, _BATCH_LINES)):
        chunks.append(pa.array(batch, pa.string()))
    texts = pa.chunked_array(chunks, pa.string())
    if not pc.any(pc.invert(empty_mask(texts))).as_py():
        raise EmptyDataError("There is no text in it.", where=name)
    return source_table(name, kind, [("text", Column(texts))], notes=notes, encoding=codec)


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


def _head(data: bytes | Path) -> bytes:
    if isinstance(data, bytes):
        return data[:HEAD_BYTES]
    with data.open("rb") as stream:
        return stream.read(HEAD_BYTES)
