import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from explorer.errors import ComputeError, JobCancelledError
from explorer.jobs import process
from explorer.jobs.process import WorkerProcesses
from explorer.jobs.progress import ignore_progress
from tests.conftest import ROOT

MODULE = "tests.jobs.echo_worker"


@pytest.fixture
def workers():
    made = WorkerProcesses("echo", MODULE, idle_seconds=3_600)
    yield made
    made.close()


@pytest.fixture
def pipe(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    return path


def pid_of(workers, tmp_path, tell=ignore_progress):
    workers.ask({"do": "say pid", "file": str(tmp_path / "pid")}, tell)
    return int((tmp_path / "pid").read_text())


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_requests_are_answered_by_the_same_process_until_it_is_closed(workers, tmp_path):
    pid = pid_of(workers, tmp_path)
    assert pid != os.getpid()
    assert pid_of(workers, tmp_path) == pid
    workers.close()
    assert not is_alive(pid)
    assert pid_of(workers, tmp_path) != pid


def test_a_file_in_the_working_directory_is_not_taken_for_a_module(workers, tmp_path, monkeypatch):
    (tmp_path / "queue.py").write_text("raise SystemExit('run by mistake')")
    monkeypatch.chdir(tmp_path)
    assert pid_of(workers, tmp_path) != os.getpid()


def test_progress_is_told(workers, tmp_path):
    told = []
    pid_of(workers, tmp_path, told.append)
    assert told[0].phase == "Starting echo"
    counted = dict.fromkeys((progress.done, progress.total) for progress in told if progress.total)
    assert list(counted) == [(0, 3), (1, 3), (2, 3)]


def test_what_progress_raises_ends_the_process_at_once(workers, pipe, tmp_path):
    def stop(progress):
        if progress.phase == "Blocking":
            raise JobCancelledError("Stopped.")

    lines = []
    reader = threading.Thread(target=lambda: lines.extend(pipe.read_text().split()))
    reader.start()
    with pytest.raises(JobCancelledError):
        workers.ask({"do": "block", "pipe": str(pipe)}, stop)
    reader.join()
    assert not is_alive(int(lines[0]))
    assert is_alive(pid_of(workers, tmp_path))  # the next request has another


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("fail", r"echo failed \(ValueError: no such thing\)"),
        ("exit", r"ended unexpectedly \(status 3\)"),
        ("be killed", r"ended unexpectedly \(Killed\). Its memory"),
    ],
)
def test_a_process_that_fails_or_ends_says_how(workers, tmp_path, caplog, what, message):
    with pytest.raises(ComputeError, match=message):
        workers.ask({"do": what}, ignore_progress)
    assert "a library's chatter" in caplog.text
    assert is_alive(pid_of(workers, tmp_path))


def test_a_process_that_ended_while_it_was_idle_is_replaced(workers, tmp_path):
    pid = pid_of(workers, tmp_path)
    kept = workers._idle._process
    kept.kill()
    kept.wait()
    assert pid_of(workers, tmp_path) != pid


def test_a_process_started_in_advance_answers_the_next_request(workers, tmp_path):
    workers.prepare()
    started = workers._idle._process.pid
    workers.prepare()
    assert pid_of(workers, tmp_path) == started
    workers.close()
    assert not is_alive(started)


def test_a_process_that_cannot_be_started_in_advance_is_told_by_the_next_request(
    workers, monkeypatch, caplog
):
    def no_memory(*_args, **_options):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(process.subprocess, "Popen", no_memory)
    workers.prepare()
    assert "echo cannot be started: [Errno 12] Cannot allocate memory" in caplog.text
    with pytest.raises(OSError, match="Cannot allocate memory"):
        workers.ask({"do": "fail"}, ignore_progress)


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="Linux only")
def test_where_memory_runs_out_the_process_ends_before_its_parent(workers, tmp_path):
    pid = pid_of(workers, tmp_path)
    assert Path(f"/proc/{pid}/oom_score_adj").read_text().strip() == "1000"
    assert Path("/proc/self/oom_score_adj").read_text().strip() != "1000"


def test_requests_at_the_same_time_have_processes_of_their_own_and_one_is_kept(workers, pipe, tmp_path):
    told = threading.Event()
    first = tmp_path / "first"
    request = {"do": "read", "file": str(first), "pipe": str(pipe)}
    busy = threading.Thread(target=workers.ask, args=(request, lambda _: told.set()))
    busy.start()
    told.wait()
    second = pid_of(workers, tmp_path)
    pipe.write_text("go on")
    busy.join()
    assert int(first.read_text()) != second
    assert [is_alive(int(first.read_text())), is_alive(second)] == [False, True]


def test_a_process_is_kept_only_for_a_while(workers, tmp_path, monkeypatch):
    timers = []

    class Timer:
        def __init__(self, seconds, end):
            assert seconds == 3_600
            self.end, self.cancelled = end, False
            timers.append(self)

        def start(self):
            pass

        def cancel(self):
            self.cancelled = True

    monkeypatch.setattr(process.threading, "Timer", Timer)
    pid = pid_of(workers, tmp_path)
    assert pid_of(workers, tmp_path) == pid
    assert [timer.cancelled for timer in timers] == [True, False]
    timers[-1].end()
    assert not is_alive(pid)


def test_a_busy_process_ends_when_its_parent_is_killed(pipe):
    request = json.dumps({"do": "block", "pipe": str(pipe)})
    code = (
        "from explorer.jobs.process import WorkerProcesses\n"
        f"WorkerProcesses('echo', '{MODULE}', idle_seconds=9).ask({request}, lambda _: None)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    with Path(pipe).open() as told:
        told.readline()
        parent.kill()
        parent.wait()
        assert told.read() == ""  # the end of the pipe: nobody holds it any more
