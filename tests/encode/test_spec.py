import dataclasses

import pytest

from explorer.encode.models import BUNDLED_MODEL
from explorer.encode.spec import (
    HostedModel,
    LocalModel,
    OwnVectors,
    Tfidf,
    encodes_texts,
    hosted_model,
    needs_token,
    spec_for,
    without_own_code,
)
from explorer.errors import VectorError

SPECS = [
    LocalModel(),
    HostedModel("team", "served"),
    HostedModel("hf-inference", "owner/model"),
    Tfidf(),
    OwnVectors(),
    OwnVectors(LocalModel("owner/model")),
    OwnVectors(HostedModel("hf-inference", "owner/model")),
]


@pytest.mark.parametrize(
    ("values", "spec"),
    [
        ({}, LocalModel(BUNDLED_MODEL)),
        ({"model": "a", "precision": "float32", "revision": "b"}, LocalModel("a", "float32", revision="b")),
        ({"prompt": "", "query_prompt": "q "}, LocalModel(prompt="", query_prompt="q ")),
        ({"model": "a", "task": "clustering"}, LocalModel("a", task="clustering")),
        (
            {"model": "a", "provider": "team", "task": "clustering"},
            HostedModel("team", "a", task="clustering"),
        ),
        ({"model": "a", "trust_remote_code": True}, LocalModel("a", trust_remote_code=True)),
        ({"model": "tfidf"}, Tfidf()),
        ({"model": "tfidf", "provider": "team"}, HostedModel("team", "tfidf")),
        ({"model": "a", "provider": "team", "prompt": None}, HostedModel("team", "a")),
        ({"model": "a", "provider": "team", "precision": "float32"}, HostedModel("team", "a")),
        ({"model": "", "own_vectors": True}, OwnVectors()),
        ({"model": "", "provider": "team", "own_vectors": True}, OwnVectors()),
        ({"model": "a", "own_vectors": True}, OwnVectors(LocalModel("a"))),
        ({"model": "a", "provider": "team", "own_vectors": True}, OwnVectors(HostedModel("team", "a"))),
    ],
)
def test_plain_values_name_each_kind(values, spec):
    assert spec_for(**values) == spec


def test_tfidf_cannot_have_made_the_vectors_that_rows_brought():
    with pytest.raises(VectorError, match="TF-IDF is fitted on the rows"):
        spec_for("tfidf", own_vectors=True)


def test_specs_are_keys_and_do_not_change():
    assert len(set(SPECS)) == len(SPECS)
    with pytest.raises(dataclasses.FrozenInstanceError):
        SPECS[0].model = "another"


def test_what_leaves_this_machine_and_at_whose_cost():
    providers = HostedModel("hf-inference", "owner/model")
    assert [hosted_model(spec) for spec in SPECS] == [
        None, HostedModel("team", "served"), providers, None, None, None, providers
    ]  # fmt: skip
    assert [needs_token(spec) for spec in SPECS] == [False, False, True, False, False, False, True]


def test_leave_to_run_code_is_taken_away_wherever_it_is():
    trusted = LocalModel("owner/model", trust_remote_code=True)
    assert without_own_code(trusted) == LocalModel("owner/model")
    assert without_own_code(OwnVectors(trusted)) == OwnVectors(LocalModel("owner/model"))
    assert [without_own_code(spec) for spec in SPECS] == SPECS


def test_only_vectors_by_nobody_knows_which_model_leave_other_texts_without():
    assert encodes_texts(OwnVectors(LocalModel()))
    assert encodes_texts(Tfidf())
    assert not encodes_texts(OwnVectors())
    assert not encodes_texts(None)
