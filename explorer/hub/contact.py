"""What is known of whether a server answers, from all that is asked of it, so that nobody waits in vain."""

from __future__ import annotations

import threading
import time

Question = tuple[str, str]  # the path and the query

_REST_SECONDS = 30.0  # what got no answer is not asked again for so long


class Contact:
    """Whether one server answers.

    It is out of reach when no connection can be made, or when questions of two kinds got no answer and
    nothing else came from it either. A single question that got none may be at fault itself, so others go on
    being asked.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._heard: float | None = None
        self._lost: float | None = None  # when no connection could be made
        self._unanswered: dict[Question, float] = {}

    def heard(self) -> None:
        """Something came from the server, be it a piece of a file."""
        with self._lock:
            self._heard = time.monotonic()
            self._lost = None
            self._unanswered.clear()

    def got_nothing(self, question: Question, began: float, *, connected: bool) -> bool:
        """A question got no answer.

        Args:
            question: What was asked.
            began: When, on the monotonic clock.
            connected: Whether a connection was made.

        Returns:
            Whether nothing else came from the server meanwhile: else it only is slow with this question.
        """
        with self._lock:
            if self._heard is not None and self._heard > began:
                return False
            self._unanswered[question] = time.monotonic()
            if not connected:
                self._lost = time.monotonic()
            return True

    def rests(self, question: Question) -> bool:
        """Whether a question is better not asked now, as it would get no answer."""
        with self._lock:
            limit = time.monotonic() - _REST_SECONDS
            recent = [one for one, when in self._unanswered.items() if when > limit]
            lost = self._lost is not None and self._lost > limit
            return lost or question in recent or len({path for path, _ in recent}) > 1
