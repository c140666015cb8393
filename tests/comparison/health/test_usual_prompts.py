from dataclasses import replace

import pytest

from explorer.comparison.health.usual_prompts import check_prompts
from explorer.encode.encoder import Encoder
from explorer.encode.models import files_on_disk
from explorer.encode.prompts import TextPrompts, text_prompts
from explorer.encode.spec import HostedModel, LocalModel, OwnVectors, Tfidf
from tests.tiny_model import save_tiny_model


def encoder(spec, document, query):
    return Encoder(spec, "a model", {}, prompts=TextPrompts(document, query, "chosen"), load=pytest.fail)


def chosen(spec, document, query):
    """The encoder of a choice with these prompts."""
    if isinstance(spec, LocalModel | HostedModel):
        spec = replace(spec, prompt=document, query_prompt=query)
    elif isinstance(spec, OwnVectors) and spec.query_model is not None:
        spec = OwnVectors(replace(spec.query_model, query_prompt=query))
    return encoder(spec, document, query)


def fit(spec, document, query):
    found = check_prompts(chosen(spec, document, query))
    return None if found is None else found.fit


E5 = HostedModel("tei", "intfloat/e5-base-v2")
BGE = HostedModel("tei", "BAAI/bge-base-en-v1.5")
QWEN = HostedModel("tei", "Qwen/Qwen3-Embedding-0.6B")
RETRIEVE = "Represent this sentence for searching relevant passages: "


@pytest.mark.parametrize(
    ("spec", "document", "query", "expected"),
    [
        (E5, "passage: ", "query: ", "fits"),
        (E5, "passage:", "query:", "fits"),
        (E5, "query: ", "query: ", "fits"),  # for clusters and maps
        (E5, "", "", "missing"),
        (E5, "passage: ", "", "missing"),
        (E5, "text: ", "query: ", "unusual"),
        (BGE, "", RETRIEVE, "fits"),
        (BGE, "", "", "missing"),
        (BGE, "passage: ", RETRIEVE, "unusual"),
        (QWEN, "", "Instruct: Find the ticket that answers the question\nQuery:", "fits"),
        (QWEN, "", "", "missing"),
        (LocalModel(), "", "", "fits"),
        (LocalModel(), "query: ", "query: ", "unusual"),
        (OwnVectors(E5), "", "query: ", "fits"),
        (OwnVectors(E5), "", "", "missing"),
        (OwnVectors(), "", "", None),
        (Tfidf(), "", "", None),
        (HostedModel("tei", "nobody/knows-it"), "", "", None),
    ],
)
def test_prompts_are_compared_with_those_of_the_authors(spec, document, query, expected):
    assert fit(spec, document, query) == expected


def test_prompts_in_a_models_own_files_come_first(tiny_model):
    spec = LocalModel(str(tiny_model))
    assert fit(spec, "document: ", "query: ") == "fits"
    assert fit(spec, "", "query: ") == "missing"
    assert check_prompts(chosen(spec, "", "")).usual.document == "document: "


def test_instructions_that_nobody_uses_are_missing(tmp_path):
    spec = LocalModel(str(save_tiny_model(tmp_path / "tiny", prompts={"sts_query": "Instruct: find\n"})))
    assert text_prompts("tiny", files_on_disk(spec.model).prompts).unused == ("sts_query",)
    assert fit(spec, "", "") == "missing"
    assert fit(spec, "", "Instruct: find\n") is None


def test_prompts_that_nobody_chose_are_those_of_the_authors():
    prompts = TextPrompts(
        "passage: ", "query: ", "own files"
    )  # as the Hub's files of a hosted model define them
    unknown = HostedModel("tei", "nobody/knows-it")
    assert check_prompts(Encoder(unknown, "a model", {}, prompts=prompts, load=pytest.fail)).fit == "fits"
