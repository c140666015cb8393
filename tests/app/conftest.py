"""Pages are tested for what they show in the end, not for how soon."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import explorer
from explorer.embedding import vector_cache
from explorer.settings import settings
from explorer.ui.shell import job_progress


@pytest.fixture(scope="session")
def samples_encoded(tmp_path_factory, shared_graphs) -> Path:
    """A vector cache with the samples that nearly every test opens, in the precisions they ask for."""
    from explorer.encode.engines import graphs

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graphs, "graphs_folder", lambda: shared_graphs)
        patch.setenv("EXPLORER_CACHE_DIR", str(tmp_path_factory.mktemp("encoded")))
        settings.cache_clear()
        explorer.embed("support-tickets")
        explorer.embed("medicare-faq", precision="float32")
        path = vector_cache().path
    settings.cache_clear()
    return path


@pytest.fixture(autouse=True)
def _encoded_before(samples_encoded, _own_settings, tmp_path):
    """Each test's own cache has the vectors of the samples already."""
    folder = tmp_path / "cache"
    folder.mkdir()
    shutil.copy(samples_encoded, folder)


@pytest.fixture(autouse=True)
def _patient_pages(monkeypatch):
    """A page waits for the work that it begins, so that one run shows the result on any machine."""
    monkeypatch.setattr(job_progress, "_SOON_SECONDS", 60.0)


@pytest.fixture
def hasty_pages(monkeypatch):
    """A page waits for no work, so that it shows how far that is."""
    monkeypatch.setattr(job_progress, "_SOON_SECONDS", 0.0)
