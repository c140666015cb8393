"""The progress of a job in one line."""

from __future__ import annotations

from explorer.jobs.progress import BYTES, Progress
from explorer.jobs.registry import JobView
from explorer.ui.shell.quantities import readable_duration


def progress_line(view: JobView) -> str:
    """A job's progress in one line: phase, count, rate and time left."""
    progress = view.progress
    if view.state == "waiting" and view.ahead:
        return f"Waiting for {view.ahead} other job{'s' if view.ahead > 1 else ''}"
    parts = [progress.phase]
    size, unit = _scale(progress)
    if progress.total and progress.done:
        parts[0] += f" · {progress.done // size:,} of {progress.total // size:,} {unit}"
    if view.rate:
        parts.append(f"{view.rate / size:,.0f} {unit}/s")
    if view.seconds_left is not None:
        parts.append(f"{readable_duration(view.seconds_left)} left")
    if progress.cached:
        parts.append(f"{progress.cached:,} from the cache or repeated")
    if view.waiting > 1:
        parts.append(f"shared with {view.waiting - 1} other visitor{'s' if view.waiting > 2 else ''}")
    return " · ".join(parts)


def _scale(progress: Progress) -> tuple[int, str]:
    """The unit in which work is shown: its size in the units counted, and its name."""
    if progress.unit != BYTES:
        return 1, progress.unit
    return (1_000_000, "MB") if progress.total >= 10_000_000 else (1_000, "kB")
