"""Giving memory back to the system: what was freed, and what was read of libraries while they were loaded.

glibc keeps what was freed for later use, in heaps that its threads share; other C libraries return it by
themselves or cannot. A job leaves tens to hundreds of megabytes of temporary arrays there, which stay
resident although nothing uses them.
"""

from __future__ import annotations

import ctypes
import functools
import platform
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

_M_TRIM_THRESHOLD = -1  # of malloc.h
_M_MMAP_THRESHOLD = -3
_MADV_DONTNEED = 4  # of sys/mman.h on Linux
_dropping = threading.Lock()
_modules = 0  # imported when pages of libraries were last dropped
_seen: frozenset[tuple[int, int]] = frozenset()  # libraries at the last call that looked


def return_freed_memory() -> None:
    """Give freed memory back to the system; takes milliseconds, and other threads go on meanwhile."""
    libc = _glibc()
    if libc is not None:
        libc.malloc_trim(0)


def drop_library_pages() -> None:
    """Drop the pages of libraries from this process, once those that were imported are in place.

    Loading a library reads much of it once: of 285 MB, a query, clusters, a map and a comparison together
    use 98 again. Dropped pages stay in the system's page cache, the first to go when memory is short, and
    come back when they are used: the next query takes 20 ms longer.

    Call it every few seconds. Nothing is dropped until two calls in a row find the same libraries: while one
    is loaded, what seems to be of its file may become memory of the process's own the next moment.
    """
    global _modules, _seen
    libc = _glibc()
    with _dropping:
        if libc is None or len(sys.modules) == _modules:
            return
        before, _seen = _seen, frozenset(unchanged_libraries())
        if _seen == before:
            _modules = len(sys.modules)
            for start, size in _seen:
                libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(size), _MADV_DONTNEED)


def unchanged_libraries(smaps: Path = Path("/proc/self/smaps")) -> Iterator[tuple[int, int]]:
    """Address and size of the parts of libraries that are and stay the same as in their file.

    They cannot be written to and have no page of the process's own, in memory or swapped out. Other mapped
    files are left out: one that is closed meanwhile could make room for another thread's memory at the same
    address.

    Args:
        smaps: The mappings of the process, see proc_pid_smaps(5); without the file there are none.
    """
    try:
        content = smaps.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for mapping in re.split(r"\n(?=[0-9a-f]+-[0-9a-f]+ )", content):
        head, _, figures = mapping.partition("\n")
        found = re.fullmatch(r"([0-9a-f]+)-([0-9a-f]+) r-.p \S+ \S+ \d+ +/.*\.so[.\d]*", head)
        own = (re.search(rf"^{kind}: +0 kB$", figures, re.MULTILINE) for kind in ("Anonymous", "Swap"))
        if found and all(own):
            start, end = (int(address, 16) for address in found.groups())
            yield start, end - start


def set_mmap_threshold(size: int) -> None:
    """From now on, give each array of `size` bytes or more back as soon as it is freed, also during a job.

    By default glibc raises its limit for this, up to 32 MB, each time a larger array is freed. The arrays of
    one step of a job then leave gaps that those of the next do not fill. It concerns the whole process, so
    only the app calls this.

    Args:
        size: At least the 128 kB that glibc begins with. Memory that comes from the system is cleared first,
            so a small size takes processor time.
    """
    libc = _glibc()
    if libc is not None:
        libc.mallopt(_M_MMAP_THRESHOLD, size)
        libc.mallopt(_M_TRIM_THRESHOLD, 2 * size)  # as glibc sets it; fixing the other resets it to 128 kB


@functools.cache
def _glibc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None) if platform.libc_ver()[0] == "glibc" else None
