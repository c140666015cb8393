import itertools
import shutil
from concurrent.futures import ThreadPoolExecutor

import pytest

from explorer.encode.models import find_model, is_on_disk
from explorer.encode.spec import LocalModel
from explorer.errors import (
    GatedError,
    HubUnreachableError,
    NotOnHubError,
    SettingError,
    TooLargeError,
    UnsafeModelError,
)
from explorer.hub.client import get_json
from explorer.hub.download import fetch_model, snapshot_on_disk
from explorer.hub.models_on_disk import models_on_disk
from explorer.settings import settings
from tests.encode.opening import open_for
from tests.hub_server import COMMIT, EVERYTHING, impatient, unanswered


class StoppedError(Exception):
    pass


def add_weights(hub, size):
    """Another, larger file of weights beside the model's own."""
    path = hub.repositories["tiny/model"] / "large.safetensors"
    path.write_bytes(bytes(range(256)) * (size // 256))
    return path


def downloads(hub):
    return [request for request in hub.requests if "/resolve/" in request]


@pytest.mark.slow
def test_a_model_is_downloaded_once_without_exports_and_then_works_offline(hub, cache):
    files = find_model("tiny/model")
    assert (files.name, files.origin, files.revision) == ("tiny/model", "hub", COMMIT)
    assert (files.folder / "model.safetensors").is_file()
    assert not (files.folder / "onnx").exists()
    assert is_on_disk("tiny/model")
    vectors = open_for(LocalModel("tiny/model", "float32"), cache).encode_queries(["the cat"])
    assert vectors.shape == (1, 16)
    before = len(downloads(hub))
    find_model("tiny/model")
    assert len(downloads(hub)) == before
    hub.close()
    assert find_model("tiny/model").revision == COMMIT


@pytest.mark.slow
def test_what_was_downloaded_is_what_the_library_itself_finds(hub):
    from huggingface_hub import snapshot_download

    folder, _ = fetch_model("tiny/model", None)
    before = len(downloads(hub))
    theirs = snapshot_download(
        "tiny/model", allow_patterns=["*.safetensors", "*.json"], ignore_patterns=["onnx/*"]
    )
    assert theirs == str(folder)
    assert not [request for request in downloads(hub)[before:] if request.startswith("GET")]
    served = hub.repositories["tiny/model"]
    for path in folder.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (served / path.relative_to(folder)).read_bytes()


def test_progress_goes_from_nothing_to_all_in_small_steps(hub):
    add_weights(hub, 4_000_000)
    seen = []
    folder, _ = fetch_model("tiny/model", None, lambda progress: seen.append((progress.done, progress.total)))
    total = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert {all_of_it for _, all_of_it in seen} == {total}
    done = [arrived for arrived, _ in seen]
    assert done == sorted(done)
    assert done[-1] == total
    assert max(after - before for before, after in itertools.pairwise(done)) <= 65536


@pytest.mark.slow
def test_a_stopped_download_goes_on_where_it_stopped(hub):
    large = add_weights(hub, 4_000_000)

    def stop(progress):
        if progress.done > 1_000_000:
            raise StoppedError

    with pytest.raises(StoppedError):
        fetch_model("tiny/model", None, stop)
    assert snapshot_on_disk("tiny/model", None) is None
    assert models_on_disk() == []
    hub.bytes_sent.clear()
    seen = []
    folder, _ = fetch_model("tiny/model", None, lambda progress: seen.append(progress.done))
    assert seen[0] > 0
    assert hub.bytes_sent[f"/lfs{large}"] < 3_100_000
    assert (folder / "large.safetensors").read_bytes() == large.read_bytes()


@pytest.mark.slow
def test_a_download_that_breaks_off_says_so_and_keeps_what_arrived(hub):
    large = add_weights(hub, 4_000_000)
    hub.broken_files.add("large.safetensors")
    with pytest.raises(HubUnreachableError, match=r"interrupted; what was downloaded is kept"):
        fetch_model("tiny/model", None)
    hub.broken_files.clear()
    hub.bytes_sent.clear()
    fetch_model("tiny/model", None)
    assert hub.bytes_sent[f"/lfs{large}"] == 2_000_000


@pytest.mark.slow
def test_a_server_that_falls_silent_half_way_is_given_up(hub, monkeypatch):
    add_weights(hub, 1_000_000)
    hub.paused_files.add("large.safetensors")
    impatient(monkeypatch)
    with pytest.raises(HubUnreachableError, match="interrupted"):
        fetch_model("tiny/model", None)
    assert not hub.closed.is_set()  # it is silent still


def test_a_file_that_arrives_damaged_is_not_used(hub):
    size = (hub.repositories["tiny/model"] / "model.safetensors").stat().st_size
    siblings = [{"rfilename": "model.safetensors", "size": size, "lfs": {"sha256": "0" * 64}}]
    hub.bodies["/api/models/tiny/model"] = {"id": "tiny/model", "sha": COMMIT, "siblings": siblings}
    with pytest.raises(HubUnreachableError, match="arrived damaged"):
        fetch_model("tiny/model", None)
    assert snapshot_on_disk("tiny/model", None) is None


@pytest.mark.parametrize(
    "path", ["../../escaped.json", "/tmp/escaped.json", "a/../../escaped.json", "a\\..\\b.json"]
)
def test_no_file_leaves_the_cache(hub, path):
    siblings = get_json("/api/models/tiny/model", {"blobs": True})["siblings"]
    weights = [sibling for sibling in siblings if sibling["rfilename"] == "model.safetensors"]
    hostile = {"rfilename": path, "size": 2, "blobId": "0" * 40}
    hub.bodies["/api/models/tiny/model"] = {
        "id": "tiny/model",
        "sha": COMMIT,
        "siblings": [hostile, *weights],
    }
    folder, _ = fetch_model("tiny/model", None)
    assert [file.name for file in folder.rglob("*")] == ["model.safetensors"]
    assert not any("escaped" in request for request in hub.requests)


def test_a_model_the_hub_does_not_have(hub):
    with pytest.raises(NotOnHubError, match="nothing with that name, or it is private"):
        find_model("tiny/other")


def test_a_revision_the_model_does_not_have(hub):
    with pytest.raises(NotOnHubError, match="no such revision"):
        find_model("tiny/model", revision="v9")


def test_a_gated_model_says_how_to_get_in(hub):
    hub.gated.add("tiny/model")
    with pytest.raises(GatedError, match=r"gated.*HF_TOKEN"):
        find_model("tiny/model")


def test_a_hub_that_fails_says_so(hub):
    hub.failing.add("tiny/model")
    with pytest.raises(HubUnreachableError, match=r"status 500.*not on this machine"):
        find_model("tiny/model")


def test_a_hub_that_fails_does_not_take_away_what_is_here(hub):
    find_model("tiny/model")
    hub.failing.add(EVERYTHING)
    assert find_model("tiny/model").revision == COMMIT


def test_pickle_weights_are_refused_before_any_file_is_downloaded(hub):
    served = hub.repositories["tiny/model"]
    (served / "model.safetensors").rename(served / "pytorch_model.bin")
    with pytest.raises(UnsafeModelError, match="pickle"):
        find_model("tiny/model")
    assert not downloads(hub)


def test_a_model_over_the_hosts_bound_is_refused_before_any_file_is_downloaded(hub, monkeypatch):
    (hub.repositories["tiny/model"] / "model.safetensors").write_bytes(b"0" * 3_000_000)
    monkeypatch.setenv("EXPLORER_MAX_MODEL_MB", "2")
    settings.cache_clear()
    with pytest.raises(TooLargeError, match=r"3 MB; this server downloads up to 2 MB"):
        find_model("tiny/model")
    assert not downloads(hub)


def test_a_snapshot_that_another_tool_left_without_weights_is_not_taken_for_a_model(hub):
    from huggingface_hub import hf_hub_download

    hf_hub_download("tiny/model", "config.json")
    assert not is_on_disk("tiny/model")


def test_models_on_disk_are_listed_without_the_hub(hub):
    assert models_on_disk() == []
    folder, _ = fetch_model("tiny/model", None)
    hub.close()
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    assert [(model.id, model.commit) for model in models_on_disk()] == [("tiny/model", COMMIT)]
    assert models_on_disk()[0].size <= size
    assert models_on_disk()[0].size > 0.9 * size


def test_a_cache_that_cannot_be_written_says_so(hub, monkeypatch, tmp_path):
    from huggingface_hub import constants

    (tmp_path / "file").write_text("")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "file"))
    with pytest.raises(SettingError, match=r"cannot be made.*HF_HOME"):
        fetch_model("tiny/model", None)


def test_what_the_disk_cannot_hold_is_not_begun(hub, monkeypatch):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage._replace(free=1000))
    with pytest.raises(TooLargeError, match=r"the disk has 0 MB left"):
        fetch_model("tiny/model", None)
    assert not downloads(hub)


@pytest.mark.slow
def test_two_who_want_the_same_model_download_it_once(hub):
    large = add_weights(hub, 4_000_000)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: fetch_model("tiny/model", None), range(2)))
    assert found[0] == found[1]
    assert hub.bytes_sent[f"/lfs{large}"] == 4_000_000


@pytest.mark.slow
def test_a_search_that_times_out_does_not_end_anothers_download(hub):
    add_weights(hub, 200_000)
    hub.silent |= {"/api/models", "/api/datasets"}
    timed_out = []

    def search(_progress):
        if not timed_out:
            timed_out.append(True)
            unanswered("/api/models", search="a visitor's words")
            unanswered("/api/datasets", search="another's")

    folder, _ = fetch_model("tiny/model", None, search)
    assert timed_out
    assert (folder / "large.safetensors").stat().st_size == 200_000 // 256 * 256


@pytest.mark.slow
def test_a_download_goes_on_and_a_new_one_begins_after_searches_that_timed_out(hub):
    large = add_weights(hub, 4_000_000)

    def stop(progress):
        if progress.done > 1_000_000:
            raise StoppedError

    with pytest.raises(StoppedError):
        fetch_model("tiny/model", None, stop)
    hub.bytes_sent.clear()
    hub.silent |= {"/api/models", "/api/datasets"}
    unanswered("/api/models")
    unanswered("/api/datasets")
    folder, _ = fetch_model("tiny/model", None)
    assert hub.bytes_sent[f"/lfs{large}"] < 3_100_000
    assert (folder / "large.safetensors").read_bytes() == large.read_bytes()
