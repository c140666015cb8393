"""Pages are tested for what they show in the end, not for how soon."""

from __future__ import annotations

import functools
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.components.v2 import manifest_scanner

from explorer.session.session_store import session_store
from explorer.settings import settings
from explorer.ui.shell import job_progress


def pytest_collection_modifyitems(items):
    """Page tests take long together, so all but those of the search page are marked slow."""
    for item in items:
        if item.path.parent == Path(__file__).parent and item.path.name != "test_search_page.py":
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def components_found_once():
    """Each AppTest would scan all installed packages for components, which takes longer than a page."""
    with pytest.MonkeyPatch.context() as patch:
        found = functools.cache(manifest_scanner.scan_component_manifests)
        patch.setattr(manifest_scanner, "scan_component_manifests", found)
        yield


@pytest.fixture(autouse=True)
def _encoded_before(prepared, _own_settings, tmp_path):
    """Each test's own cache has the vectors of the samples already."""
    shutil.copytree(prepared.vectors(), tmp_path / "cache")


@pytest.fixture(autouse=True)
def _patient_pages(monkeypatch):
    """A page waits for the work that it begins, so that one run shows the result on any machine."""
    monkeypatch.setattr(job_progress, "_SOON_SECONDS", 60.0)


@pytest.fixture
def hasty_pages(monkeypatch):
    """A page waits for no work, so that it shows how far that is."""
    monkeypatch.setattr(job_progress, "_SOON_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def _nobody_remembered():
    """No test finds the sessions of another."""
    session_store.cache_clear()


@pytest.fixture
def drawn(monkeypatch):
    """What the Map page, or the Compare page, last drew as a map in two dimensions."""
    from explorer.ui.compare import maps
    from explorer.ui.map import flat_map
    from explorer.ui.widgets.map_view import component

    last = SimpleNamespace()

    def map_view(scene, **how):
        last.__dict__.update(how, scene=scene, described=json.loads(scene.description.value))
        component.map_view(scene, **how)

    for page in (flat_map, maps):
        monkeypatch.setattr(page, "map_view", map_view)
    return last


@pytest.fixture
def image_models(tmp_path, tiny_clip, tiny_model, monkeypatch):
    """The host's folder of models: one that takes images, and one that does not."""
    folder = tmp_path / "models"
    shutil.copytree(tiny_clip, folder / "tiny-clip")
    shutil.copytree(tiny_model, folder / "tiny-texts")
    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(folder))
    settings.cache_clear()
    return folder
