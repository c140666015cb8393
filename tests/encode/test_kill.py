"""A process that is killed while it encodes, and one that goes on where it was."""

import os
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest

import explorer
from explorer.settings import settings
from tests.conftest import ROOT

TEXTS = [
    f"Note {n}: the ferry left at {n % 24}:00 with {n * 7919 % 1013} people on board" for n in range(800)
]
SCRIPT = """
import explorer
from tests.encode.test_kill import TEXTS
explorer.embed(TEXTS, precision="float32")
"""


def stored(folder) -> int:
    files = list(folder.glob("vectors-*.sqlite3"))
    if not files:
        return 0
    with sqlite3.connect(files[0]) as connection:
        tables = connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'vectors'").fetchone()[0]
        count = connection.execute("SELECT count(*) FROM vectors").fetchone()[0] if tables else 0
    connection.close()
    return int(count)


@pytest.mark.slow
def test_after_kill_9_only_what_was_missing_is_encoded_and_vectors_are_bit_for_bit_the_same(
    tmp_path, monkeypatch, prepared
):
    killed = tmp_path / "killed"
    prepared.lend(killed, vectors=False)
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, env={**os.environ, "EXPLORER_CACHE_DIR": str(killed)}
    )
    deadline = time.monotonic() + 120
    while not stored(killed):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = stored(killed)
    assert 0 < kept < len(TEXTS)

    spaces = []
    for folder in (killed, tmp_path / "whole"):
        monkeypatch.setenv("EXPLORER_CACHE_DIR", str(folder))
        settings.cache_clear()
        spaces.append(explorer.embed(TEXTS, precision="float32"))
    resumed, whole = spaces
    assert (resumed.report.cached, resumed.report.encoded) == (kept, len(TEXTS) - kept)
    assert (whole.report.cached, whole.report.encoded) == (0, len(TEXTS))
    np.testing.assert_array_equal(resumed.vectors, whole.vectors)
