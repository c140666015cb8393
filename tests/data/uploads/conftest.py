"""What tests of uploads share."""

from __future__ import annotations

import subprocess

import pytest

from explorer.data.uploads import bounded


@pytest.fixture
def processes(monkeypatch):
    """The processes that were started."""
    started: list[subprocess.Popen] = []

    class Noted(subprocess.Popen):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            started.append(self)

    monkeypatch.setattr(bounded.subprocess, "Popen", Noted)
    return started
