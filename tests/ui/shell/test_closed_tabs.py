import gc
import threading
import weakref
from types import SimpleNamespace

import numpy as np
import pytest

import explorer
from explorer.jobs.registry import Job, JobRegistry, Lane
from explorer.session.session import Session
from explorer.session.session_store import SessionStore
from explorer.ui.shell import closed_tabs as module
from explorer.ui.shell.closed_tabs import Tabs, release_unused
from tests.app.driving import open_app

CORPUS = explorer.open_corpus("medicare-faq")
DISCONNECTED = module._DISCONNECTED_SECONDS + module._EVERY_SECONDS


class Streamlit:
    """Connections of tabs, and the sessions that were closed."""

    def __init__(self, *connected):
        self.connected = set(connected)
        self.closed = []

    def is_active_session(self, tab):
        return tab in self.connected

    def clear_user_info_for_session(self, tab):
        self.closed.append(tab)


@pytest.fixture
def clock(monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: clock[0])
    return clock


@pytest.fixture
def streamlit():
    return Streamlit("a", "b")


def test_a_tab_is_closed_once_it_was_not_connected_for_a_while(clock, streamlit):
    tabs = Tabs(streamlit)
    for tab in "ab":
        tabs.enter(tab, Session(tab, CORPUS, []))
    streamlit.connected.remove("a")
    clock[0] += DISCONNECTED - 1
    assert not tabs.close_disconnected()
    clock[0] += 2
    assert tabs.close_disconnected()
    assert streamlit.closed == ["a"]
    clock[0] += 10 * module._DISCONNECTED_SECONDS
    assert not tabs.close_disconnected()
    assert streamlit.closed == ["a"]


def test_the_session_of_a_closed_tab_drops_what_was_computed(clock, streamlit):
    tabs, session = Tabs(streamlit), Session("a", CORPUS, [])
    session.keep_result("k", Job("k", "Title", Lane.QUICK, lambda _say: None))
    kept = session.for_another_tab()
    tabs.enter("a", session)
    streamlit.connected.remove("a")
    clock[0] += DISCONNECTED + 1
    assert tabs.close_disconnected()
    assert session.results == {}
    assert list(kept.results) == ["k"]


def test_a_tab_whose_connection_broke_and_came_back_stays(clock, streamlit):
    tabs = Tabs(streamlit)
    tabs.enter("a", Session("a", CORPUS, []))
    for _ in range(5):
        streamlit.connected.remove("a")
        clock[0] += DISCONNECTED - 1
        tabs.close_disconnected()
        streamlit.connected.add("a")
        clock[0] += DISCONNECTED - 1
        tabs.close_disconnected()
    assert streamlit.closed == []


def test_streamlit_still_keeps_a_session_when_it_is_closed():
    from streamlit.runtime.memory_session_storage import MemorySessionStorage

    # Beyond that, Streamlit finds it no longer and keeps it until another tab is closed.
    kept = MemorySessionStorage()._cache.ttl
    assert kept > DISCONNECTED + module._EVERY_SECONDS


@pytest.fixture
def kept_for(monkeypatch):
    """The sessions and jobs of a process of its own."""
    store, jobs = SessionStore(), JobRegistry()
    monkeypatch.setattr(module, "session_store", lambda: store)
    monkeypatch.setattr(module, "registry", lambda: jobs)
    return store, jobs


def result_for(visitor, store, jobs):
    """A result that a visitor's tab has, and the visitor's session."""
    worker = []

    def work(_say):
        worker.append(threading.current_thread())
        return np.zeros(10)

    job = jobs.submit("k", "Title", work, lane=Lane.QUICK, visitor=visitor)
    assert job.wait(60)
    if worker:
        worker[0].join(60)  # it refers to the job until it ends
    session = Session(visitor, CORPUS, [])
    session.keep_result("k", job)
    store.keep(session, "faq")
    return weakref.ref(job.result), session


def test_what_was_computed_for_a_closed_tab_is_let_go_without_another_visit(clock, streamlit, kept_for):
    tabs = Tabs(streamlit)
    result, session = result_for("a", *kept_for)
    tabs.enter("a", session)
    streamlit.connected.remove("a")
    clock[0] += DISCONNECTED - 1
    release_unused(tabs)
    assert result() is not None
    del session
    clock[0] += 2
    release_unused(tabs)
    assert result() is None
    assert kept_for[0].find("a", "faq").corpus is CORPUS
    clock[0] += 3600
    release_unused(tabs)
    assert kept_for[0].find("a", "faq") is None


def test_a_result_stays_as_long_as_someone_who_asked_for_it_is_there(clock, streamlit, kept_for):
    tabs = Tabs(streamlit)
    (result, mine), (_, theirs) = result_for("a", *kept_for), result_for("b", *kept_for)
    tabs.enter("a", mine)
    tabs.enter("b", theirs)
    streamlit.connected.remove("b")
    clock[0] += DISCONNECTED + 1
    release_unused(tabs)
    assert result() is not None
    assert kept_for[1].submit("k", "Title", None, lane=Lane.QUICK, visitor="a").result is result()


@pytest.mark.slow
def test_the_cycles_of_a_closed_session_are_collected(clock, streamlit, monkeypatch):
    monkeypatch.setattr(module, "_CLOSING_SECONDS", 0.0)
    cycle = SimpleNamespace(result=np.zeros(10))
    cycle.itself = cycle
    result = weakref.ref(cycle.result)
    gc.disable()  # Python would collect it at a time of its own
    try:
        del cycle
        tabs = Tabs(streamlit)
        tabs.enter("a", Session("a", CORPUS, []))
        release_unused(tabs)
        assert result() is not None
        streamlit.connected.remove("a")
        clock[0] += DISCONNECTED + 1
        release_unused(tabs)
        assert result() is None
    finally:
        gc.enable()


def test_pages_in_tests_start_no_thread():
    open_app()
    assert "closed tabs" not in {thread.name for thread in threading.enumerate()}


@pytest.mark.slow
def test_rows_are_kept_as_long_as_a_tab_is_open(clock, streamlit, monkeypatch):
    store = SessionStore()
    monkeypatch.setattr(module, "session_store", lambda: store)
    tabs, session = Tabs(streamlit), Session("reader", CORPUS, [])
    tabs.enter("a", session)
    store.keep(session, "faq")
    for _ in range(40):  # somebody who reads for two hours
        clock[0] += 200
        release_unused(tabs)
    assert store.find("reader", "faq") is not None
    streamlit.connected.remove("a")
    clock[0] += 3600
    release_unused(tabs)
    assert store.find("reader", "faq") is None


def test_the_next_look_comes_after_an_error_too(monkeypatch):
    def look(_tabs):
        raise RuntimeError("unknown session")

    planned = []
    monkeypatch.setattr(module, "_look_later", planned.append)
    monkeypatch.setattr(module, "release_unused", look)
    for looks in (1, 2):
        with pytest.raises(RuntimeError, match="unknown session"):
            module._look("tabs")
        assert planned == ["tabs"] * looks


def test_a_look_that_is_planned_comes_by_itself_and_keeps_no_process(monkeypatch):
    looked, threads = threading.Event(), []

    def look(tabs):
        threads.append((tabs, threading.current_thread().daemon))
        looked.set()

    monkeypatch.setattr(module, "_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(module, "_look", look)
    module._look_later("tabs")
    assert looked.wait(60)
    assert threads == [("tabs", True)]


def test_a_tab_that_cannot_be_closed_leaves_the_others_to_the_next_look(clock, streamlit, monkeypatch):
    tabs = Tabs(streamlit)
    for tab in "ab":
        tabs.enter(tab, Session(tab, CORPUS, []))
    streamlit.connected.clear()
    clock[0] += DISCONNECTED + 1

    def refuse(_tab):
        raise RuntimeError("unknown session")

    with monkeypatch.context() as broken:
        broken.setattr(streamlit, "clear_user_info_for_session", refuse)
        with pytest.raises(RuntimeError):
            tabs.close_disconnected()
    assert tabs.close_disconnected()
    assert streamlit.closed == ["b"]
