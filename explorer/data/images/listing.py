"""The files of a folder or a zip archive, as strangers make them, before any of them is decoded."""

from __future__ import annotations

import contextlib
import functools
import io
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from explorer.data.formats.blocks import Source, size_of
from explorer.data.images.decoding import is_image_name
from explorer.data.images.images import read_path
from explorer.data.images.reading import ImageFile
from explorer.data.tables.values import count
from explorer.errors import EmptyDataError, TooLargeError, UnreadableFileError
from explorer.settings import settings

_ENTRIES = 100_000  # of an archive or a folder: more are not listed
_DIRECTORY_BYTES = 1 << 24  # of an archive's list of entries, which Python reads whole
_FILE_BYTES = 100_000_000  # of one image once unpacked
_RATIO = 200  # of the size of all entries to that of the archive; images hardly compress
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_HIDDEN = (".", "__MACOSX")
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, struct.error, ValueError, KeyError, EOFError),
    *(NotImplementedError, RuntimeError, OverflowError),
)


def files_of_folder(folder: Path) -> list[ImageFile]:
    """The files of a folder and those below it, images or not, without links and hidden ones.

    Raises:
        TooLargeError: There are too many.
    """
    files: list[ImageFile] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(_HIDDEN))
        for name in sorted(names):
            path = Path(parent) / name
            if not name.startswith(_HIDDEN) and path.is_file() and not path.is_symlink():
                files.append(file_at(path, path.relative_to(folder).as_posix()))
        _check_count(len(files), folder.name)
    return files


def file_at(path: Path, name: str) -> ImageFile:
    """A file of this machine.

    Raises:
        OSError: It does not exist.
    """
    size = path.stat().st_size
    return ImageFile(name, functools.partial(_read_checked, path, name, size), size, path.absolute())


@contextlib.contextmanager
def files_of_archive(data: Source, name: str) -> Iterator[tuple[list[ImageFile], list[str]]]:
    """The files of a zip archive, images or not, without links and hidden ones, and notes on them.

    They can be read in the `with` block.

    Args:
        data: Its bytes, or its path.
        name: Its name, for messages.

    Raises:
        UnreadableFileError: As for `read_archive`.
        TooLargeError: As for `read_archive`.
    """
    _check_directory(data, name)
    with io.BytesIO(data) if isinstance(data, bytes) else data.open("rb") as source:
        try:
            archive = zipfile.ZipFile(source)
            files = list(_files(archive, size_of(data), name))
        except _DAMAGED as error:
            raise UnreadableFileError(
                "The archive is damaged.", where=name, fix="Create it again."
            ) from error
        with archive:
            last = {file.name: file for file in files}
            repeated = len(files) - len(last)
            notes = [f"{count(repeated, 'file')} in the archive left out, as a later one has the same name."]
            yield list(last.values()), notes if repeated else []


def images_among(files: Sequence[ImageFile], name: str) -> list[ImageFile]:
    """Those of files whose names end like that of an image.

    Raises:
        EmptyDataError: There are none.
    """
    found = [file for file in files if is_image_name(file.name)]
    if not found:
        others = f"It has {count(len(files), 'file')} of other kinds." if files else "It is empty."
        raise EmptyDataError(
            f"There is no image in it. {others}",
            where=name,
            fix="JPEG, PNG, WebP, GIF, BMP and TIFF are read. For a table, give its file.",
        )
    return found


def plain_name(name: str) -> str:
    """The name of a file as those of folders and archives are: with slashes, and without `./`."""
    return PurePosixPath(name.replace("\\", "/")).as_posix()


def _files(archive: zipfile.ZipFile, size: int, name: str) -> Iterator[ImageFile]:
    entries = archive.infolist()
    _check_count(len(entries), name)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > max(_RATIO * size, 1_000_000) or unpacked > 20 * settings().max_file_mb * 1_000_000:
        raise TooLargeError(
            f"The archive would unpack to {unpacked / 1e6:,.0f} MB, far more than images do.",
            where=name,
            fix="Leave out the files that are not images.",
        )
    for entry in entries:
        path = entry.filename.replace("\\", "/")
        parts = PurePosixPath(path).parts
        if path.endswith("/") or not parts:
            continue
        if path.startswith("/") or ".." in parts or ":" in parts[0]:
            raise UnreadableFileError(
                f"The archive names a file outside of it: {entry.filename[:100]}.",
                where=name,
                fix="Create it again from the folder of images.",
            )
        if any(part.startswith(_HIDDEN) for part in parts) or stat.S_ISLNK(entry.external_attr >> 16):
            continue
        if entry.flag_bits & 1:
            raise UnreadableFileError(
                "The archive is encrypted.", where=name, fix="Create one without a password."
            )
        shown = "/".join(parts)
        read = functools.partial(_read_entry, archive, entry, shown)
        yield ImageFile(shown, read, entry.file_size)


def _read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> bytes:
    _check_file(entry.file_size, name)
    if entry.compress_type not in _METHODS:
        raise UnreadableFileError(
            "The file is compressed by a method that is not supported.",
            where=name,
            fix="Create the archive with Deflate, the usual method.",
        )
    try:
        with archive.open(entry) as stream:
            # With a size, no more is unpacked at a time, whatever the archive says of the entry.
            return stream.read(max(1, entry.file_size))
    except _DAMAGED as error:
        raise UnreadableFileError(
            "The file is damaged in the archive.", where=name, fix="Create the archive again."
        ) from error


def _read_checked(path: Path, name: str, size: int) -> bytes:
    _check_file(size, name)
    return read_path(path, name)


def _check_file(size: int, name: str) -> None:
    if size > _FILE_BYTES:
        raise TooLargeError(
            f"The file has {size / 1e6:,.0f} MB; up to {_FILE_BYTES // 1_000_000} MB are read.",
            where=name,
            fix="Scale the image down, or save it as JPEG.",
        )


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
        raise UnreadableFileError("The archive is cut short or damaged.", where=name, fix="Create it again.")
    if int.from_bytes(tail[end + 12 : end + 16], "little") > _DIRECTORY_BYTES:
        _check_count(_ENTRIES + 1, name)


def _check_count(files: int, name: str) -> None:
    if files > _ENTRIES:
        raise TooLargeError(
            f"There are more than {_ENTRIES:,} files.",
            where=name,
            fix="Give fewer, or the images as a column of a Parquet file.",
        )
