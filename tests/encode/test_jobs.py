import gc
import threading
import weakref

import pytest

from explorer.encode.jobs import JobRegistry
from explorer.encode.progress import Progress
from explorer.errors import EncodeError


class Steps:
    """Work that goes on step by step, as the test allows."""

    def __init__(self, steps=3):
        self.steps = steps
        self.done = 0
        self.runs = 0
        self.started = threading.Event()
        self._go = threading.Semaphore(0)

    def allow(self, steps=100):
        self._go.release(steps)

    def __call__(self, on_progress):
        self.runs += 1
        self.started.set()
        for step in range(self.steps):
            on_progress(Progress("Stepping", step, self.steps, fraction=step / self.steps))
            assert self._go.acquire(timeout=10)
            self.done = step + 1
        on_progress(Progress("Stepping", self.steps, self.steps, fraction=1.0))
        return "result"


@pytest.fixture
def registry():
    return JobRegistry()


def submit(registry, work, key="k", visitor="a", lane="cpu"):
    return registry.submit(key, "Title", work, lane=lane, visitor=visitor)


def test_the_same_work_asked_twice_is_one_job_that_both_see(registry):
    work = Steps()
    job = submit(registry, work, visitor="a")
    assert submit(registry, work, visitor="b") is job
    work.allow()
    assert job.wait(10)
    assert (job.state, job.result, work.runs) == ("done", "result", 1)
    assert submit(registry, work, visitor="c") is job
    assert work.runs == 1


def test_one_visitor_leaving_does_not_stop_the_others_work(registry):
    work = Steps()
    job = submit(registry, work, visitor="a")
    submit(registry, work, visitor="b")
    assert work.started.wait(10)
    assert job.leave("a") is False
    assert [job.awaited_by(visitor) for visitor in "ab"] == [False, True]
    assert registry.awaited_by("a") == []
    assert registry.awaited_by("b") == [job]
    work.allow()
    assert job.wait(10)
    assert job.state == "done"


def test_the_last_to_leave_stops_it_and_asking_again_starts_anew(registry):
    work = Steps(5)
    job = submit(registry, work)
    assert work.started.wait(10)
    work.allow(2)
    assert job.leave("a") is True
    again = submit(registry, work)
    assert again is not job
    work.allow()
    assert job.wait(10)
    assert again.wait(10)
    assert (job.state, again.state) == ("cancelled", "done")
    assert work.runs == 2


def test_a_waiting_job_is_cancelled_without_ever_running(registry):
    first, second = Steps(), Steps()
    submit(registry, first, key=1)
    job = submit(registry, second, key=2)
    assert first.started.wait(10)
    assert registry.view(job).ahead == 1
    assert job.leave("a")
    assert job.state == "cancelled"
    last = submit(registry, lambda _say: "last", key=3)
    first.allow()
    assert last.wait(10)
    assert second.runs == 0


def test_one_lane_runs_one_job_at_a_time_and_lanes_do_not_wait_for_each_other(registry):
    first, second = Steps(), Steps()
    submit(registry, first, key=1)
    job = submit(registry, second, key=2)
    assert first.started.wait(10)
    other = submit(registry, lambda _say: 7, key=3, lane="reading")
    assert other.wait(10)
    assert not second.started.is_set()
    first.allow()
    second.allow()
    assert job.wait(10)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (EncodeError("It broke.", where="row 3"), "row 3: It broke."),
        (ZeroDivisionError("oh"), "ZeroDivisionError: oh"),
        (SystemExit("out"), "SystemExit: out"),
    ],
)
def test_a_failure_is_kept_for_the_visitor_and_the_worker_lives_on(registry, error, said):
    def fail(_say):
        raise error

    job = submit(registry, fail)
    assert job.wait(10)
    assert job.state == "failed"
    assert said in str(job.error)
    again = submit(registry, lambda _say: "fine")
    assert again.wait(10)
    assert again.result == "fine"


def test_the_view_tells_progress_rate_and_time_left(registry, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("explorer.encode.jobs.time.monotonic", lambda: clock[0])
    seen = []

    def work(say):
        for step in range(5):
            clock[0] += 2
            say(Progress("Encoding", done=100 * step, total=1000, cached=7, fraction=step / 10))
        seen.append(registry.view(job))

    go = threading.Event()
    job = submit(registry, lambda say: (go.wait(10), work(say)))
    go.set()
    assert job.wait(10)
    (view,) = seen
    assert view.state == "running"
    assert view.progress == Progress("Encoding", 400, 1000, 7, 0.4)
    assert view.rate == pytest.approx(50)
    assert view.seconds_left == pytest.approx(12)


def test_the_thread_of_an_idle_lane_ends_and_the_lane_can_be_used_again(registry, monkeypatch):
    monkeypatch.setattr("explorer.encode.jobs._IDLE_SECONDS", 0.05)
    ran = []
    for key in range(2):
        job = submit(
            registry, lambda _say: ran.append(threading.current_thread()), key=key, lane="one visitor"
        )
        assert job.wait(10)
        ran[key].join(10)
        assert not ran[key].is_alive()
    assert ran[0] is not ran[1]


def test_results_are_let_go_after_a_while(registry, monkeypatch):
    job = submit(registry, lambda _say: "old")
    assert job.wait(10)
    ended = job.ended
    monkeypatch.setattr("explorer.encode.jobs.time.monotonic", lambda: ended + 601)
    assert submit(registry, lambda _say: "new", key="other").wait(10)
    again = submit(registry, lambda _say: "computed again")
    assert again.wait(10)
    assert again is not job
    assert again.result == "computed again"


def test_a_finished_job_lets_go_of_what_its_work_held(registry):
    class Held:
        pass

    held = Held()
    gone = weakref.ref(held)

    def work(_say, held=held):
        return "done"

    job = submit(registry, work)
    assert job.wait(10)
    del held, work
    gc.collect()
    assert gone() is None
    assert job.result == "done"
