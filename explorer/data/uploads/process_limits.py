"""What a process that reads strangers' bytes may take."""

from __future__ import annotations

import resource

from explorer.settings import settings


def bound_memory() -> None:
    """Bound the memory of this process, the files it writes, and what it leaves behind when it crashes.

    The data limit counts what is allocated, and neither the libraries nor their reserved addresses as the
    limit on addresses does.
    """
    size = settings().read_mb * 1_000_000
    resource.setrlimit(resource.RLIMIT_DATA, (size, size))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # it would hold the stranger's rows
