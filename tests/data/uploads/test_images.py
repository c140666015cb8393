"""Images that are uploaded: read in a process with bounds on memory and time."""

import io
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image

from explorer.data.corpus_from_table import make_corpus
from explorer.data.formats.files import read_file
from explorer.data.images.images import IMAGE
from explorer.data.uploads import time_limit
from explorer.data.uploads.bounded import read_bounded
from explorer.data.uploads.time_limit import TimeLimit
from explorer.errors import TooLargeError, UnreadableFileError
from explorer.jobs.progress import IMAGES, Progress
from tests.data.failing import failure
from tests.data.images.files import picture, png_of_size, saved
from tests.data.images.test_listing import zipped

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps to a bound on memory")
PNGS = [(f"{number}.png", saved(picture(seed=number), "PNG")) for number in range(6)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("photos.zip", zipped([*PNGS, ("b.png", b"none"), ("metadata.csv", b"file_name,text\n1.png,one\n")])),
        ("photo.jpg", saved(picture(), "JPEG")),
    ],
)
def test_images_are_read_as_without_a_process(name, data):
    here, there = read_file(data, name), read_bounded(data, name)
    assert there.table.equals(here.table)
    assert there.notes == here.notes
    expected, found = make_corpus(here), make_corpus(there)
    assert found.item_keys == expected.item_keys
    assert found.texts == expected.texts
    assert found.fingerprint == expected.fingerprint
    rows = range(len(found))
    assert [found.images.read(row) for row in rows] == [expected.images.read(row) for row in rows]
    assert [found.images.thumbnail(row) for row in rows] == [expected.images.thumbnail(row) for row in rows]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("photos.zip", zipped([("../a.png", PNGS[0][1])]), UnreadableFileError),
        ("photo.png", png_of_size(30_000, 30_000), TooLargeError),
        ("photo.tiff", b"none", UnreadableFileError),
    ],
)
def test_an_error_is_the_same_as_without_a_process(name, data, expected):
    error = failure(expected, read_bounded, data, name)
    here = failure(expected, read_file, data, name)
    assert str(error) == str(here)


@pytest.mark.slow
def test_progress_counts_images():
    data = zipped([(f"{number}.bmp", saved(picture(600, seed=number), "BMP")) for number in range(12)])
    said = []
    read_bounded(data, "photos.zip", on_progress=said.append)
    assert said[0] == Progress("Reading", total=len(data), unit="bytes")
    counted = [each for each in said if each.unit == IMAGES]
    assert {(each.phase, each.total) for each in counted} == {("Reading images", 12)}
    done = [each.done for each in counted]
    assert done == sorted(done)
    assert max(done) > 0


def test_each_image_has_as_long_as_a_table_and_all_ten_times_as_long(bound, monkeypatch):
    bound("EXPLORER_READ_SECONDS", 5)
    now = [100.0]
    monkeypatch.setattr(time_limit.time, "monotonic", lambda: now[0])
    limit = TimeLimit()
    assert limit.end == 105
    now[0] = 102
    limit.note(Progress("Reading", done=7, unit="bytes"))
    assert (limit.end, limit.total_seconds) == (105, 0)
    limit.note(Progress("Reading images", done=0, unit=IMAGES))
    assert limit.end == 107
    now[0] = 106
    limit.note(Progress("Reading images", done=0, unit=IMAGES))  # the same one as before
    assert limit.end == 107
    limit.note(Progress("Reading images", done=1, unit=IMAGES))
    assert (limit.end, limit.total_seconds) == (111, 50)
    now[0] = 149
    limit.note(Progress("Reading images", done=90, unit=IMAGES))
    assert limit.end == 150


LARGE = saved(Image.new("RGB", (3_000, 3_000)), "PNG")
SLOW = zipped([(f"{number}.png", LARGE) for number in range(60)], zipfile.ZIP_STORED)
"""More than four seconds of work on most machines, of which each image is quick."""


@pytest.mark.slow
def test_many_images_take_longer_than_a_table_may(bound):
    bound("EXPLORER_READ_SECONDS", 4)
    source = read_bounded(SLOW, "photos.zip")
    assert source.table.num_rows == 60


@pytest.mark.slow
def test_images_that_take_too_long_together_are_refused(bound, monkeypatch, processes):
    bound("EXPLORER_READ_SECONDS", 4)
    monkeypatch.setattr(time_limit, "_TIMES", 1)
    error = failure(TooLargeError, read_bounded, SLOW, "photos.zip")
    assert "longer than the 4 seconds allowed for one or the 4 for all" in error.what
    assert "EXPLORER_READ_SECONDS" in error.fix
    assert processes[0].poll() is not None


@pytest.mark.slow
@LINUX
def test_an_archive_of_200_mb_fits_into_the_memory_allowed():
    noise = np.random.default_rng(0).integers(0, 256, (800, 820, 3), dtype=np.uint8)
    data = saved(Image.fromarray(noise), "PNG", compress_level=0)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for number in range(199_000_000 // len(data)):
            archive.writestr(f"{number}.png", data)
    source = read_bounded(made.getvalue(), "photos.zip")
    assert source.table.num_rows == 199_000_000 // len(data)
    assert source.images[IMAGE].read(50) == data


@pytest.mark.slow
@LINUX
@pytest.mark.parametrize("mode", ["RGB", "CMYK", "RGBA", "I;16"])
def test_the_largest_images_fit_into_the_memory_allowed(mode):
    image = Image.new(mode, (7_000, 7_000))
    data = saved(image, "TIFF", compression="tiff_adobe_deflate")
    source = read_bounded(zipped([("a.tiff", data), ("b.tiff", data)], zipfile.ZIP_STORED), "photos.zip")
    assert source.images[IMAGE].sizes().tolist() == [[7_000, 7_000]] * 2
