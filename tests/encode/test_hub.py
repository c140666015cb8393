import shutil

import pytest

from explorer.encode.encoder import open_encoder
from explorer.encode.models import find_model, is_on_disk
from explorer.encode.spec import EncoderSpec
from explorer.errors import HubUnreachableError, ModelNotFoundError, TooLargeError, UnsafeModelError
from explorer.settings import settings
from tests.hub_server import COMMIT, LocalHub


@pytest.fixture
def hub(monkeypatch, tmp_path, tiny_model):
    """A Hub with the model `tiny/model`; the real client talks to it."""
    from huggingface_hub import constants

    server = LocalHub()
    server.repositories["tiny/model"] = shutil.copytree(tiny_model, tmp_path / "served")
    (server.repositories["tiny/model"] / "onnx").mkdir()
    (server.repositories["tiny/model"] / "onnx" / "model.onnx.json").write_text("{}")
    for module in ("huggingface_hub.constants", "huggingface_hub.hf_api", "huggingface_hub.file_download"):
        monkeypatch.setattr(f"{module}.ENDPOINT", server.url, raising=False)
    monkeypatch.setattr(
        constants, "HUGGINGFACE_CO_URL_TEMPLATE", server.url + "/{repo_id}/resolve/{revision}/{filename}"
    )
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))
    yield server
    server.close()


def test_a_model_is_downloaded_once_without_exports_and_then_works_offline(hub, cache):
    files = find_model("tiny/model")
    assert (files.name, files.origin, files.revision) == ("tiny/model", "hub", COMMIT)
    assert (files.folder / "model.safetensors").is_file()
    assert not (files.folder / "onnx").exists()
    assert is_on_disk("tiny/model")
    vectors = open_encoder(EncoderSpec("tiny/model", "float32"), [], cache).encode_queries(["the cat"])
    assert vectors.shape == (1, 16)
    hub.close()
    assert find_model("tiny/model").revision == COMMIT


def test_a_model_the_hub_does_not_have(hub):
    with pytest.raises(ModelNotFoundError, match="no model by that name, or it is private"):
        find_model("tiny/other")


def test_a_revision_the_model_does_not_have(hub):
    with pytest.raises(ModelNotFoundError, match="no revision 'v9'"):
        find_model("tiny/model", revision="v9")


def test_a_gated_model_says_how_to_get_in(hub):
    hub.gated.add("tiny/model")
    with pytest.raises(ModelNotFoundError, match=r"gated.*HF_TOKEN"):
        find_model("tiny/model")


def test_a_hub_that_fails_says_so(hub, monkeypatch):
    hub.failing.add("tiny/model")
    with pytest.raises(HubUnreachableError, match="status 500"):
        find_model("tiny/model")


def test_pickle_weights_are_refused_before_any_file_is_downloaded(hub):
    served = hub.repositories["tiny/model"]
    (served / "model.safetensors").rename(served / "pytorch_model.bin")
    with pytest.raises(UnsafeModelError, match="pickle"):
        find_model("tiny/model")
    assert not [request for request in hub.requests if "/resolve/" in request]


def test_a_model_over_the_hosts_bound_is_refused_before_any_file_is_downloaded(hub, monkeypatch):
    (hub.repositories["tiny/model"] / "model.safetensors").write_bytes(b"0" * 3_000_000)
    monkeypatch.setenv("EXPLORER_MAX_MODEL_MB", "2")
    settings.cache_clear()
    with pytest.raises(TooLargeError, match=r"3 MB; this server downloads up to 2 MB"):
        find_model("tiny/model")
    assert not [request for request in hub.requests if "/resolve/" in request]


def test_a_download_that_breaks_off_says_so(hub):
    hub.broken_files.add("model.safetensors")
    with pytest.raises(HubUnreachableError, match="broke off"):
        find_model("tiny/model")
