"""A folder or a zip archive of images as a table: names, labels, captions and other columns.

It is read as the `imagefolder` of `datasets` is (huggingface.co/docs/datasets/image_dataset): folders are
labels, and a `metadata.csv` or `.jsonl` beside the images, with a column `file_name`, has more columns.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa

from explorer.data.formats.blocks import Source
from explorer.data.formats.sampling import draw
from explorer.data.images.images import FILE, IMAGE
from explorer.data.images.listing import files_of_archive, files_of_folder, images_among, plain_name
from explorer.data.images.reading import ImageFile, read_images
from explorer.data.tables.source_table import SourceTable, TableBuilder
from explorer.data.tables.values import count, text_column
from explorer.errors import DataError
from explorer.jobs.progress import OnProgress
from explorer.settings import settings

LABEL = "label"
"""The column of the folders' names."""
_METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
_FILE_NAME = "file_name"
ReadTable = Callable[[bytes, str], SourceTable]


def read_folder(
    folder: Path, read_table: ReadTable, *, seed: int = 0, on_progress: OnProgress | None = None
) -> SourceTable:
    """The images of a folder and the folders below it; their files stay where they are.

    Links are not followed, and hidden files are left out.

    Args:
        folder: The folder.
        read_table: Reads the table beside the images, from its bytes and name.
        seed: The seed that draws images above the limit on rows.
        on_progress: Called with the number of images read; an exception it raises stops the work.

    Raises:
        EmptyDataError: It has no image.
        TooLargeError: It has too many files.
        DataError: None of them can be read, or the table beside them cannot.
    """
    files = files_of_folder(folder)
    return _table(files, [], folder.name, read_table, seed, on_progress)


def read_archive(
    data: Source, name: str, read_table: ReadTable, *, seed: int = 0, on_progress: OnProgress | None = None
) -> SourceTable:
    """The images of a zip archive, of which nothing is unpacked to the disk; see `read_folder`.

    Raises:
        UnreadableFileError: It is damaged or encrypted, or names files outside of it.
        TooLargeError: It has too many files, or would unpack to too much.
    """
    with files_of_archive(data, name) as (files, notes):
        return _table(files, notes, name, read_table, seed, on_progress)


def read_single(data: bytes, name: str, on_progress: OnProgress | None = None) -> SourceTable:
    """One image as a table of one row."""
    return _table([ImageFile(name, lambda: data, len(data))], [], name, _no_table, 0, on_progress)


def _no_table(_data: bytes, name: str) -> SourceTable:
    raise AssertionError(name)


def _table(
    files: Sequence[ImageFile],
    notes: Sequence[str],
    name: str,
    read_table: ReadTable,
    seed: int,
    on_progress: OnProgress | None,
) -> SourceTable:
    """The table of images: one row for each that can be read."""
    images = images_among(files, name)
    builder = TableBuilder(name, "images")
    builder.note(*notes)
    described = [file for file in files if PurePosixPath(file.name).name in _METADATA]
    unused = {file.name for file in files} - {file.name for file in [*images, *described]}
    total, most = len(images), settings().max_rows
    if total > most:
        images = [images[place] for place in draw(total, most, seed)]
        builder.note(f"{most:,} of {total:,} images, drawn at random (seed {seed}).")
    if unused:
        svg = sum(each.lower().endswith(".svg") for each in unused)
        builder.note(
            f"{count(len(unused), 'file')} left out that "
            + ("is not an image" if len(unused) == 1 else "are not images")
            + (f", of which {svg:,} SVG, which can contain scripts." if svg else ".")
        )
    read = read_images(images, builder.budget, on_progress)
    read.check_any()
    builder.note(*read.notes)
    names = [images[place].name for place in read.kept]
    kept = read.images.take(np.array(read.kept, np.int64))
    builder.add_images(IMAGE, kept, names)
    columns = _described(described, names, read_table, builder)
    folders = [PurePosixPath(each).parent.name for each in names]
    if len(set(folders)) > 1 and LABEL not in columns:
        builder.add(LABEL, *text_column(folders))
    for label, values in columns.items():
        builder.add(label, values)
    return builder.finish(total_rows=total)


def _described(
    described: Sequence[ImageFile], names: Sequence[str], read_table: ReadTable, builder: TableBuilder
) -> Mapping[str, pa.ChunkedArray]:
    """The columns of the tables beside the images, by file name; rows without an image are left out."""
    tables: list[pa.Table] = []
    for file in described:
        try:
            table = read_table(file.read(), file.name).table
        except DataError as error:
            builder.note(f"{file.name} is not used. {error.what}")
            continue
        if _FILE_NAME not in table.column_names:
            builder.note(f'{file.name} has no column "{_FILE_NAME}", so it is not used.')
            continue
        place = table.column_names.index(_FILE_NAME)
        folder = PurePosixPath(file.name).parent
        inside = table[_FILE_NAME].cast(pa.string()).to_pylist()
        files = [None if each is None else (folder / plain_name(each)).as_posix() for each in inside]
        tables.append(table.set_column(place, _FILE_NAME, pa.array(files, pa.string())))
    if not tables:
        return {}
    try:
        whole = pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowException:
        builder.note("The tables beside the images differ in the types of their columns, so none is used.")
        return {}
    row_of = {each: row for row, each in enumerate(whole[_FILE_NAME].to_pylist()) if each is not None}
    rows = [row_of.get(name) for name in names]
    missing = sum(row is None for row in rows)
    if missing:
        builder.note(f"{count(missing, 'image')} without a row in the table beside them.")
    unmatched = whole.num_rows - len({row for row in rows if row is not None})
    if unmatched:
        builder.note(
            f"{count(unmatched, 'row')} of the table beside the images without an image of that name."
        )
    taken = whole.take(pa.array(rows, pa.int64()))
    return {label: taken[label] for label in taken.column_names if label not in (_FILE_NAME, FILE)}
