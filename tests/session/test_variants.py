from dataclasses import replace
from types import SimpleNamespace

import pytest

import explorer
from explorer.comparison.contenders.spec import ContenderSpec
from explorer.comparison.health.doctor import Center, Csls, UsualMetric, UsualPrompts
from explorer.encode.spec import LocalModel, OwnVectors, Tfidf
from explorer.session.variants import mended, variants_of

MODEL = ContenderSpec(LocalModel())
CORPUS = explorer.open_corpus({"title": ["a"] * 300, "body": ["one"] * 300}, text="body")


class _Space(SimpleNamespace):
    def __len__(self):
        return len(CORPUS)


def space(dims=384, prompt="", query_prompt=""):
    return _Space(dims=dims, encoder=SimpleNamespace(prompt=prompt, query_prompt=query_prompt))


def labels(spec, made=None, corpus=CORPUS):
    return [variant.label for variant in variants_of(spec, corpus, made)]


def test_a_model_can_be_cut_stored_corrected_encoded_and_read_otherwise():
    assert labels(MODEL, space()) == [
        "first 256",
        "first 128",
        "first 64",
        "PCA to 256",
        "PCA to 128",
        "PCA to 64",
        "int8",
        "binary",
        "mean direction removed",
        "CSLS",
        "exact",
        "title",
    ]


def test_each_variant_differs_from_its_contender_and_from_the_others():
    found = [variant.spec for variant in variants_of(MODEL, CORPUS, space(prompt="passage: "))]
    assert len({MODEL, *found}) == len(found) + 1


def test_sizes_are_below_those_of_the_vectors():
    assert not [label for label in labels(MODEL, space(64)) if "first" in label or "PCA" in label]
    assert [label for label in labels(replace(MODEL, first=128), space()) if "first" in label] == ["first 64"]
    assert not [label for label in labels(replace(MODEL, pca=128), space()) if "first" in label]


def test_sizes_that_a_model_was_trained_for_are_offered(monkeypatch):
    files = SimpleNamespace(facts=SimpleNamespace(matryoshka=(768, 512, 256, 128)))
    monkeypatch.setattr(
        "explorer.comparison.contenders.trained_sizes.files_on_disk", lambda *_args, **_named: files
    )
    assert [label for label in labels(MODEL, space(768)) if "first" in label] == [
        "first 512",
        "first 256",
        "first 128",
    ]


def test_until_vectors_are_there_only_what_needs_no_vectors_is_offered():
    assert labels(MODEL) == ["int8", "binary", "mean direction removed", "CSLS", "exact", "title"]


def test_prompts_can_be_left_out_or_be_those_of_the_authors():
    assert "without prompts" in labels(MODEL, space(query_prompt="query: "))
    own = ContenderSpec(LocalModel(prompt="", query_prompt=""))
    assert "its authors' prompts" in labels(own, space())
    assert "without prompts" not in labels(own, space())


def test_what_was_changed_is_not_offered_again():
    every = replace(MODEL, first=64, stored_as="int8", centred=True, csls=True, text="title")
    assert labels(every, space()) == ["exact", "body"]


def test_words_and_own_vectors_have_the_variants_that_make_sense():
    assert labels(ContenderSpec(None)) == ["title"]
    assert "exact" not in labels(ContenderSpec(Tfidf()), space(200))
    assert "title" not in labels(ContenderSpec(OwnVectors()), space(200))


@pytest.mark.parametrize(
    ("remedy", "expected"),
    [
        (Center(), replace(MODEL, centred=True)),
        (Csls(), replace(MODEL, csls=True)),
        (UsualPrompts("passage: ", "query: "), MODEL),
        (UsualMetric("dot"), None),
    ],
)
def test_a_remedy_gives_the_mended_contender(remedy, expected):
    spec = ContenderSpec(LocalModel(prompt="")) if isinstance(remedy, UsualPrompts) else MODEL
    assert mended(spec, remedy) == expected


def test_own_vectors_cannot_be_encoded_with_other_prompts():
    assert mended(ContenderSpec(OwnVectors(LocalModel())), UsualPrompts("a", "b")) is None
