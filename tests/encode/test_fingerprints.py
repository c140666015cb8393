"""Fingerprints are the keys of vectors on disks: they stay what they are, whatever code makes them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

import explorer
from explorer.encode.engines.generations import Generations
from explorer.encode.local_encoder import local_encoder
from explorer.encode.models import find_model
from explorer.encode.opening import open_encoder, service_for
from explorer.encode.precision import PrecisionCheck
from explorer.encode.spec import HostedModel, LocalModel, OwnVectors, Tfidf
from explorer.settings import settings
from tests.encode.opening import open_for

TEXTS = ["the cat sat on the mat", "my order is late", "please help me"]


@pytest.mark.parametrize(
    ("prompt", "fingerprint"),
    [(None, "3ed47ed64ed99dd1093bfc030631ed36"), ("passage: ", "ea4ee5be87ed79f1b65b412704541914")],
)
def test_of_the_bundled_model_in_float32(cache, prompt, fingerprint):
    assert open_for(LocalModel(precision="float32", prompt=prompt), cache).fingerprint == fingerprint


@pytest.mark.parametrize(
    ("code", "check", "fingerprint"),
    [
        (False, None, "d7992bc24ac017cbfd254e6798107324"),
        (False, PrecisionCheck("bfloat16", 64, 0.9, False), "d7992bc24ac017cbfd254e6798107324"),
        (False, PrecisionCheck("bfloat16", 64, 0.99995, True), "6508d6a21df7ab043beae0b54cfe32a8"),
        (True, None, "4f85cc7bcf60fb25bc464ce8f3fba4b2"),
    ],
    ids=["float32", "float32 after a check", "bfloat16 by torch", "with its own code"],
)
def test_of_a_model_in_a_folder(tiny_model, code, check, fingerprint):
    files = dataclasses.replace(find_model(str(tiny_model)), revision="a commit", trust_remote_code=code)
    opened = local_encoder(LocalModel(str(tiny_model)), files, torch.device("cpu"), check)
    assert opened.fingerprint == fingerprint


def test_of_tfidf(cache):
    assert open_for(Tfidf(), cache, TEXTS).fingerprint == "a5a7bd1a3189fc8bb505e94ca392dde4"


@pytest.fixture
def seen(cache, monkeypatch):
    """Two hosted models that were asked before: opening them asks nobody."""
    monkeypatch.setenv("EXPLORER_EMBEDDING_SERVERS", "team=http://embeddings.test:8080")
    settings.cache_clear()
    for provider in ("team", "hf-inference"):
        identity = service_for(HostedModel(provider, "tiny/served"), None).identity()
        Generations(cache, identity).seen(np.array([1, 2, 3, 4], np.float32))
    return cache


@pytest.mark.parametrize(
    ("provider", "fingerprint"),
    [
        ("team", "716e91582cae6f031f8e85d6564da0a6"),
        ("hf-inference", "613048b783d9dd5ebe96550d7ea1bf11"),
    ],
)
def test_of_a_hosted_model(seen, provider, fingerprint):
    opened = open_for(HostedModel(provider, "tiny/served", prompt="row: "), seen)
    assert opened.fingerprint == fingerprint


def test_of_the_vectors_that_rows_bring(seen):
    table = {"t": ["a", "b"], "v": [[1.0, 0, 0, 0], [0.9, 0.1, 0, 0]]}
    corpus = explorer.open_corpus(table, text="t", vectors="v")
    unknown = open_encoder(OwnVectors(), corpus, seen)
    assert unknown.fingerprint == "70862cd16d932419ad6d0e890b26a977"
    known = open_encoder(OwnVectors(HostedModel("team", "tiny/served")), corpus, seen)
    assert known.fingerprint == "b4293c42b2e3ea12a4f2d921e547cb86"
