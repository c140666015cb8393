"""Colour profiles without metadata: what converts colours, and nothing of the screen they were made for."""

from __future__ import annotations

import struct

# Tags of ICC profiles (ICC.1:2022, section 9.2) by which a program converts colours from the profile. Others
# hold names, serial numbers of screens, how they were measured, and conversions to the profile.
_COLOUR_TAGS = frozenset(
    {
        *(b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"kTRC", b"wtpt", b"chad", b"cicp"),
        *(b"A2B0", b"A2B1", b"A2B2", b"D2B0", b"D2B1", b"D2B2"),
    }
)
_HEADER, _ENTRY = 128, 12  # bytes of the header, and of each line of the table of tags
_MOST_TAGS = 100
# What the header says of where a profile is from: module, date, platform, device and creator, and a digest.
_ORIGINS = ((4, 8), (24, 36), (40, 44), (48, 56), (80, 100))
_NAME = "colours"  # readers want each profile to have a description and a copyright


def strip_profile(profile: bytes) -> bytes:
    """A colour profile with only what converts its colours; empty if it is damaged.

    Args:
        profile: An ICC profile.
    """
    if len(profile) < _HEADER + 4:
        return b""
    number = int.from_bytes(profile[_HEADER : _HEADER + 4], "big")
    if number > _MOST_TAGS or len(profile) < _HEADER + 4 + _ENTRY * number:
        return b""
    table = profile[_HEADER + 4 : _HEADER + 4 + _ENTRY * number]
    places = {
        name: (start, size)
        for name, start, size in struct.iter_unpack(">4sII", table)
        if name in _COLOUR_TAGS
    }
    if sum(size for _, size in {*places.values()}) > len(profile):  # tags may share a place, but not overlap
        return b""
    tags = {name: profile[start : start + size] for name, (start, size) in places.items()}
    header = bytearray(profile[:_HEADER])
    for start, stop in _ORIGINS:
        header[start:stop] = bytes(stop - start)
    header[100:] = bytes(_HEADER - 100)  # reserved
    return _written(bytes(header), {**_names(version=profile[8]), **tags})


def _written(header: bytes, tags: dict[bytes, bytes]) -> bytes:
    """A profile of a header and tags; equal tags are in it once."""
    start = _HEADER + 4 + _ENTRY * len(tags)
    table, contents = struct.pack(">I", len(tags)), b""
    places: dict[bytes, int] = {}
    for name, content in tags.items():
        if content not in places:
            places[content] = start + len(contents)
            contents += content + bytes(-len(content) % 4)
        table += struct.pack(">4sII", name, places[content], len(content))
    return struct.pack(">I", start + len(contents)) + header[4:] + table + contents


def _names(*, version: int) -> dict[bytes, bytes]:
    """The description and the copyright, which say nothing, in the forms of a version."""
    if version >= 4:
        text = _NAME.encode("utf-16-be")
        named = struct.pack(">4sIII2s2sII", b"mluc", 0, 1, _ENTRY, b"en", b"US", len(text), 28) + text
        return {b"desc": named, b"cprt": named}
    text = _NAME.encode() + b"\0"
    described = struct.pack(">4sII", b"desc", 0, len(text)) + text + bytes(4 + 4 + 2 + 1 + 67)
    return {b"desc": described, b"cprt": struct.pack(">4sI", b"text", 0) + text}
