"""One piece of long work: who waits for it, its progress and its outcome."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar, cast

from explorer.errors import ExplorerError, JobCancelledError
from explorer.jobs.lanes import Lane
from explorer.jobs.progress import OnProgress, Progress
from explorer.jobs.sizes import Parts, parts_of

_log = logging.getLogger(__name__)

State = Literal["waiting", "running", "done", "failed", "cancelled"]
T = TypeVar("T")
Work = Callable[[OnProgress], T]

_RATE_SECONDS = 10.0  # the window over which a rate is taken
_asked = itertools.count()  # numbers the times that a visitor asked for a job


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
        ahead: Jobs that end before it begins, if they end in the order in which they began.
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
    """One piece of work; see `JobRegistry.submit`."""

    def __init__(
        self, key: Hashable, title: str, lane: Lane, work: Work[T], *, resumable: bool = False
    ) -> None:
        self.key = key
        self.title = title
        self.lane = lane
        self.resumable = resumable
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
        """What the work gave; only there once it is done."""
        return cast("T", self._result)

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

    @property
    def parts(self) -> Parts:
        """The memory that the result takes; see `sizes.parts_of`."""
        return self._parts

    def join(self, visitor: str) -> bool:
        """A visitor asks for this job.

        Returns:
            Whether its result is there or on its way; it does not come when it failed or was stopped.
        """
        with self._lock:
            if self.state in ("failed", "cancelled") or self.stopping:
                return False
            self._visitors[visitor] = next(_asked)
            return True

    def waits_for(self, visitor: str) -> bool:
        """Whether it has not begun and a visitor still wants it."""
        return self.state == "waiting" and visitor in self._visitors

    def asked(self, visitor: str) -> int:
        """When a visitor who waits for it asked last: a number that grows with every question."""
        return self._visitors.get(visitor, -1)

    def awaited_by(self, visitor: str) -> bool:
        """Whether a visitor waits for this job."""
        return visitor in self._visitors

    def leave(self, visitor: str) -> bool:
        """A visitor cancels; the work stops when nobody else waits for it.

        Returns:
            Whether the work was told to stop.
        """
        with self._lock:
            self._visitors.pop(visitor, None)
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
            parts = parts_of(result)
        except JobCancelledError:
            self._close("cancelled")
        except ExplorerError as error:
            self.error = error
            self._close("failed")
        except BaseException as error:
            # Whatever it was, the visitor must hear of it, and the worker must go on to the next job.
            _log.exception("the job %r failed", self.title)
            self.error = ExplorerError(
                f"Something unexpected went wrong: {type(error).__name__}: {error}",
                where=self.title,
                fix="What was finished is kept. Try again; if it happens again, report it with this message.",
            )
            self.error.__cause__ = error
            self._close("failed")
        else:
            self._result, self._parts = result, parts
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
        self._work = None  # of a job that never ran
        self._ended = time.monotonic()
        self._finished.set()
