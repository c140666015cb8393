"""Hosted models are asked as their authors mean, whom the Hub or the table of families speaks for."""

import json

import pytest

import explorer
from explorer.encode.hosted_prompts import hosted_prompts, kept_prompts
from explorer.encode.spec import HostedModel
from explorer.settings import settings
from tests import hub_server, inference_server

PROMPTS = {"query": "ask: ", "passage": "read: ", "Clustering": "group: "}


@pytest.fixture
def hub(monkeypatch, tmp_path, tiny_model):
    server = hub_server.LocalHub()
    hub_server.talk_to(server, monkeypatch, tmp_path / "hub-cache")
    folder = tmp_path / "prompted"
    folder.mkdir()
    (folder / "config_sentence_transformers.json").write_text(json.dumps({"prompts": PROMPTS}))
    server.repositories["owner/prompted"] = folder
    yield server
    server.close()


def asked(model, cache, **more):
    prompts = hosted_prompts(HostedModel("team", model, **more), cache)
    return prompts.document, prompts.query, prompts.origin


def test_a_model_on_the_hub_is_asked_as_its_own_files_say(hub, cache):
    assert kept_prompts("owner/prompted", cache) is None
    assert asked("owner/prompted", cache) == ("read: ", "ask: ", "own files")
    assert asked("owner/prompted", cache, task="clustering") == ("group: ", "group: ", "own files")
    assert kept_prompts("owner/prompted", cache) == PROMPTS
    assert {path.rpartition("/")[2] for path in hub.requests} == {"config_sentence_transformers.json"}


@pytest.mark.parametrize(
    ("model", "document", "query"),
    [
        ("intfloat/multilingual-e5-large", "passage: ", "query: "),
        ("nomic-embed-text:latest", "search_document: ", "search_query: "),
        ("BAAI/bge-m3", "", ""),
    ],
)
def test_a_model_whose_files_name_none_is_asked_as_its_family(hub, cache, model, document, query):
    assert asked(model, cache) == (document, query, "family")


def test_a_gated_model_is_asked_as_its_family(hub, cache):
    hub.repositories["google/embeddinggemma-300m"] = hub.repositories["owner/prompted"]
    hub.gated.add("google/embeddinggemma-300m")
    assert asked("google/embeddinggemma-300m", cache)[2] == "family"


def test_while_the_hub_is_out_of_reach_a_model_is_asked_as_before(hub, cache):
    before = asked("owner/prompted", cache)
    hub.failing.add(hub_server.EVERYTHING)
    assert asked("owner/prompted", cache) == before
    assert asked("owner/other", cache) == ("", "", "nobody")
    assert kept_prompts("owner/other", cache) is None


@pytest.mark.parametrize("how", ["gated", "private"])
def test_a_model_that_the_hub_hides_since_is_asked_as_before(hub, cache, how):
    before = asked("owner/prompted", cache)
    if how == "gated":
        hub.gated.add("owner/prompted")
    else:
        del hub.repositories["owner/prompted"]
    assert asked("owner/prompted", cache) == before


def test_a_model_whose_authors_take_its_prompts_back_is_asked_without(hub, cache):
    asked("owner/prompted", cache)
    (hub.repositories["owner/prompted"] / "config_sentence_transformers.json").unlink()
    assert asked("owner/prompted", cache) == ("", "", "nobody")
    assert kept_prompts("owner/prompted", cache) == {}


def test_that_the_hub_has_no_such_model_is_known_once_it_was_asked(hub, cache):
    assert asked("owner/elsewhere", cache) == ("", "", "nobody")
    assert kept_prompts("owner/elsewhere", cache) == {}


@pytest.mark.parametrize("content", ["[1, 2", '{"prompts": ["x"]}', '{"prompts": {"query": 3}}', "[]"])
def test_files_that_make_no_sense_name_no_prompts(hub, cache, content):
    (hub.repositories["owner/prompted"] / "config_sentence_transformers.json").write_text(content)
    assert asked("owner/prompted", cache) == ("", "", "nobody")


@pytest.mark.parametrize("model", ["nomic-embed-text:v1.5", "served", "a/b/c", "owner/prompted:q4"])
def test_the_hub_is_not_asked_for_what_is_no_id_of_its_or_is_chosen(hub, cache, model):
    asked(model, cache)
    asked("owner/prompted", cache, prompt="row: ", query_prompt="")
    assert hub.requests == []


@pytest.fixture
def inference(monkeypatch):
    server = inference_server.LocalInference()
    monkeypatch.setenv("EXPLORER_EMBEDDING_SERVERS", f"team={server.url}")
    settings.cache_clear()
    yield server
    server.close()


@pytest.mark.slow
def test_embed_sends_rows_and_queries_with_those_prompts(hub, inference):
    space = explorer.embed(["one", "two"], "owner/prompted", provider="team")
    space.encoder.encode_queries(["where"])
    sent = [text for texts in inference.asked for text in texts]
    assert {"read: one", "read: two", "ask: where"} <= set(sent)
    grouped = explorer.embed(["one", "two"], "owner/prompted", provider="team", task="clustering")
    assert ["group: one", "group: two"] in inference.asked
    assert grouped.encoder.fingerprint != space.encoder.fingerprint
    plain = explorer.embed(["one", "two"], "owner/prompted", provider="team", prompt="", query_prompt="")
    assert ["one", "two"] in inference.asked
    assert plain.encoder.prompts.origin == "chosen"
