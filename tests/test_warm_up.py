import threading
from types import SimpleNamespace

import pytest

from explorer import warm_up
from explorer.analysis import layout
from explorer.jobs import registry as jobs
from explorer.jobs.registry import JobRegistry, Lane


def test_the_process_of_maps_is_started_once_no_job_is_running(monkeypatch):
    registry, go, looked = JobRegistry(), threading.Event(), threading.Semaphore(0)
    is_idle = registry.is_idle

    def look():
        looked.release()
        return is_idle()

    job = registry.submit("k", "Encoding", lambda _report: go.wait(60), lane=Lane.DEVICE, visitor="a")
    found = []
    monkeypatch.setattr(registry, "is_idle", look)
    monkeypatch.setattr(jobs, "registry", lambda: registry)
    monkeypatch.setattr(layout.PROCESSES, "prepare", lambda: found.append(job.state))
    for name, seconds in (("_HEAD_START_SECONDS", 0), ("_QUIET_SECONDS", 0.02), ("_LOOK_SECONDS", 0.01)):
        monkeypatch.setattr(warm_up, name, seconds)
    warming = threading.Thread(target=warm_up._bring)
    warming.start()
    for _ in range(5):
        assert looked.acquire(timeout=60)
    assert found == []
    go.set()
    warming.join(60)
    assert found == ["done"]


def test_the_imports_begin_once_a_page_is_drawn(monkeypatch):
    monkeypatch.setattr(warm_up, "_drawn", threading.Event())
    monkeypatch.setattr(warm_up, "_HEAD_START_SECONDS", 60)
    monkeypatch.setattr(warm_up, "_wait_for_quiet", lambda: None)
    monkeypatch.setattr(layout.PROCESSES, "prepare", lambda: None)
    imported, asked = [], []
    monkeypatch.setattr(warm_up, "importlib", SimpleNamespace(import_module=imported.append))
    warming = threading.Thread(target=warm_up._bring)
    monkeypatch.setattr(warm_up, "_thread", lambda: asked.append(warming))
    warming.start()
    warming.join(0.05)
    assert imported == []
    warm_up.page_is_drawn()
    warming.join(30)
    assert imported == ["explorer.embedding"]
    assert asked == [warming]  # which would have been started, had no page done it


def test_a_look_that_finds_a_job_after_a_long_wait_is_not_taken_for_quiet(monkeypatch):
    """Importing can hold this thread for seconds between two looks."""
    idle, clock = iter([False, False, True]), [0.0]

    def wait(_seconds):
        clock[0] += 5.0

    def now():
        clock[0] += 5.0
        return clock[0]

    looks = []

    class Registry:
        def is_idle(self):
            looks.append(None)
            return next(idle)

    monkeypatch.setattr(jobs, "registry", Registry)
    monkeypatch.setattr(warm_up, "time", SimpleNamespace(sleep=wait, monotonic=now))
    warm_up._wait_for_quiet()
    assert len(looks) == 3


@pytest.mark.parametrize(("left", "size"), [(600e6, 1 << 20), (8e9, 1 << 24), (float("inf"), 1 << 24)])
def test_smaller_arrays_go_back_where_memory_is_short(left, size, monkeypatch):
    sizes = []
    monkeypatch.setattr(warm_up, "memory_left", lambda: left)
    monkeypatch.setattr(warm_up, "set_mmap_threshold", sizes.append)
    warm_up._choose_mmap_threshold()
    assert sizes == [size]
