"""Downloads where the host allows pickle weights or code from repositories."""

import numpy as np
import pytest

import explorer
from explorer.encode.models import find_model
from explorer.errors import HubUnreachableError, UnsafeModelError
from explorer.hub.client import get_json
from explorer.hub.download import fetch_model, snapshot_on_disk
from explorer.settings import settings
from tests.hub_server import COMMIT, EVERYTHING
from tests.tiny_model import add_own_code, pickle_weights

TEXTS = ["the cat sat", "my order is late"]


def switch(monkeypatch, name):
    monkeypatch.setenv(f"EXPLORER_ALLOW_{name}", "yes")
    settings.cache_clear()


@pytest.fixture
def served(hub):
    return hub.repositories["tiny/model"]


@pytest.fixture
def marker(tmp_path):
    return tmp_path / "marker"


def test_pickle_weights_are_downloaded_where_they_are_allowed_and_nothing_else_is(hub, served, monkeypatch):
    switch(monkeypatch, "PICKLE")
    pickle_weights(served)
    (served / "training_args.bin").write_bytes(b"never read")
    folder, _ = fetch_model("tiny/model", None)
    assert [path.name for path in folder.glob("*.bin")] == ["pytorch_model.bin"]
    hub.failing.add(EVERYTHING)
    assert snapshot_on_disk("tiny/model", None) == folder


def test_pickle_weights_beside_safetensors_stay_on_the_hub(hub, served, monkeypatch):
    switch(monkeypatch, "PICKLE")
    (served / "pytorch_model.bin").write_bytes(b"the same in a pickle")
    folder, _ = fetch_model("tiny/model", None)
    assert not list(folder.glob("*.bin"))


@pytest.mark.slow
def test_code_is_downloaded_only_for_an_encoder_that_may_run_it(hub, served, marker, monkeypatch):
    switch(monkeypatch, "REMOTE_CODE")
    add_own_code(served, marker)
    folder, _ = fetch_model("tiny/model", COMMIT)
    assert not list(folder.glob("*.py"))
    assert snapshot_on_disk("tiny/model", COMMIT) == folder
    assert snapshot_on_disk("tiny/model", COMMIT, code=True) is None
    files = find_model("tiny/model", revision=COMMIT, trust_remote_code=True)
    assert {path.name for path in files.folder.glob("*.py")} == {"custom_st.py", "factor.py"}
    assert not marker.exists()
    hub.failing.add(EVERYTHING)
    assert find_model("tiny/model", revision=COMMIT, trust_remote_code=True) == files


def test_a_snapshot_without_its_code_does_not_do_without_the_hub(hub, served, marker, monkeypatch):
    switch(monkeypatch, "REMOTE_CODE")
    add_own_code(served, marker)
    fetch_model("tiny/model", COMMIT)
    hub.failing.add(EVERYTHING)
    with pytest.raises(HubUnreachableError, match="not on this machine"):
        find_model("tiny/model", revision=COMMIT, trust_remote_code=True)


@pytest.mark.slow
def test_a_branch_that_is_called_as_a_commit_is_none(hub, served, marker, monkeypatch):
    switch(monkeypatch, "REMOTE_CODE")
    add_own_code(served, marker)
    said = get_json("/api/models/tiny/model", {"blobs": True})
    hub.bodies[f"/api/models/tiny/model/revision/{'a' * 40}"] = said
    with pytest.raises(UnsafeModelError, match="full commit hash"):
        find_model("tiny/model", revision="a" * 40, trust_remote_code=True)


@pytest.mark.slow
def test_embed_runs_the_code_of_a_commit_that_is_confirmed(hub, served, tiny_model, marker, monkeypatch):
    switch(monkeypatch, "REMOTE_CODE")
    add_own_code(served, marker)
    with pytest.raises(UnsafeModelError, match="custom code"):
        explorer.embed(TEXTS, "tiny/model", revision=COMMIT)
    assert not marker.exists()
    exact = {"precision": "float32"}
    space = explorer.embed(TEXTS, "tiny/model", revision=COMMIT, trust_remote_code=True, **exact)
    plain = explorer.embed(TEXTS, str(tiny_model), **exact)
    assert np.allclose(space.vectors, 2 * plain.vectors, atol=1e-5)
