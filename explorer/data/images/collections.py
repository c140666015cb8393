"""A folder or a zip archive of images as a table: names, labels, captions and other columns.

It is read as the `imagefolder` of `datasets` is (huggingface.co/docs/datasets/image_dataset): folders are
labels, and a `metadata.csv` or `.jsonl` beside the images, with a column `file_name`, has more columns.
"""

from __future__ import annotations

import functools
import io
import os
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa

from explorer.data.formats.blocks import Source
from explorer.data.images.decoding import ENDINGS
from explorer.data.images.images import Images
from explorer.data.images.reading import ImageFile, read_images
from explorer.data.tables.source_table import SourceTable, TableBuilder
from explorer.data.tables.values import count, text_column
from explorer.errors import EmptyDataError, TooLargeError, UnreadableFileError
from explorer.jobs.progress import OnProgress
from explorer.settings import settings

IMAGE = "image"
"""What the images of such a table are called."""
FILE = "file"
"""The column of the images' names."""
LABEL = "label"
"""The column of the folders' names."""
_METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
_FILE_NAME = "file_name"
_ENTRIES = 100_000  # of an archive or a folder: more are not listed
_DIRECTORY_BYTES = 1 << 24  # of an archive's list of entries, which Python reads whole
_FILE_BYTES = 100_000_000  # of one image once unpacked
_RATIO = 200  # of the size of all entries to that of the archive; images hardly compress
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_HIDDEN = (".", "__MACOSX")
_DAMAGED = (zipfile.BadZipFile, zlib.error, ValueError, KeyError, EOFError, NotImplementedError, RuntimeError)

ReadTable = Callable[[bytes, str], SourceTable]


@dataclass(frozen=True)
class _Entry:
    """A file of a folder or an archive.

    Attributes:
        name: Its path below the folder, with slashes.
        read: Returns its bytes.
        path: Where it is on this machine; None in an archive.
    """

    name: str
    read: Callable[[], bytes]
    path: Path | None = None

    @property
    def folder(self) -> str:
        return str(PurePosixPath(self.name).parent)


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
    entries: list[_Entry] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(_HIDDEN))
        for name in sorted(names):
            path = Path(parent) / name
            if not name.startswith(_HIDDEN) and path.is_file() and not path.is_symlink():
                entries.append(_Entry(path.relative_to(folder).as_posix(), path.read_bytes, path.absolute()))
        _check_entries(len(entries), folder.name)
    return _table(entries, folder.name, read_table, seed, on_progress)


def read_archive(
    data: Source, name: str, read_table: ReadTable, *, seed: int = 0, on_progress: OnProgress | None = None
) -> SourceTable:
    """The images of a zip archive, of which nothing is unpacked to the disk; see `read_folder`.

    Raises:
        UnreadableFileError: It is damaged or encrypted, or names files outside of it.
        TooLargeError: It has too many files, or would unpack to too much.
    """
    _check_directory(data, name)
    source = io.BytesIO(data) if isinstance(data, bytes) else data.open("rb")
    with source:
        try:
            with zipfile.ZipFile(source) as archive:
                entries = list(
                    _unpacked(archive, len(data) if isinstance(data, bytes) else data.stat().st_size, name)
                )
                return _table(entries, name, read_table, seed, on_progress)
        except _DAMAGED as error:
            raise UnreadableFileError(
                f"The archive is damaged: {error}.", where=name, fix="Make it again, and bring it once more."
            ) from error


def read_single(data: bytes, name: str, on_progress: OnProgress | None = None) -> SourceTable:
    """One image as a table of one row."""
    return _table([_Entry(name, lambda: data)], name, _no_table, 0, on_progress)


def is_image_name(name: str) -> bool:
    """Whether a file's name ends like that of an image."""
    return PurePosixPath(name).suffix.lower() in ENDINGS


def _no_table(_data: bytes, name: str) -> SourceTable:
    raise AssertionError(name)


def _unpacked(archive: zipfile.ZipFile, size: int, name: str) -> Iterator[_Entry]:
    entries = archive.infolist()
    _check_entries(len(entries), name)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > max(_RATIO * size, 1_000_000) or unpacked > 20 * settings().max_file_mb * 1_000_000:
        raise TooLargeError(
            f"The archive would unpack to {unpacked / 1e6:,.0f} MB, far more than images do.",
            where=name,
            fix="Leave out what is no image.",
        )
    for entry in entries:
        parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
        if entry.is_dir() or not parts or any(part.startswith(_HIDDEN[1:]) for part in parts):
            continue
        if entry.filename.startswith("/") or ".." in parts or ":" in parts[0]:
            raise UnreadableFileError(
                f"The archive names a file outside of it: {entry.filename[:100]}.",
                where=name,
                fix="Make it again from the folder of images.",
            )
        if parts[-1].startswith(".") or stat.S_ISLNK(entry.external_attr >> 16):
            continue
        if entry.flag_bits & 1:
            raise UnreadableFileError(
                "The archive is encrypted.", where=name, fix="Make one without a password."
            )
        yield _Entry("/".join(parts), functools.partial(_read_entry, archive, entry))


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    if entry.file_size > _FILE_BYTES:
        raise TooLargeError(
            f"The file has {entry.file_size / 1e6:,.0f} MB; up to {_FILE_BYTES // 1_000_000} MB are read.",
            where=entry.filename,
        )
    if entry.compress_type not in _METHODS:
        raise UnreadableFileError("The file is compressed in a way that is not read.", where=entry.filename)
    try:
        return archive.read(entry)
    except _DAMAGED as error:
        raise UnreadableFileError("The file is damaged in the archive.", where=entry.filename) from error


def _check_directory(data: Source, name: str) -> None:
    """Check the size of the list of entries before Python reads it whole."""
    if isinstance(data, bytes):
        tail = data[-66_000:]
    else:
        with data.open("rb") as stream:
            stream.seek(max(0, data.stat().st_size - 66_000))
            tail = stream.read()
    end = tail.rfind(b"PK\x05\x06")
    if end < 0 or len(tail) < end + 22:
        raise UnreadableFileError(
            "The archive is cut short or damaged.", where=name, fix="Make it again, and bring it once more."
        )
    if int.from_bytes(tail[end + 12 : end + 16], "little") > _DIRECTORY_BYTES:
        _check_entries(_ENTRIES + 1, name)


def _check_entries(entries: int, name: str) -> None:
    if entries > _ENTRIES:
        raise TooLargeError(
            f"There are more than {_ENTRIES:,} files.",
            where=name,
            fix="Bring fewer, or the images as a column of a Parquet file.",
        )


def _table(
    entries: Sequence[_Entry], name: str, read_table: ReadTable, seed: int, on_progress: OnProgress | None
) -> SourceTable:
    """The table of images: one row for each that can be read."""
    pictures = [entry for entry in entries if is_image_name(entry.name)]
    others = [entry for entry in entries if not is_image_name(entry.name)]
    if not pictures:
        found = f"It has {count(len(entries), 'file')} of other kinds." if entries else "It is empty."
        raise EmptyDataError(
            f"There is no image in it. {found}",
            where=name,
            fix="JPEG, PNG, WebP, GIF, BMP and TIFF are read. For a table, give its file.",
        )
    most, notes = settings().max_rows, []
    total = len(pictures)
    if total > most:
        drawn = np.sort(np.random.default_rng(seed).choice(total, most, replace=False, shuffle=False))
        pictures = [pictures[place] for place in drawn]
        notes.append(f"{most:,} of {total:,} images, drawn at random (seed {seed}).")
    described = {entry.name: entry for entry in others if PurePosixPath(entry.name).name in _METADATA}
    unused = [entry.name for entry in others if entry.name not in described]
    if unused:
        svg = sum(each.lower().endswith(".svg") for each in unused)
        notes.append(
            f"{count(len(unused), 'file')} left out that {'is' if len(unused) == 1 else 'are'} no image"
            + (f", of which {svg:,} SVG, which can contain scripts." if svg else ".")
        )
    read = read_images([ImageFile(each.name, each.read, each.path) for each in pictures], on_progress)
    kept = [pictures[place] for place in read.kept]
    return _columns(name, kept, read.images, (*notes, *read.notes), described, read_table, total)


def _columns(
    name: str,
    kept: Sequence[_Entry],
    images: Images,
    notes: Sequence[str],
    described: Mapping[str, _Entry],
    read_table: ReadTable,
    total: int,
) -> SourceTable:
    builder = TableBuilder(name, "images")
    builder.note(*notes)
    builder.add(FILE, *text_column([entry.name for entry in kept]))
    folders = [PurePosixPath(entry.folder).name for entry in kept]
    columns = _described(described, kept, read_table, builder)
    if len(set(folders)) > 1 and LABEL not in columns:
        builder.add(LABEL, *text_column(folders))
    for label, values in columns.items():
        builder.add(label, values)
    return replace(builder.finish(total_rows=total), images={IMAGE: images})


def _described(
    described: Mapping[str, _Entry], kept: Sequence[_Entry], read_table: ReadTable, builder: TableBuilder
) -> dict[str, pa.ChunkedArray]:
    """The columns of the tables beside the images, by file name; rows without an image are left out."""
    tables: list[pa.Table] = []
    for entry in described.values():
        table = read_table(entry.read(), entry.name).table
        if _FILE_NAME not in table.column_names:
            builder.note(f'{entry.name} has no column "{_FILE_NAME}", so it is not used.')
            continue
        place = table.column_names.index(_FILE_NAME)
        folder = "" if entry.folder == "." else f"{entry.folder}/"
        names = [f"{folder}{each}" for each in table[_FILE_NAME].cast(pa.string()).to_pylist()]
        tables.append(table.set_column(place, _FILE_NAME, pa.array(names)))
    if not tables:
        return {}
    whole = pa.concat_tables(tables, promote_options="permissive")
    row_of = {each: row for row, each in enumerate(whole[_FILE_NAME].to_pylist())}
    rows = [row_of.get(entry.name) for entry in kept]
    missing = sum(row is None for row in rows)
    if missing:
        builder.note(f"{count(missing, 'image')} without a row in the table beside them.")
    unmatched = len(row_of) - (len(rows) - missing)
    if unmatched:
        builder.note(
            f"{count(unmatched, 'row')} of the table beside the images without an image of that name."
        )
    taken = whole.take(pa.array(rows, pa.int64()))
    return {label: taken[label] for label in taken.column_names if label not in (_FILE_NAME, FILE)}
