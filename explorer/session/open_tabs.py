"""What the open tabs of browsers hold; a tab that is closed drops out by itself."""

from __future__ import annotations

import threading
import weakref
from typing import Generic, TypeVar

T = TypeVar("T")


class OpenTabs(Generic[T]):
    """The sessions of open tabs. It keeps none alive: Streamlit drops a closed tab's within minutes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # a WeakSet must not grow while it is iterated
        self._sessions: weakref.WeakSet[T] = weakref.WeakSet()

    def add(self, session: T) -> None:
        """Add the session of a tab."""
        with self._lock:
            self._sessions.add(session)

    def others(self, session: T) -> list[T]:
        """The sessions of all tabs but this one."""
        with self._lock:
            return [other for other in self._sessions if other is not session]
