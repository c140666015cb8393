"""The outcome of a job, for one of the visitors who asked for it."""

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
        result: Its result.
    """

    result: Result


@dataclass(frozen=True)
class Pending:
    """The work is queued or running.

    Attributes:
        job: The job to follow.
    """

    job: Job[Any]


@dataclass(frozen=True)
class Failed:
    """The work failed.

    Attributes:
        title: What the job was doing.
        error: Why it failed.
    """

    title: str
    error: ExplorerError


@dataclass(frozen=True)
class Stopped:
    """The work was stopped, or continues for others while this visitor no longer waits for it.

    Attributes:
        title: What the job was doing.
        resumable: Whether finished work is kept, so that a new request continues from there.
    """

    title: str
    resumable: bool


Unfinished = Pending | Failed | Stopped
Outcome = Done[T] | Pending | Failed | Stopped


def outcome_of(job: Job[T], visitor: str) -> Outcome[T]:
    """The current outcome of a job for a visitor who asked for it."""
    if job.state == "done":
        return Done(job.result)
    if job.state == "cancelled" or not job.awaited_by(visitor):
        return Stopped(job.title, job.resumable)  # whatever happened to it afterwards
    if job.state == "failed" and job.error is not None:
        return Failed(job.title, job.error)
    return Pending(job)
