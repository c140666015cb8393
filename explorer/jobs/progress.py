"""How far a piece of work is: the one type in which downloads, readers, encoders and analyses report it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

BYTES = "bytes"  # the unit of downloads and files; the screen shows kB or MB
READING = "Reading"  # the phase of all that reads rows


@dataclass(frozen=True)
class Progress:
    """How far a piece of work is.

    Attributes:
        phase: What is being done, in a few words.
        done: Units that are done, such as rows that have their vector.
        total: Units in all.
        cached: Of `done`, those that came from the cache or repeat another row.
        fraction: Share of the work done, 0 to 1; long texts weigh more, so it need not be `done / total`.
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

    @classmethod
    def count(cls, phase: str, done: int, total: int, unit: str = "rows") -> Progress:
        """Progress of work whose units all take about as long."""
        return cls(phase, done, total, fraction=done / max(1, total), unit=unit)


OnProgress = Callable[[Progress], None]


def untold(_progress: Progress) -> None:
    """Tell nobody: what reports progress to those who did not ask for any."""


def counting(on_progress: OnProgress | None, phase: str, unit: str = "rows") -> Callable[[int, int], None]:
    """Progress for work that only counts: what is done, and its total.

    Args:
        on_progress: Told the progress; None for nobody.
        phase: What is being done.
        unit: What is counted.
    """
    tell = on_progress or untold
    return lambda done, total: tell(Progress.count(phase, done, total, unit))
