import numpy as np
import pytest

from explorer.analysis.space import Space
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.measures.encoded_texts import EncodedTexts
from explorer.encode.encoder import Encoder
from explorer.encode.prompts import TextPrompts
from explorer.encode.spec import LocalModel, OwnVectors
from explorer.tensor import Index
from tests.comparison.made_contenders import corpus_of

TEXTS = ["one", "two", "three"]


class Counting(Encoder):
    """An encoder that counts what it encodes: a text's vector is 1, its length, and 1 for a row."""

    def __init__(self, spec, identity, query):
        prompts = TextPrompts("", query, "chosen")
        super().__init__(spec, "a model", identity, prompts=prompts, load=pytest.fail)
        self.calls = []

    def encode_queries(self, texts, on_progress=None):
        self.calls.append("queries")
        return np.array([[1, len(text), 0] for text in texts], np.float32)

    def encode_documents(self, texts, on_progress=None):
        self.calls.append("documents")
        return np.array([[1, len(text), 1] for text in texts], np.float32)


@pytest.mark.parametrize(
    ("spec", "identity", "query", "calls"),
    [
        (LocalModel(), {}, "", ["queries"]),
        (LocalModel(), {}, "query: ", ["queries", "documents"]),
        (LocalModel(), {"role": "document"}, "", ["queries", "documents"]),
        (OwnVectors(LocalModel()), {}, "", ["queries", "documents"]),
    ],
)
def test_texts_are_encoded_once_where_queries_and_rows_are_encoded_alike(spec, identity, query, calls):
    encoder = Counting(spec, identity, query)
    index = Index(np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32))
    contender = SpaceContender(Space(corpus_of(5), index, encoder), "one")
    texts = EncodedTexts(TEXTS)
    found = texts.scores(contender)
    assert encoder.calls == calls
    queries = encoder.encode_queries(TEXTS)
    documents = queries if len(calls) == 1 else encoder.encode_documents(TEXTS)
    np.testing.assert_array_equal(found, contender.score_encoded(queries, documents))
    before = list(encoder.calls)
    np.testing.assert_array_equal(texts.scores(contender), found)
    assert encoder.calls == before
