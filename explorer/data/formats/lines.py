"""Text with one row per line: .txt files and pasted lines."""

from __future__ import annotations

import functools
import itertools

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from explorer.data.formats.blocks import Encoding, Source
from explorer.data.formats.decode import detect_encoding
from explorer.data.formats.sampling import TextFile, draw, drawn_note
from explorer.data.formats.splitting import Lines
from explorer.data.tables.source_table import SourceTable, TableBuilder
from explorer.data.tables.values import chunked, empty_mask, without_surrogates
from explorer.errors import EmptyDataError
from explorer.jobs.progress import OnProgress
from explorer.settings import settings

_BATCH_LINES = 8_192
_LINES = functools.partial(Lines, any_ending=True)
_SPACES = b"\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f "


def read_text(
    data: Source,
    name: str,
    *,
    seed: int = 0,
    encoding: str | None = None,
    on_progress: OnProgress | None = None,
) -> SourceTable:
    """Read a text file with one row per line, as `read_lines` does.

    Args:
        data: The file.
        name: Its name, for messages.
        seed: As in `read_file`.
        encoding: As in `read_file`.
        on_progress: As in `read_file`.

    Raises:
        EmptyDataError: Nothing in it.
        UnreadableFileError: A NUL byte, or another encoding than the chosen one.
        TooLargeError: A line with too many characters.
    """
    found = detect_encoding(data, name, encoding)
    lines = TextFile(data, name, found, _LINES, _SPACES, on_progress=on_progress)
    return _lines_table(lines, "txt", seed, found.notes)


def read_lines(text: str, *, name: str = "pasted lines", seed: int = 0) -> SourceTable:
    """Read text with one row per line; the column is called "text" and blank lines are empty rows.

    Args:
        text: The lines.
        name: The table's name.
        seed: The seed that draws rows when there are more than the host allows.

    Raises:
        EmptyDataError: There is no text.
        TooLargeError: A line with too many characters.
    """
    clean = without_surrogates(text)
    notes = () if clean == text else ("Lone surrogates (half characters) were replaced by �.",)
    lines = TextFile(clean.encode(), name, Encoding("utf-8"), _LINES, _SPACES, text=False)
    return _lines_table(lines, "lines", seed, notes)


def _lines_table(file: TextFile, kind: str, seed: int, notes: tuple[str, ...]) -> SourceTable:
    counted = file.count()
    if counted.filled == 0:
        raise EmptyDataError("There is no text in it.", where=file.name)
    every = counted.rows <= settings().max_rows
    numbers = draw(counted.rows if every else counted.filled, settings().max_rows, seed)
    if not every:
        notes = (drawn_note(len(numbers), counted.filled, seed, "lines with text"), *notes)
    builder = TableBuilder(file.name, kind)
    builder.note(*notes)
    remaining = iter(file.rows(numbers, every=every))
    chunks: list[pa.Array] = []
    places: list[int] = []
    while batch := list(itertools.islice(remaining, _BATCH_LINES)):
        places += [row.line for row in batch]
        texts = pa.array([row.data.removesuffix(b"\n").removesuffix(b"\r").decode() for row in batch])
        builder.budget.spend(texts.nbytes)
        chunks += chunked(texts).chunks
    texts = pa.chunked_array(chunks, pa.string())
    if not pc.any(pc.invert(empty_mask(texts))).as_py():
        raise EmptyDataError("There is no text in it.", where=file.name)
    builder.add("text", texts)
    return builder.finish(
        source_rows=np.array(places, dtype=np.int64),
        total_rows=counted.rows,
        encoding=file.encoding.codec if kind == "txt" else "",
    )
