from __future__ import annotations

import json

import pytest
import torch
from safetensors.torch import save_file

from explorer.hub.model_details import model_details
from explorer.hub.models_on_disk import details_on_disk


def modules(path, *kinds):
    listed = [{"path": path, "type": f"sentence_transformers.models.{kind}"} for kind in kinds]
    return json.dumps(listed)


@pytest.fixture
def outside(tmp_path):
    """A folder beside that of a model."""
    folder = tmp_path / "outside"
    folder.mkdir()
    secrets = {"hidden_size": 7, "vocab_size": 9, "embedding_dimension": 7, "pooling_mode": "max"}
    (folder / "config.json").write_text(json.dumps({**secrets, "out_features": 7}))
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 77}))
    save_file({"embeddings": torch.zeros(9, 7)}, folder / "model.safetensors")
    return folder


@pytest.mark.parametrize("path", ["../outside", "inside/../../outside", "./../outside/.", None])
@pytest.mark.parametrize("kinds", [("Transformer", "Pooling", "Dense"), ("StaticEmbedding",)])
def test_no_file_outside_the_folder_of_a_model_is_read(tmp_path, outside, path, kinds):
    model = tmp_path / "model"
    (model / "inside").mkdir(parents=True)
    (model / "modules.json").write_text(modules(str(outside) if path is None else path, *kinds))
    facts = details_on_disk("model", model, "")
    assert (facts.dims, facts.max_length, facts.pooling, facts.table_parameters) == (None, None, None, None)


def test_a_path_too_long_for_the_disk_has_no_tensors(tmp_path):
    (tmp_path / "modules.json").write_text(modules("a" * 300, "StaticEmbedding"))
    assert details_on_disk("model", tmp_path, "").dims is None


@pytest.mark.slow
@pytest.mark.parametrize("path", ["../../../../big/model/resolve/main", "/big/model/resolve/main"])
def test_no_file_of_another_model_is_requested_from_the_hub(catalogue, path):
    served = catalogue.repositories["tiny/model"]
    for kinds in (("Transformer", "Pooling", "Dense"), ("StaticEmbedding",)):
        (served / "modules.json").write_text(modules(path, *kinds))
        model_details("tiny/model")
    requested = [request for request in catalogue.requests if "/resolve/" in request]
    assert requested
    assert all(request.startswith("GET /tiny/model/resolve/") for request in requested)
    assert not [request for request in requested if ".." in request or "big" in request]
