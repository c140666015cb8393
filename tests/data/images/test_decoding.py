"""One image: equal to a plain reference by Pillow and numpy, or an error that says why not."""

import io
import threading
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps

from explorer.data.images import decoding
from explorer.data.images.decoding import (
    CONVERTED,
    FIRST_FRAME,
    FLATTENED,
    NOT_CONVERTED,
    SIXTEEN_BITS,
    TURNED,
    decoded,
    pixel_key,
    thumbnail,
)
from explorer.data.images.images import image_item
from explorer.errors import TooLargeError, UnreadableFileError
from tests.data.failing import failure, outcome
from tests.data.images.files import (
    PLACE,
    SRGB,
    exif,
    picture,
    png_of_size,
    saved,
    swapped_profile,
    with_metadata,
)


def opened(data):
    """The pixels of a file, uint8, shape (height, width, 3), and the remarks on it."""
    with decoded(data, "a.png") as found:
        assert found.image.mode == "RGB"
        return np.asarray(found.image), found.remarks


def refused(data, expected=UnreadableFileError):
    def read():
        with decoded(data, "a.png"):
            pass

    error = failure(expected, read)
    assert error.where == "a.png"
    assert error.fix
    return error


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("JPEG", {}),
        ("JPEG", {"progressive": True, "subsampling": 0}),
        ("PNG", {}),
        ("WEBP", {}),
        ("WEBP", {"lossless": True}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_adobe_deflate", "big_tiff": True}),
    ],
)
def test_pixels_are_those_of_pillow(kind, options):
    data = saved(picture(), kind, **options)
    pixels, remarks = opened(data)
    with Image.open(io.BytesIO(data)) as plain:
        np.testing.assert_array_equal(pixels, np.asarray(plain.convert("RGB")))
    assert remarks == ()


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_grey_and_palette_images_become_rgb(mode):
    image = picture().convert(mode)
    pixels, remarks = opened(saved(image, "PNG"))
    np.testing.assert_array_equal(pixels, np.asarray(image.convert("RGB")))
    assert remarks == ()
    pixels, _ = opened(saved(image, "GIF"))
    np.testing.assert_array_equal(pixels, np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_an_image_is_turned_as_pillow_turns_it(kind, orientation):
    image = picture().crop((0, 0, 48, 30))
    data = saved(image, kind, exif=exif(orientation))
    pixels, remarks = opened(data)
    with Image.open(io.BytesIO(data)) as plain:
        expected = ImageOps.exif_transpose(plain)
    np.testing.assert_array_equal(pixels, np.asarray(expected))
    assert pixels.shape == ((48, 30, 3) if orientation > 4 else (30, 48, 3))
    if kind != "TIFF":  # which Pillow turns itself
        assert remarks == ((TURNED,) if orientation > 1 else ())


def test_an_impossible_orientation_and_damaged_metadata_leave_an_image_as_it_is():
    image = picture().crop((0, 0, 48, 30))
    for data in (
        saved(image, "PNG", exif=exif(9)),
        saved(image, "PNG", exif=b"Exif\0\0 no metadata"),
        saved(image, "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff"),
    ):
        pixels, remarks = opened(data)
        np.testing.assert_array_equal(pixels, np.asarray(image))
        assert remarks == ()


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
@pytest.mark.parametrize("kind", ["PNG", "WEBP", "TIFF"])
def test_transparency_is_put_on_white(mode, kind):
    image = picture().convert(mode)
    alpha = np.arange(48 * 48, dtype=np.uint32).reshape(48, 48) * 255 // (48 * 48)
    image.putalpha(Image.fromarray(alpha.astype(np.uint8)))
    pixels, remarks = opened(
        saved(image, kind, **({"lossless": True, "exact": True} if kind == "WEBP" else {}))
    )
    colours = np.asarray(image.convert("RGBA")).astype(np.float64)[..., :3]
    share = alpha[..., None] / 255
    np.testing.assert_allclose(pixels, colours * share + 255 * (1 - share), atol=1)
    assert remarks == (FLATTENED,)


@pytest.mark.parametrize(
    ("mode", "clear"), [("P", 0), ("L", 0), ("RGB", (0, 0, 0)), ("P", bytes([0, 128, 255]))]
)
def test_one_transparent_colour_is_put_on_white(mode, clear):
    image = Image.new(mode, (4, 4), 1 if mode != "RGB" else (9, 9, 9))
    if mode == "P":
        image.putpalette([0, 0, 0, 100, 0, 0, 0, 0, 200])
    image.putpixel((0, 0), 0 if mode != "RGB" else (0, 0, 0))
    data = saved(image, "PNG", transparency=clear)
    pixels, remarks = opened(data)
    assert tuple(pixels[0, 0]) == (255, 255, 255)
    assert remarks == (FLATTENED,)
    with Image.open(io.BytesIO(data)) as plain:
        clear = plain.convert("RGBA")
        expected = Image.alpha_composite(Image.new("RGBA", (4, 4), "white"), clear).convert("RGB")
    np.testing.assert_allclose(pixels, np.asarray(expected), atol=1)


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_are_rounded_to_eight(kind):
    values = np.linspace(0, 65_535, 64 * 64).reshape(64, 64).round().astype(np.uint16)
    pixels, remarks = opened(saved(Image.fromarray(values), kind))
    expected = np.round(values / 257).astype(np.uint8)
    np.testing.assert_array_equal(pixels, np.stack([expected] * 3, axis=-1))
    assert remarks == (SIXTEEN_BITS,)


@pytest.mark.parametrize("kind", [np.float32, np.int32])
def test_numbers_without_a_range_are_refused(kind):
    values = np.arange(64, dtype=kind).reshape(8, 8)
    error = refused(saved(Image.fromarray(values), "TIFF"))
    assert error.what == "The pixels are 32-bit numbers, as in measurements, and not colours."


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_becomes_rgb(kind):
    image = picture().convert("CMYK")
    data = saved(image, kind)
    pixels, remarks = opened(data)
    with Image.open(io.BytesIO(data)) as plain:
        np.testing.assert_array_equal(pixels, np.asarray(plain.convert("RGB")))
    assert remarks == (CONVERTED,)


def test_a_colour_profile_is_used():
    swapped = swapped_profile()
    image = picture()
    pixels, remarks = opened(saved(image, "PNG", icc_profile=swapped))
    reference = ImageCms.profileToProfile(
        image, ImageCms.ImageCmsProfile(io.BytesIO(swapped)), ImageCms.createProfile("sRGB")
    )
    np.testing.assert_array_equal(pixels, np.asarray(reference))
    assert np.abs(pixels.astype(int) - np.asarray(image)).max() > 20  # the premise
    assert remarks == (CONVERTED,)


def test_the_profile_that_everything_is_converted_to_changes_nothing():
    image = picture()
    pixels, remarks = opened(saved(image, "PNG", icc_profile=SRGB))
    np.testing.assert_array_equal(pixels, np.asarray(image))
    assert remarks == ()


@pytest.mark.parametrize("mode", ["CMYK", "RGB", "L"])
@pytest.mark.parametrize("profile", [b"no profile", SRGB[:200], "of another mode"])
def test_a_profile_that_cannot_be_used_is_said(mode, profile):
    if profile == "of another mode":
        profile = _grey_profile() if mode == "RGB" else swapped_profile()
    image = picture().convert(mode)
    data = saved(image, "TIFF", icc_profile=profile)
    pixels, remarks = opened(data)
    np.testing.assert_array_equal(pixels, np.asarray(image.convert("RGB")))
    assert remarks == (NOT_CONVERTED,)


def test_a_grey_image_is_converted_by_its_grey_profile():
    image = picture().convert("L")
    profile = _grey_profile()
    pixels, remarks = opened(saved(image, "PNG", icc_profile=profile))
    reference = ImageCms.profileToProfile(
        image, ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB"), outputMode="RGB"
    )
    np.testing.assert_array_equal(pixels, np.asarray(reference))
    assert remarks == (CONVERTED,)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_several_frames_the_first_is_used(kind):
    frames = [picture(seed=seed).quantize(64).convert("RGB") for seed in range(3)]
    options = {"lossless": True} if kind == "WEBP" else {}
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    pixels, remarks = opened(data)
    np.testing.assert_array_equal(pixels, np.asarray(frames[0]))
    assert remarks == (FIRST_FRAME,)


def test_of_a_camera_s_several_pictures_in_one_jpeg_the_first_is_used():
    data = saved(picture(), "MPO", save_all=True, append_images=[picture(seed=1)])
    pixels, remarks = opened(data)
    np.testing.assert_array_equal(pixels, opened(saved(picture(), "JPEG"))[0])
    assert remarks == (FIRST_FRAME,)


@pytest.mark.parametrize("data", [b"", b"no image", b"%PDF-1.7", b"\0" * 5_000, saved(picture(), "PPM")])
def test_what_is_no_image_is_refused(data):
    error = refused(data)
    assert error.what == "This is not an image in a supported format."
    assert error.fix == "Save it as a JPEG, PNG, WebP, GIF, BMP or TIFF file."


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9])
def test_an_image_cut_short_is_refused(kind, share):
    data = saved(picture(), kind)
    cut = data[: max(15, round(share * len(data)))]
    error = refused(cut)
    assert error.what.startswith(("The image is cut short", "The image is damaged"))
    assert error.fix == "Download or copy it again, or leave it out."


@pytest.mark.parametrize("size", [(30_000, 30_000), (10_000, 10_000), (8_000, 7_000)])
def test_a_bomb_is_refused_by_its_header(size):
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # as on a server
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        error = refused(png_of_size(*size), TooLargeError)
    assert "up to 50 million are read" in error.what
    assert error.fix == "Scale it down: models read a few hundred pixels a side."
    assert refused(png_of_size(*size), TooLargeError).where == "a.png"  # and where warnings are errors


def test_a_large_webp_canvas_is_refused_by_its_header():
    data = bytearray(saved(picture(), "WEBP", save_all=True, append_images=[picture(seed=1)]))
    assert data[12:16] == b"VP8X"
    data[24:30] = (16_383).to_bytes(3, "little") * 2
    assert "pixels" in refused(bytes(data), TooLargeError).what


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (0, 0)])
def test_no_pixels_are_refused(size):
    gif = b"GIF89a" + size[0].to_bytes(2, "little") + size[1].to_bytes(2, "little") + bytes(3) + b";"
    bmp = bytearray(saved(picture(8), "BMP"))
    bmp[18:26] = size[0].to_bytes(4, "little") + size[1].to_bytes(4, "little")
    for data in (png_of_size(*size), gif, bytes(bmp)):
        assert refused(data).what == "The image is cut short or damaged, or has no pixels."


@pytest.mark.parametrize(
    "text",
    [
        "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        "\ufeff <?xml version='1.0'?>\n<!-- by hand --><svg/>",
        "<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' ''><SVG/>",
    ],
)
def test_an_svg_is_refused_for_its_scripts(text):
    error = refused(text.encode())
    assert error.what == "This is an SVG drawing, which can contain scripts and is not opened."
    assert error.fix == "Export it as PNG."


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF"])
def test_metadata_stays_in_the_file(kind):
    data = with_metadata(kind)
    assert PLACE.encode() in data  # the premise
    item = image_item(data)
    with item.open() as image:
        assert image.info == {}
        assert type(image) is Image.Image  # without what a decoder keeps in attributes
        assert not image.getexif()
        for again in ("PNG", "JPEG", "TIFF", "WEBP"):
            assert PLACE.encode() not in saved(image, again)
        small = thumbnail(image)
    assert PLACE.encode() not in small
    with Image.open(io.BytesIO(small)) as opened_again:
        assert set(opened_again.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert not opened_again.getexif()
    assert PLACE not in repr(item)


def test_a_thumbnail_keeps_the_shape_and_its_longer_side_is_bounded():
    for size, expected in [
        ((600, 300), (256, 128)),
        ((300, 900), (85, 256)),
        ((40, 20), (40, 20)),
        ((9_000, 2), (256, 1)),
    ]:
        with Image.open(io.BytesIO(thumbnail(Image.new("RGB", size, "red")))) as small:
            assert (small.format, small.size) == ("JPEG", expected)


def test_the_content_hash_is_that_of_the_pixels(monkeypatch):
    image = picture()
    key = pixel_key(image)
    for kind in ("PNG", "BMP", "TIFF"):
        with decoded(saved(image, kind), "a") as found:
            assert pixel_key(found.image) == key
    assert pixel_key(image.transpose(Image.Transpose.ROTATE_180)) != key
    assert pixel_key(Image.new("RGB", (4, 2))) != pixel_key(Image.new("RGB", (2, 4)))
    monkeypatch.setattr(decoding, "_BAND_BYTES", 700)
    assert pixel_key(image) == key


def test_threads_decode_no_more_pixels_at_a_time_than_allowed(monkeypatch):
    monkeypatch.setattr(decoding, "_budget", decoding._PixelBudget(48 * 48))
    data, inside = saved(picture(), "PNG"), threading.Semaphore(1)

    def read():
        with decoded(data, "a"):
            taken.append(inside.acquire(blocking=False))
            inside.release()

    taken = []
    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken == [True] * 8


SEEDS = [
    *(saved(picture(24), kind) for kind in ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")),
    saved(picture(24), "TIFF", compression="tiff_lzw"),
    saved(picture(24).convert("CMYK"), "JPEG"),
    saved(picture(24), "JPEG", exif=exif(6), icc_profile=SRGB),
    saved(picture(24).convert("RGBA"), "PNG", exif=exif(3)),
    saved(picture(24), "GIF", save_all=True, append_images=[picture(24, 1)]),
    saved(picture(24), "WEBP", save_all=True, append_images=[picture(24, 1)]),
    saved(picture(24), "PNG", save_all=True, append_images=[picture(24, 1)]),
]
"""Small images of every format."""


@pytest.mark.slow
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 255)), max_size=12),
    st.integers(0, 3_000),
    st.binary(max_size=20),
)
def test_damaged_bytes_give_an_image_or_our_error(data, changes, cut, inserted):
    damaged = bytearray(data)
    for place, value in changes:
        damaged[place % len(damaged)] = value
    place = cut % (len(damaged) + 1)
    damaged[place:place] = inserted
    _is_read_or_refused(bytes(damaged))


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([data[:8] for data in SEEDS]), st.binary(max_size=300))
def test_any_bytes_give_an_image_or_our_error(start, rest):
    _is_read_or_refused(start + rest)


def _is_read_or_refused(data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow, about metadata
        found, error = outcome(opened, data)
    if error is None:
        assert found[0].dtype == np.uint8
    else:
        assert isinstance(error, UnreadableFileError | TooLargeError)
        assert error.where == "a.png"
        assert len(error.what) < 300


def _grey_profile():
    """A profile of grey with a gamma of 2.6."""
    curve = b"curv" + bytes(4) + (1).to_bytes(4, "big") + round(2.6 * 256).to_bytes(2, "big") + bytes(2)
    white = b"XYZ " + bytes(4) + b"".join(round(v * 65_536).to_bytes(4, "big") for v in (0.9642, 1.0, 0.8249))
    name = b"desc" + bytes(4) + (5).to_bytes(4, "big") + b"grey\0" + bytes(79)
    tags, at, table = [(b"desc", name), (b"wtpt", white), (b"kTRC", curve)], 128 + 4 + 36, b""
    for tag, data in tags:
        table += tag + at.to_bytes(4, "big") + len(data).to_bytes(4, "big")
        at += len(data)
    head = bytearray(128)
    head[0:4], head[8:12] = at.to_bytes(4, "big"), bytes([2, 16, 0, 0])
    head[12:16], head[16:20], head[20:24], head[36:40] = b"mntr", b"GRAY", b"XYZ ", b"acsp"
    head[68:80] = white[8:]
    return bytes(head) + len(tags).to_bytes(4, "big") + table + b"".join(data for _, data in tags)
