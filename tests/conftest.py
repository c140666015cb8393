"""What every test may count on: a cache of its own, no network, and the published numbers."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import hypothesis
import pytest

from tests.prepared import ROOT, Prepared, convert_here

# Several processes run tests at a time: how long one example took says nothing.
hypothesis.settings.register_profile("explorer", deadline=None, max_examples=50)
hypothesis.settings.load_profile("explorer")

# Read when torch and numpy are first imported. Tests run beside other tests: with more threads than one, each
# would burn the other's core while its threads wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Read when huggingface_hub is first imported: no test may wait for the real Hub.
os.environ["HF_ENDPOINT"] = "http://127.0.0.1:9"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "true"


def pytest_addoption(parser):
    parser.addoption(
        "--shots", action="store_true", help="keep pictures of the pages that browser tests visit"
    )


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch, tmp_path):
    """Each test has its own empty cache, reads the settings anew, and leaves the process's main module.

    Streamlit puts the script of a page in its place, which processes begun by later tests would run.
    """
    from explorer.settings import settings

    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.setenv("EXPLORER_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture(scope="session")
def prepared(request, tmp_path_factory) -> Prepared:
    """Converted models, and the vectors of the samples."""
    return Prepared(Path(request.config.cache.mkdir("prepared")), tmp_path_factory.mktemp("prepared"))


@pytest.fixture(scope="session", autouse=True)
def converter_process(prepared):
    """Convert models once for all tests and in this process; gives the function that starts a process."""
    from explorer.encode.engines import graphs

    in_a_process = graphs.run_converter

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graphs, "graphs_folder", prepared.graphs)
        patch.setattr(graphs, "_KEEP", 100)
        convert_here(patch)
        yield in_a_process


@pytest.fixture(scope="session")
def published() -> dict:
    """The tutorial's texts and the numbers it published for them."""
    return json.loads((ROOT / "explorer/data/samples/medicare_faq.json").read_text(encoding="utf-8"))


@pytest.fixture
def cache(tmp_path):
    from explorer.encode.cache import VectorCache

    return VectorCache(tmp_path / "vectors", 100)


@pytest.fixture
def bound(monkeypatch):
    """Sets one of the host's bounds: `bound("EXPLORER_MAX_ROWS", 10)`."""
    from explorer.settings import settings

    def set_bound(name: str, value: int) -> None:
        monkeypatch.setenv(name, str(value))
        settings.cache_clear()

    yield set_bound
    settings.cache_clear()


@pytest.fixture
def memory_of(monkeypatch):
    """Sets how much memory is left, in MB."""
    from explorer.jobs import memory_limit

    return lambda megabytes: monkeypatch.setattr(memory_limit, "memory_left", lambda: megabytes * 1e6)


@pytest.fixture
def nothing_loaded(monkeypatch):
    """No model is loaded at first, and none of the test's own stays loaded."""
    from explorer.encode.engines import loaded_models
    from explorer.encode.engines.model_memory import ModelMemory

    own = ModelMemory()
    monkeypatch.setattr(loaded_models, "loaded", lambda: own)


@pytest.fixture(scope="session")
def tiny_model(prepared) -> Path:
    """A sentence-transformers folder of a few kilobytes; do not write into it."""
    return prepared.tiny_model()


@pytest.fixture(scope="session")
def tiny_clip(prepared) -> Path:
    """The folder of a small CLIP model that knows the shapes and colours of `drawn_images`."""
    return prepared.tiny_clip()


@pytest.fixture
def dataset_hub(monkeypatch, tmp_path):
    """A Hub on this machine without any dataset yet; the real client talks to it."""
    from tests.hub_datasets import DatasetHub
    from tests.hub_server import talk_to

    server = DatasetHub()
    talk_to(server, monkeypatch, tmp_path / "hub-cache")
    yield server
    server.close()


@pytest.fixture(scope="session")
def mlflow_server(tmp_path_factory):
    """A real MLflow server, one for all tests of the group `mlflow`."""
    from tests.mlflow_server import MlflowServer

    server = MlflowServer(tmp_path_factory.mktemp("mlflow"))
    yield server
    server.close()


@pytest.fixture
def mlflow_store(mlflow_server, monkeypatch):
    """The server as the one that the host named."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server.url)
    return mlflow_server


@pytest.fixture
def push_hub(monkeypatch, tmp_path):
    """A Hub on this machine that takes what is pushed; the real client talks to it."""
    from tests.hub_pushes import PushHub
    from tests.hub_server import talk_to

    server = PushHub(tmp_path / "hub")
    talk_to(server, monkeypatch, tmp_path / "hub-cache")
    yield server
    server.close()
