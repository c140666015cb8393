"""One way to open a corpus, whatever it is made from."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from explorer.data.choose import GUESS, LabelChoice, make_corpus
from explorer.data.corpus import Corpus
from explorer.data.files import read_file
from explorer.data.python import from_arrow, from_columns, from_data_frame, from_texts, is_data_frame
from explorer.data.samples import SAMPLES, open_sample
from explorer.data.table import SourceTable
from explorer.errors import DataError, UnknownCorpusError


def open_corpus(
    source: object,
    *,
    text: str | None = None,
    label: LabelChoice = GUESS,
    limit: int | None = None,
    seed: int = 0,
    name: str | None = None,
) -> Corpus:
    """Open a corpus.

    Args:
        source: A path to a file, the name of a sample, a pandas DataFrame, an Arrow table (or what
            can become one, such as a Polars frame), a list of texts, or a dict of columns.
        text: The text column; guessed when None.
        label: The label column, None for none; guessed when not given.
        limit: Rows to keep at most, drawn at random without replacement, in their order.
        seed: What draws them.
        name: What to call the corpus; the file's or the sample's name when None.

    Raises:
        UnknownCorpusError: No sample and no file has that name.
        DataError: The rows cannot be used; its subclasses say why.
    """
    if isinstance(source, str) and source in SAMPLES:
        corpus = open_sample(source, text=text, label=label, limit=limit, seed=seed)
    else:
        table = _read(source, name, seed)
        corpus = make_corpus(table, text=text, label=label, limit=limit, seed=seed)
    return corpus if name is None else dataclasses.replace(corpus, name=name)


def _read(source: object, name: str | None, seed: int) -> SourceTable:
    if isinstance(source, str | Path):
        path = _existing(source)
        return read_file(path, path.name, seed=seed)
    if isinstance(source, list | tuple):
        return from_texts(source, name or "texts")
    if isinstance(source, Mapping):
        return from_columns(source, name or "columns")
    if is_data_frame(source):
        return from_data_frame(source, name or "data frame")
    if hasattr(source, "__arrow_c_stream__"):
        return from_arrow(source, name or "table")
    raise DataError(
        f"A corpus cannot be opened from {type(source).__name__}.",
        fix="Give a path, a sample's name, a data frame, a list of texts or a dict of columns.",
    )


def _existing(source: str | Path) -> Path:
    """The path of a file that is there.

    Raises:
        UnknownCorpusError: It is not there, or a folder.
    """
    shown = f"{source!s:.100}"
    samples = ", ".join(SAMPLES)
    folder = False
    try:
        path = Path(source).expanduser()
        if path.is_file():
            return path
        folder = path.is_dir()
    except (OSError, RuntimeError):
        pass  # no file can have the name: a text given in place of a list, or the home of nobody
    if folder:
        raise UnknownCorpusError(
            "This is a folder.", where=shown, fix=f"Give a file in it, or a sample: {samples}."
        )
    raise UnknownCorpusError(
        f'There is no file "{shown}" in {Path.cwd()} and no sample of that name.',
        fix=f"Check the path, or open a sample: {samples}.",
    )
