"""Heavy imports and the process of maps, in the background, once the first page is on its way."""

from __future__ import annotations

import functools
import importlib
import threading
import time

from explorer.jobs.freed_memory import return_large_arrays
from explorer.jobs.memory_limit import memory_left

# Importing holds the interpreter lock for seconds; after this delay the first page has been drawn.
_HEAD_START_SECONDS = 1.0
_MODULE = "explorer.embedding"  # brings torch
_QUIET_SECONDS = 1.0  # without a job, before maps' process starts: between an answer's jobs there is less
_LOOK_SECONDS = 0.1
# Bytes from which an array is returned as soon as it is freed. Where memory is short, even those whose return
# takes time: the search for neighbours then takes 30 % more processor time.
_LARGE = 1 << 24
_LARGE_IF_SHORT = 1 << 20
_SHORT = 2_000_000_000  # bytes left when the app starts


_ready = threading.Event()


def start_warm_up() -> None:
    """Start importing what every result needs, then the process of maps; later calls do nothing."""
    _thread()


def wait_until_warm() -> None:
    """Wait until the imports are done. Jobs call this, so that they do not compete with the page."""
    _thread()
    _ready.wait()


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
        _return_large_arrays()
        time.sleep(_HEAD_START_SECONDS)
        importlib.import_module(_MODULE)
    finally:
        _ready.set()
    _wait_for_quiet()
    from explorer.analysis.layout import PROCESSES

    PROCESSES.prepare()


def _return_large_arrays() -> None:
    return_large_arrays(_LARGE_IF_SHORT if memory_left() < _SHORT else _LARGE)


def _wait_for_quiet() -> None:
    """Wait until no job is running: the process of maps compiles for seconds, which the first answer needs.

    A map that is asked for earlier does not wait: it starts the process by itself.
    """
    from explorer.jobs.registry import registry

    quiet_since = time.monotonic()
    while time.monotonic() - quiet_since < _QUIET_SECONDS:
        time.sleep(_LOOK_SECONDS)
        if not registry().is_idle():
            quiet_since = time.monotonic()
