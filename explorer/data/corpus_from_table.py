"""From a table to a corpus: choose columns, leave out empty rows, sample the rest."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from explorer.data.columns import check_label_column, check_text_column, guess_label, guess_text
from explorer.data.corpus import Corpus
from explorer.data.images.images import Images
from explorer.data.joined_columns import join_columns
from explorer.data.tables.source_table import SourceTable
from explorer.data.tables.values import count, empty_mask
from explorer.data.vector_columns import ALL, VectorColumn, number_columns
from explorer.data.vector_matrix import vectors_of
from explorer.errors import ColumnError, DataError
from explorer.settings import settings


class Guess(enum.Enum):
    """The one value that asks for a guess, since None asks for no label."""

    GUESS = "guess"


GUESS: Final = Guess.GUESS
LabelChoice = str | None | Literal[Guess.GUESS]
TextChoice = str | Sequence[str] | None
ImageChoice = str | None | Literal[Guess.GUESS]


def make_corpus(
    source: SourceTable,
    *,
    text: TextChoice = None,
    label: LabelChoice = GUESS,
    limit: int | None = None,
    seed: int = 0,
    vectors: VectorColumn | None = None,
    images: ImageChoice = GUESS,
) -> Corpus:
    """Choose the columns of a table and keep the rows that have text.

    Args:
        source: The table.
        text: The text column, or several to be joined in that order, see `join_columns`; guessed when None.
        label: The label column, None for none; guessed when not given.
        limit: The most rows to keep, drawn at random without replacement, in their original order. The
            host's limit applies as well.
        seed: The seed of the draw.
        vectors: The column of the rows' own vectors, one of `vector_columns`; None leaves them out.
        images: The column of images, None for none; the first if not given. Rows without text are kept if
            they have an image.

    Raises:
        ColumnError: A column is missing or cannot be used this way.
        VectorError: A kept row has no vector, or one that cannot be used.
        EmptyDataError: No row has text.
        DataError: The limit is below 1.
    """
    if limit is not None and limit < 1:
        raise DataError(f"The limit on rows is {limit}.", where=source.name, fix="Give 1 or more, or None.")
    parts = [guess_text(source)] if text is None else [text] if isinstance(text, str) else list(text)
    for part in parts:
        check_text_column(source, part)
    if label is GUESS:
        label = guess_label(source, *parts)
    elif label is not None:
        check_label_column(source, label, *parts)
    source, text = join_columns(source, parts)
    pictures = _images(source, images)

    keep = ~empty_mask(source.table[text]).to_numpy()
    if pictures is not None:
        keep |= pictures.present()
        source = _without_nulls(source, text)
    filled = np.flatnonzero(keep)
    most = min(settings().max_rows, limit or len(filled))
    notes = list(source.notes)
    if len(filled) > most:
        drawn = np.random.default_rng(seed).choice(filled, most, replace=False, shuffle=False)
        keep = np.zeros(len(keep), dtype=bool)
        keep[drawn] = True
        having = "text" if pictures is None else "an image or text"
        notes.append(f"{count(most, 'row')} of {len(filled):,} with {having}, drawn at random (seed {seed}).")
    own = None if vectors is None else vectors_of(source, vectors, keep=keep)
    if own is not None:
        # A table of texts that was given such vectors calls them by the value of `ALL`.
        spread = vectors in (ALL, ALL.value)
        place = "one column per dimension" if spread else f'in column "{vectors}"'
        notes.append(f"The rows include vectors of {own.shape[1]:,} dimensions, {place}.")
        left = [] if isinstance(vectors, str) else number_columns(source)
        notes += [
            f'Column "{name}" only numbers the rows, so it is not a dimension.'
            for name in source.table.column_names
            if left and name not in left
        ]
    return Corpus(
        name=source.name,
        table=source.table if keep.all() else source.table.filter(pa.array(keep)),
        text=text,
        label=label,
        source_rows=source.source_rows[keep],
        total_rows=source.total_rows,
        empty_rows=source.table.num_rows - len(filled),
        notes=tuple(notes),
        vectors=own,
        vector_column="" if vectors is None else vectors if isinstance(vectors, str) else vectors.value,
        images=None if pictures is None else pictures.take(np.flatnonzero(keep)),
    )


def _images(source: SourceTable, images: ImageChoice) -> Images | None:
    if images is None or (not source.images and images is GUESS):
        return None
    if images is GUESS:
        return next(iter(source.images.values()))
    if images not in source.images:
        named = ", ".join(f'"{name}"' for name in source.images)
        raise ColumnError(
            f'There is no column "{images}" of images.',
            where=source.name,
            fix=f"Columns of images: {named}." if named else "No column has images.",
        )
    return source.images[images]


def _without_nulls(source: SourceTable, text: str) -> SourceTable:
    """A table whose text column has an empty text where there was none."""
    place = source.table.column_names.index(text)
    filled = pc.fill_null(source.table[text].cast(pa.string()), "")
    return dataclasses.replace(source, table=source.table.set_column(place, text, filled))
