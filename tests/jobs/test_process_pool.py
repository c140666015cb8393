import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from explorer.errors import ComputeError, ProcessEndedError
from explorer.jobs import process
from explorer.jobs.process_pool import ProcessPool
from tests.conftest import ROOT
from tests.jobs.test_process import MODULE, is_alive

HELLO = {"do": "echo", "text": "hello"}


def pool_of(count):
    return ProcessPool("echo", MODULE, count, first=HELLO, environment={"OMP_NUM_THREADS": "7"})


def pids(pool):
    return [opened.result()["pid"] for opened in pool.opened]


def opened(request):
    """The pipe of a request that blocks, once it has begun."""
    return Path(request["pipe"]).open()


def blocking(folder, name):
    path = folder / name
    os.mkfifo(path)
    return {"do": "block", "pipe": str(path)}


def test_every_request_has_its_own_answer_and_all_processes_end_with_the_block():
    with pool_of(2) as pool:
        texts = [f"text {number}" for number in range(40)]
        texts.append("a long one, " * 200_000)
        answers = [pool.submit({"do": "echo", "text": text}) for text in texts]
        assert [answer.result()["text"] for answer in answers] == texts
        assert {answer.result()["pid"] for answer in answers} <= set(pids(pool))
        started = pids(pool)
        assert len(set(started)) == 2
        assert answers[0].result()["threads"] == "7"
    assert not any(map(is_alive, started))
    assert not pool.ended


def test_what_fails_fails_alone(caplog):
    with pool_of(1) as pool:
        failed = pool.submit({"do": "fail"})
        assert pool.submit(HELLO).result()["text"] == "hello"
        with pytest.raises(ComputeError, match="no such thing"):
            failed.result()
    assert "a library's chatter" in caplog.text


def test_the_request_of_a_process_that_is_killed_is_done_by_another(tmp_path):
    with pool_of(2) as pool:
        pids(pool)
        answer = pool.submit({"do": "be killed once", "file": str(tmp_path / "killed")})
        assert answer.result() == "done by another"
        assert pool.submit(HELLO).result()["text"] == "hello"
    (ended,) = pool.ended
    assert "ended unexpectedly (Killed)" in ended.what


def test_a_request_that_kills_two_processes_fails_and_leaves_the_third():
    with pool_of(3) as pool:
        pids(pool)
        with pytest.raises(ProcessEndedError, match="Killed"):
            pool.submit({"do": "be killed"}).result()
        assert pool.submit(HELLO).result()["text"] == "hello"
        assert len(pool.ended) == 2


def test_a_process_that_answers_what_cannot_be_read_is_asked_no_more(monkeypatch, caplog):
    ask, misread = process.WorkerProcess.ask, []

    def ask_and_misread(worker, request, on_progress):
        answer = ask(worker, request, on_progress)
        if request["text"] == "odd" and not misread:
            misread.append(answer["pid"])
            raise ValueError("no JSON")
        return answer

    monkeypatch.setattr(process.WorkerProcess, "ask", ask_and_misread)
    with pool_of(2) as pool:
        pids(pool)
        assert pool.submit({"do": "echo", "text": "odd"}).result()["pid"] not in misread
        assert pool.submit(HELLO).result()["pid"] not in misread
    assert "cannot be read" in pool.ended[0].what
    assert "no JSON" in caplog.text


def test_once_all_processes_have_ended_every_request_fails():
    with pool_of(1) as pool:
        pids(pool)
        waiting = [pool.submit({"do": "exit"}), pool.submit(HELLO)]
        for answer in waiting:
            with pytest.raises(ProcessEndedError, match="status 3"):
                answer.result()
        with pytest.raises(ProcessEndedError, match="All processes"):
            pool.submit(HELLO).result()


def test_on_the_way_out_busy_processes_end_and_what_waits_is_not_begun(tmp_path):
    never = tmp_path / "never"
    with pool_of(2) as pool:
        started = pids(pool)
        told = []
        for name in ("one", "other"):
            request = blocking(tmp_path, name)
            pool.submit(request)
            told.append(opened(request))
        pool.submit({"do": "say pid", "file": str(never)})
    assert not any(map(is_alive, started))
    assert {int(pipe.read()) for pipe in told} == set(started)  # to its end: nobody holds it any more
    for pipe in told:
        pipe.close()
    assert not never.exists()


def test_if_one_process_cannot_be_started_there_is_none(monkeypatch):
    popen, started = process.subprocess.Popen, []

    def one_only(*args, **options):
        if started:
            raise OSError(11, "Resource temporarily unavailable")
        started.append(popen(*args, **options))
        return started[0]

    monkeypatch.setattr(process.subprocess, "Popen", one_only)
    with pytest.raises(ComputeError, match=r"no process can be started \(Resource temporarily unavailable\)"):
        pool_of(2)
    assert not is_alive(started[0].pid)


def test_busy_processes_end_when_their_parent_is_killed(tmp_path):
    requests = [blocking(tmp_path, name) for name in ("one", "other")]
    code = (
        "from explorer.jobs.process_pool import ProcessPool\n"
        f"with ProcessPool('echo', '{MODULE}', 2, first={HELLO}) as pool:\n"
        f"    [answer.result() for answer in [pool.submit(one) for one in {requests}]]"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    with ThreadPoolExecutor(2) as openers:
        pipes = list(openers.map(opened, requests))
    for pipe in pipes:
        pipe.readline()
    parent.kill()
    parent.wait()
    for pipe in pipes:
        assert pipe.read() == ""
        pipe.close()
