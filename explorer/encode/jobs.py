"""Long work: one registry for the whole process, shared by everyone who visits.

A job is known by what it computes. Asking for the same work twice gives the same job, so two visitors share
it; it is cancelled when the last of those who wait for it says so. Workers never touch the screen: the screen
asks a job how far it is.
"""

from __future__ import annotations

import functools
import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Literal

from explorer.encode.progress import OnProgress, Progress
from explorer.errors import ExplorerError, JobCancelledError

_log = logging.getLogger(__name__)

State = Literal["waiting", "running", "done", "failed", "cancelled"]
Work = Callable[[OnProgress], Any]

_RATE_SECONDS = 10.0  # the window over which a rate is taken
_KEEP_SECONDS = 600.0  # how long the result of a finished job is held for those who come back for it
_IDLE_SECONDS = 60.0  # how long a lane's thread waits for another job before it ends


@dataclass(frozen=True)
class JobView:
    """A job at one moment, for the screen.

    Attributes:
        title: What it does.
        state: Where it stands.
        progress: How far it is.
        rate: Rows a second over the last seconds; None before that is known.
        seconds_left: Estimate; None before that is known.
        seconds: How long it has run.
        waiting: Visitors who wait for it.
        ahead: Jobs before it on the same device.
        error: Why it failed.
    """

    title: str
    state: State
    progress: Progress
    rate: float | None
    seconds_left: float | None
    seconds: float
    waiting: int
    ahead: int
    error: ExplorerError | None


class Job:
    """One piece of work; see `JobRegistry.submit`."""

    def __init__(self, key: Hashable, title: str, lane: str, work: Work) -> None:
        self.key = key
        self.title = title
        self.lane = lane
        self._work: Work | None = work
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._finished = threading.Event()
        self._visitors: set[str] = set()
        self._progress = Progress("Waiting for its turn")
        self._marks: deque[tuple[float, int, float]] = deque()  # (time, rows done, fraction)
        self._started = 0.0
        self._ended = 0.0
        self._result: Any = None
        self.state: State = "waiting"
        self.error: ExplorerError | None = None

    @property
    def result(self) -> Any:  # noqa: ANN401
        """What the work gave; None until it is done."""
        return self._result

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self._cancelled.is_set()

    @property
    def ended(self) -> float:
        """When it ended, on the monotonic clock; 0 while it has not."""
        return self._ended

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end; whether it came within `timeout` seconds."""
        return self._finished.wait(timeout)

    def join(self, visitor: str) -> None:
        """A visitor waits for this job."""
        with self._lock:
            self._visitors.add(visitor)

    def awaited_by(self, visitor: str) -> bool:
        """Whether a visitor waits for this job."""
        return visitor in self._visitors

    def leave(self, visitor: str) -> bool:
        """A visitor cancels; the work stops when nobody else waits for it.

        Returns:
            Whether the work was told to stop.
        """
        with self._lock:
            self._visitors.discard(visitor)
            if self._visitors or self.state not in ("waiting", "running"):
                return False
            self._cancelled.set()
            if self.state == "waiting":
                self._end("cancelled")
            return True

    def run(self) -> None:
        """Do the work in the calling thread; its outcome is kept in the job."""
        with self._lock:
            work, self._work = self._work, None  # what the work holds on to, such as vectors, goes with it
            if self.state != "waiting" or work is None:
                return
            self.state = "running"
            self._started = time.monotonic()
        try:
            result = work(self._report)
        except JobCancelledError:
            self._close("cancelled")
        except ExplorerError as error:
            self.error = error
            self._close("failed")
        except BaseException as error:
            # Whatever it was, the visitor must hear of it, and the worker must go on to the next job.
            _log.exception("the job %r failed", self.title)
            self.error = ExplorerError(
                f"Something unforeseen went wrong: {type(error).__name__}: {error}",
                where=self.title,
                fix="What was finished is kept. Try again; if it stays, report it with this message.",
            )
            self.error.__cause__ = error
            self._close("failed")
        else:
            self._result = result
            self._close("done")

    def view(self, ahead: int = 0) -> JobView:
        """How the job stands now."""
        with self._lock:
            now = self._ended or time.monotonic()
            rate = seconds_left = None
            if len(self._marks) >= 2:
                (t0, done0, share0), (t1, done1, share1) = self._marks[0], self._marks[-1]
                span = max(now - t0, t1 - t0, 1e-6)
                rate = (done1 - done0) / span
                if share1 > share0:
                    seconds_left = (1 - share1) / ((share1 - share0) / span)
            return JobView(
                title=self.title,
                state=self.state,
                progress=self._progress,
                rate=rate,
                seconds_left=seconds_left,
                seconds=now - self._started if self._started else 0.0,
                waiting=len(self._visitors),
                ahead=ahead,
                error=self.error,
            )

    def _report(self, progress: Progress) -> None:
        if self._cancelled.is_set():
            raise JobCancelledError("The work was stopped; what it finished is kept.")
        now = time.monotonic()
        with self._lock:
            if progress.phase != self._progress.phase:
                self._marks.clear()  # another kind of work has another pace
            self._progress = progress
            self._marks.append((now, progress.done, progress.fraction))
            while self._marks[0][0] < now - _RATE_SECONDS:
                self._marks.popleft()

    def _close(self, state: State) -> None:
        with self._lock:
            self._end(state)

    def _end(self, state: State) -> None:
        self.state = state
        self._ended = time.monotonic()
        self._finished.set()


class JobRegistry:
    """All jobs of the process; one worker thread for each lane, such as a device, while it has jobs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[Hashable, Job] = {}
        self._lanes: dict[str, queue.SimpleQueue[Job]] = {}

    def submit(self, key: Hashable, title: str, work: Work, *, lane: str, visitor: str) -> Job:
        """Ask for a piece of work, or join those who did already.

        Args:
            key: Names what is computed: equal keys, equal results.
            title: What a person reads.
            work: Called in a worker thread with a function that takes its progress; that function raises
                `JobCancelledError` when the work should stop.
            lane: Jobs of one lane run one after the other.
            visitor: Who asks.

        Returns:
            The job: an old one while it waits, runs or still holds its result.
        """
        with self._lock:
            self._forget_old()
            job = self._jobs.get(key)
            if job is None or job.state in ("failed", "cancelled") or job.stopping:
                job = Job(key, title, lane, work)
                self._jobs[key] = job
                job.join(visitor)
                self._enqueue(job)
            else:
                job.join(visitor)
            return job

    def awaited_by(self, visitor: str) -> list[Job]:
        """The jobs a visitor waits for that have not ended, oldest first."""
        with self._lock:
            self._forget_old()
            jobs = list(self._jobs.values())
        return [job for job in jobs if job.awaited_by(visitor) and job.state in ("waiting", "running")]

    def view(self, job: Job) -> JobView:
        """How a job stands now, its place in the queue included."""
        with self._lock:
            jobs = list(self._jobs.values())
        earlier = jobs[: jobs.index(job)] if job in jobs else []
        ahead = sum(other.lane == job.lane and other.state in ("waiting", "running") for other in earlier)
        return job.view(ahead)

    def _enqueue(self, job: Job) -> None:
        if job.lane not in self._lanes:
            self._lanes[job.lane] = queue.SimpleQueue()
            threading.Thread(
                target=self._work_through, args=(job.lane,), name=f"jobs on {job.lane}", daemon=True
            ).start()
        self._lanes[job.lane].put(job)

    def _work_through(self, lane: str) -> None:
        jobs = self._lanes[lane]
        while True:
            try:
                job = jobs.get(timeout=_IDLE_SECONDS)
            except queue.Empty:
                with self._lock:  # under which jobs are put: none can slip in after the look
                    if jobs.empty():
                        del self._lanes[lane]
                        return
            else:
                job.run()
                del job  # its result is not held while waiting for the next

    def _forget_old(self) -> None:
        limit = time.monotonic() - _KEEP_SECONDS
        for key, job in list(self._jobs.items()):
            if job.ended and job.ended < limit:
                del self._jobs[key]


@functools.cache
def registry() -> JobRegistry:
    """The registry of this process."""
    return JobRegistry()
