import platform
import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from explorer.jobs import freed_memory, job
from explorer.jobs import registry as jobs
from explorer.jobs.freed_memory import drop_library_pages, return_freed_memory, unchanged_libraries
from explorer.jobs.job import Job
from explorer.jobs.progress import Progress
from explorer.jobs.registry import JobRegistry, Lane


def resident_mb(name):
    """Resident memory: `RssFile` is of files, `RssAnon` is not."""
    return int(re.search(rf"{name}:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps freed memory")
def test_freed_memory_goes_back_to_the_system():
    pieces = [bytes(2_000) for _ in range(50_000)]
    kept = pieces[::100]  # between what is freed, so that no heap shrinks by itself
    del pieces
    before = resident_mb("RssAnon")
    return_freed_memory()
    assert resident_mb("RssAnon") < before - 60
    assert not any(map(any, kept))


# Freeing 30 MB makes glibc keep arrays up to that size in its heap, below one that is still used.
_ARRAYS = """
import re, sys
from explorer.jobs.freed_memory import set_mmap_threshold
if "return" in sys.argv:
    set_mmap_threshold(1 << 20)
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


def test_memory_is_returned_when_the_next_phase_of_a_job_begins(monkeypatch):
    phases, returned = ["Reading", "Reading", "Writing", "Writing"], []
    monkeypatch.setattr(job, "return_freed_memory", lambda: returned.append(len(done)))
    done = []

    def work(report):
        for phase in phases:
            report(Progress(phase))
            done.append(phase)

    Job("k", "Title", Lane.QUICK, work).run()
    assert returned == [0, 2]


_SMAPS = """\
10000-13000 r-xp 00000000 fe:00 11 /lib/libtorch_cpu.so
Rss:                  12 kB
Anonymous:             0 kB
Swap:                  0 kB
VmFlags: rd ex
20000-21000 r--p 00000000 fe:00 12                         /lib/a folder/libopenvino.so.2620
Anonymous:             0 kB
Swap:                  0 kB
30000-31000 r--p 00000000 fe:00 13 /lib/relocated.so
Anonymous:             4 kB
Swap:                  0 kB
38000-39000 r--p 00000000 fe:00 13 /lib/relocated-and-swapped-out.so
Anonymous:             0 kB
Swap:                  8 kB
3a000-3b000 r--p 00000000 fe:00 13 /lib/of-a-system-that-does-not-tell.so
Anonymous:             0 kB
40000-41000 rw-p 00000000 fe:00 14 /lib/data.so
Anonymous:             0 kB
Swap:                  0 kB
50000-51000 r--s 00000000 fe:00 15 /lib/shared.so
Anonymous:             0 kB
Swap:                  0 kB
60000-61000 r--p 00000000 fe:00 16 /models/model.safetensors
Anonymous:             0 kB
Swap:                  0 kB
70000-71000 r-xp 00000000 00:00 0
Anonymous:             0 kB
Swap:                  0 kB
"""


def test_only_what_is_as_in_the_files_of_libraries_is_dropped(tmp_path):
    (tmp_path / "smaps").write_text(_SMAPS)
    assert list(unchanged_libraries(tmp_path / "smaps")) == [(0x10000, 0x3000), (0x20000, 0x1000)]
    assert not list(unchanged_libraries(tmp_path / "no such file"))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="dropped only with glibc")
def test_pages_of_libraries_are_dropped_after_imports_and_come_back(monkeypatch):
    monkeypatch.setattr(freed_memory, "_seen", frozenset())
    monkeypatch.setattr(freed_memory, "_modules", 0)  # other tests' jobs may have dropped them already
    matrix = np.random.default_rng(0).normal(size=(200, 200))
    product = matrix @ matrix
    before = resident_mb("RssFile")
    drop_library_pages()
    drop_library_pages()
    assert resident_mb("RssFile") < 0.7 * before
    assert np.array_equal(matrix @ matrix, product)
    monkeypatch.setattr(freed_memory, "unchanged_libraries", lambda: pytest.fail("nothing was imported"))
    drop_library_pages()


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="dropped only with glibc")
def test_no_pages_are_dropped_while_a_library_is_loaded(monkeypatch):
    class Libc:
        def madvise(self, address, size, _advice):
            dropped.append((address.value, size.value))

    dropped = []
    monkeypatch.setattr(freed_memory, "_modules", 0)
    monkeypatch.setattr(freed_memory, "_seen", frozenset())
    monkeypatch.setattr(freed_memory, "_glibc", Libc)
    looks = iter([[(1, 10)], [(1, 10), (20, 5)], [(1, 10), (20, 3)], [(1, 10), (20, 3)]])
    monkeypatch.setattr(freed_memory, "unchanged_libraries", lambda: next(looks))
    for _ in range(3):
        drop_library_pages()
    assert dropped == []
    drop_library_pages()
    assert sorted(dropped) == [(1, 10), (20, 3)]
    drop_library_pages()  # it looks no more until something is imported
