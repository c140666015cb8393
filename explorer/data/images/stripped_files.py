"""Files of images without metadata: the pixels they had, and nothing that a camera or a person wrote.

JPEG and WebP files keep their compressed pixels, and of a colour profile what these need, and lose everything
else. Any other file, and one that would have other pixels without the rest, becomes a PNG of the pixels as
`decoded` gives them.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from explorer.data.images.decoding import decoded, orientation, pixel_key
from explorer.data.images.images import ImageItem
from explorer.data.images.stripped_profiles import strip_profile
from explorer.errors import DataError

if TYPE_CHECKING:
    from PIL import Image

# Markers of JPEG files (ITU-T T.81, table B.1): tables, frames and scans. The others are applications' own
# segments, comments, and some that decoders skip, whatever is in them.
_PIXEL_SEGMENTS = frozenset({*range(0xC0, 0xD0), 0xDA, 0xDB, 0xDD} - {0xC8})
_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a segment
_END, _SCAN, _PROFILE_SEGMENT, _COLOURS_SEGMENT, _HEAD_SEGMENT = 0xD9, 0xDA, 0xE2, 0xEE, 0xE0
_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")  # in compressed pixels, other bytes follow 0xFF
_JFIF = b"\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0"  # no resolution, no thumbnail
_PROFILE = b"ICC_PROFILE\0"  # and the number of the part, from 1, and that of all parts
_PROFILE_BYTES = 65_519  # of a profile in one segment
_COLOURS = b"Adobe"  # how three or four channels are meant
_COLOURS_BYTES = 12
# Chunks of WebP files (RFC 9649).
_WEBP_PIXELS = (b"VP8 ", b"VP8L", b"ALPH")
_WEBP_ANIMATION = b"ANIM"
_HAS_PROFILE, _HAS_ALPHA, _HAS_EXIF = 0x20, 0x10, 0x08  # flags of a WebP file's header


def strip_metadata(item: ImageItem, data: bytes) -> bytes:
    """The file of an image without metadata, which has the same pixels.

    Args:
        item: The image.
        data: The bytes of its file.

    Raises:
        UnreadableFileError: It is damaged now.
        DataError: It has been changed since it was opened.
    """
    for candidate in _candidates(data, item.name):
        if _has_pixels(candidate, item):
            return candidate
    with item.open() as image:
        return _png(image)


def _candidates(data: bytes, name: str) -> Iterator[bytes]:
    """A file without metadata, first without its colour profile too, which many files do not need."""
    strip = _jpeg if data.startswith(b"\xff\xd8") else _webp if data[8:12] == b"WEBP" else None
    if strip is not None:
        turn = orientation(data, name)
        for profile in (False, True):
            if found := strip(data, turn, profile=profile):
                yield found


def _has_pixels(data: bytes, item: ImageItem) -> bool:
    try:
        with decoded(data, item.name) as found:
            return pixel_key(found.image) == item.key
    except DataError:
        return False


def _png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _jpeg(data: bytes, turn: int, *, profile: bool) -> bytes:
    """A JPEG of only pixels, orientation, and perhaps a stripped profile; empty if it is damaged."""
    head, parts, colours = b"\xff\xd8", list[bytes](), dict[int, bytes]()
    at = len(head)
    while (found := _MARKER.search(data, at)) is not None and data[found.end() - 1] != _END:
        start, marker = found.start(), data[found.end() - 1]
        if marker in _ALONE:
            at = found.end()
            continue
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
        content = data[found.end() + 2 : at]
        if marker in _PIXEL_SEGMENTS:
            parts.append(data[start:at])
        elif marker == _HEAD_SEGMENT and content.startswith(_JFIF[4:9]):
            head += _JFIF
        elif marker == _COLOURS_SEGMENT and content.startswith(_COLOURS):
            parts.append(_segment(_COLOURS_SEGMENT, content[:_COLOURS_BYTES]))
        elif profile and marker == _PROFILE_SEGMENT and content.startswith(_PROFILE):
            place = len(_PROFILE)
            colours[int.from_bytes(content[place : place + 1])] = content[place + 2 :]
        if marker == _SCAN:
            following = _MARKER.search(data, at)
            pixels, at = at, len(data) if following is None else following.start()
            parts.append(data[pixels:at])
    if colours:
        profile_left = strip_profile(b"".join(colours[number] for number in sorted(colours)))
        parts[:0] = _profile_segments(profile_left)
    if turn != 1:
        parts.insert(0, _segment(0xE1, b"Exif\0\0" + _orientation_alone(turn)))
    return b"".join([head, *parts, b"\xff", bytes([_END])])  # what follows the end is another file


def _segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, 2 + len(content)) + content


def _profile_segments(profile: bytes) -> list[bytes]:
    parts = [profile[at : at + _PROFILE_BYTES] for at in range(0, len(profile), _PROFILE_BYTES)]
    if len(parts) > 255:  # as many as can be numbered
        return []
    return [
        _segment(_PROFILE_SEGMENT, _PROFILE + bytes([number, len(parts)]) + part)
        for number, part in enumerate(parts, start=1)
    ]


def _webp(data: bytes, turn: int, *, profile: bool) -> bytes:
    """A WebP of only pixels, orientation, and perhaps a stripped profile; empty if it is animated."""
    chunks: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        if kind == _WEBP_ANIMATION:
            return b""
        chunks.setdefault(kind, data[at + 8 : at + 8 + size])
        at += 8 + size + size % 2
    kept = {kind: content for kind, content in chunks.items() if kind in _WEBP_PIXELS}
    if b"VP8X" in chunks:  # only then are there others
        about = bytearray(chunks[b"VP8X"].ljust(1, b"\0"))
        about[0] &= _HAS_ALPHA
        last: dict[bytes, bytes] = {}
        if turn != 1:
            about[0] |= _HAS_EXIF
            last[b"EXIF"] = _orientation_alone(turn)
        first = {b"VP8X": bytes(about)}
        if profile and b"ICCP" in chunks:
            about[0] |= _HAS_PROFILE
            first = {b"VP8X": bytes(about), b"ICCP": strip_profile(chunks[b"ICCP"])}
        kept = {**first, **kept, **last}
    body = b"".join(
        struct.pack("<4sI", kind, len(content)) + content + bytes(len(content) % 2)
        for kind, content in kept.items()
    )
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def _orientation_alone(turn: int) -> bytes:
    """EXIF data, which is a TIFF file without pixels, that says how the camera was held and nothing else."""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, turn, 0, 0)
