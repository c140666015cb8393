"""Each starter's architecture and layout of files is run by the app, as a model of a few kilobytes."""

import numpy as np
import pytest
import torch

import explorer
from explorer.data.images.images import image_item
from explorer.encode.batches import encode_few
from explorer.encode.engines import loaded_models
from explorer.encode.models import BUNDLED_MODEL, find_model
from explorer.encode.run import encode_corpus
from explorer.encode.spec import LocalModel
from explorer.encode.tokens import count_tokens
from explorer.hub.starters import STARTERS
from tests.drawn_images import Drawing, draw
from tests.encode.opening import open_for
from tests.hub_server import LocalHub, talk_to
from tests.sentence_transformer import sentence_transformer
from tests.tiny_architectures import ARCHITECTURES, TEXTS

# Each starter's architecture, by `config.json` and `modules.json` on the Hub.
ARCHITECTURE_OF = {
    "minishlab/potion-base-32M": "model2vec",
    "minishlab/potion-multilingual-128M": "model2vec",
    "ibm-granite/granite-embedding-english-r2": "modernbert",
    "ibm-granite/granite-embedding-97m-multilingual-r2": "modernbert",
    "microsoft/harrier-oss-v1-270m": "gemma3",
    "microsoft/harrier-oss-v1-0.6b": "qwen3",
    "Qwen/Qwen3-Embedding-0.6B": "qwen3",
    "sentence-transformers/clip-ViT-B-32": "clip",
    "google/siglip2-base-patch16-224": "siglip",
    "wkcn/TinyCLIP-ViT-8M-16-Text-3M-YFCC15M": "plain_clip",
}
STATIC = ["model2vec", "static"]
pytestmark = pytest.mark.usefixtures("nothing_loaded")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Folders of the tiny models, each built when it is first asked for."""
    root, built = tmp_path_factory.mktemp("architectures"), {}

    def folder(name):
        if name not in built:
            built[name] = ARCHITECTURES[name](root / name)
        return built[name]

    return folder


def test_every_starter_but_the_bundled_one_is_run_here():
    assert {starter.id for starter in STARTERS} == {BUNDLED_MODEL, *ARCHITECTURE_OF}


@pytest.mark.slow
@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", ["modernbert", "gemma3", "qwen3"])
def test_a_starters_transformer_gives_the_vectors_of_sentence_transformers(tiny, name, cache):
    folder = tiny(name)
    expected = sentence_transformer(folder).encode(TEXTS)
    vectors, report = encode_corpus(
        open_for(LocalModel(str(folder), "float32"), cache), explorer.open_corpus(TEXTS), cache
    )
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    assert report.encoded == len(TEXTS)


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_a_short_text_beside_a_much_longer_one_keeps_its_vector_with_local_attention(tiny, cache):
    files = find_model(str(tiny("modernbert")))
    engine = loaded_models.load(files, torch.device("cpu"), "float32")
    assert engine.kind == "openvino"
    together = engine.start(engine.tokenize(TEXTS).batch(np.arange(len(TEXTS))))()
    alone = [engine.start(engine.tokenize([text]).batch(np.arange(1)))()[0] for text in TEXTS]
    np.testing.assert_allclose(together, alone, atol=1e-5)


@pytest.mark.parametrize("name", [*STATIC, "clip"])
def test_models_in_a_folder_of_their_own_give_the_vectors_of_sentence_transformers(tiny, name, cache):
    folder = tiny(name)
    expected = sentence_transformer(folder).encode(TEXTS)
    encoder = open_for(LocalModel(str(folder), "float32"), cache, TEXTS)
    vectors, _ = encode_corpus(encoder, explorer.open_corpus(TEXTS), cache)
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_queries(TEXTS[:2]), expected[:2], atol=1e-5)


@pytest.mark.parametrize("name", ["clip", "plain_clip", "siglip"])
def test_models_of_images_and_texts_give_the_vectors_of_sentence_transformers(tiny, name, cache):
    folder = tiny(name)
    assert find_model(str(folder)).facts.takes_images
    model, drawn = sentence_transformer(folder), draw(Drawing("star", "red"), 50)
    encoder = open_for(LocalModel(str(folder), "float32"), cache, ["abc"])
    vectors = encoder.encode_queries([image_item(drawn), "abc"])
    np.testing.assert_allclose(vectors[0], model.encode(drawn), atol=1e-5)
    np.testing.assert_allclose(vectors[1], model.encode({"text": "abc"}), atol=1e-5)


@pytest.mark.slow
@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("name", ["clip", "plain_clip", "siglip"])
def test_models_of_images_and_texts_have_both_graphs_and_cut_long_texts(tiny, name):
    files = find_model(str(tiny(name)))
    engine = loaded_models.load(files, torch.device("cpu"), "float32")
    assert engine.name == "OpenVINO float32 on cpu"
    model = sentence_transformer(tiny(name))
    model.max_seq_length = files.max_length  # without which plain_clip raises an error
    texts = ["abc " * 500, "abc"]
    vectors = encode_few(engine, texts)
    np.testing.assert_allclose(vectors, model.encode([{"text": text} for text in texts]), atol=1e-5)


@pytest.mark.parametrize("name", STATIC)
def test_static_models_of_the_hub_encode_exactly_and_without_a_word_of_openvino(
    tiny, name, cache, monkeypatch, tmp_path
):
    server = LocalHub()
    server.repositories["tiny/static"] = tiny(name)
    talk_to(server, monkeypatch, tmp_path / "hub-cache")
    encoder = open_for(LocalModel("tiny/static"), cache, TEXTS)
    vectors, report = encode_corpus(encoder, explorer.open_corpus(TEXTS), cache)
    server.close()
    np.testing.assert_allclose(vectors, sentence_transformer(tiny(name)).encode(TEXTS), atol=1e-6)
    assert (report.dtype, report.notes, vectors.shape[1]) == ("float32", (), 24)


@pytest.mark.parametrize("name", STATIC)
def test_a_static_model_reads_texts_of_any_length_and_no_special_tokens(tiny, name, cache):
    files = find_model(str(tiny(name)))
    assert files.max_length is None
    module = sentence_transformer(files.folder)[0]
    counts = [len(coded.ids) for coded in module.tokenizer.encode_batch(TEXTS, add_special_tokens=False)]
    assert count_tokens(files, TEXTS).tolist() == counts
    long = "word and " * 5_000
    expected = sentence_transformer(files.folder).encode([long])
    vectors, _ = encode_corpus(
        open_for(LocalModel(str(files.folder)), cache), explorer.open_corpus([long]), cache
    )
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    empty = loaded_models.load(files, torch.device("cpu"), "float32")
    assert not empty.start(empty.tokenize(["", ""]).batch(np.arange(2)))().any()


def test_clip_says_its_length_and_dimensions_and_counts_by_its_own_tokenizer(tiny):
    files = find_model(str(tiny("clip")))
    assert (files.facts.dims, files.max_length) == (20, 77)
    assert count_tokens(files, ["abc", "a"]).tolist() == [5, 3]
