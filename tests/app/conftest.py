"""Pages are tested for what they show in the end, not for how soon."""

from __future__ import annotations

import pytest

from explorer.ui import work


@pytest.fixture(autouse=True)
def _patient_pages(monkeypatch):
    """A page waits for the work that it begins, so that one run shows the result on any machine."""
    monkeypatch.setattr(work, "_SOON_SECONDS", 60.0)


@pytest.fixture
def hasty_pages(monkeypatch):
    """A page waits for no work, so that it shows how far that is."""
    monkeypatch.setattr(work, "_SOON_SECONDS", 0.0)
