"""Refusing work that does not fit in memory, before it begins.

A server that goes over the limit of its host is killed, for all its visitors. The limit is that of the
control groups of this process, as containers have them, or what the machine has available.
"""

from __future__ import annotations

import math
import re
from pathlib import Path

from explorer.errors import NotEnoughMemoryError
from explorer.jobs.freed_memory import return_freed_memory
from explorer.jobs.process import end_idle_processes

# Bytes of libraries that are in use all the time; the system can drop all other pages of files.
_FILES = 40_000_000
# By version of control groups: the file of the limit, and the fields of memory.stat that cannot be dropped.
_V1 = ("memory.limit_in_bytes", ("total_rss", "total_shmem"))
_V2 = ("memory.max", ("anon", "shmem"))


def require_memory(needed: float, work: str, fix: str) -> None:
    """Refuse work that needs more memory than is free, also once nothing is kept that could be let go.

    Two jobs that begin at once are both allowed, and estimates leave out what is hard to know: work that is
    refused does not fit, while work that is allowed may still not.

    Args:
        needed: The memory it takes at its peak, in bytes, on top of what is used now.
        work: What it is, the beginning of a sentence, such as "A map of 5,000 rows".
        fix: What to do instead.

    Raises:
        NotEnoughMemoryError: It does not fit.
    """
    if needed <= memory_left():
        return
    end_idle_processes()
    return_freed_memory()
    left = memory_left()
    if needed > left:
        raise NotEnoughMemoryError(
            f"{work} needs about {needed / 1e6:,.0f} MB of memory, and this server has "
            f"{left / 1e6:,.0f} MB left.",
            fix=fix,
        )


def memory_left(root: Path = Path("/")) -> float:
    """Bytes that this process can still allocate; infinite where the system does not tell.

    Args:
        root: The folder of `proc` and `sys`.
    """
    groups = root / "sys" / "fs" / "cgroup"
    left = [_available(root / "proc" / "meminfo")]
    for line in _lines(root / "proc" / "self" / "cgroup"):
        _, controllers, path = line.split(":", 2)
        if not controllers:
            left += _left_in(groups, path, *_V2)
        elif "memory" in controllers.split(","):
            left += _left_in(groups / "memory", path, *_V1)
    return max(0.0, min(left) - _FILES)


def _available(meminfo: Path) -> float:
    """What the machine has available, swap included."""
    found = dict(re.findall(r"(\w+):\s+(\d+) kB", "\n".join(_lines(meminfo))))
    if "MemAvailable" not in found:
        return math.inf
    return 1024.0 * (int(found["MemAvailable"]) + int(found.get("SwapFree", 0)))


def _left_in(mounted: Path, path: str, limit: str, used: tuple[str, ...]) -> list[float]:
    """What a control group and those above it have left.

    A container may see its own group at the root of the mounted folder, under a path that it does not see.
    """
    group = mounted / path.lstrip("/")
    left = []
    for folder in (group, *group.parents):
        most = next(iter(_lines(folder / limit)), "max")
        if most != "max":
            stat = dict(line.split() for line in _lines(folder / "memory.stat"))
            left.append(float(int(most) - sum(int(stat.get(name, 0)) for name in used)))
        if folder == mounted:
            break
    return left


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
