"""What the host's two switches let in, and what they never do."""

import json
import pickle
import shutil

import numpy as np
import pytest
import torch

from explorer.embedding import embed
from explorer.encode.engines.loading import load_model, weights_only
from explorer.encode.models import find_model
from explorer.encode.spec import LocalModel
from explorer.errors import UnsafeModelError, UnusableModelError
from explorer.settings import settings
from tests.encode.opening import open_for
from tests.tiny_model import Malicious, add_own_code, pickle_weights

TEXTS = ["the cat sat", "my order is late"]


@pytest.fixture
def marker(tmp_path):
    """A file or folder that is only there once code of a model has run."""
    return tmp_path / "marker"


@pytest.fixture
def folder(tiny_model, tmp_path, monkeypatch):
    """A copy of the tiny model, in the host's model folder."""
    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(tmp_path / "models"))
    return shutil.copytree(tiny_model, tmp_path / "models" / "tiny")


@pytest.fixture
def plain(tiny_model, cache):
    """Vectors of the model as it is."""
    return vectors(tiny_model, cache)


def vectors(folder, cache, **chosen):
    return open_for(LocalModel(str(folder), "float32", **chosen), cache).encode_queries(TEXTS)


def loaded(folder, **chosen):
    return load_model(find_model(str(folder), **chosen), torch.device("cpu"), torch.float32)


def switch(monkeypatch, name):
    monkeypatch.setenv(f"EXPLORER_ALLOW_{name}", "yes")
    settings.cache_clear()


def change(path, **entries):
    known = json.loads(path.read_text()) if path.is_file() else {}
    path.write_text(json.dumps(known | entries))


def add_dense(folder):
    modules = json.loads((folder / "modules.json").read_text())
    modules.append({"idx": 2, "name": "2", "path": "2_Dense", "type": "sentence_transformers.models.Dense"})
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "2_Dense").mkdir()
    change(folder / "2_Dense" / "config.json", in_features=16, out_features=4)
    return folder / "2_Dense" / "pytorch_model.bin"


def add_automatic_code(folder, marker):
    """A class that transformers takes in the place of its own, where it may."""
    change(folder / "config.json", auto_map={"AutoModel": "own.Own"})
    (folder / "own.py").write_text(
        f"""
from pathlib import Path

from transformers import BertModel

Path({str(marker)!r}).touch()


class Own(BertModel):
    def forward(self, *args, **kwargs):
        output = super().forward(*args, **kwargs)
        output.last_hidden_state = 5 * output.last_hidden_state
        return output
"""
    )


def add_architecture(folder, factor):
    """A configuration and a model of its own, which transformers registers as a pair."""
    classes = {"AutoConfig": "own_config.OwnConfig", "AutoModel": "own.Own"}
    change(folder / "config.json", model_type="homemade", auto_map=classes)
    (folder / "own_config.py").write_text(
        """
from transformers import BertConfig


class OwnConfig(BertConfig):
    model_type = "homemade"
"""
    )
    (folder / "own.py").write_text(
        f"""
from transformers import BertModel

from .own_config import OwnConfig


class Own(BertModel):
    config_class = OwnConfig

    def forward(self, *args, **kwargs):
        output = super().forward(*args, **kwargs)
        output.last_hidden_state = {factor} * output.last_hidden_state
        return output
"""
    )


def test_a_pickle_error_names_the_switch(folder):
    pickle_weights(folder)
    with pytest.raises(UnsafeModelError, match="EXPLORER_ALLOW_PICKLE"):
        find_model(str(folder))


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_pickle_weights_give_the_same_vectors_with_the_same_engine(folder, plain, cache, monkeypatch):
    switch(monkeypatch, "PICKLE")
    encoder = open_for(LocalModel(str(pickle_weights(folder)), "float32"), cache)
    assert np.allclose(encoder.encode_queries(TEXTS), plain, atol=1e-5)
    assert encoder.engine.kind == "openvino"


def test_pickle_weights_of_a_dense_module_are_read(folder, monkeypatch):
    switch(monkeypatch, "PICKLE")
    weights = {"linear.weight": torch.ones(4, 16), "linear.bias": torch.zeros(4)}
    torch.save(weights, add_dense(folder))
    assert loaded(folder).encode(TEXTS).shape == (2, 4)


def test_the_revision_of_a_folder_changes_with_its_pickle_weights_and_no_other_pickle(folder, monkeypatch):
    switch(monkeypatch, "PICKLE")
    weights = pickle_weights(folder) / "pytorch_model.bin"
    first = find_model(str(folder)).revision
    (folder / "training_args.bin").write_bytes(b"never read")
    assert find_model(str(folder)).revision == first
    torch.save({"other": torch.ones(1)}, weights)
    assert find_model(str(folder)).revision != first


def test_a_folder_with_no_weights_but_a_pickle_nobody_reads_has_none(folder, monkeypatch):
    switch(monkeypatch, "PICKLE")
    (folder / "model.safetensors").rename(folder / "training_args.bin")
    with pytest.raises(UnusableModelError, match="no weights"):
        find_model(str(folder))


@pytest.mark.parametrize(
    ("listed", "error"),
    [({"weight_map": {"a": "part.txt"}}, UnsafeModelError), (["part.txt"], UnusableModelError)],
)
def test_a_list_of_parts_that_are_no_safetensors_is_refused(folder, listed, error):
    (folder / "model.safetensors.index.json").write_text(json.dumps(listed))
    with pytest.raises(error):
        find_model(str(folder))


@pytest.mark.parametrize("how", ["pickle", "torch", "dense", "asked"])
def test_a_pickle_that_would_run_code_is_refused_and_runs_none(folder, marker, monkeypatch, how):
    switch(monkeypatch, "PICKLE")
    path = add_dense(folder) if how == "dense" else pickle_weights(folder) / "pytorch_model.bin"
    if how == "pickle":
        path.write_bytes(pickle.dumps({"embeddings.word_embeddings.weight": Malicious(marker)}, 2))
    else:
        torch.save({"embeddings.word_embeddings.weight": Malicious(marker)}, path)
    if how == "asked":  # a model's own settings reach the library that loads it
        asked = {"weights_only": False, "dtype": "auto"}
        change(folder / "sentence_bert_config.json", model_args=asked)
    with pytest.raises(UnsafeModelError, match="nothing in it was run"):
        loaded(folder)
    assert not marker.exists()


def test_no_library_can_ask_for_pickles_that_run_code_while_a_model_is_loaded(tmp_path, marker):
    torch.save(Malicious(marker), tmp_path / "evil.bin")
    with weights_only(), pytest.raises(pickle.UnpicklingError):
        torch.load(tmp_path / "evil.bin", weights_only=False)
    assert not marker.exists()
    torch.load(tmp_path / "evil.bin", weights_only=False)  # other programs' files are their own affair
    assert marker.exists()


@pytest.mark.parametrize("allowed", [False, True])
def test_code_that_nobody_confirmed_is_not_run(folder, marker, cache, monkeypatch, allowed):
    add_own_code(folder, marker)
    if allowed:
        switch(monkeypatch, "REMOTE_CODE")
    fix = "open it on the Models page" if allowed else "EXPLORER_ALLOW_REMOTE_CODE"
    with pytest.raises(UnsafeModelError, match=f"(?i)custom code.*{fix}"):
        vectors(folder, cache)
    assert not marker.exists()


def test_code_that_the_host_does_not_allow_is_not_run(folder, marker, cache):
    add_own_code(folder, marker)
    with pytest.raises(UnsafeModelError, match=r"may not run custom code.*EXPLORER_ALLOW_REMOTE_CODE"):
        vectors(folder, cache, trust_remote_code=True)
    assert not marker.exists()


def test_confirmed_code_runs_by_torch_and_is_another_encoder_when_it_changes(
    folder, marker, plain, cache, monkeypatch
):
    switch(monkeypatch, "REMOTE_CODE")
    add_own_code(folder, marker)
    spec = LocalModel(str(folder), "float32", trust_remote_code=True)
    encoder = open_for(spec, cache, TEXTS)
    assert np.allclose(encoder.encode_queries(TEXTS), 2 * plain, atol=1e-5)
    assert marker.exists()
    assert encoder.engine.kind == "torch"
    assert "runs its own code" in encoder.engine.notes[0]
    add_own_code(folder, marker, factor=3)
    changed = open_for(spec, cache, TEXTS)
    assert changed.fingerprint != encoder.fingerprint
    assert np.allclose(changed.encode_queries(TEXTS), 3 * plain, atol=1e-5)


def test_code_of_two_folders_of_one_name_is_not_mixed(folder, tmp_path, marker, plain, cache, monkeypatch):
    switch(monkeypatch, "REMOTE_CODE")
    other = shutil.copytree(folder, tmp_path / "models" / "elsewhere" / folder.name)
    add_own_code(folder, marker, factor=2)
    add_own_code(other, marker, factor=3)
    for path, factor in ((folder, 2), (other, 3), (folder, 2)):
        assert np.allclose(vectors(path, cache, trust_remote_code=True), factor * plain, atol=1e-5)


def test_an_architecture_that_was_changed_in_place_runs_as_it_is_now(folder, plain, cache, monkeypatch):
    switch(monkeypatch, "REMOTE_CODE")
    for factor in (5, 7):
        add_architecture(folder, factor)
        assert np.allclose(vectors(folder, cache, trust_remote_code=True), factor * plain, atol=1e-4)


@pytest.mark.slow
@pytest.mark.usefixtures("here")
def test_with_and_without_its_code_a_model_is_two_encoders(folder, marker, plain, cache, monkeypatch):
    switch(monkeypatch, "REMOTE_CODE")
    add_automatic_code(folder, marker)
    assert np.allclose(vectors(folder, cache), plain, atol=1e-5)
    assert not marker.exists()
    with_code = open_for(LocalModel(str(folder), "float32", trust_remote_code=True), cache)
    assert np.allclose(with_code.encode_queries(TEXTS), 5 * plain, atol=1e-4)
    without = open_for(LocalModel(str(folder), "float32"), cache)
    assert without.fingerprint != with_code.fingerprint
    assert np.allclose(without.encode_queries(TEXTS), plain, atol=1e-5)


@pytest.mark.parametrize(
    ("file", "entries"),
    [
        ("config.json", {"auto_map": {"AutoModel": "evil/code--modeling.Model"}}),
        ("config.json", {"text_config": {"auto_map": {"AutoModel": "evil/code--modeling.Model"}}}),
        ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": [None, "evil/code--tokens.Fast"]}}),
        ("1_Pooling/router_config.json", {"types": {"a": "evil/code--modeling.Model"}}),
    ],
)
def test_code_of_another_repository_is_refused_by_name(folder, marker, monkeypatch, file, entries):
    switch(monkeypatch, "REMOTE_CODE")
    add_own_code(folder, marker)
    change(folder / file, **entries)
    with pytest.raises(UnsafeModelError, match=r"in another repository, evil/code, which is not pinned"):
        find_model(str(folder), trust_remote_code=True)


def test_code_that_is_not_among_the_models_files_is_not_looked_for_elsewhere(folder, marker, monkeypatch):
    switch(monkeypatch, "REMOTE_CODE")
    (add_own_code(folder, marker) / "custom_st.py").unlink()
    with pytest.raises(UnsafeModelError, match=r"custom_st.Multiplied is not among the model's files"):
        find_model(str(folder), trust_remote_code=True)


def test_code_outside_the_model_folder_is_not_run(folder, marker, cache, tmp_path, monkeypatch):
    switch(monkeypatch, "REMOTE_CODE")
    outside = add_own_code(shutil.copytree(folder, tmp_path / "outside"), marker)
    with pytest.raises(UnsafeModelError, match=r"only inside the server's model folder"):
        vectors(outside, cache, trust_remote_code=True)
    assert not marker.exists()


@pytest.mark.parametrize("revision", [None, "main", "0123456", "A" * 40])
def test_code_at_anything_but_a_full_commit_is_refused(monkeypatch, revision):
    switch(monkeypatch, "REMOTE_CODE")
    with pytest.raises(UnsafeModelError, match=r"runs only at a full commit hash"):
        embed(TEXTS, "owner/model", revision=revision, trust_remote_code=True)


def test_code_that_fails_says_so(folder, marker, cache, monkeypatch):
    switch(monkeypatch, "REMOTE_CODE")
    (add_own_code(folder, marker) / "custom_st.py").write_text("raise KeyError('oh dear')")
    with pytest.raises(UnusableModelError, match="oh dear"):
        vectors(folder, cache, trust_remote_code=True)
