"""Memory and processor time of processes, as Linux tells them."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path


def children(process: int | str) -> list[int]:
    """The running processes that a process (its number, or `self`) has started."""
    found: list[int] = []
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        with contextlib.suppress(OSError):  # a thread that has just ended
            found += map(int, file.read_text().split())
    return found


def family_of(process: int) -> list[int]:
    """A process and its descendants."""
    return [process, *(one for child in children(process) for one in family_of(child))]


def resident(process: int | str, name: str) -> float:
    """A figure of a process's memory in MB, see proc_pid_status(5); 0 if the process has ended."""
    with contextlib.suppress(OSError):
        found = re.search(rf"{name}:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
        return int(found[1]) / 1024 if found else 0.0
    return 0.0


def processor_seconds(process: int) -> float:
    """Processor time of a process and of the children it has waited for; see proc_pid_stat(5)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
