"""Which texts of images are captions, and which only names of files."""

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from explorer.data.added_rows import add_rows
from explorer.data.corpus_from_table import make_corpus
from explorer.data.images.captions import has_captions, written_captions
from explorer.data.images.images import FILE
from explorer.data.opening import open_corpus
from explorer.data.python import from_arrow
from tests.data.images.files import picture, saved
from tests.image_archives import drawn_archive


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    path = tmp_path_factory.mktemp("images") / "shapes.zip"
    path.write_bytes(drawn_archive(side=16, captions=True))
    return open_corpus(path).take(np.arange(3))


def test_captions_are_those_of_their_column(images):
    assert images.text == "caption"
    assert has_captions(images)
    assert written_captions(images) == images.texts
    assert written_captions(images, [2, 0]) == [images.texts[2], images.texts[0]]


@pytest.mark.parametrize("column", [FILE, "another"])
def test_names_of_files_are_none(images, column):
    table = images.table.append_column("another", images.table[FILE])
    named = dataclasses.replace(images, table=table, text=column)
    assert named.texts[0].endswith(".png")
    assert not has_captions(named)
    assert written_captions(named) == ["", "", ""]


def test_names_without_an_ending_are_none():
    """Images in a table often have no path; they are called by their column and row."""
    pictures = [{"bytes": saved(picture(seed=seed), "PNG"), "path": None} for seed in range(2)]
    corpus = make_corpus(from_arrow(pa.table({"image": pictures}), "rows"))
    assert corpus.texts == ["image 1", "image 2"]
    assert not has_captions(corpus)
    assert written_captions(corpus) == ["", ""]


def test_texts_that_follow_images_are_kept(images):
    named = dataclasses.replace(images, text=FILE)
    both = add_rows(named, open_corpus(["one", "two"]))
    assert written_captions(both) == ["", "", "", "one", "two"]
    assert not has_captions(both)


def test_texts_alone_are_kept_as_they_are():
    texts = open_corpus(["one.png", "two"])
    assert written_captions(texts) is texts.texts
    assert not has_captions(texts)
