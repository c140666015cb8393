"""Tracks whether a server responds, across all requests, so that pages do not wait for one that is down."""

from __future__ import annotations

import threading
import time

Request = tuple[str, str]  # the path and the query

_PAUSE_SECONDS = 30.0  # a request without a response is not repeated for this long


class Contact:
    """Whether one server responds.

    A server is unreachable if no connection can be made, or if requests to two paths got no response and it
    sent nothing else. If only one request got no response, the request itself may be the cause, so others
    are still sent.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._received: float | None = None
        self._lost: float | None = None  # when no connection could be made
        self._failed: dict[Request, float] = {}

    def received(self) -> None:
        """Record that the server sent something, such as a piece of a file."""
        with self._lock:
            self._received = time.monotonic()
            self._lost = None
            self._failed.clear()

    def no_response(self, request: Request, began: float, *, connected: bool) -> bool:
        """Record that a request got no response.

        Args:
            request: The path and query of the request.
            began: When it was sent, in seconds on the monotonic clock.
            connected: Whether a connection was made.

        Returns:
            Whether the server sent nothing else since; if it did, it is only slow with this request.
        """
        with self._lock:
            if self._received is not None and self._received > began:
                return False
            self._failed[request] = time.monotonic()
            if not connected:
                self._lost = time.monotonic()
            return True

    def is_paused(self, request: Request) -> bool:
        """Whether to hold back a request because it would probably get no response."""
        with self._lock:
            limit = time.monotonic() - _PAUSE_SECONDS
            recent = [one for one, when in self._failed.items() if when > limit]
            lost = self._lost is not None and self._lost > limit
            return lost or request in recent or len({path for path, _ in recent}) > 1
