import dataclasses
import json
import shutil

import numpy as np
import pytest
import torch

from explorer.encode import models
from explorer.encode.engines import openvino
from explorer.encode.engines.graph_outcomes import NoGraphError
from explorer.encode.local_encoder import local_encoder
from explorer.encode.models import BUNDLED_MODEL, files_on_disk, find_model, is_on_disk
from explorer.encode.spec import LocalModel
from explorer.errors import (
    HubUnreachableError,
    ModelError,
    ModelNotFoundError,
    NotOnHubError,
    UnsafeModelError,
    UnusableModelError,
)
from explorer.settings import settings
from tests.encode.opening import open_for
from tests.sentence_transformer import sentence_transformer


@pytest.fixture
def folder(tiny_model, tmp_path):
    return shutil.copytree(tiny_model, tmp_path / "my-model")


def test_the_bundled_model_is_known_by_its_hub_id_and_its_weights_are_the_hubs():
    files = find_model(BUNDLED_MODEL)
    assert (files.name, files.origin, files.max_length) == (BUNDLED_MODEL, "bundled", 256)
    assert files.pooling.startswith("Transformer Pooling Normalize")
    assert is_on_disk(BUNDLED_MODEL)


def test_bundled_weights_that_are_not_the_hubs_are_refused(monkeypatch):
    monkeypatch.setattr(models, "_BUNDLED_SHA256", "0" * 64)
    models._bundled.cache_clear()
    try:
        with pytest.raises(UnusableModelError, match="sha256 does not match"):
            find_model(BUNDLED_MODEL)
    finally:
        models._bundled.cache_clear()


def test_a_folder_says_what_it_reads_and_which_prompts_it_has(folder):
    files = find_model(str(folder))
    assert (files.name, files.origin, files.max_length) == ("my-model", "folder", 12)
    assert files.prompts == {"query": "query: ", "document": "document: "}
    assert is_on_disk(str(folder))


@pytest.mark.parametrize(
    "content", [["x"], {"prompts": ["x"]}, {"prompts": {"query": 3, "document": None}}, "x"]
)
def test_a_folder_whose_prompts_make_no_sense_has_none(folder, content):
    (folder / "config_sentence_transformers.json").write_text(json.dumps(content))
    assert find_model(str(folder)).prompts == {}


@pytest.mark.parametrize("content", [{}, [1], "x", [{"type": "sentence_transformers.models.Pooling"}, None]])
def test_a_folder_whose_modules_make_no_sense_says_so(folder, content):
    (folder / "modules.json").write_text(json.dumps(content))
    with pytest.raises(UnusableModelError, match=r"modules.json does not list"):
        find_model(str(folder))


def test_the_revision_of_a_folder_changes_with_what_matters_and_not_with_its_readme(folder):
    first = find_model(str(folder)).revision
    (folder / "README.md").write_text("another readme")
    assert find_model(str(folder)).revision == first
    pooling = folder / "1_Pooling" / "config.json"
    pooling.write_text(pooling.read_text().replace("mean", "cls "))
    assert find_model(str(folder)).revision != first


def test_a_folder_without_weights_says_so(folder):
    (folder / "model.safetensors").unlink()
    with pytest.raises(UnusableModelError) as caught:
        find_model(str(folder))
    assert caught.value.where == str(folder)
    assert "no weights" in caught.value.what
    assert "model.safetensors" in caught.value.fix


def test_a_folder_with_only_pickle_weights_is_refused_unopened(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(UnsafeModelError, match="pickle files, which can run code"):
        find_model(str(folder))


def test_a_module_with_pickle_weights_is_refused_beside_sound_ones(folder):
    modules = json.loads((folder / "modules.json").read_text())
    modules.append({"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"})
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "2_Dense").mkdir()
    (folder / "2_Dense" / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(UnsafeModelError, match="pickle"):
        find_model(str(folder))


@pytest.mark.parametrize("shard", ["../beside/model.safetensors", "/srv/model.safetensors"])
def test_weights_outside_the_folder_of_the_model_are_refused(folder, shard):
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "model.safetensors", "b": shard}}))
    with pytest.raises(UnsafeModelError, match=r"names weights outside the model"):
        find_model(str(folder))


def test_a_folder_whose_modules_are_its_own_code_is_refused(folder):
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["type"] = "custom_st.Transformer"
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(UnsafeModelError, match=r"custom code \(custom_st.Transformer\)"):
        find_model(str(folder))


@pytest.mark.parametrize(
    "path", ["..", "../elsewhere", "1_Pooling/../../elsewhere", "/elsewhere", "..\\elsewhere", "C:/elsewhere"]
)
def test_a_module_outside_the_folder_is_refused(folder, path):
    shutil.copytree(folder / "1_Pooling", folder.parent / "elsewhere")
    modules = json.loads((folder / "modules.json").read_text())
    modules[1]["path"] = path
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(UnsafeModelError, match="outside the model's folder"):
        find_model(str(folder))


def test_a_folder_that_is_no_model_says_what_is_missing(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UnusableModelError, match=r"neither config.json nor modules.json"):
        find_model(str(tmp_path / "empty"))


def test_damaged_json_names_the_file(folder):
    (folder / "modules.json").write_text("[{")
    with pytest.raises(UnusableModelError, match=r"modules.json is not readable JSON"):
        find_model(str(folder))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", None),
        ("config.json", "{"),
        ("modules.json", "{"),
        ("modules.json", "{}"),
        ("modules.json", '[{"type": "own.Code"}]'),
        ("modules.json", '[{"type": "sentence_transformers.models.Pooling", "path": "../beside"}]'),
        ("model.safetensors", None),
        ("model.safetensors.index.json", '{"weight_map": {"a": "../beside.safetensors"}}'),
        ("model.safetensors.index.json", "["),
    ],
)
def test_errors_do_not_tell_where_the_model_folder_is(folder, monkeypatch, name, content):
    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(folder.parent))
    settings.cache_clear()
    (folder / "modules.json").unlink()
    (folder / name).unlink(missing_ok=True)
    if content is not None:
        (folder / name).write_text(content)
    with pytest.raises(ModelError) as caught:
        find_model(str(folder.resolve())).prompts  # noqa: B018 - read when asked for
    assert caught.value.where == "my-model"
    assert str(folder) not in str(caught.value)


@pytest.mark.usefixtures("here")
def test_what_a_library_says_does_not_tell_where_the_model_folder_is(folder, cache):
    (folder / "elsewhere").mkdir()
    (folder / "model.safetensors").rename(folder / "elsewhere" / "model.safetensors")
    with pytest.raises(UnusableModelError) as caught:
        open_for(LocalModel(str(folder), "float32"), cache).encode_queries(["x"])
    assert "in directory my-model" in caught.value.what


def test_a_hub_id_without_network_says_so_and_points_to_what_works():
    with pytest.raises(HubUnreachableError) as caught:
        find_model("nobody/nothing")
    assert caught.value.where == "nobody/nothing"
    assert "cannot be reached" in caught.value.what
    assert "bundled model" in caught.value.fix
    assert not is_on_disk("nobody/nothing")


@pytest.mark.parametrize("name", ["", "  ", "../etc", "/nowhere/model", "a b/c", "x/../y", "a/b/c"])
def test_what_is_neither_folder_nor_hub_id_says_so(name):
    with pytest.raises(ModelNotFoundError):
        find_model(name)


@pytest.mark.usefixtures("here")
def test_a_model_that_needs_remote_code_is_refused_when_it_would_be_loaded(folder, cache):
    config = json.loads((folder / "config.json").read_text())
    config |= {"model_type": "homemade", "auto_map": {"AutoConfig": "code.Config", "AutoModel": "code.Model"}}
    config.pop("architectures", None)
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "code.py").write_text("raise SystemExit('this ran')")
    with pytest.raises(UnsafeModelError) as caught:
        open_for(LocalModel(str(folder), "float32"), cache).encode_queries(["x"])
    assert caught.value.where == "my-model"
    assert "needs custom code from its repository" in caught.value.what


@pytest.mark.usefixtures("here")
def test_weights_that_are_damaged_name_the_model(folder, cache):
    (folder / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(UnusableModelError) as caught:
        open_for(LocalModel(str(folder), "float32"), cache).encode_queries(["x"])
    assert caught.value.where == "my-model"
    assert "cannot be loaded" in caught.value.what


@pytest.mark.parametrize("revision", ["../../etc/passwd", "a/../../b", "", "x" * 200, "a b", "-x", "v1\n"])
def test_a_revision_that_is_none_reaches_neither_disk_nor_hub(revision):
    with pytest.raises(NotOnHubError, match="not a valid revision"):
        find_model("nobody/nothing", revision=revision)


def test_what_a_model_was_trained_for_is_in_its_encoder_and_changes_no_vector(folder, cache):
    settings_file = folder / "config_sentence_transformers.json"
    stored = json.loads(settings_file.read_text())
    opened = {}
    for name in ("cosine", "dot", "euclidean", "manhattan", None):
        settings_file.write_text(json.dumps({**stored, "similarity_fn_name": name}))
        opened[name] = local_encoder(
            LocalModel(str(folder)),
            dataclasses.replace(find_model(str(folder)), revision="a commit"),
            torch.device("cpu"),
            None,
        )
    assert [opened[name].similarity for name in opened] == ["cosine", "dot", "euclidean", "cosine", "cosine"]
    assert len({encoder.fingerprint for encoder in opened.values()}) == 1


def _not_ready(files, _dtype):
    raise NoGraphError("torch is wanted here", where=files.name)


@pytest.mark.slow
@pytest.mark.usefixtures("here", "nothing_loaded")  # both engines have the model by one name
@pytest.mark.parametrize("engine", ["openvino", "torch"])
def test_vectors_that_authors_chose_to_cut_are_cut(folder, cache, engine, monkeypatch):
    if engine == "torch":
        monkeypatch.setattr(openvino, "ready", _not_ready)
    settings_file = folder / "config_sentence_transformers.json"
    settings_file.write_text(json.dumps({**json.loads(settings_file.read_text()), "truncate_dim": 6}))
    files = find_model(str(folder))
    assert files.facts.dims == 6
    texts = ["the cat sat", "refund"]
    expected = sentence_transformer(folder).encode(texts)
    opened = open_for(LocalModel(str(folder), "float32", query_prompt=""), cache)
    assert (opened.engine.kind, opened.engine.dims) == (engine, 6)
    np.testing.assert_allclose(opened.encode_queries(texts), expected, atol=1e-5)


def test_a_hub_id_that_is_also_a_relative_folder_is_not_on_disk(tmp_path, monkeypatch):
    (tmp_path / "owner" / "model").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert files_on_disk("owner/model") is None
