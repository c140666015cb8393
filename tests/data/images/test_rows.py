"""What is done with rows that are images: added, split, read by another column."""

import numpy as np

import explorer
from explorer.data.added_rows import add_rows
from explorer.data.opening import open_corpus
from explorer.errors import DataError
from tests.data.failing import failure
from tests.data.images.files import PLACE, exif, picture, saved
from tests.data.images.test_listing import zipped

TEXTS = ["a sentence of words", "another one"]


def images(tmp_path, seeds=(0, 1, 2), name="photos.zip"):
    files = [(f"{seed}.png", saved(picture(seed=seed), "PNG", exif=exif())) for seed in seeds]
    captions = "\n".join(["file_name,caption,kind", *(f"{seed}.png,number {seed},x" for seed in seeds)])
    (tmp_path / name).write_bytes(zipped([*files, ("metadata.csv", captions)]))
    return open_corpus(tmp_path / name)


def shown(corpus):
    return [item if isinstance(item, str) else item.name for item in corpus.items]


def test_images_follow_images(tmp_path):
    both = add_rows(images(tmp_path), images(tmp_path, (2, 3), "more.zip"))
    assert shown(both) == ["0.png", "1.png", "2.png", "2.png", "3.png"]
    assert both.texts == ["number 0", "number 1", "number 2", "number 2", "number 3"]
    assert both.item_keys[2] == both.item_keys[3]
    assert both.notes[-1] == (
        "2 rows of more.zip follow the first 3; 1 of them repeats an image or a text of the rows before."
    )
    with both.images.item(4).open() as image:
        np.testing.assert_array_equal(np.asarray(image), np.asarray(picture(seed=3)))


def test_texts_and_images_follow_each_other(tmp_path):
    texts = open_corpus(TEXTS)
    assert shown(add_rows(images(tmp_path), texts)) == ["0.png", "1.png", "2.png", *TEXTS]
    assert shown(add_rows(texts, images(tmp_path))) == [*TEXTS, "0.png", "1.png", "2.png"]
    assert add_rows(texts, open_corpus(["x"])).images is None
    again = add_rows(add_rows(texts, images(tmp_path)), texts)
    assert shown(again.take(np.array([7 - 1, 2, 0]))) == [TEXTS[1], "0.png", TEXTS[0]]


def test_another_text_column_is_read_in_place_of_the_images(tmp_path):
    corpus = images(tmp_path).reading("caption")
    assert corpus.images is None
    assert shown(corpus) == ["number 0", "number 1", "number 2"]
    assert corpus.item_keys == open_corpus(shown(corpus)).item_keys


def test_images_have_no_passages(tmp_path):
    error = failure(DataError, explorer.split_passages, images(tmp_path), size=2)
    assert error.what == "The rows are images, and only texts can be split into passages."
    assert error.fix == 'Take their captions as the rows: `corpus.reading("caption")`.'


def test_labels_can_be_another_column(tmp_path):
    images(tmp_path)
    corpus = open_corpus(tmp_path / "photos.zip", label="kind")
    assert corpus.labels == ["x", "x", "x"]
    assert corpus.label_sizes == (("x", 3),)


def test_the_rows_have_no_bytes_of_images_and_none_of_their_metadata(tmp_path):
    corpus = images(tmp_path)
    assert PLACE.encode() in corpus.images.read(0)  # kept, to encode them
    assert corpus.table.column_names == ["file", "caption", "kind"]
    everything = repr([corpus.table.to_pylist(), corpus.row(0), corpus.items, corpus.captions])
    assert PLACE not in everything
    assert not any(PLACE.encode() in corpus.images.thumbnail(row) for row in range(3))
