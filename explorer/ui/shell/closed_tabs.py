"""Releasing what closed tabs held and results that nobody came back for, and the memory they took.

`docs/decisions/0030-closed-tabs.md` explains why.
"""

from __future__ import annotations

import functools
import gc
import threading
import time
from dataclasses import dataclass
from weakref import ref

from streamlit.runtime import Runtime, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from explorer.jobs.freed_memory import drop_library_pages, return_freed_memory
from explorer.jobs.registry import registry
from explorer.session.session import Session
from explorer.session.session_store import session_store

_EVERY_SECONDS = 20.0
# A broken connection is restored within seconds. With the time between two looks it must be less than
# Streamlit's two minutes: a session that expires there stays in memory until another tab is closed.
_DISCONNECTED_SECONDS = 60.0
_CLOSING_SECONDS = 1.0  # Streamlit closes them in its own thread


@dataclass
class _Tab:
    """A tab of a browser.

    Attributes:
        visitor: Whose it is.
        session: Its session; Streamlit may drop it sooner.
        seen: When it was last seen connected, on the monotonic clock in seconds.
    """

    visitor: str
    session: ref[Session]
    seen: float


class Tabs:
    """The tabs of the process that are not closed yet.

    Args:
        streamlit: What knows which of them are connected.
    """

    def __init__(self, streamlit: Runtime) -> None:
        self._streamlit = streamlit
        self._lock = threading.Lock()
        self._tabs: dict[str, _Tab] = {}  # by Streamlit's id

    def enter(self, tab: str, session: Session) -> None:
        """Add a tab, which is connected, and its session."""
        with self._lock:
            self._tabs[tab] = _Tab(session.visitor, ref(session), time.monotonic())

    def close_disconnected(self) -> set[str]:
        """Close the tabs that have not been connected for a while; return whose they were."""
        now = time.monotonic()
        with self._lock:
            for name, tab in self._tabs.items():
                if self._streamlit.is_active_session(name):
                    tab.seen = now
            here = {tab.visitor for tab in self._tabs.values() if tab.seen == now}
            # Up to one look ago it may still have been connected.
            last = now - _DISCONNECTED_SECONDS - _EVERY_SECONDS
            gone = [name for name, tab in self._tabs.items() if tab.seen < last]
        for visitor in here:
            session_store().touch(visitor)
        closed = set()
        for name in gone:  # one at a time: an error leaves the others to the next look
            with self._lock:
                tab = self._tabs.pop(name)
            closed.add(tab.visitor)
            session = tab.session()
            if session is not None:  # Streamlit refers to the last one until another tab is opened
                session.release()
            # Streamlit's only way to close a session from another thread; we keep no user in it.
            self._streamlit.clear_user_info_for_session(name)
        return closed

    def visitors(self) -> set[str]:
        """Who has a tab that is not closed yet."""
        with self._lock:
            return {tab.visitor for tab in self._tabs.values()}


@functools.cache
def _tabs() -> Tabs:
    """The tabs of this process, which are looked at from now on."""
    tabs = Tabs(get_instance())
    _look_later(tabs)
    return tabs


def close_when_disconnected(session: Session) -> None:
    """Release what this tab and its session hold once it is closed."""
    context = get_script_run_ctx()
    if context is not None and type(get_instance()) is Runtime:  # tests of pages have a mock
        _tabs().enter(context.session_id, session)


def _look_later(tabs: Tabs) -> None:
    timer = threading.Timer(_EVERY_SECONDS, _look, (tabs,))
    timer.name, timer.daemon = "closed tabs", True
    timer.start()


def _look(tabs: Tabs) -> None:
    _look_later(tabs)  # first, so that an error, which Python reports, ends this look and not the next one
    release_unused(tabs)


def release_unused(tabs: Tabs) -> None:
    """Release what was held for too long, and give memory back to the system."""
    closed = tabs.close_disconnected()
    present = tabs.visitors()
    session_store().forget_results_unless(present)
    session_store().forget_old()
    registry().forget_results(closed, present)
    registry().forget_old()
    if closed:
        time.sleep(_CLOSING_SECONDS)
        gc.collect()  # a session is full of cycles, and Python looks for them only after many new objects
    return_freed_memory()
    drop_library_pages()
