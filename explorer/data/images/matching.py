"""The images of a table whose rows name their files, which are in a folder or an archive beside it."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from explorer.data.images.images import IMAGE, Images
from explorer.data.images.listing import files_of_archive, files_of_folder, images_among, plain_name
from explorer.data.images.reading import ImageFile, read_images
from explorer.data.tables.source_table import SourceTable, list_names
from explorer.data.tables.values import count
from explorer.errors import ColumnError, UnknownCorpusError
from explorer.jobs.progress import OnProgress

_LISTED = 3  # names in a note


def with_images(source: SourceTable, place: Path | str, on_progress: OnProgress | None = None) -> SourceTable:
    """A table with the images that the values of one of its columns name, as its images `image`.

    The column is the one that names the most files, by their paths below the folder or, if no two files have
    the same one, by their names alone. Several rows can have one image. Rows without one remain.

    Args:
        source: The table.
        place: A folder or a .zip archive.
        on_progress: Called with the number of images read; an exception it raises stops the work.

    Raises:
        UnknownCorpusError: There is no such folder or archive.
        ColumnError: No column names its files.
        DataError: As for `read_archive`.
    """
    path = Path(place).expanduser()
    if not path.is_dir() and not (path.is_file() and path.suffix.lower() == ".zip"):
        columns = f", and no column of images but {list_names(list(source.images))}" if source.images else ""
        raise UnknownCorpusError(
            f'There is no folder and no .zip archive "{place!s:.100}"{columns}.',
            where=source.name,
            fix="Give the folder or the archive of the rows' images.",
        )
    with contextlib.ExitStack() as stack:
        if path.is_dir():
            files, notes = files_of_folder(path), list[str]()
        else:
            files, notes = stack.enter_context(files_of_archive(path, path.name))
        images = images_among(files, path.name)
        column, rows = _best_column(source, images, path.name)
        used, places = np.unique(rows[rows >= 0], return_inverse=True)
        read = read_images([images[file] for file in used], None, on_progress)
    read.check_any()
    places_of_rows = np.full(len(rows), len(used), np.int64)  # after the last one: no image
    places_of_rows[rows >= 0] = places
    found = read.images.followed_by(None, 1)
    notes += [*read.notes, *_unmatched(source, column, rows, len(images) - len(used), path.name)]
    return dataclasses.replace(
        source,
        notes=(*source.notes, *notes),
        images={IMAGE: Images(found.table, found.rows[places_of_rows])},
    )


def _best_column(
    source: SourceTable, images: Sequence[ImageFile], name: str
) -> tuple[str, NDArray[np.int64]]:
    """The column that names the most files, and the position of the file of each row, -1 for none."""
    by_path = {image.name: place for place, image in enumerate(images)}
    names = [PurePosixPath(image.name).name for image in images]
    times = collections.Counter(names)
    by_name = {each: place for place, each in enumerate(names) if times[each] == 1}
    best, most = "", np.empty(0, np.int64)
    for label in source.table.column_names:
        if pa.types.is_string(source.table[label].type):
            values = source.table[label].to_pylist()
            for files in (by_path, by_name):
                rows = _rows(values, files)
                if np.count_nonzero(rows >= 0) > np.count_nonzero(most >= 0):
                    best, most = label, rows
    if not best:
        raise ColumnError(
            f"No column has the names of files in {name}, such as {images[0].name:.100}.",
            where=source.name,
            fix="Add a column with the name of each row's image.",
        )
    return best, most


def _rows(values: Sequence[str | None], files: Mapping[str, int]) -> NDArray[np.int64]:
    """The position of the file that each value names; -1 for none."""
    found = (-1 if not value else files.get(plain_name(value.strip()), -1) for value in values)
    return np.fromiter(found, np.int64, len(values))


def _unmatched(
    source: SourceTable, column: str, rows: NDArray[np.int64], unused: int, name: str
) -> list[str]:
    """Notes on the rows without an image and the images without a row."""
    notes = [f'The images are those of {name} that column "{column}" names.']
    without = np.flatnonzero(rows < 0)
    if len(without):
        listed = ", ".join(f"row {source.source_rows[row]:,}" for row in without[:_LISTED])
        more = f" and {len(without) - _LISTED:,} more" if len(without) > _LISTED else ""
        notes.append(f"{count(len(without), 'row')} without an image of that name: {listed}{more}.")
    if unused:
        notes.append(f"{count(unused, 'image')} of {name} that no row names.")
    return notes
