"""Words for clusters of images, by a small model that knows shapes and colours."""

import dataclasses

import numpy as np
import pytest

from explorer import embed, open_corpus
from explorer.analysis.cluster_words import describe
from explorer.analysis.clusters import Clustering
from explorer.analysis.image_words import candidate_words, everyday_words, guessed_words
from explorer.analysis.space import Space, make_index
from explorer.data.images.captions import written_captions
from explorer.tensor import normalize
from tests.drawn_images import COLOURS, SHAPES, draw, random_drawing


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two drawings of each shape and colour, with captions and colours in a table."""
    made, rng = tmp_path_factory.mktemp("drawn"), np.random.default_rng(4)
    lines = ["file_name,caption,colour"]
    kinds = [(shape, colour) for shape in SHAPES for colour in COLOURS] * 2
    for number, (shape, colour) in enumerate(kinds):
        drawing = random_drawing(shape, colour, rng)
        draw(drawing, 64, seed=number).save(made / f"{number:03}.png")
        lines.append(f"{number:03}.png,{drawing.caption},{colour}")
    (made / "metadata.csv").write_text("\n".join(lines))
    return made


def by_colour(space, colours):
    """A cluster for each colour, and their names."""
    names = list(COLOURS)
    labels = np.array([names.index(colour) for colour in colours])
    centroids = np.zeros((len(names), space.dims), np.float32)
    return Clustering(labels, centroids, 0.0, "cosine", len(names), 0, "k-means"), names


def colours_of(space):
    return space.corpus.table["colour"].to_pylist()


@pytest.mark.parametrize("text", ["caption", "file"])
def test_clusters_by_colour_get_the_word_of_their_colour(folder, tiny_clip, text):
    """From the captions and, where texts are names of files, from everyday words."""
    space = embed(open_corpus(folder, text=text, label=None), str(tiny_clip))
    clustering, names = by_colour(space, colours_of(space))
    guessed = guessed_words(space, clustering)
    assert [words[0] for words in guessed] == names
    if text == "file":
        assert candidate_words(space.corpus) == everyday_words()
        assert set(written_captions(space.corpus)) == {""}
        assert not any(one.words or one.name_words for one in describe(space, clustering))


def test_a_gap_between_images_and_texts_does_not_decide(folder, tiny_clip):
    space = embed(open_corpus(folder, text="caption", label=None), str(tiny_clip))
    words = candidate_words(space.corpus)
    directions = normalize(space.encode_queries(words))
    moved = normalize(space.vectors) + np.float32(1.5) * directions[words.index("sand")]
    apart = Space(space.corpus, make_index(moved), space.encoder)
    clustering, names = by_colour(apart, colours_of(space))
    raw = [directions @ moved[clustering.rows(label)].mean(axis=0) for label in range(clustering.k)]
    assert len({words[int(scores.argmax())] for scores in raw}) == 1  # the premise: one word for all
    assert [found[0] for found in guessed_words(apart, clustering)] == names


def test_labels_are_candidates_too_and_rows_of_text_get_no_guess(folder, tiny_clip):
    corpus = open_corpus(folder, text="file", label="colour")
    labelled = dataclasses.replace(
        corpus,
        table=corpus.table.set_column(
            corpus.table.column_names.index("colour"), "colour", [["Zebra_fish"] * len(corpus)]
        ),
    )
    assert set(candidate_words(labelled)) == {*everyday_words(), "Zebra fish"}
    space = embed(corpus, str(tiny_clip))
    clustering, names = by_colour(space, corpus.labels)
    assert [words[0] for words in guessed_words(space, clustering)] == names
    one = dataclasses.replace(clustering, labels=np.zeros(len(space), np.int64), k=1)
    assert guessed_words(space, one) == ((),)  # nothing tells it from others
    texts = embed(["a red star", "a blue star"], "tfidf")
    assert guessed_words(texts, texts.cluster(2)) is None


def test_central_images_are_shown_once_each(tmp_path, tiny_clip):
    rng = np.random.default_rng(1)
    for number in range(6):
        draw(random_drawing("star", "red", rng), 64, seed=number).save(tmp_path / f"a{number}.png")
        (tmp_path / f"b{number}.png").write_bytes((tmp_path / f"a{number}.png").read_bytes())
    space = embed(tmp_path, str(tiny_clip))
    (summary,) = describe(space, space.cluster(1))
    keys = [space.corpus.item_keys[row] for row in summary.central]
    assert len(keys) == len(set(keys)) == 6


def test_the_everyday_words_are_different_and_many():
    words = everyday_words()
    assert len(set(words)) == len(words) > 300
    assert set(COLOURS) | set(SHAPES) <= set(words)
