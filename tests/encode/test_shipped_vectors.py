import numpy as np
import pytest

import explorer
from explorer.embedding import open_spec
from explorer.encode import shipped_vectors
from explorer.encode.engines import loaded_models
from explorer.encode.spec import LocalModel
from tests.encode.make_shipped_vectors import SAMPLE


@pytest.fixture(scope="module")
def corpus():
    return explorer.open_corpus(SAMPLE)


@pytest.fixture
def new_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("EXPLORER_CACHE_DIR", str(tmp_path / "cache"))


def test_a_new_machine_encodes_nothing_of_the_sample(corpus, new_machine, monkeypatch):
    def load(*_arguments):
        raise AssertionError("no model is needed")

    monkeypatch.setattr(loaded_models, "load", load)
    space = explorer.embed(corpus)
    assert (space.report.encoded, space.report.cached) == (0, 624)
    assert space.report.dtype == "float32"
    np.testing.assert_allclose(np.linalg.norm(space.vectors, axis=1), 1, atol=1e-6)


def test_they_are_what_the_model_gives(corpus, new_machine):
    space = explorer.embed(corpus)
    rows = range(0, len(corpus), 40)
    encoded = space.encoder.encode_documents([corpus.texts[row] for row in rows])
    np.testing.assert_allclose(space.vectors[rows], encoded, atol=2e-6)


def test_only_texts_that_are_not_of_the_sample_are_encoded(corpus, new_machine):
    texts = [corpus.texts[5], "a text of my own", corpus.texts[9], corpus.texts[5]]
    space = explorer.embed(texts, precision="float32")  # what is fast differs between processors
    assert (space.report.encoded, space.report.cached) == (1, 2)
    whole = explorer.embed(corpus)
    np.testing.assert_array_equal(space.vectors[[0, 2, 3]], whole.vectors[[5, 9, 5]])
    np.testing.assert_allclose(
        space.vectors[1], space.encoder.encode_documents(["a text of my own"])[0], atol=2e-6
    )


def test_they_are_exact_where_others_would_be_fast(corpus, new_machine, monkeypatch):
    monkeypatch.setattr(loaded_models, "fast_dtype", lambda *_arguments: "bfloat16")
    monkeypatch.setattr("explorer.encode.local_encoder.check_precision", None)  # it would be called
    encoder = open_spec(corpus, LocalModel())
    assert (encoder.dtype, encoder.check) == ("float32", None)
    with pytest.raises(TypeError):
        open_spec(explorer.open_corpus([*corpus.texts[:3], "a text of my own"]), LocalModel())


@pytest.mark.parametrize("change", [{"prompt": "passage: "}, {"model": "tfidf"}])
def test_another_encoder_gets_none_of_them(corpus, new_machine, change):
    few = explorer.open_corpus(list(corpus.texts[:3]))
    assert explorer.embed(few, **change).report.cached == 0
    assert shipped_vectors.dims("another") is None
    assert not shipped_vectors.cover("another", few.item_keys)
    found = shipped_vectors.read_into(
        np.zeros((3, 4), np.float32), "another", dict.fromkeys(few.item_keys, 0)
    )
    assert not found.any()
