"""Columns of images: bytes, and records of bytes and a path."""

import io
import socket

import datasets
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from explorer.data.corpus_from_table import make_corpus
from explorer.data.formats.files import read_file
from explorer.data.opening import open_corpus
from explorer.data.uploads.bounded import read_bounded
from explorer.errors import ColumnError, TooLargeError, UnknownCorpusError
from tests.data.failing import failure
from tests.data.images.files import picture, saved
from tests.data.images.test_listing import zipped

PNGS = [saved(picture(seed=seed), "PNG") for seed in range(4)]
OPTIONS = [{}, {"row_group_size": 2}, {"use_dictionary": False, "compression": "zstd"}]
CAPTIONS = [f"a picture of thing {row}" for row in range(4)]
RECORDS = [{"bytes": data, "path": f"{row}.png"} for row, data in enumerate(PNGS)]
KINDS = {
    "binary": pa.array(PNGS, pa.binary()),
    "large binary": pa.array(PNGS, pa.large_binary()),
    "record": pa.array(RECORDS),
    "record of large": pa.array(RECORDS, pa.struct({"bytes": pa.large_binary(), "path": pa.large_string()})),
    "record of bytes": pa.array([{"bytes": data} for data in PNGS]),
    "dictionary": pa.array(PNGS, pa.binary()).dictionary_encode(),
    "record of dictionaries": pa.StructArray.from_arrays(
        [pa.array(each).dictionary_encode() for each in (PNGS, [f"{row}.png" for row in range(4)])],
        names=["bytes", "path"],
    ),
    "chunked": pa.chunked_array([pa.array(RECORDS[:1]), pa.array(RECORDS[1:])]),
}


def parquet(table, **options):
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def has_them(corpus, rows=range(4)):
    assert [corpus.images.read(place) for place in range(len(corpus))] == [PNGS[row] for row in rows]
    with corpus.images.item(0).open() as image:
        np.testing.assert_array_equal(np.asarray(image), np.asarray(picture(seed=rows[0])))


@pytest.mark.parametrize("kind", KINDS)
def test_images_in_an_arrow_table(kind):
    corpus = open_corpus(pa.table({"picture": KINDS[kind], "caption": CAPTIONS}))
    assert corpus.texts == CAPTIONS
    assert corpus.table.column_names == ["file", "caption"]
    has_them(corpus)
    named = ("record" in kind and kind != "record of bytes") or kind == "chunked"
    names = [f"{row}.png" if named else f"picture {row + 1}" for row in range(4)]
    assert corpus.table["file"].to_pylist() == [item.name for item in corpus.items] == names
    assert corpus.notes == ()


@pytest.mark.parametrize("read", [read_file, pytest.param(read_bounded, marks=pytest.mark.slow)])
@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("kind", ["binary", "record"])
def test_images_in_parquet(kind, options, read):
    table = pa.table({"n": range(4), "picture": KINDS[kind], "caption": CAPTIONS})
    corpus = make_corpus(read(parquet(table, **options), "rows.parquet"))
    assert corpus.table.column_names == ["file", "n", "caption"]
    has_them(corpus)


def test_a_sample_of_the_rows_of_a_parquet_file_keeps_each_image_with_its_row(bound):
    bound("EXPLORER_MAX_ROWS", 2)
    source = read_file(parquet(pa.table({"picture": RECORDS, "n": range(4)})), "rows.parquet")
    rows = source.table["n"].to_pylist()
    assert len(rows) == 2
    assert [source.images["picture"].read(row) for row in range(2)] == [PNGS[row] for row in rows]


def test_other_bytes_are_left_out_as_before():
    table = pa.table({"text": CAPTIONS, "sound": [{"bytes": b"RIFF....WAVE" * 9, "path": "a.wav"}] * 4})
    for source in (table, {"text": CAPTIONS, "sound": [b"ID3" * 20] * 4}):
        corpus = open_corpus(source)
        assert corpus.images is None
        assert corpus.notes == ('Column "sound" is left out: it holds raw bytes, such as images.',)
    assert read_file(parquet(table), "a.parquet").notes == corpus.notes


def test_rows_without_an_image_stay_texts():
    values = [PNGS[0], None, b"damaged", PNGS[3]]
    corpus = open_corpus(pa.table({"picture": pa.array(values, pa.binary()), "caption": CAPTIONS}))
    assert [item if isinstance(item, str) else item.name for item in corpus.items] == [
        "picture 1", CAPTIONS[1], CAPTIONS[2], "picture 4",
    ]  # fmt: skip
    assert corpus.notes == (
        'Column "picture": 1 of 4 images could not be read '
        "(picture 3: This is not an image in a supported format).",
        'Column "picture": 1 row without an image.',
    )


def test_a_row_with_an_image_needs_no_caption():
    captions = ["one", None, "", "four"]
    corpus = open_corpus(pa.table({"picture": PNGS, "caption": captions}), text="caption")
    assert corpus.texts == ["one", "", "", "four"]
    assert corpus.empty_rows == 0
    has_them(corpus)


def test_of_several_columns_of_images_the_first_is_used_or_the_one_named():
    table = pa.table({"a": PNGS, "b": PNGS[::-1], "caption": CAPTIONS})
    has_them(open_corpus(table))
    has_them(open_corpus(table, images="b"), range(3, -1, -1))
    assert open_corpus(table, images=None).images is None
    error = failure(UnknownCorpusError, open_corpus, table, images="c")
    assert error.what == 'There is no folder and no .zip archive "c", and no column of images but a, b.'


def test_in_an_uploaded_table_paths_of_files_are_not_opened(tmp_path):
    path = tmp_path / "secret.png"
    path.write_bytes(PNGS[1])
    records = [{"bytes": PNGS[0], "path": "0.png"}, {"bytes": None, "path": str(path)}]
    table = pa.table({"picture": pa.array(records), "caption": CAPTIONS[:2]})
    for source in (table, _written(tmp_path / "rows.parquet", table)):
        corpus = open_corpus(source)
        assert corpus.images.item(1) is None
        assert corpus.notes == (
            'Column "picture": 1 row without an image, 1 of which name a file that is not opened.',
        )


def _written(path, table):
    pq.write_table(table, path)
    return path


ADDRESSES = [f"https://example.org/{row}.jpg?size=large" for row in range(4)]


@pytest.mark.parametrize("kind", ["arrow", "csv", "parquet"])
def test_addresses_of_images_are_not_fetched_and_this_is_said(kind, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", None)
    table = pa.table({"image_url": ADDRESSES, "caption": CAPTIONS})
    if kind == "arrow":
        notes = open_corpus(table).notes
    elif kind == "csv":
        lines = [f"{address},{text}" for address, text in zip(ADDRESSES, CAPTIONS, strict=True)]
        notes = read_file("\n".join(["image_url,caption", *lines]).encode(), "rows.csv").notes
    else:
        notes = read_file(parquet(table), "rows.parquet").notes
    assert notes == (
        'Column "image_url" has URLs of images, which are not fetched. '
        "To see the images, provide them as a folder, an archive or a column of bytes.",
    )
    other = open_corpus(
        {"address": ["https://example.org/page"], "caption": ["see https://example.org/a.png"]}
    )
    assert other.notes == ()


def test_a_dataset_of_the_library(tmp_path):
    paths = []
    for row, data in enumerate(PNGS):
        paths.append(str(tmp_path / f"{row}.png"))
        (tmp_path / f"{row}.png").write_bytes(data)
    features = datasets.Features(
        {"image": datasets.Image(), "kind": datasets.ClassLabel(names=["cat", "dog"])}
    )
    rows = {"image": [*paths[:2], *RECORDS[2:]], "kind": [0, 1, 1, 0]}
    made = datasets.Dataset.from_dict(rows, features=features)
    for source in (made, made.select([3, 1]), made.shuffle(seed=1)):
        corpus = open_corpus(source)
        order = [int(name.removesuffix(".png").rpartition("/")[2]) for name in corpus.texts]
        assert len(order) == len(source)
        has_them(corpus, order)
        assert corpus.table["kind"].to_pylist() == [["cat", "dog", "dog", "cat"][row] for row in order]
    made.save_to_disk(tmp_path / "saved")
    has_them(open_corpus(tmp_path / "saved"))


def test_a_dataset_whose_files_are_gone_says_so():
    paths = ["/no/such.png", "https://example.org/a.png"]
    gone = datasets.Dataset.from_dict({"image": paths}).cast_column("image", datasets.Image())
    corpus = open_corpus(gone)
    assert corpus.images is None
    assert corpus.texts == paths
    assert corpus.notes == (
        'Column "image": 2 rows without an image, 2 of which name a file that is not opened.',
    )


def test_bytes_that_a_dictionary_repeats_are_counted_first(bound):
    bound("EXPLORER_MAX_FILE_MB", 1)
    once = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000, pa.int32()), PNGS[:1])
    failure(TooLargeError, open_corpus, pa.table({"picture": once}))


def test_more_than_the_memory_allowed_is_refused(bound):
    bound("EXPLORER_MAX_FILE_MB", 1)
    noise = np.random.default_rng(0).integers(0, 256, (320, 320, 3), dtype=np.uint8)
    many = pa.table({"picture": [saved(Image.fromarray(noise), "PNG")] * 12})
    data = parquet(many)
    assert len(data) < 1_000_000  # stored once
    failure(TooLargeError, read_file, data, "rows.parquet")


FILES = [(f"set/{row}.png", data) for row, data in enumerate(PNGS)]
CSV = "id,picture,caption\n" + "".join(f"{row},{row}.png,{text}\n" for row, text in enumerate(CAPTIONS))


@pytest.fixture(params=["folder", "archive"])
def beside(request, tmp_path):
    """A folder or an archive with four images, and a place for a table."""
    (tmp_path / "rows.csv").write_text(CSV)
    if request.param == "archive":
        (tmp_path / "photos.zip").write_bytes(zipped([*FILES, ("readme.txt", b"hi")]))
        return tmp_path / "photos.zip"
    (tmp_path / "photos" / "set").mkdir(parents=True)
    for name, data in FILES:
        (tmp_path / "photos" / name).write_bytes(data)
    return tmp_path / "photos"


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_a_table_beside_its_images(beside, kind):
    corpus = open_corpus(beside.parent / "rows.csv", images=kind(beside))
    assert (corpus.text, corpus.texts) == ("caption", CAPTIONS)
    has_them(corpus)
    assert corpus.notes == (f'The images are those of {beside.name} that column "picture" names.',)


def test_rows_and_images_that_do_not_meet_are_said(beside):
    rows = {
        "words": ["a b", "c d", "e f", "g h", "i j", None],
        "where": [r"set\1.png", "./set/3.png", "set/9.png", None, "set/1.png", "set/3.png"],
    }
    corpus = open_corpus(rows, images=beside)
    assert [None if item is None else item.name for item in map(corpus.images.item, range(6))] == [
        "set/1.png", "set/3.png", None, None, "set/1.png", "set/3.png",
    ]  # fmt: skip
    assert corpus.item_keys[0] == corpus.item_keys[4]
    assert corpus.texts == ["a b", "c d", "e f", "g h", "i j", ""]
    assert corpus.images.read(4) == PNGS[1]
    assert corpus.images.table.num_rows == 3  # each image once, and none
    assert corpus.notes[1:] == (
        "2 rows without an image of that name: row 3, row 4.",
        f"2 images of {beside.name} that no row names.",
    )


def test_only_the_images_that_rows_name_are_decoded(beside):
    said = []
    open_corpus({"text": ["a b"], "file": ["2.png"]}, images=beside, on_progress=said.append)
    assert (said[-1].done, said[-1].total, said[-1].unit) == (1, 1, "images")


def test_a_table_that_names_no_image_is_refused(beside):
    error = failure(ColumnError, open_corpus, {"text": ["a b"]}, images=beside)
    assert error.what.startswith(f"No column has the names of files in {beside.name}, such as set/0.png")
    error = failure(UnknownCorpusError, open_corpus, {"text": ["a b"]}, images="no.zip")
    assert error.what == 'There is no folder and no .zip archive "no.zip".'


def test_texts_of_a_corpus_with_images_bring_them_along(beside):
    corpus = open_corpus(beside.parent / "rows.csv", images=beside)
    vectors = np.random.default_rng(0).random((4, 8), np.float32)
    own = open_corpus({"v": vectors.tolist()}, texts=corpus)
    np.testing.assert_array_equal(own.vectors, vectors)
    has_them(own)
