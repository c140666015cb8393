"""Rows that follow those of a corpus, as of a second file."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from explorer.data.columns import type_words
from explorer.data.corpus import Corpus
from explorer.data.images.images import Images
from explorer.data.tables.python_values import as_strings, plain_text
from explorer.data.tables.source_table import check_width, unique_names
from explorer.data.tables.values import count, joined
from explorer.errors import DataError, TooLargeError
from explorer.settings import settings

_FILE_COLUMN = "source_file"
_TABLE_SIZES = 2  # together, the columns can take this many times the limit on file size


def add_rows(corpus: Corpus, added: Corpus) -> Corpus:
    """The rows of a corpus, followed by those of another.

    The two text columns become one, whatever their names, and so do the two label columns. Other columns are
    matched by name, and are empty in rows that had no such column. A column of two types that no type holds
    exactly becomes text; a note says so. One more column, `source_file`, has the name of the file, or what
    else each row is from; `Corpus.source_rows` is its position there. Rows keep their images.

    Args:
        corpus: The rows that come first; the text and the label column have their names here.
        added: The rows that follow.

    Raises:
        DataError: Rows of one of them are passages or have vectors of their own.
        TooLargeError: Together there are too many rows or columns, or they take too much memory.
    """
    for one in (corpus, added):
        _check(one)
    _check_rows(len(corpus) + len(added), added.name)
    first, second = _files_of(corpus), _files_of(added)
    names = _distinct(first)
    renamed = _unlike(_distinct(second), names)
    second = [renamed[file] for file in second]
    names += renamed.values()
    columns, label, notes = _columns(corpus, added)
    notes += [f'"{new}" is another "{old}".' for old, new in renamed.items() if new != old]
    files = pa.chunked_array([pa.array(first, pa.string()), pa.array(second, pa.string())])
    file_column = corpus.file_column or unique_names([*columns, _FILE_COLUMN])[0][-1]
    table = pa.table({**columns, file_column: files})
    name = " + ".join(names) if len(names) == 2 else f"{names[0]} + {len(names) - 1:,} more"
    _check_size(table, name)
    known = set(corpus.item_keys)
    repeats = sum(key in known for key in added.item_keys)
    what = "a text" if corpus.images is None and added.images is None else "an image or a text"
    said = (
        f"{count(len(added), 'row')} of {added.name} {_verb(len(added), 'follow')} the first {len(corpus):,}"
    )
    return Corpus(
        name=name,
        table=table,
        text=corpus.text,
        label=label,
        source_rows=np.concatenate([corpus.source_rows, added.source_rows]),
        total_rows=corpus.total_rows + added.total_rows,
        empty_rows=corpus.empty_rows + added.empty_rows,
        notes=(
            *_notes_of(corpus),
            *_notes_of(added),
            f"{said}; {repeats:,} of them {_verb(repeats, 'repeat')} {what} of the rows before.",
            *notes,
        ),
        queries=corpus.queries,
        file_column=file_column,
        images=_images(corpus, added),
    )


def follow(corpus: Corpus, before: Corpus) -> bool:
    """Whether a corpus begins with the rows of another, as after `add_rows`, also split into passages."""
    return len(corpus) >= len(before) and corpus.item_keys[: len(before)] == before.item_keys


def _images(corpus: Corpus, added: Corpus) -> Images | None:
    """The images of all rows; none for rows of the corpus that has none."""
    if corpus.images is None and added.images is None:
        return None
    before = Images.none(len(corpus)) if corpus.images is None else corpus.images
    return before.followed_by(added.images, len(added))


def _check(corpus: Corpus) -> None:
    if corpus.split_from is not None:
        raise DataError(
            "The rows are passages, and only whole rows can be put together.",
            where=corpus.name,
            fix="Put the whole rows together (`corpus.whole`), and split what comes of it.",
        )
    if corpus.vectors is not None:
        raise DataError(
            "The rows have vectors of their own, and only rows without can be put together.",
            where=corpus.name,
            fix="Open the rows again without their vectors, so that their texts are encoded.",
        )


def _check_rows(rows: int, name: str) -> None:
    most = settings().max_rows
    if rows > most:
        raise TooLargeError(
            f"Together there are {rows:,} rows; up to {most:,} are read.",
            where=name,
            fix="Use fewer rows, or ask the host to raise EXPLORER_MAX_ROWS.",
        )


def _check_size(table: pa.Table, name: str) -> None:
    check_width(table.num_columns, name)
    most = _TABLE_SIZES * settings().max_file_mb
    if table.nbytes > most * 1_000_000:
        raise TooLargeError(
            f"Together the rows take over {most:,} MB.",
            where=name,
            fix="Use fewer rows or columns, or ask the host to raise EXPLORER_MAX_FILE_MB.",
        )


def _files_of(corpus: Corpus) -> list[str]:
    """What each row is from."""
    if corpus.file_column:
        return as_strings(corpus.table[corpus.file_column])
    return [corpus.name] * len(corpus)


def _distinct(files: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(files))


def _unlike(files: Sequence[str], others: Sequence[str]) -> dict[str, str]:
    """A name for each file that none of the others has, such as `faq.csv (2)`."""
    names, taken = {}, {*files, *others}
    for file in files:
        numbered = (f"{file} ({number})" for number in itertools.count(2))
        names[file] = file if file not in others else next(name for name in numbered if name not in taken)
        taken.add(names[file])
    return names


def _notes_of(corpus: Corpus) -> list[str]:
    """The notes on a corpus, each of which says what it is about, with its source and licence."""
    if corpus.file_column:
        return list(corpus.notes)
    licence = f" Licence: {corpus.licence}." if corpus.licence else ""
    source = [f"Source: {corpus.source.removesuffix('.')}.{licence}"] if corpus.source else []
    return [f"{corpus.name}: {note}" for note in (*corpus.notes, *source)]


def _columns(corpus: Corpus, added: Corpus) -> tuple[dict[str, pa.ChunkedArray], str | None, list[str]]:
    """All columns by name except that of the files, the name of the label column, and notes."""
    sources, label, notes = _matched(corpus, added)
    columns: dict[str, pa.ChunkedArray] = {}
    for name in [
        *corpus.table.column_names,
        *(name for name in sources if name not in corpus.table.column_names),
    ]:
        if name == corpus.file_column:
            continue
        old = corpus.table[name] if name in corpus.table.column_names else _empty(len(corpus))
        new = added.table[sources[name]] if name in sources else _empty(len(added))
        columns[name], as_text = _one_type(old, new)
        if as_text:
            words = [type_words(old.type), type_words(new.type)]
            if words[0] == words[1]:
                words = [str(old.type), str(new.type)]
            holds = f"{words[0]} in {corpus.name} and {words[1]} in {added.name}"
            notes.append(f'Column "{name}" is text now: it holds {holds}.')
    return columns, label, notes


def _matched(corpus: Corpus, added: Corpus) -> tuple[dict[str, str], str | None, list[str]]:
    """Where each column of the added rows goes, the name of the label column, and notes on other names.

    Returns:
        By name in the table of all rows, the column of the added rows; the label column; the notes.
    """
    roles = {added.text: corpus.text}
    if added.label is not None and corpus.label is not None:
        roles[added.label] = corpus.label
    sources = {target: name for name, target in roles.items()}
    notes = []
    label = corpus.label
    for name in added.table.column_names:
        if name == added.file_column:
            continue
        if name in roles:
            # Elsewhere it may be beside the text, as a column is that was joined with another.
            if name in corpus.metadata and name not in (corpus.file_column, *sources):
                sources[name] = name
            if name != roles[name]:
                notes.append(f'Column "{name}" of {added.name} is "{roles[name]}" here.')
            continue
        wanted = name
        if name in sources or name == corpus.file_column:
            taken = {*corpus.table.column_names, *added.table.column_names, *sources}
            wanted = unique_names([*taken, name])[0][-1]
            notes.append(f'Column "{name}" of {added.name} is called "{wanted}" here.')
        sources[wanted] = name
        if name == added.label:
            label = wanted
    return sources, label, notes


def _empty(rows: int) -> pa.ChunkedArray:
    return pa.chunked_array([pa.nulls(rows)])


def _one_type(old: pa.ChunkedArray, new: pa.ChunkedArray) -> tuple[pa.ChunkedArray, bool]:
    """Two columns as one, in a type that holds both exactly, and whether only text does."""
    both = [old, new] if old.type == new.type else [_wide(old), _wide(new)]
    one = joined(both)
    if one is not None:
        return one, False
    pieces = [piece for part in (old, new) for piece in plain_text(part).chunks]
    return pa.chunked_array(pieces, pa.string()), True


def _wide(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column of numbers in the widest type of its kind."""
    if pa.types.is_floating(column.type):
        return column.cast(pa.float64())
    if pa.types.is_integer(column.type) and column.type != pa.uint64():
        return column.cast(pa.int64())
    return column


def _verb(number: int, verb: str) -> str:
    return f"{verb}s" if number == 1 else verb
