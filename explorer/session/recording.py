"""Whether a visitor keeps a record of what they ask, and the secret by which their record is found.

The browser holds both in a cookie, which comes with a connection. What was chosen since, in any of the
browser's tabs, is remembered here: a tab that was connected before still has the cookie of then.
"""

from __future__ import annotations

import functools
import threading
from collections import OrderedDict
from dataclasses import dataclass

from explorer.record.visitors import is_secret, new_secret

_KEEP = 10_000  # visitors, a few hundred bytes each
_ON, _OFF = "on", "off"


@dataclass(frozen=True)
class Recording:
    """What a visitor chose.

    Attributes:
        secret: By which their record is found; empty for none.
        on: Whether answers are added to it.
    """

    secret: str = ""
    on: bool = False

    @property
    def cookie(self) -> str:
        """The value of the cookie; empty for none."""
        return f"{self.secret}.{_ON if self.on else _OFF}" if self.secret else ""

    @classmethod
    def from_cookie(cls, cookie: str) -> Recording:
        """What a cookie says; nothing is recorded if it is not valid."""
        secret, _, switch = cookie.partition(".")
        return cls(secret, switch == _ON) if is_secret(secret) and switch in (_ON, _OFF) else cls()

    def switched(self, on: bool) -> Recording:
        """The same record with the switch on or off; a new one if there is none."""
        return Recording(self.secret or new_secret(), on)


class Recordings:
    """What the visitors of this process chose."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._chosen: OrderedDict[str, Recording] = OrderedDict()

    def of(self, visitor: str, cookie: str) -> Recording:
        """What a visitor chose last here, or what their cookie says."""
        with self._lock:
            chosen = self._chosen.get(visitor)
        return Recording.from_cookie(cookie) if chosen is None else chosen

    def choose(self, visitor: str, recording: Recording) -> None:
        """Remember what a visitor chose."""
        with self._lock:
            self._chosen[visitor] = recording
            self._chosen.move_to_end(visitor)
            if len(self._chosen) > _KEEP:
                self._chosen.popitem(last=False)


@functools.cache
def recordings() -> Recordings:
    """The choices of this process."""
    return Recordings()
