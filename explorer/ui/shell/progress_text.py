"""The progress of a job in one line."""

from __future__ import annotations

from explorer.data.tables.values import count
from explorer.jobs.progress import BYTES, Progress
from explorer.jobs.registry import JobView
from explorer.ui.shell.quantities import readable_duration

_MOST_COUNTED = 10_000_000  # of more than this, a count tells less than a share


def progress_line(view: JobView) -> str:
    """A job's progress in one line: phase, count, rate and time left."""
    progress = view.progress
    if view.state == "waiting" and view.ahead:
        return f"Waiting for {count(view.ahead, 'other job')}"
    parts = [] if progress.phase == view.title and progress.done else [progress.phase]
    size, unit = _scale(progress)
    if progress.total // size > _MOST_COUNTED:
        parts.append(f"{100 * progress.done / progress.total:.0f} %")
    else:
        if progress.total and progress.done:
            parts.append(f"{progress.done // size:,} of {progress.total // size:,} {unit}")
        if view.rate and view.rate >= size:  # "0 steps/s" would say that it stands still
            parts.append(f"{view.rate / size:,.0f} {unit}/s")
    if view.seconds_left is not None:
        parts.append(f"{readable_duration(view.seconds_left)} left")
    if progress.cached:
        parts.append(f"{progress.cached:,} from the cache or repeated")
    if view.waiting > 1:
        parts.append(f"shared with {count(view.waiting - 1, 'other visitor')}")
    return " · ".join(parts)


def spoken_progress(view: JobView) -> str:
    """A job's progress for people who hear it: it changes four times at most, not with every row."""
    if view.state == "waiting" and view.ahead:
        return f"{view.title} is waiting for other work."
    quarters = int(4 * view.progress.fraction)
    return f"{view.title}: {25 * quarters} % done." if 0 < quarters < 4 else f"{view.title} is under way."


def _scale(progress: Progress) -> tuple[int, str]:
    """The unit in which work is shown: its size in the units counted, and its name."""
    if progress.unit != BYTES:
        return 1, progress.unit
    return (1_000_000, "MB") if progress.total >= 10_000_000 else (1_000, "kB")
