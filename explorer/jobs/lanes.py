"""Scheduling: jobs wait in lanes, each with a few workers, and visitors take turns.

`docs/decisions/0002-jobs.md` explains why.
"""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Iterator
from enum import Enum
from typing import Generic, Protocol, TypeVar


class Lane(Enum):
    """The queue that a job waits in; jobs in different lanes do not wait for each other.

    Attributes:
        label: Its name, used in thread names.
        workers: Jobs that run at once.
        each: The most of these that one visitor can have.
    """

    OPENING = ("opening encoders", 4, 1)
    DEVICE = ("the device", 1, 1)
    LONG = ("long analyses", 1, 1)
    QUICK = ("quick analyses", 2, 1)
    UMAP_LEARN = ("umap-learn", 1, 1)
    FILES = ("files", 1, 1)
    HUB = ("questions to the Hub", 4, 1)
    ROWS = ("rows of the Hub", 2, 1)
    DOWNLOAD = ("downloads", 2, 1)
    HOSTED = ("hosted encoders", 12, 3)
    QUERIES = ("queries", 6, 3)
    HOSTED_QUERIES = ("queries to hosted encoders", 12, 3)

    def __init__(self, label: str, workers: int, each: int) -> None:
        self.label = label
        self.workers = workers
        self.each = each


class Queued(Protocol):
    """A job waiting in a lane."""

    def waits_for(self, visitor: str) -> bool:
        """Whether it has not begun and the visitor still wants it."""
        ...


J = TypeVar("J", bound=Queued)


class Turns(Generic[J]):
    """The waiting jobs of one lane, and whose turn it is.

    The next turn goes to the visitor whose last turn was longest ago (first to those who had none) and who is
    allowed another running job. In a turn, the job that this visitor asked for first begins. A job awaited by
    several visitors begins at the earliest of their turns. Not thread-safe.

    Args:
        workers: Jobs that run at once.
        each: The most of these that one visitor can have.
    """

    def __init__(self, workers: int, each: int = 1) -> None:
        self._workers = workers
        self._each = each
        self._waiting: dict[str, dict[J, None]] = {}
        self._running: list[str] = []  # the visitor of each running job, in the order in which jobs began
        self._last: dict[str, int] = {}  # sequence number of each visitor's last turn
        self._count = itertools.count()
        self._places: dict[J, tuple[int, str]] | None = None  # cached result of `_order`; None after a change

    def put(self, job: J, visitor: str) -> None:
        """Add a job that a visitor waits for."""
        self._places = None
        self._waiting[visitor] = {**dict.fromkeys(self.waiting_for(visitor)), job: None}

    def take(self) -> tuple[str, J] | None:
        """Remove and return the next job and the visitor whose turn it is; None when no job can begin now."""
        if len(self._running) == self._workers:
            return None
        ended, visitor, job = next(self._order(), (0, "", None))
        if job is None or ended:
            return None
        self._places = None
        self._last[visitor] = next(self._count)
        self._running.append(visitor)
        wanted = {visitor: dict.fromkeys(self.waiting_for(visitor)) for visitor in self._waiting}
        for jobs in wanted.values():
            jobs.pop(job, None)
        self._waiting = {visitor: jobs for visitor, jobs in wanted.items() if jobs}
        return visitor, job

    def end(self, visitor: str) -> None:
        """Record that the job of a visitor's turn has ended."""
        self._places = None
        self._running.remove(visitor)
        if not self._running and not any(self.waiting_for(one) for one in self._waiting):
            self._last.clear()

    def waiting_for(self, visitor: str) -> list[J]:
        """The jobs that a visitor is waiting for, in the order of the first request."""
        return [job for job in self._waiting.get(visitor, ()) if job.waits_for(visitor)]

    def ahead(self, job: J) -> int:
        """Jobs that end before this one begins, if jobs end in the order they began; 0 if it has begun."""
        # A visitor can leave a job without the lane being notified, so the cache is checked.
        if self._places is None or not all(one.waits_for(who) for one, (_, who) in self._places.items()):
            self._places = {one: (ended, who) for ended, who, one in self._order()}
        return self._places.get(job, (0, ""))[0]

    def _order(self) -> Iterator[tuple[int, str, J]]:
        """Yield the waiting jobs in the order they begin: the number of jobs that end first, visitor, job."""
        waiting = {visitor: iter(self.waiting_for(visitor)) for visitor in self._waiting}
        visitors = deque(sorted(waiting, key=lambda visitor: self._last.get(visitor, -1)))
        running = deque(self._running)
        begun: set[J] = set()
        ended = 0
        while visitors:
            free = len(running) < self._workers
            may = (one for one in visitors if running.count(one) < self._each)
            visitor = next(may, None) if free else None
            if visitor is None:
                running.popleft()
                ended += 1
                continue
            visitors.remove(visitor)
            job = next((job for job in waiting[visitor] if job not in begun), None)
            if job is not None:
                yield ended, visitor, job
                begun.add(job)
                running.append(visitor)
                visitors.append(visitor)
