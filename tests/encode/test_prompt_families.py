"""The table of families against MTEB, and how models are found in it."""

import json

import pytest

from explorer.encode.prompt_families import FAMILIES, family_of
from tests.encode.mteb_prompts import FILE

MTEB = json.loads(FILE.read_text(encoding="utf-8"))["models"]
OURS = {model: family.prompts for family in FAMILIES for model in family.models}
# Not in MTEB at that commit: these are of their model cards.
ONLY_ON_CARDS = {
    "Alibaba-NLP/gte-large-en-v1.5",
    *(f"intfloat/e5-{size}-unsupervised" for size in ("small", "base", "large")),
}
# MTEB leaves these to the models' own files, which its metadata does not repeat.
OWN_FILES = {
    "google/embeddinggemma-300m",
    *(f"Snowflake/snowflake-arctic-embed-{size}" for size in ("xs", "s", "m", "l", "m-long")),
    *(f"Snowflake/snowflake-arctic-embed-{size}-v2.0" for size in ("m", "l")),
}
# MTEB has no space after the colon; the card and config_sentence_transformers.json of the models have one.
WITHOUT_THE_SPACE = {f"microsoft/harrier-oss-v1-{size}" for size in ("270m", "0.6b", "27b")}
# MTEB has no prompt for clustering; the card of E5 says "query: ", that of EmbeddingGemma has one of its own.
CLUSTERING_ON_CARDS = {"E5", "EmbeddingGemma"}


def test_every_model_is_held_against_mteb_or_known_to_be_missing_there():
    assert set(OURS) - set(MTEB) == ONLY_ON_CARDS
    assert set(MTEB) <= set(OURS)
    assert {
        model
        for model, published in MTEB.items()
        if published["use_instructions"] and not published["prompts"]
    } == (OWN_FILES)


@pytest.mark.parametrize("model", sorted(set(MTEB) - OWN_FILES))
def test_prompts_for_search_are_those_that_mteb_evaluates_a_model_with(model):
    published, ours = MTEB[model]["prompts"], OURS[model]
    query = published.get("query", "") + (" " if model in WITHOUT_THE_SPACE else "")
    assert (ours.query, ours.document) == (query, published.get("document", ""))


@pytest.mark.parametrize("model", sorted(OWN_FILES))
def test_a_model_that_mteb_gives_instructions_has_one(model):
    assert OURS[model].query


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_prompts_for_clusters_are_mtebs_or_those_of_a_card(family):
    published = {MTEB[model]["prompts"].get("clustering") for model in family.models if model in MTEB}
    if family.name in CLUSTERING_ON_CARDS:
        assert published == {None}
        assert family.prompts.clustering is not None
    else:
        assert published == {family.prompts.clustering}


def test_each_family_names_the_card_of_one_of_its_models():
    for family in FAMILIES:
        assert family.source.removeprefix("https://huggingface.co/") in family.models, family.name


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("nomic-embed-text", "search_query: "),
        ("nomic-embed-text:v1.5", "search_query: "),
        ("nomic-embed-text:latest", "search_query: "),
        ("mxbai-embed-large:335m", "Represent this sentence for searching relevant passages: "),
        ("snowflake-arctic-embed2", "query: "),
        ("qwen3-embedding:0.6b", OURS["Qwen/Qwen3-Embedding-0.6B"].query),
        ("embeddinggemma:300m", "task: search result | query: "),
        ("bge-m3:latest", ""),
        ("all-minilm:22m", ""),
        ("e5-base-v2", "query: "),
        ("INTFLOAT/E5-base-V2", "query: "),
    ],
)
def test_a_model_is_known_by_its_id_its_folder_and_its_name_on_ollama(name, query):
    assert family_of(name).prompts.query == query


@pytest.mark.parametrize(
    "name",
    ["someone/e5-base-v2", "intfloat/e5-base-v2-onnx", "BAAI/bge-reranker-base", "", ":"],
)
def test_another_model_is_in_no_family(name):
    assert family_of(name) is None


def test_no_name_stands_for_two_families():
    names = [
        name
        for family in FAMILIES
        for name in (*family.served, *{model.split("/")[1].lower() for model in family.models})
    ]
    assert len(names) == len(set(names))
