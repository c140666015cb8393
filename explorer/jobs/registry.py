"""Long work: one registry for the whole process, shared by everyone who visits.

A job is known by what it computes. Asking for the same work twice gives the same job, so two visitors share
it; it is cancelled when the last of those who wait for it says so. Workers never touch the screen: the screen
asks a job how far it is.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Hashable
from typing import Any, TypeVar

from explorer.jobs.job import Job, JobView, Work
from explorer.jobs.lanes import Lane, Turns
from explorer.jobs.sizes import Memory
from explorer.settings import settings

__all__ = ["Job", "JobRegistry", "JobView", "Lane", "registry"]

_KEEP_SECONDS = 600.0  # how long the result of a finished job is held for those who come back for it
_MOST_WAITING = 16  # jobs of one visitor that may wait, in all lanes together
T = TypeVar("T")


class JobRegistry:
    """All jobs of the process: of each lane a few run at once, and visitors take turns."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[Hashable, Job[Any]] = {}
        self._held: dict[Job[Any], None] = {}  # those that hold a result, in the order in which they ended
        self._memory = Memory()  # of these results
        self._lanes: dict[Lane, Turns[Job[Any]]] = {lane: Turns(lane.workers, lane.each) for lane in Lane}

    def submit(
        self,
        key: Hashable,
        title: str,
        work: Work[T],
        *,
        lane: Lane,
        visitor: str,
        resumable: bool = False,
    ) -> Job[T]:
        """Ask for a piece of work, or join those who did already.

        Where too many jobs of the visitor wait, the one asked for longest ago is no longer waited for: a
        person who has asked for so much since looks at something else.

        Args:
            key: Names what is computed: equal keys, equal results.
            title: What a person reads.
            work: Called in a worker thread with a function that takes its progress; that function raises
                `JobCancelledError` when the work should stop.
            lane: What it waits for.
            visitor: Who asks.
            resumable: Whether what it finishes is kept when it is stopped, so that the next one goes on.

        Returns:
            The job: an old one while it waits, runs or still holds its result.
        """
        with self._lock:
            self._forget_old()
            job = self._jobs.get(key)
            if job is None or not job.join(visitor):
                self._jobs.pop(key, None)  # so that jobs stand in the order in which they were asked for
                job = self._jobs[key] = Job(key, title, lane, work, resumable=resumable)
                job.join(visitor)
            if job.waits_for(visitor):
                self._lanes[job.lane].put(job, visitor)
                self._begin(job.lane)
                self._leave_oldest(visitor)
            return job

    def awaited_by(self, visitor: str) -> list[Job[Any]]:
        """The jobs a visitor waits for that have not ended, oldest first."""
        with self._lock:
            self._forget_old()
            jobs = list(self._jobs.values())
        return [job for job in jobs if job.awaited_by(visitor) and job.state in ("waiting", "running")]

    def view(self, job: Job[Any]) -> JobView:
        """How a job stands now, its place in the queue included."""
        with self._lock:
            ahead = self._lanes[job.lane].ahead(job)
        return job.view(ahead)

    def _begin(self, lane: Lane) -> None:
        """Begin what can begin, each job in a thread of its own, which goes on with others and then ends."""
        while (taken := self._lanes[lane].take()) is not None:
            threading.Thread(
                target=self._work_through, args=(lane, *taken), name=f"jobs: {lane.label}", daemon=True
            ).start()

    def _work_through(self, lane: Lane, visitor: str, job: Job[Any]) -> None:
        while True:
            job.run()
            with self._lock:
                self._hold(job)
                turns = self._lanes[lane]
                turns.end(visitor)
                taken = turns.take()
            if taken is None:
                return
            visitor, job = taken

    def _leave_oldest(self, visitor: str) -> None:
        waiting = [job for turns in self._lanes.values() for job in turns.waiting_for(visitor)]
        waiting.sort(key=lambda job: job.asked(visitor))
        for job in waiting[:-_MOST_WAITING]:
            job.leave(visitor)

    def _hold(self, job: Job[Any]) -> None:
        """Keep the result of a job that has ended; those that ended first go where memory runs short."""
        if job.state == "done" and self._jobs.get(job.key) is job:
            self._held[job] = None
            self._memory.add(job.parts)
        while self._memory.bytes > settings().sessions_mb * 1_000_000:
            self._forget(next(iter(self._held)))

    def _forget_old(self) -> None:
        limit = time.monotonic() - _KEEP_SECONDS
        for job in list(self._jobs.values()):
            if job.ended and job.ended < limit:
                self._forget(job)

    def _forget(self, job: Job[Any]) -> None:
        self._jobs.pop(job.key, None)
        if job in self._held:
            del self._held[job]
            self._memory.remove(job.parts)


@functools.cache
def registry() -> JobRegistry:
    """The registry of this process."""
    return JobRegistry()
