"""One long-running piece of work: who is waiting for it, its progress and its outcome."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable, Set
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar, cast

from explorer.errors import ExplorerError, JobCancelledError
from explorer.jobs.freed_memory import return_freed_memory
from explorer.jobs.lanes import Lane
from explorer.jobs.progress import OnProgress, Progress
from explorer.jobs.sizes import Parts, parts_of

_log = logging.getLogger(__name__)

State = Literal["waiting", "running", "done", "failed", "cancelled"]
T = TypeVar("T")
Work = Callable[[OnProgress], T]

_RATE_SECONDS = 10.0  # window over which the rate is measured
_asked = itertools.count()  # a sequence number for each time a visitor asks for a job


@dataclass(frozen=True)
class JobView:
    """A job at one moment, for the screen.

    Attributes:
        title: What it does.
        state: Its current state.
        progress: Its latest progress.
        rate: Units per second over the last seconds; None until known.
        seconds_left: Estimate; None until known.
        seconds: How long it has been running.
        waiting: Number of visitors waiting for it.
        ahead: Jobs that end before it begins, if jobs end in the order in which they began.
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


class Job(Generic[T]):
    """One piece of work; created by `JobRegistry.submit`."""

    def __init__(
        self,
        key: Hashable,
        title: str,
        lane: Lane,
        work: Work[T],
        *,
        resumable: bool = False,
        shared: bool = True,
    ) -> None:
        self.key = key
        self.title = title
        self.lane = lane
        self.resumable = resumable
        self.shared = shared
        self._work: Work[T] | None = work
        self._lock = threading.Lock()
        self._cancelled = threading.Event()
        self._finished = threading.Event()
        self._visitors: dict[str, int] = {}
        self._progress = Progress("Waiting for its turn")
        self._marks: deque[tuple[float, int, float]] = deque()  # (time, rows done, fraction)
        self._started = 0.0
        self._ended = 0.0
        self._result: T | None = None
        self._parts: Parts = {}
        self.state: State = "waiting"
        self.error: ExplorerError | None = None

    @property
    def result(self) -> T:
        """The result of the work; only valid once the job is done."""
        return cast("T", self._result)

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop."""
        return self._cancelled.is_set()

    @property
    def ended(self) -> float:
        """When it ended, on the monotonic clock in seconds; 0 until then."""
        return self._ended

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the job to end; return whether it did within `timeout` seconds."""
        return self._finished.wait(timeout)

    @property
    def parts(self) -> Parts:
        """The memory held by the result; see `sizes.parts_of`."""
        return self._parts

    def join(self, visitor: str) -> bool:
        """Add a visitor who asks for this job.

        Returns:
            Whether a result is there or will come; False if the job failed or was stopped.
        """
        with self._lock:
            if self.state in ("failed", "cancelled") or self.stopping:
                return False
            self._visitors[visitor] = next(_asked)
            return True

    def waits_for(self, visitor: str) -> bool:
        """Whether it has not begun and the visitor still wants it."""
        return self.state == "waiting" and visitor in self._visitors

    def asked(self, visitor: str) -> int:
        """When a waiting visitor last asked, as a sequence number of all requests; −1 for others."""
        return self._visitors.get(visitor, -1)

    def awaited_by(self, visitor: str) -> bool:
        """Whether a visitor is waiting for this job."""
        return visitor in self._visitors

    def leave(self, visitor: str) -> bool:
        """Remove a visitor who cancels unfinished work; it stops when nobody else is waiting for it.

        Returns:
            Whether the work was asked to stop.
        """
        with self._lock:
            if self.state not in ("waiting", "running"):
                return False
            self._visitors.pop(visitor, None)
            if self._visitors:
                return False
            self._cancelled.set()
            if self.state == "waiting":
                self._end("cancelled")
            return True

    def is_of(self, visitors: Set[str]) -> bool:
        """Whether one of these visitors asked for it and did not cancel."""
        return not visitors.isdisjoint(self._visitors)

    def run(self) -> None:
        """Do the work in the calling thread and store its outcome in the job."""
        with self._lock:
            work, self._work = self._work, None  # frees what the closure holds, such as vectors
            if self.state != "waiting" or work is None:
                return
            self.state = "running"
            self._started = time.monotonic()
        try:
            result = work(self._report)
            parts = parts_of(result)
        except JobCancelledError:
            self._close("cancelled")
        except ExplorerError as error:
            self.error = error
            self._close("failed")
        except BaseException as error:
            # Whatever happened, the visitor must be told and the worker must go on to the next job.
            _log.exception("the job %r failed", self.title)
            self.error = ExplorerError(
                f"Something unexpected went wrong: {type(error).__name__}: {error}",
                where=self.title,
                fix="Finished work is kept. Try again; if it happens again, report it with this message.",
            )
            self.error.__cause__ = error
            self._close("failed")
        else:
            self._result, self._parts = result, parts
            self._close("done")

    def view(self, ahead: int = 0) -> JobView:
        """The current state of the job."""
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
            raise JobCancelledError("The work was stopped; finished work is kept.")
        now = time.monotonic()
        with self._lock:
            begins = progress.phase != self._progress.phase
            if begins:
                self._marks.clear()  # another phase has another rate
            self._progress = progress
            self._marks.append((now, progress.done, progress.fraction))
            while self._marks[0][0] < now - _RATE_SECONDS:
                self._marks.popleft()
        if begins:
            return_freed_memory()  # of the phase before; the arrays of this one seldom fit its gaps

    def _close(self, state: State) -> None:
        with self._lock:
            self._end(state)

    def _end(self, state: State) -> None:
        self.state = state
        self._work = None  # still set if the job never ran
        self._ended = time.monotonic()
        self._finished.set()
