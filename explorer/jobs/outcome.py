"""The outcome of a job, for one of those who asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from explorer.errors import ExplorerError
from explorer.jobs.job import Job

T = TypeVar("T")
Result = TypeVar("Result", covariant=True)


@dataclass(frozen=True)
class Done(Generic[Result]):
    """The work is done.

    Attributes:
        result: What it gave.
    """

    result: Result


@dataclass(frozen=True)
class Pending:
    """The work is waiting for its turn, or under way.

    Attributes:
        job: The job to follow.
    """

    job: Job[Any]


@dataclass(frozen=True)
class Failed:
    """The work failed.

    Attributes:
        title: What was being done.
        error: Why it failed.
    """

    title: str
    error: ExplorerError


@dataclass(frozen=True)
class Stopped:
    """The work was stopped, or goes on for others while this visitor no longer waits for it.

    Attributes:
        title: What was being done.
        resumable: Whether what was finished is kept, so that asking again goes on from there.
    """

    title: str
    resumable: bool


Unfinished = Pending | Failed | Stopped
Outcome = Done[T] | Pending | Failed | Stopped


def outcome_of(job: Job[T], visitor: str) -> Outcome[T]:
    """What has come of a job by now for a visitor who asked for it."""
    if job.state == "done":
        return Done(job.result)
    if job.state == "cancelled" or not job.awaited_by(visitor):
        return Stopped(job.title, job.resumable)  # whatever came of it afterwards
    if job.state == "failed" and job.error is not None:
        return Failed(job.title, job.error)
    return Pending(job)
