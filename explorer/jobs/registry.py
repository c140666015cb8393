"""The registry of jobs: one for the whole process, shared by all visitors.

A job is identified by what it computes. Asking twice for the same work gives the same job, so two visitors
share it; it is stopped when the last visitor waiting for it cancels. Workers never touch the screen: the
screen polls a job for its progress.
"""

from __future__ import annotations

import functools
import threading
import time
from collections.abc import Hashable, Set
from typing import Any, TypeVar

from explorer.jobs.freed_memory import return_freed_memory
from explorer.jobs.job import Job, JobView, Work
from explorer.jobs.lanes import Lane, Turns
from explorer.jobs.sizes import Memory
from explorer.settings import settings

__all__ = ["Job", "JobRegistry", "JobView", "Lane", "registry"]

_KEEP_SECONDS = 600.0  # how long a finished job's result is held for visitors who ask for it again
_MOST_WAITING = 16  # the most waiting jobs of one visitor, in all lanes together
T = TypeVar("T")


class JobRegistry:
    """All jobs of the process: in each lane a few run at once, and visitors take turns."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[Hashable, Job[Any]] = {}
        self._held: dict[Job[Any], None] = {}  # jobs that hold a result, in the order in which they ended
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
        shared: bool = True,
    ) -> Job[T]:
        """Ask for a piece of work, or join an existing job for it.

        A visitor with too many waiting jobs leaves the one asked for longest ago: a person who has asked for
        so much since then is looking at something else.

        Args:
            key: Identifies what is computed: equal keys, equal results.
            title: The job's name on the screen.
            work: Called in a worker thread with a progress callback, which raises `JobCancelledError` when
                the work should stop.
            lane: The queue it waits in.
            visitor: Who asks.
            resumable: Whether finished work is kept when the job is stopped, so that the next one continues.
            shared: Whether the registry holds the result for others who ask; otherwise the job is forgotten
                as soon as it ends, and only who asked has it.

        Returns:
            The job: an existing one if it is waiting, running or still holding its result.
        """
        with self._lock:
            self._forget_old()
            job = self._jobs.get(key)
            if job is None or not job.join(visitor):
                self._jobs.pop(key, None)  # keeps jobs in the order in which they were asked for
                job = self._jobs[key] = Job(key, title, lane, work, resumable=resumable, shared=shared)
                job.join(visitor)
            if job.waits_for(visitor):
                self._lanes[job.lane].put(job, visitor)
                self._begin(job.lane)
                self._leave_oldest(visitor)
            return job

    def forget(self, key: Hashable) -> None:
        """Forget a finished result, so that it is computed again when it is next asked for."""
        with self._lock:
            job = self._jobs.get(key)
            if job is not None and job.ended:
                self._forget(job)

    def forget_results(self, gone: Set[str], present: Set[str]) -> None:
        """Forget the results of visitors who have left, except those that somebody present asked for.

        Unfinished jobs go on, and what they make is held as long as any result: the person may come back.
        """
        with self._lock:
            for job in list(self._jobs.values()):
                if job.ended and job.is_of(gone) and not job.is_of(present):
                    self._forget(job)

    def forget_old(self) -> None:
        """Forget the jobs that ended long ago."""
        with self._lock:
            self._forget_old()

    def awaited_by(self, visitor: str) -> list[Job[Any]]:
        """The unfinished jobs that a visitor is waiting for, oldest first."""
        with self._lock:
            self._forget_old()
            jobs = list(self._jobs.values())
        return [job for job in jobs if job.awaited_by(visitor) and job.state in ("waiting", "running")]

    def is_idle(self) -> bool:
        """Whether no job is waiting or running."""
        with self._lock:
            return all(job.state not in ("waiting", "running") for job in self._jobs.values())

    def view(self, job: Job[Any]) -> JobView:
        """The current state of a job, including its place in the queue."""
        with self._lock:
            ahead = self._lanes[job.lane].ahead(job)
        return job.view(ahead)

    def _begin(self, lane: Lane) -> None:
        """Start the jobs that can begin, each in a new thread, which runs further jobs and then ends."""
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
                return_freed_memory()
                return
            visitor, job = taken

    def _leave_oldest(self, visitor: str) -> None:
        waiting = [job for turns in self._lanes.values() for job in turns.waiting_for(visitor)]
        waiting.sort(key=lambda job: job.asked(visitor))
        for job in waiting[:-_MOST_WAITING]:
            job.leave(visitor)

    def _hold(self, job: Job[Any]) -> None:
        """Hold the result of a finished job; the oldest results are dropped when memory runs short."""
        if self._jobs.get(job.key) is job:
            if not job.shared:
                self._forget(job)
            elif job.state == "done":
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
