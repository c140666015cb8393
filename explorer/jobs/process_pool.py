"""Several processes that take requests in turn; if one ends, another does its request again."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Self

from explorer.errors import ComputeError, ExplorerError, JobCancelledError, ProcessEndedError
from explorer.jobs.process import WorkerProcess
from explorer.jobs.progress import Progress

_log = logging.getLogger(__name__)
_TRIES = 2  # a request that ends two processes would end the others too
Request = dict[str, Any]


@dataclass
class _Task:
    request: Request
    answer: Future[Any] = field(default_factory=Future)
    tries: int = 0


class ProcessPool:
    """Processes that run one of our modules, each answering one request at a time.

    Requests begin in the order in which they are submitted. Those of a process that ends, because it was
    killed or its memory ran out, are done by the others. On exit from the `with` block all processes end,
    whatever they are doing; they also end when this process does.

    Args:
        name: What the processes run, for error messages.
        module: The module, which calls `serve` when run.
        count: The number of processes.
        first: The first request to each process; `opened` has the answers.
        environment: Variables to set for the processes.

    Attributes:
        opened: The answer of each process to `first`.
        ended: How processes ended before their time.

    Raises:
        ComputeError: The system starts no more processes.
    """

    def __init__(
        self,
        name: str,
        module: str,
        count: int,
        *,
        first: Request,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._running = count
        self.ended: list[ProcessEndedError] = []
        processes: list[WorkerProcess] = []
        try:
            for _ in range(count):
                processes.append(WorkerProcess(name, module, environment))
        except OSError as error:
            for process in processes:
                process.end()
            raise ComputeError(f"{name}: no process can be started ({error.strerror}).") from error
        tasks = [_Task(first, tries=_TRIES) for _ in processes]  # no other process can answer it
        self.opened = [task.answer for task in tasks]
        self._threads = [
            threading.Thread(target=self._work, args=pair, name=f"{name} {number}", daemon=True)
            for number, pair in enumerate(zip(processes, tasks, strict=True), start=1)
        ]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._closed.set()
        for _ in self._threads:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join()

    def submit(self, request: Request) -> Future[Any]:
        """Send a request to the next process that is free.

        Returns:
            Its answer, a JSON value; or a ComputeError if the work failed. It is a ProcessEndedError if its
            process ended, and another did too that was asked again, or none is left.
        """
        task = _Task(request)
        with self._lock:
            if self._running:
                self._tasks.put(task)
            else:
                task.answer.set_exception(ProcessEndedError("All processes have ended."))
        return task.answer

    def _work(self, process: WorkerProcess, task: _Task | None) -> None:
        """Answer requests with one process, until it ends or the pool is closed."""
        try:
            while task is not None and not self._closed.is_set():
                try:
                    answer = process.ask(task.request, self._check)
                except ProcessEndedError as error:
                    self.ended.append(error)
                    self._give_back(task, error)
                    return
                except ExplorerError as error:
                    task.answer.set_exception(error)
                except Exception:  # what it answers from now on may belong to another request
                    _log.exception("a process answered what cannot be read")
                    misread = ProcessEndedError("A process answered what cannot be read, and was ended.")
                    self.ended.append(misread)
                    self._give_back(task, misread)
                    return
                else:
                    task.answer.set_result(answer)
                task = self._tasks.get()
        finally:
            process.end()

    def _check(self, _progress: Progress) -> None:
        """End the work of a process once the pool is closed."""
        if self._closed.is_set():
            raise JobCancelledError("The work was stopped.")

    def _give_back(self, task: _Task, error: ProcessEndedError) -> None:
        """Let the other processes do what one that has ended did not; fail it if there are none."""
        task.tries += 1
        with self._lock:
            self._running -= 1
            if task.tries < _TRIES and self._running:
                self._tasks.put(task)
            else:
                task.answer.set_exception(error)
            if not self._running:
                self._fail_all(error)

    def _fail_all(self, error: ProcessEndedError) -> None:
        while not self._tasks.empty():
            waiting = self._tasks.get()
            if waiting is not None:
                waiting.answer.set_exception(error)
