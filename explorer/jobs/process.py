"""Work in a separate process, which blocks no thread here and can be stopped at once.

The parent sends requests and the process answers, both as lines of JSON; large arrays are passed as files.
`docs/decisions/0009-umap.md` explains when this is worth it.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import logging
import os
import queue
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, cast
from weakref import WeakSet

from explorer.errors import ComputeError, ProcessEndedError
from explorer.jobs.freed_memory import return_freed_memory
from explorer.jobs.progress import OnProgress, Progress

_log = logging.getLogger(__name__)
_POLL_SECONDS = 0.1  # how soon a stop is noticed
_BLOCK = 1 << 16

Answer = Callable[[dict[str, Any], OnProgress], Any]
_all: WeakSet[WorkerProcesses] = WeakSet()


def python_path() -> str:
    """PYTHONPATH for a process that runs a module of this package, wherever it is installed."""
    root = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))


def python_module(module: str, *arguments: str) -> list[str]:
    """The command that runs a module of this package, with `python_path` as PYTHONPATH.

    `-P` keeps the working directory off Python's path: a file there that is named like a module, such as
    `queue.py`, would be run in its place.
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def end_idle_processes() -> None:
    """End the processes that are kept for later requests, where memory is short."""
    for processes in list(_all):
        processes.close()


class WorkerProcesses:
    """Processes that run one of our modules, each answering one request at a time.

    A process that has answered is kept for a while, since starting one can take seconds of importing and
    compiling. At most one is kept; each concurrent request gets a process of its own.

    Args:
        name: What the processes run, for error messages.
        module: The module, which calls `serve` when run.
        idle_seconds: How long a process is kept after its last answer.

    Attributes:
        name: As given.
    """

    def __init__(self, name: str, module: str, *, idle_seconds: float) -> None:
        self.name = name
        self._module = module
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._idle: WorkerProcess | None = None
        self._timer: threading.Timer | None = None
        _all.add(self)
        atexit.register(self.close)

    @property
    def has_idle(self) -> bool:
        """Whether a process is kept, so that the next request finds it started."""
        return self._idle is not None

    def prepare(self) -> None:
        """Start a process and return at once, so that the next request finds it started.

        It is kept like one that has answered. One that is kept already is kept for longer.
        """
        try:
            self._keep(self._take() or WorkerProcess(self.name, self._module))
        except OSError as error:  # the next request tries again, and says so
            _log.warning("%s cannot be started: %s", self.name, error)

    def ask(self, request: dict[str, Any], on_progress: OnProgress) -> None:
        """Send a request and wait for its answer.

        Args:
            request: Values that JSON can hold; file paths for everything else.
            on_progress: Called several times a second. An exception it raises ends the process and the work.

        Raises:
            ComputeError: The work failed.
            ProcessEndedError: The process ended before finishing it.
        """
        on_progress(Progress(f"Starting {self.name}"))
        process = self._take() or WorkerProcess(self.name, self._module)
        try:
            process.ask(request, on_progress)
        except BaseException:
            process.end()
            raise
        self._keep(process)

    def close(self) -> None:
        """End the kept process, if there is one."""
        process = self._take()
        if process is not None:
            process.end()

    def _take(self) -> WorkerProcess | None:
        with self._lock:
            process, self._idle = self._idle, None
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        if process is None or process.is_alive():
            return process
        process.end()  # the system ended it in the meantime, for example out of memory
        return None

    def _keep(self, process: WorkerProcess) -> None:
        with self._lock:
            if self._idle is None:
                self._idle = process
                self._timer = threading.Timer(self._idle_seconds, self.close)
                self._timer.daemon = True
                self._timer.start()
                return
        process.end()


class WorkerProcess:
    """A process that runs one of our modules and answers one request at a time.

    Args:
        name: What it runs, for error messages.
        module: The module, which calls `serve` when run.
        environment: Variables to set for it, besides those of this process.

    Raises:
        OSError: The system starts no process.
    """

    def __init__(self, name: str, module: str, environment: Mapping[str, str] | None = None) -> None:
        self._name = name
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `end`
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                python_module(module),
                env={**os.environ, "PYTHONPATH": python_path(), **(environment or {})},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
            )
        except OSError:
            self._stderr.close()
            raise
        # Where memory runs out, Linux ends it instead of this process, and its request says so.
        with contextlib.suppress(OSError):  # another system, or it has ended
            Path(f"/proc/{self._process.pid}/oom_score_adj").write_text("1000")

    def is_alive(self) -> bool:
        """Whether it is still running."""
        return self._process.poll() is None

    def ask(self, request: dict[str, Any], on_progress: OnProgress) -> Any:  # noqa: ANN401 - JSON
        """Send a request and wait for its answer, a JSON value.

        Args:
            request: Values that JSON can hold.
            on_progress: Called several times a second; an exception it raises is passed on.

        Raises:
            ComputeError: The work failed.
            ProcessEndedError: The process ended before finishing it.
        """
        stdin, stdout = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        with contextlib.suppress(BrokenPipeError):  # it has ended; reading below finds out how
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()
        progress, rest = Progress(f"Starting {self._name}"), b""
        with selectors.DefaultSelector() as selector:
            selector.register(stdout, selectors.EVENT_READ)
            while True:
                if not selector.select(_POLL_SECONDS):
                    on_progress(progress)  # called again, so that it can raise
                    continue
                block = os.read(stdout.fileno(), _BLOCK)
                if not block:
                    raise self._ended()
                *lines, rest = (rest + block).split(b"\n")
                for line in lines:
                    message = json.loads(line)
                    if "failed" in message:
                        _log.error("%s failed: %s", self._name, self._error_output())
                        raise ComputeError(f"{self._name} failed ({message['failed']}).")
                    if "done" in message:
                        return message["done"]
                    progress = Progress(**message["progress"])
                    on_progress(progress)

    def end(self) -> None:
        """Kill it, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        for file in (self._process.stdin, self._process.stdout, self._stderr):
            with contextlib.suppress(BrokenPipeError):  # flushes part of a request that was never read
                cast("IO[bytes]", file).close()

    def _ended(self) -> ProcessEndedError:
        status = self._process.wait()
        _log.error("%s ended with status %d: %s", self._name, status, self._error_output())
        how = signal.strsignal(-status) if status < 0 else f"status {status}"
        fix = "Its memory may have run out: use fewer rows." if status == -signal.SIGKILL else ""
        return ProcessEndedError(f"The process of {self._name} ended unexpectedly ({how}).", fix=fix)

    def _error_output(self) -> str:
        self._stderr.seek(0)
        return self._stderr.read().decode(errors="replace")[-4_000:]


def serve(answer: Answer) -> None:
    """Answer requests until the parent ends; called by the module that `WorkerProcesses` runs.

    Args:
        answer: Handles a request, reports its progress, and returns a JSON value, or None.
    """
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # output of libraries must not be taken for answers
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(requests,), daemon=True).start()

    def send(**message: object) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    while True:
        request = json.loads(requests.get())
        try:
            done = answer(request, lambda progress: send(progress=asdict(progress)))
        except Exception as error:
            traceback.print_exc()
            send(failed=f"{type(error).__name__}: {error}")
        else:
            send(done=done)
        return_freed_memory()  # while it waits for the next request


def _listen(requests: queue.SimpleQueue[bytes]) -> None:
    """Read requests; exit the process, even in the middle of work, when the parent is gone."""
    # Not `sys.stdin`, whose lock this thread would hold when the interpreter shuts down; and not the lines of
    # an unbuffered file, which Python reads byte by byte.
    parts: list[bytes] = []
    while block := os.read(0, _BLOCK):
        first, *lines = block.split(b"\n")
        parts.append(first)
        for line in lines:
            requests.put(b"".join(parts))
            parts = [line]
    os._exit(0)
