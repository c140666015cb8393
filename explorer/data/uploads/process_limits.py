"""Resource limits of a process that reads strangers' bytes."""

from __future__ import annotations

import resource

from explorer.settings import settings


def bound_memory() -> None:
    """Limit the memory of this process and the files it writes, and disable core dumps.

    RLIMIT_DATA counts only allocated memory, while RLIMIT_AS would also count libraries and reserved
    addresses.
    """
    size = settings().read_mb * 1_000_000
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold the stranger's rows
