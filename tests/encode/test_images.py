"""Encoding images: the vectors of sentence-transformers, in the space of the texts."""

import numpy as np
import pytest

from explorer import embed, open_corpus
from explorer.data.images.images import image_item
from explorer.encode.engines import torch_engine
from explorer.encode.run import encode_corpus
from explorer.errors import DataError, EncodeError, UnusableModelError
from tests.drawn_images import COLOURS, SHAPES, draw, random_drawing


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three drawings of each shape and colour, in a folder for each shape."""
    made, rng = tmp_path_factory.mktemp("drawn"), np.random.default_rng(7)
    for number, (shape, colour) in enumerate((shape, colour) for shape in SHAPES for colour in COLOURS):
        (made / shape).mkdir(exist_ok=True)
        for copy in range(3):
            drawing = random_drawing(shape, colour, rng)
            draw(drawing, 100, seed=3 * number + copy).save(made / shape / f"{colour}-{copy}.png")
    return made


@pytest.fixture(scope="module")
def reference(tiny_clip):
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(tiny_clip), device="cpu")


def test_vectors_are_those_of_sentence_transformers(folder, tiny_clip, reference):
    corpus = open_corpus(folder)
    space = embed(corpus, str(tiny_clip), precision="float32")
    paths = [str(folder / name) for name in corpus.texts]
    np.testing.assert_allclose(space.vectors, reference.encode(paths), atol=1e-5)
    texts = ["a red circle", "a blue star on a dark ground"]
    np.testing.assert_allclose(space.encode_queries(texts), reference.encode(texts), atol=1e-5)


def test_words_find_the_shape_and_the_colour(folder, tiny_clip):
    space = embed(folder, str(tiny_clip))
    assert space.corpus.label == "label"
    shapes, colours = [], []
    for shape in SHAPES:
        for colour in COLOURS:
            hits = space.search(f"a {colour} {shape}", 3)
            shapes += [hit.text.split("/")[0] == shape for hit in hits]
            colours += [colour in hit.text for hit in hits]
    assert np.mean(shapes) > 0.7  # of 8: at random 0.125
    assert np.mean(colours) > 0.95


def test_a_renamed_file_is_not_encoded_again(folder, tiny_clip, tmp_path):
    drawn = draw(random_drawing("star", "red", np.random.default_rng(0)))
    for name in ("one.png", "two.bmp", "three.tiff"):
        drawn.save(tmp_path / name)
    space = embed(tmp_path, str(tiny_clip))
    assert space.report.distinct == 1
    assert space.report.encoded == 1
    (tmp_path / "one.png").rename(tmp_path / "another.png")
    again = embed(tmp_path, str(tiny_clip))
    assert again.report.encoded == 0
    np.testing.assert_array_equal(again.vectors, space.vectors)


def test_a_model_of_texts_says_that_it_takes_no_images(folder, tiny_model):
    with pytest.raises(EncodeError, match="reads only texts, and the rows are images"):
        embed(folder, str(tiny_model))
    with pytest.raises(EncodeError, match="reads only texts"):
        embed(folder, "tfidf")


@pytest.mark.slow
def test_a_model_of_images_alone_says_that_it_takes_no_texts(tmp_path):
    from transformers import ViTConfig, ViTImageProcessorPil, ViTModel

    size = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    ViTModel(ViTConfig(**size, image_size=32, patch_size=16)).save_pretrained(str(tmp_path))
    ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(str(tmp_path))
    with pytest.raises(UnusableModelError, match="The model does not take texts"):
        embed(["a red circle"], str(tmp_path))


def test_several_processes_are_no_obstacle(folder, tiny_clip):
    corpus = open_corpus(folder, limit=12, seed=5)
    space = embed(corpus, str(tiny_clip), precision="float32", workers=2)
    assert space.report.encoded == 12
    assert space.report.notes[-1] == (
        "2 processes were asked for; 1 was used, as images are encoded in one process."
    )


def test_a_text_that_looks_like_an_image_is_read_as_a_text(tiny_clip, folder, reference, monkeypatch):
    """sentence-transformers would open the address or the path."""
    monkeypatch.setattr(torch_engine, "fast_tokenizer", lambda _files, _model: None)
    path = next(folder.rglob("*.png"))
    texts = [str(path), "http://127.0.0.1:9/a.png", "data:image/png;base64,AAAA"]
    space = embed(texts, str(tiny_clip), precision="float32")
    expected = reference.encode([{"text": text} for text in texts])
    np.testing.assert_allclose(space.vectors, expected, atol=1e-5)
    with pytest.raises(Exception):  # noqa: B017, PT011 - the premise: the plain strings are opened
        reference.encode(texts[1:])


def test_texts_and_images_can_be_rows_of_one_corpus(folder, tiny_clip, reference):
    from dataclasses import replace

    corpus = open_corpus(folder, limit=6)
    images = corpus.images.take(np.arange(3)).followed_by(None, 3)
    mixed = replace(corpus, images=images)
    space = embed(mixed, str(tiny_clip), precision="float32")
    paths = [str(folder / name) for name in corpus.texts[:3]]
    np.testing.assert_allclose(space.vectors[:3], reference.encode(paths), atol=1e-5)
    expected = reference.encode([{"text": text} for text in corpus.texts[3:]])
    np.testing.assert_allclose(space.vectors[3:], expected, atol=1e-5)


def test_a_file_that_changes_meanwhile_is_an_error(tiny_clip, tmp_path, cache):
    from explorer.encode.opening import open_encoder
    from explorer.encode.spec import spec_for

    path = tmp_path / "a.png"
    draw(random_drawing("star", "red", np.random.default_rng(0))).save(path)
    corpus = open_corpus(tmp_path)
    encoder = open_encoder(spec_for(str(tiny_clip), precision="float32"), corpus, cache)
    draw(random_drawing("ring", "blue", np.random.default_rng(0))).save(path)
    with pytest.raises(DataError, match=r"a\.png: The image has been changed since it was opened"):
        encode_corpus(encoder, corpus, cache)
    path.unlink()
    with pytest.raises(DataError, match="cannot be opened"):
        encode_corpus(encoder, corpus, cache)


def test_an_image_can_be_encoded_without_a_corpus(tiny_clip, folder, reference):
    from PIL import Image

    path = next(folder.rglob("*.png"))
    space = embed(["a red circle"], str(tiny_clip), precision="float32")
    with Image.open(path) as opened:
        vectors = space.encoder.encode_queries([image_item(path), "a red circle", image_item(opened)])
    np.testing.assert_allclose(vectors[0], reference.encode(str(path)), atol=1e-5)
    np.testing.assert_array_equal(vectors[0], vectors[2])
