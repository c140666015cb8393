"""Heavy imports and compiling in the background, once the first page is on its way to the browser."""

from __future__ import annotations

import functools
import importlib
import threading
import time

# Importing holds the interpreter for seconds: by then the page that asked for it has been drawn.
_HEAD_START_SECONDS = 1.0
_MODULE = "explorer.embedding"  # brings torch


_ready = threading.Event()


def start_warm_up() -> None:
    """Begin to import what every answer needs, then to compile what a map needs; later calls do nothing."""
    _thread()


def wait_until_warm() -> None:
    """Wait until it is imported. Work that needs it calls this, so that it does not get in the page's way."""
    _thread()
    _ready.wait()


def is_warm() -> bool:
    """Whether it is imported: before, no answer comes soon enough for a page to wait."""
    return _ready.is_set()


@functools.cache
def _thread() -> threading.Thread:
    thread = threading.Thread(target=_bring, name="warm-up", daemon=True)
    thread.start()
    return thread


def _bring() -> None:
    try:
        time.sleep(_HEAD_START_SECONDS)
        importlib.import_module(_MODULE)
    finally:
        _ready.set()
    from explorer.analysis.layout import warm_up

    warm_up()
