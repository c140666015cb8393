"""A contender that fails while it is measured: its error is kept, and the others are compared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from explorer.comparison.measure import Kind
from explorer.errors import ExplorerError, JobCancelledError, QueryError

T = TypeVar("T")
OnFailure = Callable[[int, ExplorerError], None]
"""Called with the position of a contender that failed, and its error."""

_FIGURES: dict[Kind, str] = {
    "judgements": "the judged queries",
    "pairs": "the scored pairs",
    "captions": "the captions",
    "proxy": "the two views of rows",
}


@dataclass(frozen=True)
class Failure:
    """A contender without figures of one kind, because it failed.

    Attributes:
        contender: The position of the contender.
        kind: The kind of measures that it has no figures for.
        error: Why.
    """

    contender: int
    kind: Kind
    error: ExplorerError

    @property
    def figures(self) -> str:
        """What it has no figures for, such as `the judged queries`."""
        return _FIGURES.get(self.kind, self.kind)

    def sentence(self, name: str) -> str:
        """The failure in one sentence and its error.

        Args:
            name: The name of the contender.
        """
        return f"{name} failed on {self.figures}, so it has no figures for them. {self.error}"


def attempt(work: Callable[[], T], place: int, on_failure: OnFailure | None) -> T | None:
    """Do the work of one contender.

    Args:
        work: The work.
        place: The position of the contender.
        on_failure: Called if it fails; None to raise its error.

    Returns:
        What the work gives; None for a contender without an encoder for texts, and for one that failed.
    """
    try:
        return work()
    except QueryError:  # it has no encoder for texts
        return None
    except JobCancelledError:
        raise
    except ExplorerError as error:
        if on_failure is None:
            raise
        on_failure(place, error)
        return None
