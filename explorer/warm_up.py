"""Heavy imports and the start of the map's worker process, in the background, after the first page."""

from __future__ import annotations

import functools
import importlib
import threading
import time

from explorer.jobs.freed_memory import set_mmap_threshold
from explorer.jobs.memory_limit import memory_left

# Importing holds the interpreter lock for seconds. The first page has been drawn when it asks how far its
# jobs are, and after this time at the latest.
_HEAD_START_SECONDS = 1.0
_MODULE = "explorer.embedding"  # brings torch
_QUIET_SECONDS = 1.0  # without a job, before the worker starts: between the jobs of one answer there is less
_LOOK_SECONDS = 0.1
# Bytes from which an array goes back to the system as soon as it is freed. Below 16 MB that takes time, 30 %
# more for the search for neighbours, so it is lower only where memory is short.
_MMAP_THRESHOLD = 1 << 24
_MMAP_THRESHOLD_IF_SHORT = 1 << 20
_SHORT = 2_000_000_000  # bytes left when the app starts


_drawn = threading.Event()
_ready = threading.Event()


def start_warm_up() -> None:
    """Start importing what every result needs, then start the map's worker; later calls do nothing."""
    _thread()


def wait_until_warm() -> None:
    """Wait until the imports are done. Jobs call this, so that they do not compete with the page."""
    _thread()
    _ready.wait()


def page_is_drawn() -> None:
    """Have the imports begin: a browser has drawn a page."""
    _drawn.set()
    _thread()


def is_warm() -> bool:
    """Whether the imports are done; until then no result is ready soon enough to wait for."""
    return _ready.is_set()


@functools.cache
def _thread() -> threading.Thread:
    thread = threading.Thread(target=_bring, name="warm-up", daemon=True)
    thread.start()
    return thread


def _bring() -> None:
    try:
        _choose_mmap_threshold()
        _drawn.wait(_HEAD_START_SECONDS)
        importlib.import_module(_MODULE)
    finally:
        _ready.set()
    _wait_for_quiet()
    from explorer.analysis.layout import PROCESSES

    PROCESSES.prepare()


def _choose_mmap_threshold() -> None:
    set_mmap_threshold(_MMAP_THRESHOLD_IF_SHORT if memory_left() < _SHORT else _MMAP_THRESHOLD)


def _wait_for_quiet() -> None:
    """Wait until no job is running: the worker compiles for seconds, which the first answer needs.

    A map that is asked for earlier does not wait: it starts the worker itself.
    """
    from explorer.jobs.registry import registry

    quiet_since = time.monotonic()
    while True:
        time.sleep(_LOOK_SECONDS)
        if not registry().is_idle():
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since >= _QUIET_SECONDS:  # judged only where this look found no job
            return
