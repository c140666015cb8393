"""Files of images that tests make."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageCms, PngImagePlugin

from tests.drawn_images import draw, random_drawing

PLACE = "52.5200N-of-a-home"  # what a metadata field of a photo says
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def picture(side: int = 48, seed: int = 0) -> Image.Image:
    """A drawing."""
    rng = np.random.default_rng(seed)
    return draw(random_drawing("heart", "purple", rng), side, seed)


def saved(image: Image.Image, kind: str, **options) -> bytes:
    """The bytes of a file of an image."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def exif(orientation: int = 1) -> Image.Exif:
    """Metadata of a camera: how it was held, and where it was."""
    found = Image.Exif()
    found[0x0112] = orientation
    found[0x010E] = PLACE  # description
    found.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 18.0)})
    return found


def png_of_size(width: int, height: int) -> bytes:
    """A PNG whose header says this size; its rows are all zero and there are few of them."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(4_096), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def with_metadata(kind: str) -> bytes:
    """A file of a drawing, turned, with everything that its format says besides pixels."""
    image, found = picture(), {"exif": exif(6)}
    if kind == "PNG":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Description", PLACE)
        notes.add_itxt("XML:com.adobe.xmp", f"<x>{PLACE}</x>")
        found["pnginfo"] = notes
    if kind == "JPEG":
        found["comment"] = PLACE.encode()
    if kind in ("JPEG", "WEBP"):
        found["xmp"] = f"<x>{PLACE}</x>".encode()
    if kind == "GIF":
        found = {"comment": PLACE.encode()}
    return saved(image, kind, icc_profile=SRGB, **found)


def swapped_profile() -> bytes:
    """A profile whose red and blue are exchanged: the two tags of sRGB point to each other."""
    found, entry = bytearray(SRGB), 12
    tags = range(132, 132 + entry * int.from_bytes(SRGB[128:132], "big"), entry)
    red, blue = (next(at for at in tags if SRGB[at : at + 4] == name) for name in (b"rXYZ", b"bXYZ"))
    found[red : red + 4], found[blue : blue + 4] = b"bXYZ", b"rXYZ"
    for name in ("sRGB".encode(coding) for coding in ("utf-16-be", "utf-16-le", "ascii")):
        found = found.replace(name, bytes(len(name) - 1) + b"x")
    return bytes(found)


def with_tag(profile: bytes, content: bytes) -> bytes:
    """A colour profile with one tag more, such as those with the serial number of a screen."""
    number = int.from_bytes(profile[128:132], "big")
    entries = [
        (name, start + 12, size)
        for name, start, size in struct.iter_unpack(">4sII", profile[132 : 132 + 12 * number])
    ]
    text = struct.pack(">4sI", b"text", 0) + content
    entries.append((b"mmod", len(profile) + 12, len(text)))
    table = b"".join(struct.pack(">4sII", *entry) for entry in entries)
    made = profile[:128] + struct.pack(">I", number + 1) + table + profile[132 + 12 * number :] + text
    return struct.pack(">I", len(made)) + made[4:]
