"""The progress of work that is done in several steps."""

from __future__ import annotations

from dataclasses import replace

from explorer.jobs.progress import OnProgress, Progress, ignore_progress


class Steps:
    """Progress of work in steps that count equally.

    Args:
        on_progress: Called with the progress of the whole.
        total: Number of steps.
    """

    def __init__(self, on_progress: OnProgress | None, total: int) -> None:
        self._report = on_progress or ignore_progress
        self._total = total
        self._begun = 0

    def next(self) -> OnProgress:
        """The callback of the next step."""
        before = self._begun
        self._begun += 1

        def report(progress: Progress) -> None:
            fraction = min(1.0, (before + progress.fraction) / self._total)
            self._report(replace(progress, fraction=fraction))

        return report
