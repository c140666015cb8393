"""Rows with images in the file of a space: the same pixels, no metadata, and what other programs expect."""

import dataclasses
import io
import json
import tracemalloc

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from explorer.analysis.space import Space, make_index
from explorer.analysis.space_files import check_space_file, rows_bytes, saved_corpus, space_bytes
from explorer.data.added_rows import add_rows
from explorer.data.formats.files import read_file
from explorer.data.images.collections import read_archive
from explorer.data.opening import open_corpus
from explorer.data.space_files import saved_images as saved_images_module
from explorer.data.space_files.facts import KEY
from explorer.data.uploads.bounded import read_bounded
from explorer.errors import DataError, TooLargeError, UnreadableFileError
from tests.data.failing import failure
from tests.data.images.files import PLACE, exif, picture, saved
from tests.data.images.test_listing import zipped

FILES = [
    ("a/0.jpg", saved(picture(seed=0), "JPEG", exif=exif(6), comment=PLACE.encode())),
    ("a/1.png", saved(picture(seed=1), "PNG", exif=exif(3))),
    ("b/2.webp", saved(picture(seed=2), "WEBP", exif=exif(8))),
    ("b/3.bmp", saved(picture(seed=3), "BMP")),
]
TEXTS = ["a sentence", "another one"]


def of_images(tmp_path, files=FILES):
    (tmp_path / "photos.zip").write_bytes(zipped(files))
    return with_vectors(open_corpus(tmp_path / "photos.zip"))


def with_vectors(corpus, dims=3):
    return Space(
        corpus, make_index(np.random.default_rng(0).standard_normal((len(corpus), dims), np.float32))
    )


def opened(content, name="s.parquet", read=read_file):
    return saved_corpus(read(content, name))


def same(before, after):
    assert after.table.equals(before.table)
    assert (after.text, after.label, after.notes) == (before.text, before.label, before.notes)
    assert after.item_keys == before.item_keys
    np.testing.assert_array_equal(after.images.sizes(), before.images.sizes())


def left(folder):
    return [path.name for path in folder.iterdir() if path.is_file()]


@pytest.mark.parametrize("read", [read_file, read_bounded])
def test_the_rows_their_pixels_and_their_vectors_come_back(tmp_path, read):
    space = of_images(tmp_path)
    content = space_bytes(space, ".parquet")
    assert PLACE.encode() not in content
    after = opened(content, read=read)
    same(space.corpus, after)
    assert after.vectors.tobytes() == space.vectors.tobytes()
    again = opened(space_bytes(Space(after, space.index), ".parquet"))
    same(space.corpus, again)


def test_rows_without_vectors_come_back(tmp_path):
    corpus = of_images(tmp_path).corpus
    after = opened(rows_bytes(corpus))
    same(corpus, after)
    assert after.fingerprint == corpus.fingerprint
    assert after.vectors is None


def test_other_programs_see_images(tmp_path, monkeypatch):
    space = of_images(tmp_path)
    space.save(tmp_path / "s.parquet")
    schema = pq.read_schema(tmp_path / "s.parquet")
    assert schema.field("image").type == pa.struct({"bytes": pa.binary(), "path": pa.string()})
    datasets = pytest.importorskip("datasets")
    rows = datasets.load_dataset(
        "parquet", data_files=str(tmp_path / "s.parquet"), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert rows.features["image"] == datasets.Image()
    assert rows.column_names == ["file", "label", "image", "embedding"]
    for row, found in enumerate(rows):
        assert isinstance(found["image"], Image.Image)
        with space.corpus.images.item(row).open() as wanted:
            np.testing.assert_array_equal(np.asarray(found["image"].convert("RGB")), np.asarray(wanted))
        assert not found["image"].getexif().get_ifd(0x8825)
    assert np.asarray(rows["embedding"], np.float32).tobytes() == space.vectors.tobytes()


def test_it_may_be_opened_like_any_table_of_images(tmp_path):
    space = of_images(tmp_path)
    space.save(tmp_path / "s.parquet")
    corpus = open_corpus(tmp_path / "s.parquet", vectors="embedding")
    assert corpus.table.equals(space.corpus.table)
    assert corpus.item_keys == space.corpus.item_keys
    assert corpus.vectors.tobytes() == space.vectors.tobytes()


def test_texts_among_images_stay_texts(tmp_path):
    corpus = add_rows(open_corpus(TEXTS), of_images(tmp_path).corpus)
    after = opened(space_bytes(with_vectors(corpus), ".parquet"))
    same(corpus, after)
    assert after.items[:2] == TEXTS
    texts = opened(space_bytes(with_vectors(corpus.take(np.array([1, 0]))), ".parquet"))
    assert texts.images is None
    assert texts.texts == TEXTS[::-1]


def test_names_of_columns_that_are_taken_are_not_taken_twice():
    table = {"text": ["x"], "image": ["a word"], "embedding": [1]}
    pictures = read_archive(zipped(FILES[:1]), "a.zip", read_file).images["image"]
    corpus = dataclasses.replace(open_corpus(table, text="text"), images=pictures)
    content = space_bytes(with_vectors(corpus), ".parquet")
    assert pq.read_schema(io.BytesIO(content)).names == [*table, "image_", "embedding_"]
    same(corpus, opened(content))


@pytest.mark.parametrize("ending", [".csv", ".npz", ".safetensors"])
def test_other_formats_hold_no_images(tmp_path, ending):
    space = of_images(tmp_path)
    for call in (lambda: space.save(tmp_path / f"s{ending}"), lambda: check_space_file(space, ending)):
        error = failure(DataError, call)
        assert error.what == f"Images are saved in Parquet files, and not as {ending}."
        assert error.fix == "Save the space as .parquet. In Python, its vectors alone can be saved as .csv."
    assert left(tmp_path) == ["photos.zip"]
    space.save(tmp_path / "vectors.csv", vectors_only=True)


def test_too_large_images_are_refused_before_anything_is_written(tmp_path, bound):
    noise = np.random.default_rng(0).integers(0, 255, (600, 600, 3), dtype=np.uint8)
    space = of_images(tmp_path, [("0.png", saved(Image.fromarray(noise), "PNG"))])
    bound("EXPLORER_MAX_FILE_MB", 1)
    for call in (lambda: space.save(tmp_path / "s.parquet"), lambda: check_space_file(space, ".parquet")):
        error = failure(TooLargeError, call)
        assert error.what == "With its images, the file has 1.1 MB or more; up to 1 MB are opened."
        assert error.where == "photos.zip"
    assert left(tmp_path) == ["photos.zip"]


def test_images_that_grow_beyond_the_limit_leave_no_file(tmp_path, bound):
    noise = np.random.default_rng(0).integers(0, 255, (600, 600), dtype=np.uint8)
    palette = saved(Image.fromarray(noise).quantize(8), "GIF")
    assert len(palette) < 300_000  # the premise
    space = of_images(tmp_path, [(f"{n}.gif", palette) for n in range(4)])
    bound("EXPLORER_MAX_FILE_MB", 1)
    error = failure(TooLargeError, space.save, tmp_path / "s.parquet")
    assert "up to 1 MB are opened" in error.what
    assert left(tmp_path) == ["photos.zip"]


def test_a_file_that_is_gone_or_changed_leaves_the_old_file(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, data in FILES:
        (folder / name.rpartition("/")[2]).write_bytes(data)
    space = with_vectors(open_corpus(folder))
    space.save(tmp_path / "s.parquet")
    before = (tmp_path / "s.parquet").read_bytes()
    (folder / "0.jpg").write_bytes(FILES[1][1])
    assert failure(DataError, space.save, tmp_path / "s.parquet").what == (
        "The image has been changed since it was opened."
    )
    (folder / "0.jpg").unlink()
    assert failure(UnreadableFileError, space.save, tmp_path / "s.parquet").where == "0.jpg"
    assert (tmp_path / "s.parquet").read_bytes() == before


def changed(content, change, *, facts=None):
    """A file whose table, or whose facts, are others."""
    file = pq.ParquetFile(io.BytesIO(content))
    about = json.loads(file.metadata.metadata[KEY.encode()])
    table = change(file.read())
    metadata = {**(table.schema.metadata or {}), KEY.encode(): json.dumps({**about, **(facts or {})})}
    sink = io.BytesIO()
    pq.write_table(table.replace_schema_metadata(metadata), sink)
    return sink.getvalue()


def with_images(table, values):
    return table.set_column(
        table.column_names.index("image"), "image", pa.array(values, table.schema.field("image").type)
    )


@pytest.mark.parametrize(
    "values",
    [
        lambda images: [None, *images[1:]],
        lambda images: [{"bytes": images[0]["bytes"][:200], "path": None}, *images[1:]],
        lambda images: [{"bytes": b"no image", "path": "/etc/passwd"}, *images[1:]],
        lambda images: [None] * len(images),
        lambda images: [{"bytes": None, "path": "/etc/passwd"}] * len(images),
    ],
)
def test_an_image_that_is_missing_or_damaged_is_said(tmp_path, values):
    content = space_bytes(of_images(tmp_path), ".parquet")
    broken = changed(content, lambda table: with_images(table, values(table["image"].to_pylist())))
    error = failure(UnreadableFileError, opened, broken)
    assert "an image is missing or damaged" in error.what


@pytest.mark.parametrize(
    "images", [{}, [], {"column": "other", "number": 4}, {"column": "image", "number": 0}, {"column": 1}, "x"]
)
def test_facts_that_say_otherwise_are_refused(tmp_path, images):
    content = space_bytes(of_images(tmp_path), ".parquet")
    failure(UnreadableFileError, opened, changed(content, lambda table: table, facts={"images": images}))


def test_memory_does_not_grow_with_the_images(tmp_path, monkeypatch):
    noise = np.random.default_rng(0)
    files = [
        (f"{n}.jpg", saved(Image.fromarray(noise.integers(0, 255, (500, 500, 3), dtype=np.uint8)), "JPEG"))
        for n in range(80)
    ]
    monkeypatch.setattr(saved_images_module, "_PIECE_BYTES", 500_000)
    folder = tmp_path / "photos"
    folder.mkdir()
    for name, data in files:
        (folder / name).write_bytes(data)
    size = sum(len(data) for _, data in files)
    space = with_vectors(open_corpus(folder))
    tracemalloc.start()
    arrow = pa.total_allocated_bytes()
    space.save(tmp_path / "s.parquet")
    peak = tracemalloc.get_traced_memory()[1] + pa.total_allocated_bytes() - arrow
    tracemalloc.stop()
    assert size > 10_000_000  # the premise
    assert peak < size / 2
    assert pq.ParquetFile(tmp_path / "s.parquet").num_row_groups > 5
    same(space.corpus, opened((tmp_path / "s.parquet").read_bytes()))


def test_nothing_changes_for_texts():
    space = with_vectors(open_corpus(TEXTS))
    file = pq.ParquetFile(io.BytesIO(space_bytes(space, ".parquet")))
    assert set(file.metadata.metadata) == {b"ARROW:schema", KEY.encode()}
    assert json.loads(file.metadata.metadata[KEY.encode()])["images"] is None
