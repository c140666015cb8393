import numpy as np
import pytest

import explorer
from explorer.analysis.space import Space, make_index
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.encode.encoder import Encoder
from explorer.encode.prompts import TextPrompts
from explorer.encode.spec import LocalModel, OwnVectors
from explorer.errors import QueryError
from explorer.tensor import pairwise
from tests.tensor import reference


@pytest.mark.parametrize("metric", ["cosine", "dot", "euclidean"])
def test_neighbours_are_those_of_float64(space, vectors, metric):
    contender = SpaceContender(space, "vectors", metric)
    rows = np.array([23, 30, 0, 59, 23])
    for k in (1, 6, 59, 80):
        found = contender.neighbors(rows, k)
        indices, scores = reference.neighbors(vectors, k, metric)
        np.testing.assert_array_equal(found.indices, indices[rows])
        np.testing.assert_array_equal(found.scores, scores[rows])


def test_a_row_that_so_many_equal_rows_precede_is_left_out_too():
    space = Space(explorer.open_corpus(["same"] * 9), make_index(np.ones((9, 2), np.float32)))
    found = SpaceContender(space, "equal").neighbors(np.array([8, 0]), 3)
    assert found.indices.tolist() == [[0, 1, 2], [1, 2, 3]]


def test_hits_are_those_of_the_space_and_texts_are_scored_with_both_prompts(tiny_model, texts):
    space = explorer.embed(texts, str(tiny_model), precision="float32")
    contender = SpaceContender(space, "tiny")
    queries = ["where is my refund", "the cat"]
    found = contender.search(queries, 5)
    for line, hits in enumerate(space.search(queries, 5)):
        assert found.indices[line].tolist() == [hit.row for hit in hits]
        assert found.scores[line].tolist() == [hit.score for hit in hits]
    documents = texts[3:9]
    scores = contender.score_texts(queries, documents)
    np.testing.assert_allclose(scores, pairwise(space.encode_queries(queries), space.vectors[3:9]), atol=1e-5)
    # The model puts one prompt before queries and another before rows.
    swapped = contender.score_texts(documents, queries).T
    assert np.abs(scores - swapped).max() > 1e-3
    assert contender.score_texts([], documents).shape == (0, 6)
    assert contender.score_texts(queries, []).shape == (2, 0)
    assert contender.search([], 99).indices.shape == (0, 60)


def test_texts_go_through_the_transforms(tiny_model, texts):
    small = explorer.embed(texts, str(tiny_model), precision="float32").truncate(6).quantize("int8")
    scores = SpaceContender(small, "small").score_texts(["the cat"], texts[:9])
    np.testing.assert_allclose(
        scores, pairwise(small.encode_queries(["the cat"]), small.vectors[:9]), atol=1e-5
    )


def test_vectors_that_came_without_a_model_cannot_be_asked_by_text(vectors, texts):
    corpus = explorer.open_corpus({"t": texts[:9], "v": vectors[:9].tolist()}, text="t", vectors="v")
    space = explorer.embed(corpus, "")
    assert space.spec == OwnVectors()
    contender = SpaceContender(space, "own")
    with pytest.raises(QueryError, match="which model made them"):
        contender.search(["a cat"], 3)
    with pytest.raises(QueryError, match="which model made them"):
        contender.score_texts(["a cat"], ["b"])
    assert contender.neighbors(np.array([0]), 3).indices.shape == (1, 3)


def test_what_cannot_be_asked(space):
    contender = SpaceContender(space, "vectors")
    for call in (
        lambda: contender.search(["a cat"], 3),  # no encoder
        lambda: contender.neighbors(np.array([0]), 0),
        lambda: contender.neighbors(np.array([60]), 3),
    ):
        with pytest.raises(QueryError):
            call()


def test_the_query_prompt_and_the_metric_tell_contenders_apart(space):
    def encoder(query_prompt):
        return Encoder(
            LocalModel(), "one", {}, prompts=TextPrompts("", query_prompt, "chosen"), load=pytest.fail
        )

    spaces = [Space(space.corpus, space.index, encoder(prompt)) for prompt in ("", "query: ")]
    assert spaces[0].fingerprint == spaces[1].fingerprint  # the rows' vectors are the same
    made = [SpaceContender(one, "a") for one in spaces] + [SpaceContender(spaces[0], "a", "dot")]
    assert len({one.fingerprint for one in made}) == 3
    part = made[2].subset(np.array([4, 2]))
    assert (part.metric, len(part.corpus)) == ("dot", 2)
