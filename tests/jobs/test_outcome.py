import threading
import uuid

import pytest

from explorer.errors import EncodeError
from explorer.jobs.outcome import Done, Failed, Pending, Stopped, outcome_of
from explorer.jobs.progress import Progress, counting
from explorer.jobs.registry import JobRegistry, Lane


@pytest.fixture
def registry():
    return JobRegistry()


def submit(registry, work, key=None, visitor="a", **options):
    return registry.submit(key or uuid.uuid4(), "Title", work, lane=Lane.QUICK, visitor=visitor, **options)


def test_work_that_ended_is_done_with_what_it_gave(registry):
    job = submit(registry, lambda _say: [1, 2])
    assert job.wait(60)
    assert outcome_of(job, "a") == Done([1, 2])


def test_work_that_gave_nothing_is_done_all_the_same(registry):
    job = submit(registry, lambda _say: None)
    assert job.wait(60)
    assert outcome_of(job, "a") == Done(None)


def test_work_that_failed_says_what_failed_and_why(registry):
    error = EncodeError("It broke.")

    def fail(_say):
        raise error

    job = submit(registry, fail)
    assert job.wait(60)
    assert outcome_of(job, "a") == Failed("Title", error)


def test_work_that_fails_after_it_was_left_was_stopped(registry):
    go = threading.Event()

    def fail(_say):
        go.wait(60)
        raise EncodeError("It broke off.")

    job = submit(registry, fail)
    job.leave("a")
    go.set()
    assert job.wait(60)
    assert outcome_of(job, "a") == Stopped("Title", False)


@pytest.mark.parametrize("resumable", [False, True])
def test_work_under_way_is_pending_and_stopped_only_for_who_left_it(registry, resumable):
    go = threading.Event()
    job = submit(registry, lambda _say: go.wait(60), key="k", resumable=resumable)
    submit(registry, lambda _say: go.wait(60), key="k", visitor="b")
    assert outcome_of(job, "a") == Pending(job)
    job.leave("a")
    assert outcome_of(job, "a") == Stopped("Title", resumable)
    assert outcome_of(job, "b") == Pending(job)
    go.set()
    assert job.wait(60)
    assert outcome_of(job, "a") == Done(True)


def test_what_only_counts_is_told_as_progress():
    told = []
    say = counting(told.append, "Reading", "bytes")
    say(0, 0)
    say(1, 4)
    assert told == [Progress("Reading", unit="bytes"), Progress("Reading", 1, 4, fraction=0.25, unit="bytes")]
    counting(None, "Reading")(1, 4)  # nobody listens
