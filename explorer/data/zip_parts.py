"""Zip archives whose parts are named, written so that equal parts give equal bytes, and read without trust.

Nothing is unpacked to the disk, and nothing is unpacked before its size is known.
"""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Mapping

from explorer.data.records import DamagedFileError

_MARK = b"PK\x03\x04"  # how an archive begins
_NAME_AT = 30  # where the name of the first part is, after its header
_END, _END_BYTES = b"PK\x05\x06", 22
_ZIP64, _ZIP64_BYTES = b"PK\x06\x07", 20
_MOST_DIRECTORY_BYTES = 1 << 18  # Python makes an object of each entry before any can be counted
# What zipfile raises for bytes that are not its own, or that are encrypted or compressed in another way.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    ValueError,
    KeyError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    struct.error,
)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others can ask for much memory before they unpack


def pack_parts(parts: Iterable[tuple[str, bytes]], stored: frozenset[str] = frozenset()) -> bytes:
    """The bytes of an archive.

    Args:
        parts: The parts, each with its name, in their order.
        stored: The names of those that are not compressed, because they are already.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts:
            entry = zipfile.ZipInfo(name)  # without the time
            entry.compress_type = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return out.getvalue()


def first_part(head: bytes) -> str:
    """The name of the first part of an archive, by its first bytes; "" if they begin no archive."""
    if not head.startswith(_MARK):
        return ""
    length = int.from_bytes(head[26:28], "little")
    return head[_NAME_AT : _NAME_AT + length].decode("utf-8", "replace")


def unpack_parts(
    data: bytes, *, most_parts: int, most_bytes: int, most: Mapping[str, int]
) -> dict[str, bytes]:
    """The parts of an archive.

    Args:
        data: Its bytes.
        most_parts: The most parts it may have.
        most_bytes: The most bytes of all parts once unpacked.
        most: The most bytes of some parts, by name.

    Raises:
        DamagedFileError: It is no archive, is damaged, or would take more than that.
    """
    _check_directory(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len({entry.filename for entry in entries}) < len(entries):
                raise DamagedFileError("it has two parts of the same name")
            if any(entry.compress_type not in _METHODS for entry in entries):
                raise DamagedFileError("it is compressed in another way")
            if (
                len(entries) > most_parts
                or sum(entry.file_size for entry in entries) > most_bytes
                or any(entry.file_size > most.get(entry.filename, most_bytes) for entry in entries)
            ):
                raise DamagedFileError("it would take too much memory")
            # It never gives more than the archive declares.
            return {entry.filename: archive.read(entry) for entry in entries}
    except DamagedFileError:
        raise
    except _DAMAGED as error:
        raise DamagedFileError("it is cut short or damaged") from error


def _check_directory(data: bytes) -> None:
    """Check the size of the list of parts, which Python reads whole, where Python looks for it first."""
    end = data[-_END_BYTES:]
    if not end.startswith(_END) or end[-2:] != b"\0\0" or len(end) < _END_BYTES:
        raise DamagedFileError("it is cut short or damaged")
    before = data[-_END_BYTES - _ZIP64_BYTES : -_END_BYTES]
    if before.startswith(_ZIP64) or int.from_bytes(end[12:16], "little") > _MOST_DIRECTORY_BYTES:
        raise DamagedFileError("it would take too much memory")
