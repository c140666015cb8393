"""How much a table may take once it is read, so that a small file cannot become an enormous table."""

from __future__ import annotations

import threading

from explorer.errors import TooLargeError
from explorer.settings import settings

_UNPACKED = 2  # a file may grow by this much over the bound on files


class Budget:
    """Counts the bytes of what is read, in whatever threads, and bounds them.

    Args:
        name: The file, for the message.
    """

    def __init__(self, name: str) -> None:
        self._left = _UNPACKED * settings().max_file_mb * 1_000_000
        self._name = name
        self._lock = threading.Lock()

    def spend(self, size: int) -> None:
        """Take note of bytes before they are there, or as soon as they are.

        Raises:
            TooLargeError: They are more than is left.
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
