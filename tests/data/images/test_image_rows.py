"""Which rows are images, in corpora of texts, of images and of both."""

import numpy as np
import pytest

from explorer.data.added_rows import add_rows
from explorer.data.images.image_rows import has_images, has_only_images, image_rows, image_sizes, is_image
from explorer.data.opening import open_corpus
from tests.image_archives import drawn_archive


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    path = tmp_path_factory.mktemp("images") / "shapes.zip"
    path.write_bytes(drawn_archive(side=16))
    return open_corpus(path).take(np.arange(3))


def test_texts_have_none():
    texts = open_corpus(["one", "two"])
    assert not has_images(texts)
    assert not has_only_images(texts)
    assert not image_rows(texts).any()
    assert not is_image(texts, 0)
    assert image_sizes(texts).shape == (0, 2)


def test_every_row_of_an_archive_is_one(images):
    assert has_images(images)
    assert has_only_images(images)
    assert image_rows(images).all()
    assert is_image(images, 2)
    assert image_sizes(images).tolist() == [[16, 16]] * 3


def test_texts_may_follow_images(images):
    both = add_rows(images, open_corpus(["one", "two"]))
    assert has_images(both)
    assert not has_only_images(both)
    assert image_rows(both).tolist() == [True, True, True, False, False]
    assert [is_image(both, row) for row in (0, 4)] == [True, False]
    assert image_sizes(both).tolist() == [[16, 16]] * 3
    texts = both.take(np.array([3, 4]))
    assert has_images(texts)
    assert not has_only_images(texts)
