"""Work on many images by several threads, in their order, with few of them in memory at a time."""

from __future__ import annotations

import collections
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from explorer.jobs.cores import cores

Given = TypeVar("Given")
Made = TypeVar("Made")
_THREADS = 8  # at most: where memory is limited, the stack of each counts
_AHEAD = 4  # results that each thread may be ahead of the one that is waited for


def in_threads(
    work: Callable[[Given], Made], items: Sequence[Given], sizes: Sequence[int], most_bytes: int
) -> Iterator[Made]:
    """What a function returns for each item, in their order.

    Args:
        work: The function, which decodes an image.
        items: What it is called with.
        sizes: About how many bytes each takes until its result is used.
        most_bytes: How many bytes they may take together; a larger one is alone.
    """
    threads = min(_THREADS, cores())
    with ThreadPoolExecutor(threads, thread_name_prefix="images") as pool:
        ahead: collections.deque[tuple[Future[Made], int]] = collections.deque()
        waiting = 0  # bytes of the items ahead
        try:
            for item, size in zip(items, sizes, strict=True):
                while ahead and (len(ahead) >= threads * _AHEAD or waiting + size > most_bytes):
                    future, done = ahead.popleft()
                    yield future.result()
                    waiting -= done
                ahead.append((pool.submit(work, item), size))
                waiting += size
            for future, _ in ahead:
                yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
