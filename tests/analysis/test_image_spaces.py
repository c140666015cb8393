"""Spaces of images: searched by words, by images and by both, and aligned with their captions."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from explorer import embed, open_corpus
from explorer.analysis.modality_gap import align_means, modality_gap
from explorer.comparison.compare import compare
from explorer.errors import EncodeError, QueryError, UnreadableFileError
from tests.drawn_images import COLOURS, SHAPES, draw, random_drawing


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A drawing of each shape and colour with its caption."""
    made, rng = tmp_path_factory.mktemp("drawn"), np.random.default_rng(3)
    lines = ["file_name,caption,label"]
    for number, (shape, colour) in enumerate((shape, colour) for shape in SHAPES for colour in COLOURS):
        drawing = random_drawing(shape, colour, rng)
        draw(drawing, 64, seed=number).save(made / f"{number}.png")
        lines.append(f"{number}.png,{drawing.caption},{shape}")
    (made / "metadata.csv").write_text("\n".join(lines))
    return made


@pytest.fixture(scope="module")
def space(folder, tiny_clip):
    return embed(open_corpus(folder, text="caption", label="label"), str(tiny_clip), precision="float32")


def test_images_are_found_by_an_image(space, folder):
    path = folder / "10.png"
    row = space.corpus.table["file"].to_pylist().index("10.png")
    with Image.open(path) as opened:
        by_image, by_path = space.search(opened, 3), space.search(path, 3)
    assert by_image == by_path
    assert by_image[0].row == row
    assert by_image[0].score == pytest.approx(1, abs=1e-5)
    several = space.search([path, "a red circle"], 3)
    assert several[0] == by_path
    assert several[1] == space.search("a red circle", 3)


def test_an_image_and_a_text_are_searched_for_together(space, folder):
    path = folder / "0.png"
    text, image = space.encode_queries(["a blue star", path]).astype(np.float64)
    text, image = text / np.linalg.norm(text), image / np.linalg.norm(image)
    for weight in (0, 0.3, 1):
        expected = weight * text + (1 - weight) * image
        expected /= np.linalg.norm(expected)
        mixed = space.encode_mixed("a blue star", path, weight=weight)
        np.testing.assert_allclose(mixed[0], expected, atol=1e-6)
    with pytest.raises(QueryError, match=r"The weight is 1\.5"):
        space.encode_mixed("a blue star", path, weight=1.5)


def test_what_is_no_image_is_an_error(space, tmp_path, tiny_model):
    (tmp_path / "a.png").write_text("no image")
    with pytest.raises(UnreadableFileError, match=r"a\.png: This is not an image in a supported format"):
        space.search(tmp_path / "a.png")
    with pytest.raises(UnreadableFileError, match=r"b\.png: The image cannot be opened"):
        space.search(tmp_path / "b.png")
    of_texts = embed(["a cat", "a dog"], str(tiny_model))
    with pytest.raises(EncodeError, match="does not take images"):
        of_texts.search(Image.new("RGB", (8, 8)))
    with pytest.raises(QueryError, match="have no images"):
        of_texts.caption_space()


def test_aligned_means_are_zero_and_queries_lose_that_of_the_captions(space):
    captions, aligned = space.caption_space(), space.align()
    assert captions.corpus.texts == space.corpus.texts
    unit = [each.vectors.astype(np.float64) for each in (space, captions)]
    unit = [each / np.linalg.norm(each, axis=1, keepdims=True) for each in unit]
    np.testing.assert_allclose(aligned.vectors, unit[0] - unit[0].mean(0), atol=1e-6)
    assert np.abs(aligned.vectors.mean(0)).max() < 1e-6
    texts = aligned.encode_queries(space.corpus.texts)
    np.testing.assert_allclose(texts, unit[1] - unit[1].mean(0), atol=1e-5)
    documents = space.encoder.encode_documents(space.corpus.texts)
    np.testing.assert_allclose(aligned.place_documents(documents), texts, atol=1e-6)
    before, after = modality_gap(space, captions), modality_gap(*align_means(space, captions))
    assert after.distance < before.distance
    assert after.other_share >= before.other_share
    with pytest.raises(QueryError, match="without other changes"):
        space.center().align()
    unnamed = space.for_corpus(replace(space.corpus, text="file"))
    with pytest.raises(QueryError, match="no captions, only names of files"):
        unnamed.align()
    images = space.corpus.images.take(np.arange(60)).followed_by(None, 4)
    with pytest.raises(QueryError, match="Some rows have no image"):
        space.for_corpus(replace(space.corpus, images=images)).align()


def test_aligned_images_are_a_contender(space):
    comparison = compare([space, space.align(), space.center()])
    assert "means aligned" in comparison.contenders[1].name
    assert comparison.scores()
