import platform
import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from explorer.jobs import registry as jobs
from explorer.jobs.freed_memory import return_freed_memory
from explorer.jobs.registry import JobRegistry, Lane


def own_mb():
    """Resident memory that is not of files."""
    return int(re.search(r"RssAnon:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps freed memory")
def test_freed_memory_goes_back_to_the_system():
    pieces = [bytes(2_000) for _ in range(50_000)]
    kept = pieces[::100]  # between what is freed, so that no heap shrinks by itself
    del pieces
    before = own_mb()
    return_freed_memory()
    assert own_mb() < before - 60
    assert not any(map(any, kept))


# Freeing 30 MB makes glibc keep smaller arrays in its heap, below one that is still used.
_ARRAYS = """
import re, sys
from explorer.jobs.freed_memory import return_large_arrays
if "return" in sys.argv:
    return_large_arrays()
bytearray(30_000_000)
arrays = [bytearray(b"x") * 2_000_000 for _ in range(40)]
last = bytearray(b"x") * 200_000
del arrays
print(int(re.search(r"RssAnon:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps freed memory")
def test_large_arrays_go_back_as_soon_as_they_are_freed():
    def left(*arguments):
        command = [sys.executable, "-c", _ARRAYS, *arguments]
        return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert left() > left("return") + 60


def test_memory_is_returned_once_the_work_has_ended(monkeypatch):
    registry, at, returned = JobRegistry(), [], threading.Event()

    def note():
        at.append(registry.is_idle())
        returned.set()

    monkeypatch.setattr(jobs, "return_freed_memory", note)
    registry.submit("k", "Title", lambda _report: None, lane=Lane.QUICK, visitor="a")
    assert returned.wait(60)
    assert at == [True]
