"""Scores of queries of one kind are compared with those of others of their kind."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from explorer import embed, open_corpus
from explorer.analysis.score_scales import (
    compared_texts,
    scale_of_images,
    scale_of_mixtures,
    scale_of_texts,
)
from explorer.analysis.weak_hits import MEANINGLESS
from explorer.data.added_rows import add_rows
from tests.image_archives import drawn_archive


@pytest.fixture(scope="module")
def archives(tmp_path_factory):
    folder = tmp_path_factory.mktemp("archives")
    for name, captions in (("plain.zip", False), ("told.zip", True)):
        (folder / name).write_bytes(drawn_archive(captions=captions, side=48))
    return folder


@pytest.fixture(scope="module")
def space(archives, tiny_clip, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXPLORER_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        return embed(open_corpus(archives / "told.zip"), str(tiny_clip), precision="float32")


def test_words_are_compared_with_captions_else_labels_else_what_has_no_meaning(archives):
    told, plain = open_corpus(archives / "told.zip"), open_corpus(archives / "plain.zip")
    assert compared_texts(told).kind == "caption"
    assert len(compared_texts(told).texts) == 32
    assert set(compared_texts(told).texts) <= set(told.texts)
    assert compared_texts(plain).kind == "label"
    assert set(compared_texts(plain).texts) == set(plain.labels)
    unlabelled = dataclasses.replace(plain, label=None)
    assert compared_texts(unlabelled).texts == MEANINGLESS


def test_a_percentile_is_the_share_of_lower_scores_of_such_pairs(space):
    texts = space.encode_queries(["a red circle", "a blue star", "a green ring"])
    scale = scale_of_texts(space, "caption", texts, "cosine")
    scores = texts / np.linalg.norm(texts, axis=1)[:, None]
    vectors = space.vectors / np.linalg.norm(space.vectors, axis=1)[:, None]
    every = (scores.astype(np.float64) @ vectors.astype(np.float64).T).ravel()
    for score in np.quantile(every, [0, 0.3, 0.77, 1]):
        expected = 100 * (every < score - 1e-7).mean()
        assert scale.percentile(0, score) == pytest.approx(expected, abs=100 / len(every) + 1e-9)
    assert scale.percentile(0, 2.0) == 100
    assert scale.pairs(0) == scale.pairs() == "pairs of an image and a caption"


def test_an_image_is_not_compared_with_itself(space):
    scale = scale_of_images(space, "cosine")
    assert scale.pairs(0) == "pairs of images"
    assert len(scale.scores[True]) == len(space) * (len(space) - 1)  # of up to 64 images
    assert scale.scores[True].max() < 1 - 1e-6
    assert not len(scale.scores[False])


def test_mixtures_are_between_both(space):
    texts = space.encode_queries(list(compared_texts(space.corpus).texts))
    of_texts = scale_of_texts(space, "caption", texts, "cosine").scores[True]
    of_images = scale_of_images(space, "cosine").scores[True]
    low, high = sorted([of_texts.mean(), of_images.mean()])
    scale = scale_of_mixtures(space, "caption", texts, 0.5, "cosine")
    assert scale.pairs() == "pairs of an image and a mixture of a caption with another image"
    assert len(scale.scores[True]) == len(texts) * (len(space) - 1)
    # Only words: the same scores, without those of the rows that nothing counts of.
    only = scale_of_mixtures(space, "caption", texts, 1.0, "cosine").scores[True]
    assert only.mean() == pytest.approx(of_texts.mean(), abs=0.05)
    assert low - 0.2 < scale.scores[True].mean() < high + 0.2


def test_rows_that_are_texts_have_scores_of_their_own(archives, tiny_clip):
    corpus = add_rows(open_corpus(archives / "plain.zip"), open_corpus(["a red circle", "a blue star"]))
    mixed = embed(corpus, str(tiny_clip), precision="float32")
    texts = mixed.encode_queries(["a green ring", "a black heart"])
    scale = scale_of_texts(mixed, "label", texts, "cosine")
    assert (len(scale.scores[True]), len(scale.scores[False])) == (2 * 64, 2 * 2)
    assert scale.pairs(0) == "pairs of an image and a label"
    assert scale.pairs(65) == "pairs of a text and a label"
    assert scale.pairs() == "pairs of an image or a text and a label"
