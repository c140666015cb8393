"""How far a piece of work is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far a piece of work is.

    Attributes:
        phase: What is being done, in a few words.
        done: Rows that have their vector.
        total: Rows in all.
        cached: Rows of `done` that came from the cache or repeat another row.
        fraction: Share of the work done, 0 to 1; long texts weigh more, so it is not `done / total`.
        note: Something the person should know.
        unit: What is counted.
    """

    phase: str
    done: int = 0
    total: int = 0
    cached: int = 0
    fraction: float = 0.0
    note: str = ""
    unit: str = "rows"


OnProgress = Callable[[Progress], None]


def untold(_progress: Progress) -> None:
    """Tell nobody: what reports progress to those who did not ask for any."""
