"""Open sessions, kept for returning browsers within a memory limit."""

from __future__ import annotations

import functools
import threading
import time
from collections import OrderedDict
from collections.abc import Set
from dataclasses import dataclass, replace

from explorer.data.corpus import Corpus
from explorer.jobs.sizes import Memory, Parts, parts_of
from explorer.session.session import Session
from explorer.settings import settings

_KEEP_SECONDS = 30 * 60.0
_KEEP_SESSIONS = 32


@dataclass(frozen=True)
class _Kept:
    at: float
    session: Session
    rows: Parts  # the memory of its corpus
    computed: frozenset[str]  # the corpus's cached properties when its memory was measured


class SessionStore:
    """Open sessions by browser and corpus, so that a reloaded tab finds its corpus again.

    Only for browsers that return with the same cookie: a pasted link never opens another person's rows.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: OrderedDict[tuple[str, str], _Kept] = OrderedDict()

    def keep(self, session: Session, corpus: str) -> None:
        """Store a session as it is now.

        Sessions not seen for long are dropped, and the oldest ones if there are too many or they take too
        much memory. The session stored now can only lose results.

        Args:
            session: The session.
            corpus: How the URL names its corpus.
        """
        copy = session.for_another_tab()
        now = time.monotonic()
        with self._lock:
            key = (session.visitor, corpus)
            before = self._sessions.pop(key, None)
            has = dict(vars(session.corpus))
            if before is not None and before.session.corpus is session.corpus:
                rows = dict(before.rows)
                for attribute in has.keys() - before.computed:
                    rows |= parts_of(has[attribute])
            else:
                rows = parts_of(session.corpus)
            self._sessions[key] = _Kept(now, copy, rows, frozenset(has))
            memory, most = Memory(), settings().sessions_mb * 1_000_000
            self._forget_old(now)
            for younger, (name, kept) in enumerate(reversed(list(self._sessions.items()))):
                memory.add(kept.rows)
                memory.add(kept.session.queries.parts)
                kept.session.trim_results(memory, most)
                if younger and (memory.bytes > most or younger >= _KEEP_SESSIONS):
                    del self._sessions[name]

    def touch(self, visitor: str) -> None:
        """Count the time from now for the sessions of a browser that has an open tab."""
        now = time.monotonic()
        with self._lock:
            for name, kept in self._sessions.items():
                if name[0] == visitor:
                    self._sessions[name] = replace(kept, at=now)

    def forget_results_unless(self, present: Set[str]) -> None:
        """Drop the results of other browsers than these: they can be computed again, but rows cannot."""
        with self._lock:
            for (visitor, _), kept in self._sessions.items():
                if visitor not in present:
                    kept.session.forget_results()

    def forget_old(self) -> None:
        """Drop the sessions that were not seen for long."""
        with self._lock:
            self._forget_old(time.monotonic())

    def _forget_old(self, now: float) -> None:
        for name, kept in list(self._sessions.items()):
            if kept.at < now - _KEEP_SECONDS:
                del self._sessions[name]

    def corpora(self, visitor: str) -> dict[str, Corpus]:
        """The corpora that a browser had open, by how a link names each, the one seen last first."""
        with self._lock:
            self._forget_old(time.monotonic())
            return {
                name[1]: kept.session.corpus
                for name, kept in reversed(self._sessions.items())
                if name[0] == visitor
            }

    def find(self, visitor: str, corpus: str) -> Session | None:
        """The session of a browser with a corpus, if it is still stored."""
        with self._lock:
            kept = self._sessions.get((visitor, corpus))
            if kept is None or kept.at < time.monotonic() - _KEEP_SECONDS:
                return None
            return kept.session.for_another_tab()


@functools.cache
def session_store() -> SessionStore:
    """The sessions of this process."""
    return SessionStore()
