"""Folders and archives of images as tables."""

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from explorer import open_corpus
from explorer.data.corpus_from_table import make_corpus
from explorer.data.formats.files import read_file
from explorer.data.images import reading
from explorer.data.images.images import FILE, IMAGE
from explorer.data.tables.budget import Budget
from explorer.errors import JobCancelledError, TooLargeError, UnreadableFileError
from tests.data.failing import failure
from tests.data.images.files import exif, picture, saved
from tests.data.images.test_listing import zipped

FILES = [(f"{name}.png", saved(picture(seed=seed), "PNG")) for seed, name in enumerate("abcd")]


def with_metadata(*tables, files=FILES):
    return read_file(zipped([*files, *tables]), "photos.zip")


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_a_table_beside_the_images_gives_captions_and_labels(kind):
    rows = {
        "file_name": ["c.png", "a.png", "./b.png", "d.png"],
        "text": ["see", "ay", "bee", "dee"],
        "n": list("3124"),
    }
    table = pa.table(rows)
    if kind == "parquet":
        sink = io.BytesIO()
        pq.write_table(table, sink)
        data = sink.getvalue()
    elif kind == "csv":
        data = "\n".join(",".join(row) for row in [rows, *zip(*rows.values(), strict=True)]).encode()
    else:
        data = "\n".join(json.dumps(row) for row in table.to_pylist()).encode()
    corpus = make_corpus(with_metadata((f"metadata.{kind}", data)))
    assert corpus.table[FILE].to_pylist() == [name for name, _ in FILES]
    assert corpus.texts == ["ay", "bee", "see", "dee"]
    assert corpus.text == "text"
    assert corpus.notes == ()


def test_rows_and_images_that_do_not_meet_are_said():
    source = with_metadata(("metadata.csv", b"file_name,text\na.png,one\nz.png,two\ny.png,three\n"))
    assert source.table["text"].to_pylist() == ["one", None, None, None]
    assert source.notes == (
        "3 images without a row in the table beside them.",
        "2 rows of the table beside the images without an image of that name.",
    )
    assert make_corpus(source, text="text").texts == ["one", "", "", ""]


def test_a_table_in_a_folder_names_files_in_it():
    files = [(f"set/{name}", data) for name, data in FILES]
    source = with_metadata(("set/metadata.csv", b"file_name,text\nb.png,bee\n"), files=files)
    assert source.table["text"].to_pylist() == [None, "bee", None, None]


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (b"name,text\na.png,x\n", 'metadata.csv has no column "file_name", so it is not used.'),
        (b"", "metadata.csv is not used. The file is empty: it has 0 bytes."),
    ],
)
def test_a_table_that_cannot_be_used_leaves_the_images(data, note):
    source = with_metadata(("metadata.csv", data))
    assert source.table.num_rows == 4
    assert source.notes == (note,)


def test_images_above_the_limit_on_rows_are_drawn(bound):
    bound("EXPLORER_MAX_ROWS", 2)
    source = read_file(zipped(FILES), "photos.zip", seed=3)
    assert source.table.num_rows == len(source.images[IMAGE]) == 2
    assert source.total_rows == 4
    assert source.notes == ("2 of 4 images, drawn at random (seed 3).",)


def test_what_was_done_to_images_is_counted():
    files = [
        ("a.jpg", saved(picture(), "JPEG", exif=exif(6))),
        ("b.png", saved(picture().convert("RGBA"), "PNG")),
    ]
    files += [("c.jpg", saved(picture(), "JPEG", exif=exif(3))), ("d.png", b"none")]
    assert read_file(zipped(files), "photos.zip").notes == (
        "2 images turned upright, as the EXIF data says.",
        "1 image partly transparent: flattened onto a white background.",
        "1 of 4 images could not be read (d.png: This is not an image in a supported format).",
    )


def test_of_many_that_cannot_be_read_the_first_are_named():
    files = [FILES[0], *((f"{number}.png", b"none") for number in range(8))]
    note = read_file(zipped(files), "photos.zip").notes[0]
    assert note.startswith("8 of 9 images could not be read (0.png: ")
    assert note.endswith("4.png: This is not an image in a supported format; and 3 more).")


def test_a_single_image_is_a_row():
    corpus = corpus_of("photo.jpg", saved(picture(), "JPEG"))
    assert corpus.texts == ["photo.jpg"]
    assert corpus.images.sizes().tolist() == [[48, 48]]
    error = failure(UnreadableFileError, read_file, b"none", "photo.jpg")
    assert str(error) == (
        "photo.jpg: This is not an image in a supported format. "
        "Save it as a JPEG, PNG, WebP, GIF, BMP or TIFF file."
    )


def corpus_of(name, data):
    return make_corpus(read_file(data, name))


def test_rows_are_taken_with_their_images():
    corpus = corpus_of("photos.zip", zipped(FILES)).take(np.array([3, 0]))
    assert corpus.texts == ["d.png", "a.png"]
    assert [item.name for item in corpus.items] == ["d.png", "a.png"]
    for row, (_, data) in enumerate([FILES[3], FILES[0]]):
        assert corpus.images.read(row) == data
        with Image.open(io.BytesIO(corpus.images.thumbnail(row))) as small:
            assert small.size == (48, 48)


def test_progress_counts_images_and_can_stop_the_work():
    said = []
    read_file(zipped(FILES), "photos.zip", on_progress=said.append)
    counted = [(each.done, each.total, each.phase) for each in said if each.unit == "images"]
    assert counted == [(done, 4, "Reading images") for done in range(5)]

    def stop(progress):
        if progress.unit == "images" and progress.done == 2:
            raise JobCancelledError("Stop.")

    with pytest.raises(JobCancelledError):
        read_file(zipped(FILES), "photos.zip", on_progress=stop)


@pytest.mark.slow
def test_the_memory_of_bytes_and_thumbnails_is_bounded(bound):
    bound("EXPLORER_MAX_FILE_MB", 1)
    few_colours = [picture(300, seed).quantize(8).convert("RGB") for seed in range(10)]
    data = [(f"{number}.bmp", saved(image, "BMP")) for number, image in enumerate(few_colours)]
    error = failure(TooLargeError, read_file, zipped(data), "photos.zip")
    assert error.what == "Once read, the file takes over 2 MB."


def test_files_are_read_ahead_within_bounds(monkeypatch):
    monkeypatch.setattr(reading, "_AHEAD_BYTES", 1_000)
    read, most = [], []

    def file(number, size):
        def get():
            read.append(number)
            most.append(max(read) - done[-1])
            return FILES[0][1]

        return reading.ImageFile(f"{number}.png", get, size)

    done = [0]
    reading.read_images(
        [file(number, 900) for number in range(30)], Budget("x"), lambda progress: done.append(progress.done)
    )
    assert sorted(read) == list(range(30))
    assert max(most) <= 2


def test_of_a_large_folder_thumbnails_are_made_when_they_are_asked_for(tmp_path, monkeypatch):
    for seed in range(3):
        (tmp_path / f"{seed}.png").write_bytes(saved(picture(seed=seed), "PNG"))
    kept = open_corpus(tmp_path).images
    first = len(kept.thumbnail(0))
    monkeypatch.setattr(reading, "_KEPT_BYTES", first)
    images = open_corpus(tmp_path).images
    assert images.table["thumbnail"].is_valid().to_pylist() == [True, False, False]
    assert [images.thumbnail(row) for row in range(3)] == [kept.thumbnail(row) for row in range(3)]
    (tmp_path / "1.png").unlink()
    monkeypatch.setattr(reading, "_KEPT_BYTES", 0)
    (tmp_path / "2.png").write_bytes(saved(picture(seed=77), "PNG"))
    changed = open_corpus(tmp_path).images
    (tmp_path / "2.png").unlink()
    assert changed.thumbnail(1) == b""
