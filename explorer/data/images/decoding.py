"""Decoding one image: to pixels in RGB, upright, without metadata, and within limits."""

from __future__ import annotations

import contextlib
import hashlib
import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from explorer.errors import TooLargeError, UnreadableFileError

if TYPE_CHECKING:
    from PIL import Image
    from PIL.ImageFile import ImageFile

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
"""The formats that are read, as Pillow names them; its other decoders are not tried."""
ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"})
"""How the names of such files end, in lower case."""
MAX_PIXELS = 50_000_000
"""Pixels that an image may have; decoding takes up to 6 bytes for each."""
_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_ORIENTATION = 0x0112  # the EXIF tag
_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_270",
    7: "TRANSVERSE",
    8: "ROTATE_90",
}
_BAND_BYTES = 1 << 20  # of pixels that are hashed at a time
_DIGEST_BYTES = 16
_THUMBNAIL_SIDE = 256  # pixels of the longer side: twice what pages show, for screens of high density
_THUMBNAIL_QUALITY = 80
_AGAIN = "Download or copy it again, or leave it out."
_SUPPORTED = "Save it as a JPEG, PNG, WebP, GIF, BMP or TIFF file."
TURNED = "turned upright, as the EXIF data says"
FIRST_FRAME = "animated or with several pages: the first frame or page is used"
FLATTENED = "partly transparent: flattened onto a white background"
CONVERTED = "in another colour space: converted to sRGB"
NOT_CONVERTED = "with a colour profile that cannot be used: treated as sRGB"
SIXTEEN_BITS = "with 16 bits per channel: reduced to 8"


@dataclass(frozen=True)
class Decoded:
    """A decoded image.

    Attributes:
        image: Its pixels, in mode RGB and without metadata.
        remarks: What was done to them, each worded to follow the number of images.
    """

    image: Image.Image
    remarks: tuple[str, ...]


class _PixelBudget:
    """Bounds the pixels that all threads decode at a time; one image alone is always let in."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._used = 0
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def spend(self, pixels: int) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._used or self._used + pixels <= self._most)
            self._used += pixels
        try:
            yield
        finally:
            with self._changed:
                self._used -= pixels
                self._changed.notify_all()


_budget = _PixelBudget(MAX_PIXELS)


@contextlib.contextmanager
def decoded(data: bytes, where: str) -> Iterator[Decoded]:
    """Decode an image: upright, its first frame, on white where it is transparent, in sRGB with 8 bits.

    Use it in a `with` block: until the block ends, other threads wait with images that would be too many
    pixels at a time.

    Args:
        data: The bytes of a file.
        where: Its name, for messages.

    Raises:
        UnreadableFileError: It is no image of a supported format, is damaged, or has no pixels.
        TooLargeError: It has more than `MAX_PIXELS` pixels.
    """
    image = _opened(data, where)
    with _budget.spend(image.width * image.height):
        try:
            image.load()
            standard = _standard(image)
        except MemoryError:
            raise
        except Exception as error:  # decoders raise many types for damaged files
            raise _damaged(error, where) from error
        del image  # whose pixels take as much memory again
        yield standard


def pixel_key(image: Image.Image) -> bytes:
    """The content hash of an image's pixels, 16 bytes: equal for files with equal pixels.

    It differs from the hash of any text, which has no such person.
    """
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES, person=b"image")
    digest.update(f"{image.width} {image.height} ".encode())
    rows = max(1, _BAND_BYTES // (3 * image.width))
    for top in range(0, image.height, rows):  # bands of rows, as the bytes of all take as much memory again
        digest.update(image.crop((0, top, image.width, min(top + rows, image.height))).tobytes())
    return digest.digest()


def orientation(data: bytes, where: str) -> int:
    """How a camera was held, by the metadata of a file, as EXIF numbers it; 1 is upright.

    Args:
        data: The bytes of the file.
        where: Its name, for messages.

    Raises:
        UnreadableFileError: As for `decoded`.
        TooLargeError: As for `decoded`.
    """
    found = _orientation(_opened(data, where))
    return found if found in _TURNS else 1


def thumbnail(image: Image.Image, side: int = _THUMBNAIL_SIDE) -> bytes:
    """A smaller JPEG of an image, with at most `side` pixels along its longer side."""
    scale = min(1.0, side / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    small = image if scale == 1 else image.resize(size, reducing_gap=2.0)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=_THUMBNAIL_QUALITY)
    return file.getvalue()


def _opened(data: bytes, where: str) -> ImageFile:
    """The header of an image within limits, whose pixels are not decoded yet."""
    from PIL import Image, UnidentifiedImageError

    if is_svg(data):
        raise UnreadableFileError(
            "This is an SVG drawing, which can contain scripts and is not opened.",
            where=where,
            fix="Export it as PNG.",
        )
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        if is_image_start(data):  # whose header Pillow did not take
            what, fix = "The image is cut short or damaged, or has no pixels.", _AGAIN
        else:
            what, fix = "This is not an image in a supported format.", _SUPPORTED
        raise UnreadableFileError(what, where=where, fix=fix) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(where) from error
    except MemoryError:
        raise
    except Exception as error:  # decoders raise many types for damaged headers
        raise _damaged(error, where) from error
    if image.width * image.height > MAX_PIXELS:
        raise _too_many_pixels(where, image.width, image.height)
    if image.mode in ("I", "F"):  # of which nothing says what is black and what is white
        raise UnreadableFileError(
            "The pixels are 32-bit numbers, as in measurements, and not colours.",
            where=where,
            fix="Save it with 8 or 16 bits per channel.",
        )
    return image


def _standard(image: ImageFile) -> Decoded:
    """The first frame of an image, whose pixels are decoded, as `decoded` returns it."""
    from PIL import Image

    remarks = [FIRST_FRAME] if getattr(image, "is_animated", False) else []
    profile, turn = image.info.get("icc_profile"), _TURNS.get(_orientation(image))
    found: Image.Image = image
    if found.mode.startswith("I;16"):
        found = _eight_bits(found)
        remarks.append(SIXTEEN_BITS)
    if found.has_transparency_data:
        clear = found if found.mode == "RGBA" else found.convert("RGBA")
        found = Image.new("RGB", clear.size, "white")
        found.paste(clear, mask=clear)
        del clear
        remarks.append(FLATTENED)
    found, remark = _in_srgb(found, profile)
    remarks += [remark] if remark else []
    if turn is not None:
        found = found.transpose(Image.Transpose[turn])
        remarks.append(TURNED)
    if found is image:  # which has the file's metadata in other attributes too
        found = found.copy()
    found.info = {}
    return Decoded(found, tuple(remarks))


def _orientation(image: ImageFile) -> int:
    """How a camera was held, by the image's metadata; 1, upright, if these are damaged."""
    try:
        found = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # as for damaged files
        return 1
    return found if isinstance(found, int) else 1


def _eight_bits(image: Image.Image) -> Image.Image:
    """An image of 16 bits a pixel in 8 bits."""
    import numpy as np
    import PIL.Image

    values = np.asarray(image).astype(np.uint32)
    return PIL.Image.fromarray(((values + 128) // 257).astype(np.uint8))


def _in_srgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, str]:
    """An image in sRGB, by its colour profile if it has one, and a remark if there was something to do."""
    from PIL import ImageCms

    remark = CONVERTED if image.mode in ("CMYK", "LAB") else ""
    if image.mode not in ("RGB", "L", "CMYK", "LAB"):
        image = image.convert("RGB")
    if profile:
        try:
            embedded = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if image.mode == "RGB" and "srgb" in ImageCms.getProfileDescription(embedded).lower():
                return image, remark
            srgb = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, embedded, srgb, outputMode="RGB")
            if converted is not None:
                return converted, CONVERTED
        except (ImageCms.PyCMSError, OSError, ValueError):
            remark = NOT_CONVERTED
    return image if image.mode == "RGB" else image.convert("RGB"), remark


def is_image_name(name: str) -> bool:
    """Whether a file's name ends like that of an image."""
    return PurePosixPath(name).suffix.lower() in ENDINGS


def is_image_start(data: bytes) -> bool:
    """Whether bytes begin like a file of a supported format."""
    webp = data.startswith(b"RIFF") and data[8:12] == b"WEBP"
    bmp = data.startswith(b"BM") and data[6:10] == bytes(4)
    return webp or bmp or data.startswith(_STARTS)


def is_svg(data: bytes) -> bool:
    """Whether bytes begin like an SVG drawing."""
    start = data[:1_024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith(b"<svg") or (
        start.startswith((b"<?xml", b"<!--", b"<!doctype")) and b"<svg" in start
    )


def _too_many_pixels(where: str, width: int = 0, height: int = 0) -> TooLargeError:
    size = f"{width:,} × {height:,} pixels" if width else "far too many pixels"
    return TooLargeError(
        f"The image has {size}; up to {MAX_PIXELS // 1_000_000} million are read.",
        where=where,
        fix="Scale it down: models read a few hundred pixels a side.",
    )


def _damaged(error: Exception, where: str) -> UnreadableFileError:
    reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
    cut = "truncated" in reason.lower() or isinstance(error, EOFError)
    what = "The image is cut short." if cut else f"The image is damaged: {reason[:200]}."
    return UnreadableFileError(what, where=where, fix=_AGAIN)
