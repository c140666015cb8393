"""Models with more than a prompt before each text: routers, and prompts that are not pooled."""

import dataclasses
import json

import numpy as np
import pytest

import explorer
from explorer.encode.encoder import Encoder
from explorer.encode.engines.graph_outcomes import NoGraphError, check_modules
from explorer.encode.models import find_model
from explorer.encode.run import encode_corpus
from explorer.encode.spec import LocalModel
from tests.encode.opening import open_for
from tests.sentence_transformer import sentence_transformer
from tests.tiny_model import save_tiny_model

TEXTS = ["the cat sat on the mat", "my order is late", "please help"]
PROMPTS = {"query": "query: ", "document": "the dog ran: "}


def vectors_of(folder, cache):
    """Of rows and of queries."""
    corpus = explorer.open_corpus(TEXTS)
    encoder = open_for(LocalModel(str(folder), "float32"), cache, TEXTS)
    return encode_corpus(encoder, corpus, cache)[0], encoder.encode_queries(TEXTS)


@pytest.fixture
def router(tiny_model, tmp_path):
    """A model that looks queries up in a table of words, and reads rows with a transformer."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Router
    from sentence_transformers.sentence_transformer.modules import Pooling, StaticEmbedding, Transformer
    from tokenizers import Tokenizer

    static = StaticEmbedding(Tokenizer.from_file(str(tiny_model / "tokenizer.json")), embedding_dim=16)
    routed = Router.for_query_document([static], [Transformer(str(tiny_model)), Pooling(16)])
    model = SentenceTransformer(modules=[routed], prompts=PROMPTS, device="cpu")
    model[0].sub_modules["document"][0].max_seq_length = 12
    model.save(str(tmp_path / "router"))
    return tmp_path / "router"


def test_a_router_reads_rows_and_queries_by_their_own_routes(router, cache):
    model = sentence_transformer(router)
    rows, queries = vectors_of(router, cache)
    np.testing.assert_allclose(rows, model.encode_document(TEXTS), atol=1e-6)
    np.testing.assert_allclose(queries, model.encode_query(TEXTS), atol=1e-6)
    assert np.abs(model.encode_document(TEXTS) - model.encode(TEXTS, task="query")).max() > 1e-3


def test_a_router_whose_routes_are_no_tasks_is_told_none(router, cache):
    config = router / "router_config.json"
    stored = json.loads(config.read_text())
    stored["structure"] = {"text": stored["structure"]["document"]}
    stored["types"].pop("query_0_StaticEmbedding")
    stored["parameters"]["default_route"] = "text"
    config.write_text(json.dumps(stored))
    model = sentence_transformer(router)
    rows, queries = vectors_of(router, cache)
    np.testing.assert_allclose(rows, model.encode(TEXTS, prompt=PROMPTS["document"]), atol=1e-6)
    np.testing.assert_allclose(queries, model.encode(TEXTS, prompt=PROMPTS["query"]), atol=1e-6)


@pytest.fixture
def unpooled(tmp_path):
    """A model whose prompts have a part in attention and none in pooling."""
    folder = save_tiny_model(tmp_path / "unpooled", prompts=PROMPTS)
    config = folder / "1_Pooling" / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "include_prompt": False}))
    return folder


@pytest.mark.parametrize("fast", [True, False], ids=["fast tokenizer", "own code"])
def test_a_prompt_is_left_out_of_pooling_where_a_model_asks_for_that(unpooled, cache, monkeypatch, fast):
    if not fast:
        monkeypatch.setattr("explorer.encode.engines.torch_engine.fast_tokenizer", lambda *_: None)
    model = sentence_transformer(unpooled)
    rows, queries = vectors_of(unpooled, cache)
    np.testing.assert_allclose(rows, model.encode_document(TEXTS), atol=1e-6)
    np.testing.assert_allclose(queries, model.encode_query(TEXTS), atol=1e-6)
    model.set_pooling_include_prompt(include_prompt=True)
    assert np.abs(rows - model.encode_document(TEXTS)).max() > 1e-3


def test_openvino_leaves_a_model_to_torch_that_does_not_pool_its_prompt(unpooled):
    with pytest.raises(NoGraphError, match="leaves the prompt out of pooling"):
        check_modules(find_model(str(unpooled)))


def test_instructor_is_known_not_to_pool_its_prompt(tiny_model):
    files = find_model(str(tiny_model))
    assert files.pools_prompt
    assert not dataclasses.replace(files, name="hkunlp/instructor-base").pools_prompt


def test_their_vectors_are_not_taken_for_those_that_were_made_otherwise(unpooled, router, cache):
    """Vectors stored before these models were asked so lie under the fingerprint that others still have."""
    for folder in (unpooled, router):
        spec = LocalModel(str(folder), "float32")
        encoder = open_for(spec, cache, TEXTS)
        identity = {
            "model": folder.name,
            "revision": find_model(str(folder)).identity,
            "pooling": find_model(str(folder)).pooling,
            "dtype": "float32",
            "max_length": find_model(str(folder)).max_length,
            "truncation": "end",
        }
        as_before = Encoder(spec, "", identity, prompts=encoder.prompts, load=lambda: None)
        assert encoder.fingerprint != as_before.fingerprint
