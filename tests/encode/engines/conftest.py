"""A server of both kinds, which the real clients ask."""

from __future__ import annotations

import pytest

from explorer.encode.engines import batch_requests, graphs
from explorer.settings import settings
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
