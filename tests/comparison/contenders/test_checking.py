from dataclasses import replace

import numpy as np
import pytest

import explorer
from explorer.analysis.space import Space, make_index
from explorer.comparison.contenders.bm25 import Bm25Contender
from explorer.comparison.contenders.checking import check_contenders
from explorer.comparison.contenders.csls import CslsContender
from explorer.comparison.contenders.names import named, names_of
from explorer.comparison.contenders.space_contender import SpaceContender
from explorer.comparison.contenders.spec import ContenderSpec, changed
from explorer.encode.encoder import Encoder
from explorer.encode.spec import HostedModel, LocalModel, OwnVectors, Tfidf
from explorer.errors import QueryError

ROWS = {"title": ["a", "b", "c"], "body": ["one", "two", "three"], "queue": ["x", "y", "x"]}
CORPUS = explorer.open_corpus(ROWS, text="body", label="queue")


def space_of(spec=None, corpus=CORPUS, seed=0):
    vectors = np.random.default_rng(seed).normal(size=(len(corpus), 4)).astype(np.float32)
    encoder = None if spec is None else Encoder(spec, "a model", {"spec": repr(spec)}, load=pytest.fail)
    return Space(corpus, make_index(vectors), encoder)


def test_everything_that_ranks_the_same_rows_can_be_compared():
    space = space_of(LocalModel())
    other_text = explorer.open_corpus(ROWS, text="title", label="queue")
    check_contenders(
        [
            SpaceContender(space, "one"),
            SpaceContender(space, "dot", "dot"),
            SpaceContender(space.truncate(2), "small"),
            CslsContender(space, "corrected"),
            CslsContender(space.quantize("binary"), "corrected binary"),
            Bm25Contender(CORPUS),
            Bm25Contender(other_text, "BM25 of titles"),
            SpaceContender(space_of(Tfidf(), other_text), "titles"),
        ]
    )


@pytest.mark.parametrize(
    ("contenders", "why"),
    [
        (lambda space: [SpaceContender(space, "one")], "there is 1"),
        (lambda space: [], "there are 0"),
        (lambda space: [SpaceContender(space.truncate(1), str(n)) for n in range(9)], "there are 9"),
        (lambda space: [SpaceContender(space, "one"), Bm25Contender(CORPUS, "one")], "called “one”"),
        (
            lambda space: [SpaceContender(space, "one"), SpaceContender(space, "two")],
            "“one” and “two” are the same",
        ),
        (
            lambda space: [SpaceContender(space, "one"), Bm25Contender(CORPUS.take(np.array([0, 2])))],
            "do not have the same rows",
        ),
        (
            lambda space: [SpaceContender(space, "one"), Bm25Contender(CORPUS.take(np.array([1, 0, 2])))],
            "do not have the same rows",
        ),
        (
            lambda space: [
                SpaceContender(space, "one"),
                Bm25Contender(explorer.open_corpus({**ROWS, "queue": ["x", "x", "x"]}, text="body")),
            ],
            "do not have the same rows",
        ),
    ],
)
def test_what_cannot_be_compared(contenders, why):
    with pytest.raises(QueryError, match=why):
        check_contenders(contenders(space_of(LocalModel())))


def test_names_are_short():
    space = space_of(LocalModel())
    spaces = [
        space,
        space.quantize("int8"),
        space.truncate(2).quantize("binary"),
        space.truncate(1),
        space.reduce(2),
        space.center(),
        space_of(LocalModel(prompt="", query_prompt="")),
        space_of(LocalModel(prompt="query: ", query_prompt="query: ")),
        space_of(LocalModel(task="clustering")),
        space_of(Tfidf()),
        space_of(OwnVectors()),
        space_of(LocalModel("/models/own")),
        space_of(HostedModel("hf-inference", "BAAI/bge-base-en-v1.5")),
    ]
    assert named(spaces) == (
        "all-MiniLM-L6-v2",
        "all-MiniLM-L6-v2 · int8",
        "all-MiniLM-L6-v2 · 2 dims · binary",
        "all-MiniLM-L6-v2 · 1 dim",
        "all-MiniLM-L6-v2 · PCA to 2",
        "all-MiniLM-L6-v2 · centred",
        "all-MiniLM-L6-v2 · without prompt",
        "all-MiniLM-L6-v2 · “query:”",
        "all-MiniLM-L6-v2 · for clusters and maps",
        "TF-IDF",
        "vectors in the rows",
        "own",
        "bge-base-en-v1.5",
    )


def test_contenders_have_the_names_of_their_spaces_before_these_exist():
    space, title = space_of(LocalModel()), explorer.open_corpus(ROWS, text="title", label="queue")
    specs = [
        ContenderSpec(LocalModel()),
        ContenderSpec(LocalModel(), first=1),
        ContenderSpec(LocalModel(), first=3, pca=2, centred=True, stored_as="int8"),
        ContenderSpec(LocalModel(precision="float32"), stored_as="binary"),
        ContenderSpec(LocalModel(precision="float32"), stored_as="binary", text="title"),
        ContenderSpec(Tfidf()),
        ContenderSpec(OwnVectors()),
    ]
    spaces = [
        space,
        changed(space, specs[1]),
        changed(space, specs[2]),
        changed(space_of(specs[3].encoder), specs[3]),
        changed(space_of(specs[4].encoder, title), specs[4]),
        space_of(Tfidf()),
        space_of(OwnVectors()),
    ]
    assert names_of(specs, "body") == named(spaces)
    assert names_of(specs, "body")[2] == "all-MiniLM-L6-v2 · 3 dims · PCA to 2 · centred · int8"


def test_contenders_without_a_space_of_their_own_have_names_too():
    specs = [ContenderSpec(None), ContenderSpec(None, text="title"), ContenderSpec(LocalModel(), csls=True)]
    assert names_of(specs, "body") == ("BM25 · body", "BM25 · title", "all-MiniLM-L6-v2 · CSLS")
    assert names_of(specs[:1], "body") == ("BM25",)


def test_names_say_more_only_where_they_would_be_equal():
    one = LocalModel("owner/model", "float32")
    spaces = [
        space_of(one),
        space_of(replace(one, precision="auto")),
        space_of(replace(one, revision="0123456789abcdef")),
        space_of(HostedModel("tei", "owner/model")),
        space_of(LocalModel("other/model")),
        space_of(LocalModel("owner/another")),
    ]
    assert named(spaces) == (
        "owner/model · exact",
        "owner/model · fast",
        "owner/model · 0123456 · exact",
        "owner/model · tei",
        "other/model",
        "another",
    )
    titles = explorer.open_corpus(ROWS, text="title", label="queue")
    assert named([space_of(Tfidf()), space_of(Tfidf(), titles)]) == ("TF-IDF · body", "TF-IDF · title")
    assert named([space_of(), space_of(seed=1)]) == ("vectors in the rows", "vectors in the rows (2)")
    queries = [OwnVectors(LocalModel()), OwnVectors()]
    assert named([space_of(spec) for spec in queries]) == (
        "vectors in the rows · all-MiniLM-L6-v2",
        "vectors in the rows",
    )
    assert named([]) == ()
