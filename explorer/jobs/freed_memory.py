"""Giving freed memory back to the system, where the C library is glibc; others do it by themselves or cannot.

glibc keeps what was freed for later use, in heaps that its threads share. A job leaves tens to hundreds of
megabytes of temporary arrays there, which stay resident although nothing uses them.
"""

from __future__ import annotations

import ctypes
import functools
import platform


def return_freed_memory() -> None:
    """Give freed memory back to the system; takes milliseconds, and other threads go on meanwhile."""
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


@functools.cache
def _glibc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
