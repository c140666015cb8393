"""Models that others put into MLflow: fetched within bounds, and nothing of them is run."""

from __future__ import annotations

import json
import shutil

import pytest

import explorer
from explorer.encode.models import files_on_disk, find_model, is_on_disk
from explorer.errors import JobCancelledError, NotTrackedError, TooLargeError, UnsafeModelError
from explorer.mlflow_store.models import DATA, _sizes, fetch_tracked, kept_models, tracked_models

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("mlflow")]


@pytest.fixture
def put(mlflow_store, tiny_model, tmp_path):
    """Puts a model into MLflow as anybody can, and gives its name."""
    from mlflow import MlflowClient

    def put_model(change=lambda folder: None):
        folder = tmp_path / "made" / DATA
        shutil.copytree(tiny_model, folder)
        change(folder)
        client = MlflowClient()
        model = client.create_logged_model("0", name="of somebody")
        client.log_model_artifacts(model.model_id, str(folder.parent))
        return f"models:/{model.model_id}"

    return put_model


def test_a_model_that_others_logged_is_opened_and_is_then_on_this_machine(put, tiny_model):
    name = put()
    assert not is_on_disk(name)
    assert files_on_disk(name) is None
    files, same = find_model(name), find_model(str(tiny_model))
    assert (files.name, files.origin, files.revision) == (name, "mlflow", same.revision)
    assert files_on_disk(name) == files
    assert kept_models() == [name]


def test_pickled_weights_and_code_are_not_loaded(put):
    def pickled(folder):
        for weights in folder.rglob("*.safetensors"):
            weights.rename(weights.with_name("pytorch_model.bin"))

    with pytest.raises(UnsafeModelError, match="pickle"):
        find_model(put(pickled))


def test_code_of_its_own_is_neither_fetched_nor_run(put, bound):
    def with_code(folder):
        (folder / "own.py").write_text("raise SystemExit('it ran')")
        modules = json.loads((folder / "modules.json").read_text())
        modules[0]["type"] = "own.Module"
        (folder / "modules.json").write_text(json.dumps(modules))

    bound("EXPLORER_ALLOW_REMOTE_CODE", "yes")
    name = put(with_code)
    with pytest.raises(UnsafeModelError, match="custom code"):
        find_model(name)
    with pytest.raises(UnsafeModelError):
        explorer.embed(["a"], name, trust_remote_code=True)
    assert not list(fetch_tracked(name).rglob("*.py"))


def test_a_model_that_is_too_large_is_not_fetched(put, bound):
    name = put(lambda folder: (folder / "model.safetensors").write_bytes(bytes(1_100_000)))
    bound("EXPLORER_MAX_MODEL_MB", 1)
    with pytest.raises(TooLargeError, match="EXPLORER_MAX_MODEL_MB"):
        find_model(name)
    assert not is_on_disk(name)


def test_what_is_no_model_of_sentence_transformers_says_so(put):
    with pytest.raises(NotTrackedError, match="no sentence-transformers model"):
        find_model(put(lambda folder: folder.rename(folder.with_name("model.pkl"))))


@pytest.mark.parametrize("name", ["models:/nobody's/1", f"models:/m-{'0' * 32}", f"runs:/{'0' * 32}/encoder"])
def test_a_name_that_nobody_gave_says_so(name, mlflow_store):
    with pytest.raises(NotTrackedError, match="no model or run by that name"):
        find_model(name)


def test_a_fetch_that_is_cancelled_leaves_nothing(put):
    name = put()

    def cancel(progress):
        if progress.done:
            raise JobCancelledError("stopped")

    with pytest.raises(JobCancelledError):
        find_model(name, on_progress=cancel)
    assert not is_on_disk(name)
    assert find_model(name).name == name


def test_without_the_server_a_model_that_is_here_is_used(put, monkeypatch):
    name = put()
    files = find_model(name)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    assert find_model(name) == files


def test_the_list_has_the_newest_version_of_what_explorer_logged(mlflow_store, tiny_model):
    from mlflow import MlflowClient

    MlflowClient().create_registered_model("of others")
    for name in ("listed", "listed"):
        explorer.log_encoder(str(tiny_model), name)
    found = tracked_models()
    assert "models:/listed/2" in found
    assert "models:/listed/1" not in found
    assert not [name for name in found if "of others" in name]


def test_a_server_that_lists_a_folder_in_itself_is_left():
    from mlflow.entities import FileInfo

    class Repository:
        def list_artifacts(self, _path):
            return [FileInfo(f"{DATA}/again", is_dir=True, file_size=None)]

    with pytest.raises(NotTrackedError, match="not those of a model"):
        _sizes(Repository(), "models:/faq/1")
