"""Zip archives and folders of strangers."""

import io
import struct
import warnings
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from explorer.data.formats.files import read_file
from explorer.data.images import listing
from explorer.data.images.collections import LABEL
from explorer.data.images.images import FILE, IMAGE
from explorer.data.opening import open_corpus
from explorer.errors import DataError, EmptyDataError, TooLargeError, UnreadableFileError
from tests.data.failing import failure, outcome
from tests.data.images.files import picture, png_of_size, saved

PNG = saved(picture(), "PNG")
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"


def zipped(files, method=zipfile.ZIP_DEFLATED):
    """An archive of files: pairs of a name, or an entry, and the bytes."""
    made = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(made, "w", method) as archive:
        warnings.simplefilter("ignore")  # of names that occur twice
        for name, data in files:
            archive.writestr(name, data)
    return made.getvalue()


def read(data, name="photos.zip"):
    return read_file(data, name)


def names(source):
    return source.table[FILE].to_pylist()


def refused(data, expected=UnreadableFileError):
    error = failure(expected, read, data)
    assert error.where == "photos.zip"
    assert error.fix
    return error


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_is_read_in_its_order(method):
    source = read(zipped([("cats/b.png", PNG), ("dogs/a.PNG", PNG)], method))
    assert names(source) == ["cats/b.png", "dogs/a.PNG"]
    assert source.table[LABEL].to_pylist() == ["cats", "dogs"]
    assert source.images[IMAGE].read(1) == PNG
    assert source.notes == ()


@pytest.mark.parametrize(
    "name", ["../a.png", "x/../../a.png", "/etc/a.png", "C:/a.png", "\\\\host\\a.png", "..\\a.png"]
)
def test_a_name_outside_of_the_archive_is_refused(name):
    error = refused(zipped([("ok.png", PNG), (name, PNG)]))
    assert error.what == f"The archive names a file outside of it: {name}."
    assert error.fix == "Create it again from the folder of images."


def test_backslashes_are_slashes():
    source = read(zipped([("photos\\cats\\a.png", PNG), ("photos\\dogs\\b.png", PNG)]))
    assert names(source) == ["photos/cats/a.png", "photos/dogs/b.png"]
    assert source.table[LABEL].to_pylist() == ["cats", "dogs"]


def test_links_hidden_files_and_those_of_macos_are_passed_over():
    link = zipfile.ZipInfo("link.png")
    link.external_attr = 0o120777 << 16
    files = [
        ("a.png", PNG),
        (link, b"/etc/passwd"),
        (".b.png", PNG),
        ("__MACOSX/._a.png", b"x"),
        (".git/c.png", PNG),
    ]
    source = read(zipped(files))
    assert names(source) == ["a.png"]
    assert source.notes == ()


def test_an_encrypted_archive_is_refused():
    data = bytearray(zipped([("a.png", PNG)]))
    data[data.index(b"PK\1\2") + 8] |= 1
    assert refused(bytes(data)).what == "The archive is encrypted."


def test_a_bomb_is_refused_by_the_sizes_in_its_directory():
    error = refused(zipped([("a.bmp", bytes(30_000_000)), ("b.png", PNG)]), TooLargeError)
    assert error.what == "The archive would unpack to 30 MB, far more than images do."


def test_no_more_is_unpacked_than_the_directory_says(monkeypatch):
    data = bytearray(zipped([("a.bmp", bytes(40_000_000)), ("b.png", PNG)]))
    for mark, at in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        place = data.index(mark) + at
        assert data[place : place + 4] == struct.pack("<I", 40_000_000)
        data[place : place + 4] = struct.pack("<I", 5_000)
    unpacked = []
    decompress = zipfile._get_decompressor

    class Noted:
        def __init__(self, method):
            self._inner = decompress(method)

        def __getattr__(self, name):
            return getattr(self._inner, name)

        def decompress(self, *args):
            found = self._inner.decompress(*args)
            unpacked.append(len(found))
            return found

    monkeypatch.setattr(zipfile, "_get_decompressor", Noted)
    source = read(bytes(data))
    assert names(source) == ["b.png"]
    assert source.notes == ("1 of 2 images could not be read (a.bmp: The file is damaged in the archive).",)
    assert max(unpacked) <= 5_000


def test_a_single_file_that_unpacks_to_much_is_left_out(monkeypatch):
    monkeypatch.setattr(listing, "_FILE_BYTES", 15_000)
    source = read(zipped([("large.png", bytes(20_000)), ("a.png", PNG)]))
    assert names(source) == ["a.png"]
    assert "large.png: The file has 0 MB; up to 0 MB are read" in source.notes[0]


@pytest.mark.slow
def test_too_many_entries_are_refused_before_they_are_read(monkeypatch):
    entry = b"PK\1\2" + bytes(24) + struct.pack("<H", 1) + bytes(16) + b"a"
    directory = entry * 100_001
    end = b"PK\5\6" + bytes(4) + struct.pack("<HHII", 0xFFFF, 0xFFFF, len(directory), 0) + bytes(2)
    error = refused(b"PK\3\4" + bytes(26) + directory + end, TooLargeError)
    assert error.what == "There are more than 100,000 files."
    monkeypatch.setattr(listing, "_DIRECTORY_BYTES", 1_000_000)
    monkeypatch.setattr(listing.zipfile, "ZipFile", None)
    assert refused(b"PK\3\4" + bytes(26) + directory + end, TooLargeError).what == error.what


def test_of_two_files_with_one_name_the_last_is_read():
    other = saved(picture(seed=1), "PNG")
    source = read(zipped([("a.png", PNG), ("b.png", PNG), ("a.png", other)]))
    assert names(source) == ["a.png", "b.png"]
    assert source.images[IMAGE].read(0) == other
    assert source.notes == ("1 file in the archive left out, as a later one has the same name.",)


def test_a_damaged_entry_is_left_out_and_named():
    data = bytearray(zipped([("a.png", PNG), ("b.png", PNG)], zipfile.ZIP_STORED))
    data[60] ^= 255
    source = read(bytes(data))
    assert names(source) == ["b.png"]
    assert source.notes == ("1 of 2 images could not be read (a.png: The file is damaged in the archive).",)


def test_a_compression_that_python_does_not_bound_is_refused():
    mixed = io.BytesIO()
    with zipfile.ZipFile(mixed, "w") as archive:
        archive.writestr("a.png", PNG, zipfile.ZIP_STORED)
        archive.writestr("b.png", PNG, zipfile.ZIP_LZMA)
    source = read(mixed.getvalue())
    assert names(source) == ["a.png"]
    assert "b.png: The file is compressed by a method that is not supported" in source.notes[0]


def test_what_is_no_image_is_left_out_and_counted():
    inner = zipped([("deep.png", PNG)])
    files = [("a.png", PNG), ("inner.zip", inner), ("readme.txt", b"hi"), ("x.svg", SVG), ("y.png", SVG)]
    source = read(zipped(files))
    assert names(source) == ["a.png"]
    assert source.notes == (
        "3 files left out that are not images, of which 1 SVG, which can contain scripts.",
        "1 of 2 images could not be read "
        "(y.png: This is an SVG drawing, which can contain scripts and is not opened).",
    )


def test_an_archive_without_images_says_what_it_has():
    error = refused(zipped([("a.txt", b"a"), ("b.svg", SVG)]), EmptyDataError)
    assert error.what == "There is no image in it. It has 2 files of other kinds."
    assert refused(zipped([]), EmptyDataError).what == "There is no image in it. It is empty."


def test_if_no_image_can_be_read_the_first_error_is_raised():
    error = failure(TooLargeError, read, zipped([("a.png", png_of_size(30_000, 30_000)), ("b.png", b"x")]))
    assert error.where == "a.png"


@pytest.mark.parametrize("share", [0.2, 0.99])
def test_an_archive_cut_short_is_refused(share):
    data = zipped([("a.png", PNG), ("b.png", PNG)])
    error = refused(data[: round(share * len(data))])
    assert error.what == "The archive is cut short or damaged."


SEED = zipped([("cats/a.png", PNG), ("dogs/b.png", PNG), ("metadata.csv", "file_name,text\ncats/a.png,hi\n")])


@pytest.mark.slow
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(-400, 4_000), st.integers(0, 255)), min_size=1, max_size=10))
def test_a_damaged_archive_gives_a_table_or_our_error(changes):
    data = bytearray(SEED)
    for place, value in changes:
        data[place % len(data)] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Pillow, about metadata
        source, error = outcome(read, bytes(data))
    assert isinstance(error, DataError) or len(source.images[IMAGE]) == source.table.num_rows > 0


def test_a_folder_is_read_without_links_and_hidden_files(tmp_path):
    folder = tmp_path / "photos"
    for name in ("cats/b.png", "cats/a.png", "dogs/c.png", "dogs/d.png", ".hidden/d.png", "cats/.e.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(PNG)
    (tmp_path / "outside.png").write_bytes(PNG)
    (folder / "link.png").symlink_to(tmp_path / "outside.png")
    (folder / "linked").symlink_to(tmp_path)
    corpus = open_corpus(folder)
    assert corpus.texts == ["cats/a.png", "cats/b.png", "dogs/c.png", "dogs/d.png"]
    assert corpus.labels == ["cats", "cats", "dogs", "dogs"]
    assert corpus.images.table["data"].null_count == 4  # the files stay where they are
    assert corpus.images.item(0).name == "cats/a.png"


def test_a_folder_of_too_many_files_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(listing, "_ENTRIES", 2)
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(PNG)
    assert failure(TooLargeError, open_corpus, tmp_path).what == "There are more than 2 files."


def test_names_are_no_more_than_text():
    odd = "<b>a'\" & \n.png"
    assert names(read(zipped([(odd, PNG)]))) == [odd]
