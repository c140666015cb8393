"""Decoding one image: to pixels in RGB, upright, without metadata, and within limits."""

from __future__ import annotations

import contextlib
import hashlib
import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from explorer.errors import TooLargeError, UnreadableFileError

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
"""The formats that are read, as Pillow names them; its other decoders are not tried."""
ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"})
"""How the names of such files end, in lower case."""
MAX_PIXELS = 50_000_000
"""Pixels that an image may have; decoding takes up to 6 bytes for each."""
_DIGEST_BYTES = 16
_THUMBNAIL_SIDE = 256  # pixels of the longer side: twice what pages show, for screens of high density
_THUMBNAIL_QUALITY = 80
_SUPPORTED = "Save it as a JPEG, PNG, WebP, GIF, BMP or TIFF file."
TURNED = "turned upright, as their EXIF data says"
FIRST_FRAME = "animated or of several pages: the first one is used"
FLATTENED = "partly transparent: put on a white ground"
CONVERTED = "of another colour space: converted to sRGB"
NOT_CONVERTED = "with a colour profile that cannot be used: taken for sRGB"
SIXTEEN_BITS = "of 16 bits a channel: reduced to 8"


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
    from PIL import Image, UnidentifiedImageError

    if _is_svg(data):
        raise UnreadableFileError(
            "This is an SVG drawing, which can contain scripts and is not opened.",
            where=where,
            fix="Export it as PNG.",
        )
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError as error:
        raise UnreadableFileError(
            "This is no image of a supported format.", where=where, fix=_SUPPORTED
        ) from error
    except Image.DecompressionBombError as error:
        raise _too_many_pixels(where) from error
    except Exception as error:  # decoders raise many types for damaged headers
        raise _damaged(error, where) from error
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise _too_many_pixels(where, width, height)
    if not width or not height:
        raise UnreadableFileError("The image has no pixels.", where=where, fix="Leave it out.")
    with _budget.spend(width * height):
        try:
            image.load()
            standard = _standard(image)
        except MemoryError:
            raise
        except Exception as error:  # as above
            raise _damaged(error, where) from error
        yield standard


def pixel_key(image: Image.Image) -> bytes:
    """The content hash of an image's pixels, 16 bytes: equal for files with equal pixels.

    It differs from the hash of any text, which has no such person.
    """
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES, person=b"image")
    digest.update(f"{image.width} {image.height} ".encode())
    digest.update(image.tobytes())
    return digest.digest()


def thumbnail(image: Image.Image, side: int = _THUMBNAIL_SIDE) -> bytes:
    """A smaller JPEG of an image, with so many pixels along its longer side at most."""
    scale = min(1.0, side / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    small = image if scale == 1 else image.resize(size, reducing_gap=2.0)
    file = io.BytesIO()
    small.save(file, "JPEG", quality=_THUMBNAIL_QUALITY)
    return file.getvalue()


def _standard(image: Image.Image) -> Decoded:
    from PIL import ImageOps

    remarks = []
    if getattr(image, "is_animated", False):
        remarks.append(FIRST_FRAME)
    profile = image.info.get("icc_profile")
    if image.getexif().get(0x0112, 1) != 1:  # orientation
        image = ImageOps.exif_transpose(image)
        remarks.append(TURNED)
    if image.mode.startswith("I"):
        image = _eight_bits(image)
        remarks.append(SIXTEEN_BITS)
    elif image.mode == "F":
        raise ValueError("its pixels are floating-point numbers")
    if image.has_transparency_data:
        image = _on_white(image)
        remarks.append(FLATTENED)
    if image.mode not in ("RGB", "CMYK", "LAB"):
        image = image.convert("RGB")
    image, remark = _in_srgb(image, profile)
    remarks += [remark] if remark else []
    plain = image if image.mode == "RGB" else image.convert("RGB")
    plain.info = {}
    return Decoded(plain, tuple(remarks))


def _eight_bits(image: Image.Image) -> Image.Image:
    """An image of whole numbers, which files use for 16 bits, with their upper 8 bits."""
    import numpy as np
    import PIL.Image

    values = np.asarray(image).clip(0, 65_535).astype(np.uint32)
    return PIL.Image.fromarray(((values + 128) // 257).astype(np.uint8))


def _on_white(image: Image.Image) -> Image.Image:
    import PIL.Image

    clear = image.convert("RGBA")
    ground = PIL.Image.new("RGBA", clear.size, "white")
    return PIL.Image.alpha_composite(ground, clear).convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> tuple[Image.Image, str]:
    """An image in sRGB by its colour profile, and a remark if there was something to do."""
    from PIL import ImageCms

    if not profile:
        return (image, "") if image.mode == "RGB" else (image.convert("RGB"), CONVERTED)
    try:
        embedded = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if image.mode == "RGB" and "srgb" in ImageCms.getProfileDescription(embedded).lower():
            return image, ""
        srgb = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, embedded, srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image.convert("RGB"), NOT_CONVERTED
    return (converted, CONVERTED) if converted is not None else (image.convert("RGB"), NOT_CONVERTED)


def _is_svg(data: bytes) -> bool:
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
    return UnreadableFileError(what, where=where, fix="Download or copy it again, or leave it out.")
