"""Scores of texts are those of the contender itself, whichever vectors are shared or cached."""

import numpy as np
import pytest

import explorer
from explorer.comparison.contenders.csls import CslsContender
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.measures.encoded_texts import EncodedTexts
from explorer.encode.encoder import Encoder
from explorer.encode.prompts import TextPrompts
from explorer.encode.spec import LocalModel, OwnVectors

ROWS = ["a red cart", "the blue boat sails", "one more row", "nothing of the kind"]
TEXTS = ("a red boat", "the cart", "a red boat", "sails")


def space_of(tiny_model, query_prompt):
    return explorer.embed(ROWS, str(tiny_model), precision="float32", prompt="", query_prompt=query_prompt)


@pytest.mark.parametrize("query_prompt", ["", "query: "])
def test_scores_are_those_of_the_contender(tiny_model, query_prompt):
    space = space_of(tiny_model, query_prompt)
    texts = EncodedTexts(TEXTS)
    for contender in (
        SpaceContender(space, "whole"),
        SpaceContender(space.quantize("int8"), "int8"),
        CslsContender(space, "csls"),
    ):
        expected = contender.score_texts(TEXTS, TEXTS)
        np.testing.assert_allclose(texts.scores(contender), expected, atol=1e-5)


def test_nothing_is_encoded_twice_where_queries_and_rows_are_encoded_alike(tiny_model, monkeypatch):
    contender = SpaceContender(space_of(tiny_model, ""), "whole")
    before = EncodedTexts(TEXTS).scores(contender)
    monkeypatch.setattr(Encoder, "engine", property(lambda _encoder: pytest.fail("a model was run")))
    np.testing.assert_array_equal(EncodedTexts(TEXTS).scores(contender), before)


def test_the_models_own_vectors_are_not_taken_for_vectors_that_rows_brought(tiny_model):
    own = np.eye(4, explorer.embed(ROWS, str(tiny_model)).dims, dtype=np.float32)
    space = explorer.embed(
        explorer.open_corpus({"text": ROWS, "v": own.tolist()}, text="text", vectors="v"), str(tiny_model)
    )
    assert isinstance(space.encoder.spec, OwnVectors)
    contender = SpaceContender(space, "own")
    texts = (*ROWS, "another")
    np.testing.assert_allclose(
        EncodedTexts(texts).scores(contender), contender.score_texts(texts, texts), atol=1e-5
    )


@pytest.mark.parametrize(
    ("spec", "identity", "query_prompt", "symmetric"),
    [
        (LocalModel(), {}, "", True),
        (LocalModel(), {}, "query: ", False),
        (LocalModel(), {"role": "document"}, "", False),  # a Router
        (OwnVectors(LocalModel()), {}, "", False),
    ],
)
def test_an_encoder_is_symmetric_if_it_encodes_queries_and_rows_alike(
    spec, identity, query_prompt, symmetric
):
    prompts = TextPrompts("", query_prompt, "chosen")
    encoder = Encoder(spec, "a model", identity, prompts=prompts, load=pytest.fail)
    assert encoder.is_symmetric is symmetric
