"""A server of both kinds, which the real clients ask; pictures, and a model that keeps their shape."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from explorer.encode.engines import batch_requests, graphs
from explorer.settings import settings
from tests.drawn_images import COLOURS, SHAPES, draw, random_drawing
from tests.encode.engines.local_services import KEY, own_server, providers
from tests.inference_server import LocalInference, talk_to


@pytest.fixture
def server(monkeypatch):
    from huggingface_hub import close_session

    local = LocalInference()
    talk_to(local, monkeypatch)
    monkeypatch.setattr(batch_requests, "_TICK", 0.05)
    monkeypatch.setenv("EXPLORER_EMBEDDING_SERVERS", f"here={local.url}, the-other={local.url}/v1/")
    monkeypatch.setenv("EXPLORER_EMBEDDING_KEY_THE_OTHER", KEY)
    settings.cache_clear()
    yield local
    local.close()
    close_session()


@pytest.fixture(params=[providers, own_server], ids=["providers", "openai"])
def service(request, server):
    """Each kind of service in turn."""
    return request.param()


@pytest.fixture
def own_graphs(tmp_path, monkeypatch):
    """A folder of graphs that the test may damage."""
    folder = tmp_path / "graphs"
    folder.mkdir()
    monkeypatch.setattr(graphs, "graphs_folder", lambda: folder)
    return folder


@pytest.fixture(scope="module")
def pictures():
    sizes = ((100, 60), (60, 100), (64, 64), (33, 200), (32, 32))
    rng = np.random.default_rng(3)
    drawn = [draw(random_drawing(SHAPES[n], list(COLOURS)[n], rng), 64, seed=n) for n in range(len(sizes))]
    return [picture.resize(size) for picture, size in zip(drawn, sizes, strict=True)]


@pytest.fixture(scope="module")
def uncropped(tiny_clip, tmp_path_factory):
    """A model whose images keep their shape; its vision part must be told to take them."""
    folder = shutil.copytree(tiny_clip, tmp_path_factory.mktemp("models") / "uncropped")
    for path in folder.rglob("*processor_config.json"):
        settings = json.loads(path.read_text())
        settings.get("image_processor", settings)["do_center_crop"] = False
        path.write_text(json.dumps(settings))
    return folder
