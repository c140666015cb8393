"""Hubs on this machine, with models or with datasets; the real client talks to them."""

from __future__ import annotations

import shutil

import pytest

from tests.hub_server import LocalHub, talk_to

MODEL_FACTS = {
    "downloads": 1234,
    "likes": 56,
    "lastModified": "2025-03-06T13:37:44.000Z",
    "createdAt": "2022-03-02T23:29:05.000Z",
    "library_name": "sentence-transformers",
    "pipeline_tag": "sentence-similarity",
    "safetensors": {"parameters": {"F32": 1000, "I64": 10}, "total": 1010},
    "tags": [
        "sentence-transformers", "safetensors", "tf", "en", "license:apache-2.0",
        "base_model:finetune:nreimers/MiniLM", "base_model:nreimers/MiniLM",
    ],
}  # fmt: skip


@pytest.fixture
def hub(monkeypatch, tmp_path, tiny_model):
    """A Hub with the model `tiny/model`, which carries an export for another runtime too."""
    server = LocalHub()
    folder = shutil.copytree(tiny_model, tmp_path / "served")
    (folder / "onnx").mkdir()
    (folder / "onnx" / "model.onnx.json").write_text("{}")
    server.repositories["tiny/model"] = folder
    talk_to(server, monkeypatch, tmp_path / "hub-cache")
    yield server
    server.close()


@pytest.fixture
def catalogue(hub, tiny_model):
    """Five models; `tiny/model` has all its facts."""
    hub.facts["tiny/model"] = MODEL_FACTS
    others = {
        "big/model": {
            "downloads": 9999,
            "likes": 1,
            "safetensors": {"total": 7_000_000_000},
            "tags": MODEL_FACTS["tags"],
        },
        "code/model": {
            "downloads": 500,
            "tags": [*MODEL_FACTS["tags"], "custom_code", "de"],
            "library_name": None,
        },
        "closed/model": {"downloads": 700, "tags": MODEL_FACTS["tags"]},
        "bare/model": {},
    }
    for name, facts in others.items():
        hub.repositories[name] = tiny_model
        hub.facts[name] = facts
    hub.gated.add("closed/model")
    return hub
