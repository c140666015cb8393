"""A Hub on this machine with one small model; the real client talks to it."""

from __future__ import annotations

import shutil

import pytest

from tests.hub_server import LocalHub, talk_to


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
