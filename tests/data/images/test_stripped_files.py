"""Files without metadata: the same pixels, in other programs too, and nothing else of the file."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from explorer.data.images.images import image_item
from explorer.data.images.stripped_files import strip_metadata
from explorer.errors import DataError, UnreadableFileError
from tests.data.failing import failure
from tests.data.images.files import PLACE, exif, picture, saved, swapped_profile, with_metadata, with_tag

PLACED = {"exif": exif(), "comment": PLACE.encode(), "xmp": f"<x>{PLACE}</x>".encode()}
ORIENTATION = 0x0112


def plain(data):
    """The file without metadata, after a look at its pixels."""
    item = image_item(data, "a.jpg")
    made = strip_metadata(item, data)
    assert image_item(made).key == item.key
    assert PLACE.encode() not in made
    with Image.open(io.BytesIO(made)) as image:
        assert set(image.getexif()) <= {ORIENTATION}
        assert not image.getexif().get_ifd(0x8825)
        assert not {"xmp", "comment", "photoshop"} & set(image.info)
        # As `datasets` and browsers show it.
        upright = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    with item.open() as wanted:
        if "icc_profile" not in image.info:
            np.testing.assert_array_equal(upright, np.asarray(wanted))
    return made


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF"])
def test_only_the_pixels_are_left(kind):
    data = with_metadata(kind)
    assert PLACE.encode() in data  # the premise
    plain(data)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_compressed_pixels_are_kept_and_so_is_how_the_camera_was_held(kind, turn):
    data = saved(picture(), kind, exif=exif(turn))
    made = plain(data)
    assert made[:4] == data[:4]
    assert len(made) < len(data)
    assert Image.open(io.BytesIO(made)).getexif() == ({} if turn == 1 else {ORIENTATION: turn})


@pytest.mark.parametrize(
    "data",
    [
        saved(picture(), "JPEG", progressive=True, subsampling=0, **PLACED),
        saved(picture(), "JPEG", restart_marker_rows=1, **PLACED),
        saved(picture().convert("L"), "JPEG", **PLACED),
        saved(picture().convert("CMYK"), "JPEG", **PLACED),
        saved(picture(), "JPEG", keep_rgb=True, **PLACED),
        saved(picture(), "JPEG", dpi=(300, 300), **PLACED),
        saved(picture(), "MPO", save_all=True, append_images=[picture(seed=1)], exif=exif()),
        saved(picture(), "JPEG", **PLACED) + b"a film of the moment, in " + PLACE.encode(),
        saved(picture(), "WEBP", lossless=True, exif=exif(3)),
        saved(picture().convert("RGBA"), "WEBP", exif=exif(3)),
    ],
)
def test_every_kind_of_file_that_keeps_its_pixels_keeps_no_more(data):
    made = plain(data)
    assert made[:2] == data[:2]
    assert len(made) <= len(data)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_colour_profile_stays_only_where_it_changes_the_pixels(kind):
    kept = saved(picture(), kind, icc_profile=swapped_profile(), exif=exif(6))
    made = plain(kept)
    assert made[:4] == kept[:4]
    assert "icc_profile" in Image.open(io.BytesIO(made)).info
    assert "icc_profile" not in Image.open(io.BytesIO(plain(with_metadata(kind)))).info


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
@pytest.mark.parametrize("padding", [0, 200_000])
def test_a_colour_profile_that_stays_says_nothing_of_the_screen_it_was_made_for(kind, padding):
    data = saved(picture(), kind, icc_profile=with_tag(swapped_profile(), PLACE.encode() + bytes(padding)))
    made = plain(data)
    assert made[:4] == data[:4]
    assert len(made) < len(data)


@pytest.mark.parametrize("hidden", [0xC8, 0xDC, 0xE1, 0xEF, 0xFE])
def test_segments_that_no_pixel_needs_are_left_out(hidden):
    data, said = saved(picture(), "JPEG"), PLACE.encode()
    segment = bytes([0xFF, hidden]) + (2 + len(said)).to_bytes(2, "big") + said
    item = image_item(data, "a.jpg")
    assert said not in strip_metadata(item, data[:2] + segment + data[2:])


@pytest.mark.parametrize(
    "data",
    [
        saved(picture(), "BMP"),
        saved(picture(), "WEBP", save_all=True, append_images=[picture(seed=1)], exif=exif(6)),
        saved(picture().convert("RGBA"), "PNG", exif=exif(3)),
    ],
)
def test_other_files_become_png(data):
    assert plain(data).startswith(b"\x89PNG")


def test_a_photo_does_not_grow():
    noisy = np.random.default_rng(0).integers(0, 255, (600, 800, 3), dtype=np.uint8)
    data = saved(Image.fromarray(noisy), "JPEG", quality=90, exif=exif(6))
    assert len(plain(data)) <= len(data)


def test_a_file_that_has_been_changed_or_damaged_is_not_taken_for_the_image():
    item, other = image_item(saved(picture(), "JPEG"), "a.jpg"), saved(picture(seed=1), "JPEG")
    changed = image_item(other, "a.jpg")
    replaced = type(item)(item.key, "a.jpg", changed._read)
    error = failure(DataError, strip_metadata, replaced, other)
    assert error.what == "The image has been changed since it was opened."
    failure(UnreadableFileError, strip_metadata, item, b"\xff\xd8\xff")
    for cut in range(0, len(other), 37):
        failure_free(item, other[:cut])


def failure_free(item, data):
    """A damaged file gives the image as it was read before, or an error of ours, and never another image."""
    try:
        made = strip_metadata(item, data)
    except DataError:
        return
    assert image_item(made).key == item.key
