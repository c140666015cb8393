"""A limit on the memory of a table that is read, so that a small file cannot become an enormous table."""

from __future__ import annotations

import threading

from explorer.errors import TooLargeError
from explorer.settings import settings

_UNPACKED = 2  # a table can take this many times the limit on file size


class Budget:
    """Counts and limits the bytes of what is read, in any threads.

    Args:
        name: The file, for the message.
    """

    def __init__(self, name: str) -> None:
        self._left = _UNPACKED * settings().max_file_mb * 1_000_000
        self._name = name
        self._lock = threading.Lock()

    def spend(self, size: int) -> None:
        """Count bytes, before they are allocated or directly afterwards.

        Raises:
            TooLargeError: They exceed what is left.
        """
        with self._lock:
            self._left -= size
            over = self._left < 0
        if over:
            raise TooLargeError(
                f"Once read, the file takes over {_UNPACKED * settings().max_file_mb:,} MB.",
                where=self._name,
                fix="Keep fewer rows or columns, or ask the host to raise EXPLORER_MAX_FILE_MB.",
            )
