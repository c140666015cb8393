"""Retrieval between images and captions, against the ranks written out."""

from dataclasses import replace

import numpy as np
import pytest

from explorer.analysis.space import Space, make_index
from explorer.comparison.compare import compare
from explorer.comparison.contenders.bm25 import Bm25Contender
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.measures.captions import caption_measures, captioned_rows
from explorer.data.opening import open_corpus
from tests.drawn_images import draw, random_drawing


class Captions:
    """An encoder whose vectors of texts are given."""

    fingerprint, query_prompt, similarity, spec, takes_images = "given", "", "cosine", None, True

    def __init__(self, vectors):
        self.vectors = vectors

    def encode_queries(self, texts, on_progress=None):
        return np.stack([self.vectors[text] for text in texts])


@pytest.fixture
def contender(tmp_path):
    """Twelve images whose vectors and captions' vectors are random; two captions and two images are equal."""
    rng = np.random.default_rng(0)
    lines = ["file_name,caption"]
    for number in range(12):
        drawing = random_drawing("star", "red", np.random.default_rng(max(1, number)))
        draw(drawing, 24, seed=max(1, number)).save(tmp_path / f"{number:02}.png")
        lines.append(f"{number:02}.png,caption {min(number, 10)}" + ("" if number != 5 else " "))
    (tmp_path / "metadata.csv").write_text("\n".join(lines))
    corpus = open_corpus(tmp_path, text="caption", label=None)
    given = {text: rng.normal(size=6).astype(np.float32) for text in dict.fromkeys(corpus.texts)}
    vectors = np.stack([given[text] for text in corpus.texts]) + rng.normal(size=(12, 6)).astype(np.float32)
    return SpaceContender(Space(corpus, make_index(vectors.astype(np.float32)), Captions(given)), "one")


def test_values_are_reciprocal_ranks_both_ways(contender):
    corpus, groups = contender.corpus, np.arange(12)
    rows = captioned_rows(corpus, np.arange(12))
    to_image, to_text = caption_measures([contender, Bm25Contender(corpus)], rows, groups)
    images = contender.space.vectors.astype(np.float64)
    texts = contender.space.encoder.encode_queries(corpus.texts).astype(np.float64)
    images, texts = (each / np.linalg.norm(each, axis=1, keepdims=True) for each in (images, texts))
    scores = texts @ images.T
    for row in range(12):
        others = [
            each
            for each in range(12)
            if corpus.texts[each] != corpus.texts[row] and corpus.item_keys[each] != corpus.item_keys[row]
        ]
        assert to_image.values[0, row] == pytest.approx(1 / (1 + sum(scores[row, others] > scores[row, row])))
        assert to_text.values[0, row] == pytest.approx(1 / (1 + sum(scores[others, row] > scores[row, row])))
    # Rows 10 and 11 have one caption, rows 0 and 1 one image: each pair counts once.
    assert len(set(corpus.texts)) == 11
    assert len(set(to_image.groups.tolist())) == 10
    assert corpus.repeated == 1
    assert np.isnan(to_image.values[1]).all()


def test_rows_without_an_image_are_left_out(contender):
    corpus = contender.corpus
    images = corpus.images.take(np.arange(9)).followed_by(None, 3)
    space = Space(replace(corpus, images=images), contender.space.index, contender.space.encoder)
    rows = captioned_rows(space.corpus, np.arange(12))
    np.testing.assert_array_equal(rows, np.arange(9))
    without = Space(corpus.reading("caption"), contender.space.index, contender.space.encoder)
    assert len(captioned_rows(without.corpus, np.arange(12))) == 0


def test_a_comparison_of_images_is_decided_by_captions(tmp_path, tiny_clip):
    from explorer import embed
    from tests.drawn_images import COLOURS, SHAPES

    rng, lines = np.random.default_rng(5), ["file_name,caption"]
    for number, (shape, colour) in enumerate((shape, colour) for shape in SHAPES for colour in COLOURS):
        drawing = random_drawing(shape, colour, rng)
        draw(drawing, 32, seed=number).save(tmp_path / f"{number}.png")
        lines.append(f"{number}.png,{drawing.short_caption}")
    (tmp_path / "metadata.csv").write_text("\n".join(lines))
    space = embed(open_corpus(tmp_path, text="caption", label=None), str(tiny_clip))
    comparison = compare([space, space.truncate(2)])
    assert comparison.verdict.basis.kind == "captions"
    assert comparison.verdict.best == (comparison.contenders[0].name,)
    assert "matches captions and images better" in comparison.verdict.text
    names = {values.measure.name for values in comparison.values}
    assert not any("two-view" in name for name in names)


def test_names_of_files_are_no_captions(tmp_path, tiny_clip):
    from explorer import embed

    for number in range(6):
        draw(random_drawing("star", "red", np.random.default_rng(number)), 24).save(
            tmp_path / f"{number}.png"
        )
    space = embed(tmp_path, str(tiny_clip))
    assert space.corpus.text == "file"
    assert len(captioned_rows(space.corpus, np.arange(6))) == 0
    comparison = compare([space, space.center()])
    assert not any(values.measure.kind == "captions" for values in comparison.values)
    assert "Captions are not used: fewer than two images have one." in comparison.notes
