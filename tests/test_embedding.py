"""The ways to vectors other than a model on this machine, through the package's face."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

import explorer
from explorer.errors import (
    JobCancelledError,
    ModelChangedError,
    ModelError,
    ModelNotFoundError,
    QueryError,
    UnusableModelError,
    VectorError,
)
from explorer.settings import settings
from tests.inference_server import (
    MODEL,
    Answer,
    LocalInference,
    by_a_wider_model,
    by_another_model,
    by_length,
)


def test_tfidf_finds_rows_by_their_words_and_is_kept_like_any_other(published):
    texts = published["texts"]
    space = explorer.embed(texts, "tfidf")
    for row, text in enumerate(texts):
        assert space.search(text, k=1)[0].row == row
    assert explorer.embed(texts, "tfidf").report.encoded == 0
    other = explorer.embed([*texts, "a text about something else"], "tfidf")
    assert other.encoder.fingerprint != space.encoder.fingerprint
    assert other.report.encoded == len(texts) + 1


def test_own_vectors_are_taken_as_they_are_and_queries_go_through_the_model(published):
    local = explorer.embed(published["texts"], precision="float32")
    table = {"body": published["texts"], "vector": local.vectors.tolist()}
    corpus = explorer.open_corpus(table, text="body", vectors="vector")
    space = explorer.embed(corpus, precision="float32")
    np.testing.assert_array_equal(space.vectors, local.vectors)
    assert space.report.encoded == space.report.cached == 0
    query = "How do I replace my Medicare card?"
    assert [hit.row for hit in space.search(query)] == [hit.row for hit in local.search(query)]
    assert space.encoder.fingerprint != local.encoder.fingerprint


def test_own_vectors_without_a_model_are_searched_by_row_only():
    corpus = explorer.open_corpus({"t": ["a", "b", "c"], "v": [[1.0, 0.0], [0.9, 0.1], [0.0, 1.0]]},
                                  text="t", vectors="v")  # fmt: skip
    space = explorer.embed(corpus, "")
    assert [hit.row for hit in space.similar_to(0)] == [1, 2]
    with pytest.raises(QueryError, match="which model made them was not stated"):
        space.search("a")


@pytest.mark.slow
def test_own_vectors_of_another_model_are_refused_with_both_dimensions():
    corpus = explorer.open_corpus({"t": ["a", "b"], "v": [[1.0, 0.0], [0.9, 0.1]]}, text="t", vectors="v")
    with pytest.raises(VectorError, match="have 2 dimensions, those of the model 384"):
        explorer.embed(corpus)
    with pytest.raises(VectorError, match="no vectors of their own"):
        explorer.embed(["a"], own_vectors=True)


def test_own_vectors_can_be_set_beside_those_of_a_model(tiny_model):
    corpus = explorer.open_corpus({"t": ["a", "b"], "v": [[1.0, 0.0], [0.9, 0.1]]}, text="t", vectors="v")
    assert explorer.embed(corpus, str(tiny_model), own_vectors=False).vectors.shape == (2, 16)


@pytest.fixture
def server(monkeypatch):
    local = LocalInference()
    monkeypatch.setenv("EXPLORER_EMBEDDING_SERVERS", f"team={local.url}")
    settings.cache_clear()
    yield local
    local.close()


def test_a_server_of_the_hosts_encodes_and_its_vectors_are_kept(server):
    first = explorer.embed(["the cat", "my dog"], MODEL, provider="team")
    asked = len(server.asked)
    again = explorer.embed(["the cat", "my dog"], MODEL, provider="team")
    assert again.report.encoded == 0
    np.testing.assert_array_equal(first.vectors, again.vectors)
    assert len(server.asked) == asked
    assert "sent to the server team" in " ".join(first.report.notes)


@pytest.mark.parametrize("known", [True, False])
def test_why_a_server_keeps_us_waiting_is_said_and_cancelling_cuts_it_short(server, monkeypatch, known):
    monkeypatch.setattr("explorer.encode.engines.batch_requests._TICK", 0.05)
    if known:
        explorer.embed(["dims are known"], MODEL, provider="team")
    server.prepared += [Answer(503, {"error": "Model is currently loading", "estimated_time": 60})] * 3
    notes = []

    def cancel(progress):
        notes.append(progress.note)
        if "loading the model" in progress.note:
            raise JobCancelledError("enough")

    with pytest.raises(JobCancelledError, match="enough"):
        explorer.embed(["the cat"], MODEL, provider="team", on_progress=cancel)
    assert "trying again in" in notes[-1]


@pytest.fixture
def no_trust(monkeypatch):
    """A hosted model is asked each time whether it is still the same."""
    monkeypatch.setattr("explorer.encode.engines.hosted._CONFIRMED_SECONDS", 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("model", [by_another_model, by_a_wider_model], ids=["as wide", "wider"])
def test_rows_of_a_model_that_has_changed_are_never_mixed_with_those_of_the_new_one(server, no_trust, model):
    explorer.embed(["the cat", "my dog"], MODEL, provider="team")
    server.encode = model
    space = explorer.embed(["the cat", "my dog", "a third row"], MODEL, provider="team")
    np.testing.assert_array_equal(space.vectors, model(["the cat", "my dog", "a third row"]))
    assert "has changed since" in space.report.notes[0]
    server.encode = by_length
    back = explorer.embed(["the cat", "my dog", "one more"], MODEL, provider="team")
    np.testing.assert_array_equal(back.vectors, by_length(["the cat", "my dog", "one more"]))
    assert back.report.cached == 2  # those of before are known again


@pytest.mark.slow
def test_another_revision_has_the_rows_encoded_again_though_the_vectors_are_alike(server, no_trust):
    server.info = {"model_id": MODEL, "max_input_length": 512, "model_sha": "a" * 40}
    first = explorer.embed(["the cat", "my dog"], MODEL, provider="team")
    server.info["model_sha"] = "b" * 40
    space = explorer.embed(["the cat", "my dog"], MODEL, provider="team")
    assert space.report.cached == 2  # what is kept can be read without asking
    with pytest.raises(ModelChangedError, match=r"revision is now b+, not a+\..*Encode the rows"):
        space.search("a query")
    again = explorer.embed(["the cat", "my dog"], MODEL, provider="team")
    assert (again.report.cached, again.report.encoded) == (0, 2)
    assert again.encoder.fingerprint != first.encoder.fingerprint
    assert again.search("a query", k=1)


@pytest.mark.parametrize("model", [by_another_model, by_a_wider_model], ids=["as wide", "wider"])
def test_queries_of_a_changed_model_are_not_compared_with_vectors_that_rows_brought(server, no_trust, model):
    corpus = explorer.open_corpus({"t": ["a", "b"], "v": by_length(["a", "b"])}, text="t", vectors="v")
    space = explorer.embed(corpus, MODEL, provider="team")
    assert space.search("a", k=1)[0].row == 0
    server.encode = model
    with pytest.raises(VectorError, match=r"has changed since .* own vectors may not go with it\..*Choose"):
        space.search("another")


@pytest.mark.slow
@pytest.mark.parametrize("model", [by_another_model, by_a_wider_model], ids=["as wide", "wider"])
def test_a_query_to_a_model_that_has_changed_says_so(server, no_trust, model):
    space = explorer.embed(["the cat", "my dog"], MODEL, provider="team")
    server.encode = model
    for _ in range(2):
        with pytest.raises(
            ModelChangedError, match=r"tiny/served .* has changed since \d{4}-.*Encode the rows"
        ):
            space.search("the cat")
    again = explorer.embed(["the cat", "my dog"], MODEL, provider="team")
    assert again.report.encoded == 2
    assert again.fingerprint != space.fingerprint
    assert again.search("the cat")[0].text == "the cat"


@pytest.mark.slow
@pytest.mark.parametrize("model", [by_another_model, by_a_wider_model], ids=["as wide", "wider"])
def test_a_model_that_changes_while_rows_are_encoded_leaves_no_mixed_space(server, model):
    texts = [f"{'long ' * number}{number}" for number in range(100)]

    def change_half_way(asked):
        if len(server.asked) > 3:
            server.encode = model
            return model(asked)
        return by_length(asked)

    server.encode = change_half_way
    space = explorer.embed(texts, MODEL, provider="team")
    np.testing.assert_array_equal(space.vectors, model(texts))


def test_the_rows_own_vectors_and_a_query_model_of_other_dimensions(server, no_trust):
    rows = explorer.open_corpus(["the cat", "my dog"])
    rows = replace(rows, vectors=np.array(by_length(rows.texts), np.float32), vector_column="v")
    space = explorer.embed(rows, MODEL, provider="team")
    assert space.search("the cat")[0].text == "the cat"
    server.encode = by_a_wider_model
    with pytest.raises(VectorError, match="now have 9 dimensions, not 4"):
        space.search("my dog")
    with pytest.raises(VectorError, match="4 dimensions, those of the model 9"):
        explorer.embed(rows, MODEL, provider="team")


def varying(angle):
    """Vectors of one model, each answer turned by an angle to another side than the one before."""
    turns = itertools.count()

    def encode(texts):
        side = (0.0, angle, -angle)[next(turns) % 3]
        return [[np.cos(side), np.sin(side), len(text) / 1000, 0.0] for text in texts]

    return encode


@pytest.mark.slow
def test_a_server_whose_answers_vary_is_used_and_what_it_gave_is_kept(server, no_trust):
    server.encode = varying(0.04)
    texts = [f"{'long ' * number}{number}" for number in range(100)]
    first = explorer.embed(texts, MODEL, provider="team")
    assert first.report.encoded == 100
    more = explorer.embed([*texts, "one more"], MODEL, provider="team")
    assert (more.report.cached, more.encoder.fingerprint) == (100, first.encoder.fingerprint)
    assert any("vectors vary (cosine 0.99" in note for note in first.report.notes + more.report.notes)
    assert sum(map(len, server.asked)) < 101 + 20
    more.search("the cat")


def test_unlike_models_that_answer_in_turns_are_refused_and_never_mixed(server, no_trust):
    explorer.embed(["the cat", "my dog"], MODEL, provider="team")
    turns = itertools.cycle([by_another_model, by_length])
    server.encode = lambda texts: next(turns)(texts)
    with pytest.raises(UnusableModelError, match="Several models share this name"):
        explorer.embed(["the cat", "my dog", "a third row"], MODEL, provider="team")
    assert sum(map(len, server.asked)) < 10


def test_rows_in_the_cache_are_read_without_asking_even_when_the_model_has_changed(server):
    explorer.embed(["the cat"], MODEL, provider="team")
    asked = len(server.asked)
    server.encode = by_another_model
    assert explorer.embed(["the cat"], MODEL, provider="team").report.cached == 1
    assert len(server.asked) == asked


def test_who_is_asked_must_be_known_and_an_inference_provider_needs_a_token(monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with pytest.raises(ModelError, match="need a Hugging Face token"):
        explorer.embed(["a"], "owner/model", provider="hf-inference")
    with pytest.raises(ModelNotFoundError, match="No embedding server has that name"):
        explorer.embed(["a"], "owner/model", provider="http://10.0.0.1")
