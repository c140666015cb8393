"""The time that reading an uploaded file may take."""

from __future__ import annotations

import time

from explorer.jobs.progress import IMAGES, Progress
from explorer.settings import settings

_TIMES = 10  # all images of a file may take this many times as long as a table


class TimeLimit:
    """When reading a file must be over: within `EXPLORER_READ_SECONDS`, or as long for each of its images.

    Attributes:
        end: When, on the clock of `time.monotonic`.
        seconds: The seconds that a table or one image may take.
        total_seconds: The seconds that all images may take; 0 before the first is read.
    """

    def __init__(self) -> None:
        self.seconds = settings().read_seconds
        self.total_seconds = 0
        self._start = time.monotonic()
        self._done = -1
        self.end = self._start + self.seconds

    def note(self, progress: Progress) -> None:
        """Let the time of the next image begin, if another one was read."""
        if progress.unit == IMAGES and progress.done != self._done:
            self._done = progress.done
            self.total_seconds = _TIMES * self.seconds
            self.end = min(self._start + self.total_seconds, time.monotonic() + self.seconds)
