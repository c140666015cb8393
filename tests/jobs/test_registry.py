import functools
import gc
import threading
import weakref

import numpy as np
import pytest

from explorer.errors import EncodeError
from explorer.jobs import registry as jobs_module
from explorer.jobs.progress import Progress
from explorer.jobs.registry import JobRegistry, Lane
from explorer.settings import settings


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
            assert self._go.acquire(timeout=60)
            self.done = step + 1
        on_progress(Progress("Stepping", self.steps, self.steps, fraction=1.0))
        return "result"


@pytest.fixture
def registry():
    return JobRegistry()


def submit(registry, work, key="k", visitor="a", lane=Lane.DEVICE):
    return registry.submit(key, "Title", work, lane=lane, visitor=visitor)


def test_the_same_work_asked_twice_is_one_job_that_both_see(registry):
    work = Steps()
    job = submit(registry, work, visitor="a")
    assert submit(registry, work, visitor="b") is job
    work.allow()
    assert job.wait(60)
    assert (job.state, job.result, work.runs) == ("done", "result", 1)
    assert submit(registry, work, visitor="c") is job
    assert work.runs == 1


@pytest.mark.slow
def test_a_result_that_is_not_shared_is_held_by_who_asked_alone(registry):
    kept = submit(registry, lambda _say: np.zeros(1000), key="kept")
    assert kept.wait(60)
    worker = []

    def work(_say):
        worker.append(threading.current_thread())
        return np.zeros(1000)

    job = registry.submit("own", "Title", work, lane=Lane.QUICK, visitor="a", shared=False)
    assert job.wait(60)
    worker[0].join(60)  # it refers to the job until it ends
    held = weakref.ref(job.result)
    assert held() is not None
    del job
    gc.collect()
    assert held() is None
    assert submit(registry, lambda _say: None, key="kept") is kept


def test_it_is_idle_once_no_job_is_waiting_or_running(registry):
    assert registry.is_idle()
    work = Steps()
    job = submit(registry, work)
    assert not registry.is_idle()
    work.allow()
    assert job.wait(60)
    assert registry.is_idle()


def test_one_visitor_leaving_does_not_stop_the_others_work(registry):
    work = Steps()
    job = submit(registry, work, visitor="a")
    submit(registry, work, visitor="b")
    assert work.started.wait(60)
    assert job.leave("a") is False
    assert [job.awaited_by(visitor) for visitor in "ab"] == [False, True]
    assert registry.awaited_by("a") == []
    assert registry.awaited_by("b") == [job]
    work.allow()
    assert job.wait(60)
    assert job.state == "done"


def test_results_of_a_visitor_who_left_are_let_go_and_unfinished_work_goes_on(registry):
    work = Steps()
    job = submit(registry, lambda _say: 1, key="done")
    shared = submit(registry, lambda _say: 2, key="shared")
    running = submit(registry, work, key="running")
    submit(registry, None, key="shared", visitor="b")
    assert job.wait(60)
    assert shared.wait(60)
    assert work.started.wait(60)
    registry.forget_results({"a"}, {"b"})
    assert submit(registry, None, key="shared") is shared
    assert submit(registry, None, key="running") is running
    assert submit(registry, lambda _say: 3, key="done") is not job
    work.allow()
    assert running.wait(60)
    assert running.state == "done"


def test_what_was_finished_cannot_be_left(registry):
    job = submit(registry, lambda _say: 1)
    assert job.wait(60)
    assert job.leave("a") is False  # as when other rows are opened
    registry.forget_results({"b"}, {"a"})
    assert submit(registry, None) is job


def test_the_last_to_leave_stops_it_and_asking_again_starts_anew(registry):
    work = Steps(5)
    job = submit(registry, work)
    assert work.started.wait(60)
    work.allow(2)
    assert job.leave("a") is True
    again = submit(registry, work)
    assert again is not job
    work.allow()
    assert job.wait(60)
    assert again.wait(60)
    assert (job.state, again.state) == ("cancelled", "done")
    assert work.runs == 2


def test_a_waiting_job_is_cancelled_without_ever_running(registry):
    first, second = Steps(), Steps()
    submit(registry, first, key=1)
    job = submit(registry, second, key=2)
    assert first.started.wait(60)
    assert registry.view(job).ahead == 1
    assert job.leave("a")
    assert job.state == "cancelled"
    last = submit(registry, lambda _say: "last", key=3)
    first.allow()
    assert last.wait(60)
    assert second.runs == 0


def test_one_lane_runs_one_job_at_a_time_and_lanes_do_not_wait_for_each_other(registry):
    first, second = Steps(), Steps()
    submit(registry, first, key=1)
    job = submit(registry, second, key=2)
    assert first.started.wait(60)
    other = submit(registry, lambda _say: 7, key=3, lane=Lane.QUICK)
    assert other.wait(60)
    assert not second.started.is_set()
    first.allow()
    second.allow()
    assert job.wait(60)


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
    assert job.wait(60)
    assert job.state == "failed"
    assert said in str(job.error)
    again = submit(registry, lambda _say: "fine")
    assert again.wait(60)
    assert again.result == "fine"


def test_the_view_tells_progress_rate_and_time_left(registry, monkeypatch):
    clock = [100.0]
    monkeypatch.setattr("explorer.jobs.registry.time.monotonic", lambda: clock[0])
    seen = []

    def work(say):
        for step in range(5):
            clock[0] += 2
            say(Progress("Encoding", done=100 * step, total=1000, cached=7, fraction=step / 10))
        seen.append(registry.view(job))

    go = threading.Event()
    job = submit(registry, lambda say: (go.wait(60), work(say)))
    go.set()
    assert job.wait(60)
    (view,) = seen
    assert view.state == "running"
    assert view.progress == Progress("Encoding", 400, 1000, 7, 0.4)
    assert view.rate == pytest.approx(50)
    assert view.seconds_left == pytest.approx(12)


def test_the_thread_of_an_idle_lane_ends_and_the_lane_can_be_used_again(registry):
    ran = []
    for key in range(2):
        job = submit(registry, lambda _say: ran.append(threading.current_thread()), key=key)
        assert job.wait(60)
        ran[key].join(10)
        assert not ran[key].is_alive()
    assert ran[0] is not ran[1]


def test_results_are_let_go_after_a_while(registry, monkeypatch):
    job = submit(registry, lambda _say: "old")
    assert job.wait(60)
    ended = job.ended
    monkeypatch.setattr("explorer.jobs.registry.time.monotonic", lambda: ended + 601)
    assert submit(registry, lambda _say: "new", key="other").wait(60)
    again = submit(registry, lambda _say: "computed again")
    assert again.wait(60)
    assert again is not job
    assert again.result == "computed again"


@pytest.mark.slow
def test_a_finished_job_lets_go_of_what_its_work_held(registry):
    class Held:
        pass

    held = Held()
    gone = weakref.ref(held)

    def work(_say, held=held):
        return "done"

    job = submit(registry, work)
    assert job.wait(60)
    del held, work
    gc.collect()
    assert gone() is None
    assert job.result == "done"


class Order:
    """Hands out work of one step, and writes down in which order it is begun."""

    def __init__(self):
        self.begun = []

    def work(self, name):
        return lambda _say: self.begun.append(name)


@pytest.fixture
def busy(registry):
    """A device that is held up by a job of `a`, until it is allowed to go on."""
    work = Steps(1)
    submit(registry, work, key="held up", visitor="a")
    assert work.started.wait(60)
    return work


def test_one_visitors_500_jobs_hold_another_back_by_no_more_than_the_one_that_runs(registry, busy):
    order = Order()
    for number in range(500):
        last = submit(registry, order.work("a"), key=number, visitor="a")
    job = submit(registry, order.work("b"), key="b", visitor="b")
    assert registry.view(job).ahead == 1
    busy.allow()
    assert job.wait(60)
    assert last.wait(60)
    assert order.begun[0] == "b"


def test_visitors_take_turns_and_none_is_kept_waiting_by_those_who_always_ask_again(registry, busy):
    order = Order()
    jobs = [submit(registry, order.work(f"a{n}"), key=f"a{n}", visitor="a") for n in range(4)]

    def ask_again(visitor, times):
        def work(_say):
            order.begun.append(visitor)
            if times:
                jobs.append(submit(registry, *ask_again(visitor, times - 1), visitor=visitor))

        return work, (visitor, times)

    for visitor in "bc":
        jobs.append(submit(registry, *ask_again(visitor, 2), visitor=visitor))
    busy.allow()
    for job in jobs:  # which grows meanwhile
        assert job.wait(60)
    assert order.begun == ["b", "c", "a0", "b", "c", "a1", "b", "c", "a2", "a3"]


def test_a_job_of_two_visitors_begins_at_the_turn_that_comes_first_and_takes_no_other(registry, busy):
    order = Order()
    jobs = [submit(registry, order.work(f"a{n}"), key=f"a{n}", visitor="a") for n in range(4)]
    assert submit(registry, order.work("not run"), key="a3", visitor="b") is jobs[3]
    jobs.append(submit(registry, order.work("b"), key="b", visitor="b"))
    jobs.append(submit(registry, order.work("c"), key="c", visitor="c"))
    assert [registry.view(job).ahead for job in jobs] == [3, 5, 6, 1, 4, 2]
    busy.allow()
    for job in jobs:
        assert job.wait(60)
    assert order.begun == ["a3", "c", "a0", "b", "a1", "a2"]


def test_the_place_in_the_queue_is_the_order_in_which_jobs_begin_whatever_was_asked(registry, busy):
    order = Order()
    jobs = {}
    for name in ("a1", "b1", "a2", "c1", "b2", "a3", "c2", "a4"):
        jobs[name] = submit(registry, order.work(name), key=name, visitor=name[0])
    assert jobs["b1"].leave("b")
    places = {name: registry.view(job).ahead for name, job in jobs.items() if name != "b1"}
    busy.allow()
    for job in jobs.values():
        assert job.wait(60)
    assert order.begun == sorted(places, key=places.__getitem__)
    assert sorted(places.values()) == list(range(1, 8))


def test_a_failed_job_that_is_asked_for_again_has_its_true_place(registry):
    def fail(_say):
        raise EncodeError("It broke.")

    assert submit(registry, fail, key="fails").wait(60)
    others = [Steps(1) for _ in range(2)]
    first, second = (submit(registry, work, key=n) for n, work in enumerate(others))
    assert others[0].started.wait(60)
    again = submit(registry, lambda _say: None, key="fails")
    assert [registry.view(job).ahead for job in (first, second, again)] == [0, 1, 2]
    assert registry.awaited_by("a") == [first, second, again]
    for work in others:
        work.allow()
    assert again.wait(60)


@pytest.mark.slow
def test_the_number_of_threads_is_bounded_whatever_visitors_ask_for(registry):
    go = threading.Event()
    jobs = [
        submit(registry, lambda _say: go.wait(60), key=(lane, n), visitor=f"v{n}", lane=lane)
        for n in range(300)
        for lane in Lane
    ]
    ours = [thread for thread in threading.enumerate() if thread.name.startswith("jobs: ")]
    assert len(ours) == sum(lane.workers for lane in Lane) < 50
    assert registry.view(jobs[-1]).ahead > 30
    go.set()
    for job in jobs:
        assert job.wait(60)


def test_a_server_that_makes_one_visitor_wait_is_in_nobody_elses_way(registry):
    patient = [Steps(1) for _ in range(10)]
    for number, work in enumerate(patient):
        submit(registry, work, key=number, visitor="a", lane=Lane.HOSTED)
    each = Lane.HOSTED.each
    assert all(work.started.wait(60) for work in patient[:each])  # several of one's own servers at once
    other = submit(registry, lambda _say: "vectors", key="b", visitor="b", lane=Lane.HOSTED)
    assert other.wait(60)
    assert not any(work.started.is_set() for work in patient[each:])
    for work in patient:
        work.allow()


def test_of_too_many_jobs_of_a_visitor_the_one_asked_for_longest_ago_is_left(registry, busy):
    bound = jobs_module._MOST_WAITING
    shared = submit(registry, lambda _say: "shared", key="shared", visitor="b")
    asked = [submit(registry, lambda _say: "a", key=0, visitor="a")]
    submit(registry, lambda _say: "not run", key="shared", visitor="a")
    asked += [submit(registry, lambda _say: "a", key=n, visitor="a") for n in range(1, bound + 3)]
    submit(registry, lambda _say: "not run", key=4, visitor="a")  # asked for again: it is wanted after all
    asked += [submit(registry, lambda _say: "a", key=n, visitor="a") for n in range(bound + 3, bound + 6)]
    left = [number for number, job in enumerate(asked) if job.state == "cancelled"]
    assert left == [0, 1, 2, 3, 5, 6]
    assert not shared.awaited_by("a")
    assert shared.awaited_by("b")
    busy.allow()
    assert asked[-1].wait(60)
    assert shared.wait(60)
    assert shared.state == "done"


def test_results_that_ended_first_are_let_go_where_all_take_too_much_memory(registry, monkeypatch):
    monkeypatch.setenv("EXPLORER_SESSIONS_MB", "11")
    settings.cache_clear()
    common = np.zeros(4_000_000, np.uint8)

    def ask(key):
        job = submit(registry, lambda _say: (common, np.zeros(2_000_000, np.uint8)), key=key)
        assert job.wait(60)
        return job

    jobs = [ask(key) for key in range(5)]
    # What has just ended is looked at before the next job of its lane begins.
    assert submit(registry, lambda _say: None, key="the next").wait(60)
    # Three times 2 MB and the 4 MB they share.
    assert [ask(key) is jobs[key] for key in (4, 3, 2)] == [True, True, True]
    assert ask(1) is not jobs[1]


def test_a_result_that_is_forgotten_is_computed_again_and_work_under_way_is_not(registry):
    steps = Steps(1)
    ask = functools.partial(registry.submit, "key", "Stepping", steps, lane=Lane.QUICK)
    job = ask(visitor="a")
    registry.forget("key")
    assert ask(visitor="b") is job
    steps.allow()
    assert job.wait(60)
    assert ask(visitor="b") is job
    registry.forget("key")
    registry.forget("nobody asked for it")
    again = ask(visitor="a")
    assert again is not job
    assert again.wait(60)
    assert steps.runs == 2
