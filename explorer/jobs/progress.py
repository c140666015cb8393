"""Progress: the one type that downloads, readers, encoders and analyses report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

BYTES = "bytes"  # the unit of downloads and files; the screen shows kB or MB
IMAGES = "images"  # the unit of image files, of which each takes long
READING = "Reading"  # the phase of everything that reads rows


@dataclass(frozen=True)
class Progress:
    """The progress of a piece of work.

    Attributes:
        phase: What is being done, in a few words.
        done: Finished units, such as encoded rows.
        total: Number of units.
        cached: Of `done`, those that came from the cache or repeat another row.
        fraction: Finished share of the work, 0 to 1; long texts weigh more, so it can differ from
            `done / total`.
        note: A remark for the person.
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
        """Progress of work whose units all take about the same time."""
        return cls(phase, done, total, fraction=done / max(1, total), unit=unit)


OnProgress = Callable[[Progress], None]


def ignore_progress(_progress: Progress) -> None:
    """Ignore progress: the callback used where the caller gave none."""


def counting(on_progress: OnProgress | None, phase: str, unit: str = "rows") -> Callable[[int, int], None]:
    """A callback that turns counts, the finished units and their total, into `Progress`.

    Args:
        on_progress: Called with the progress; None ignores it.
        phase: What is being done.
        unit: What is counted.
    """
    tell = on_progress or ignore_progress
    return lambda done, total: tell(Progress.count(phase, done, total, unit))
