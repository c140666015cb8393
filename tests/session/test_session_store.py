import sys
from types import SimpleNamespace

import numpy as np
import pytest

import explorer
from explorer.encode.spec import LocalModel
from explorer.jobs.registry import Job, Lane
from explorer.jobs.sizes import parts_of
from explorer.session import session_store as module
from explorer.session.link import corpus_parameter
from explorer.session.session import Session
from explorer.session.session_store import SessionStore
from explorer.session.space_jobs import Opened
from explorer.settings import settings
from tests.session.conftest import done


def keep(session_store, number, corpus, *jobs):
    session = Session(f"visitor {number}", corpus, [LocalModel()])
    session.results.update(enumerate(jobs))
    session_store.keep(session, corpus_parameter(corpus))


def found(session_store, number, corpus):
    return session_store.find(f"visitor {number}", corpus_parameter(corpus))


def kept(session_store, corpus, visitors):
    return [number for number in range(visitors) if found(session_store, number, corpus)]


def test_with_too_many_sessions_the_oldest_are_forgotten(faq):
    session_store = SessionStore()
    for number in range(40):
        keep(session_store, number, faq)
    assert kept(session_store, faq, 40) == list(range(8, 40))


def test_where_rows_take_too_much_memory_the_oldest_are_forgotten_and_never_the_newest(monkeypatch):
    monkeypatch.setenv("EXPLORER_SESSIONS_MB", "2")
    settings.cache_clear()
    session_store = SessionStore()
    corpora = [explorer.open_corpus([f"{n}" + "x" * 900_000]) for n in range(4)]
    for number, corpus in enumerate(corpora):
        keep(session_store, number, corpus)
    assert [bool(found(session_store, n, corpus)) for n, corpus in enumerate(corpora)] == [
        False,
        False,
        True,
        True,
    ]
    huge = explorer.open_corpus(["x" * 900_000, "y" * 900_000, "z" * 900_000])
    keep(session_store, 4, huge)
    assert found(session_store, 4, huge)
    assert not found(session_store, 3, corpora[3])


def test_rows_that_visitors_share_and_results_they_share_count_once(monkeypatch):
    monkeypatch.setenv("EXPLORER_SESSIONS_MB", "3")
    settings.cache_clear()
    session_store = SessionStore()
    corpus = explorer.open_corpus(["x" * 900_000, "y" * 900_000])
    shared = done(np.zeros(1_000_000, np.uint8))
    for number in range(6):
        keep(session_store, number, corpus, shared)
    assert kept(session_store, corpus, 6) == list(range(6))


def test_results_count_and_the_oldest_go(faq, monkeypatch):
    monkeypatch.setenv("EXPLORER_SESSIONS_MB", "5")
    settings.cache_clear()
    session_store = SessionStore()
    for number in range(4):
        keep(session_store, number, faq, *(done(np.zeros(1_000_000, np.uint8)) for _ in range(2)))
    assert [len(found(session_store, n, faq).results) for n in (2, 3)] == [2, 2]
    assert kept(session_store, faq, 4) == [2, 3]


def test_the_vectors_of_queries_count(faq, monkeypatch):
    monkeypatch.setenv("EXPLORER_SESSIONS_MB", "5")
    settings.cache_clear()
    encoder = SimpleNamespace(
        fingerprint="one", query_prompt="", encode_queries=lambda *_: np.ones((1, 500_000), np.float32)
    )
    session_store = SessionStore()
    for number in range(4):
        session = Session(f"visitor {number}", faq, [LocalModel()])
        session.queries.encode(encoder, ["a"])  # 2 MB
        session_store.keep(session, corpus_parameter(faq))
        session_store.keep(session.for_another_tab(), corpus_parameter(faq))  # which shares them
    assert kept(session_store, faq, 4) == [2, 3]


def test_a_session_is_forgotten_after_a_while(faq, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    session_store = SessionStore()
    keep(session_store, 0, faq)
    assert kept(session_store, faq, 1) == [0]
    clock[0] += module._KEEP_SECONDS + 1
    assert kept(session_store, faq, 1) == []


def test_results_of_absent_browsers_are_forgotten_and_rows_are_kept(faq):
    session_store = SessionStore()
    for number in range(2):
        keep(session_store, number, faq, done(np.zeros(10)))
    session_store.forget_results_unless({"visitor 0"})
    assert len(found(session_store, 0, faq).results) == 1
    assert found(session_store, 1, faq).results == {}


def test_what_a_job_of_a_closed_tab_made_is_forgotten_with_the_results(faq):
    session, session_store = Session("visitor 0", faq, [LocalModel()]), SessionStore()
    opening = session.jobs[LocalModel()] = Job("k", "Opening", Lane.QUICK, lambda _say: Opened(None, None))
    session_store.keep(session, "faq")
    session_store.forget_results_unless(set())
    assert session_store.find("visitor 0", "faq").jobs == {LocalModel(): opening}  # it waits
    opening.run()
    session_store.forget_results_unless(set())
    (stored,) = session_store._sessions.values()
    assert stored.session.jobs == {}


def test_what_is_found_shares_nothing_that_changes(faq):
    session_store = SessionStore()
    first = Session("visitor 0", faq, [LocalModel()])
    session_store.keep(first, corpus_parameter(faq))
    found = session_store.find("visitor 0", corpus_parameter(faq))
    found.encoders.append(LocalModel(precision="float32"))
    found.select([1], "a test")
    assert len(first.encoders) == 1
    assert first.selection is None
    assert session_store.find("visitor 0", corpus_parameter(faq)).selection is None


def test_what_a_corpus_keeps_of_its_own_is_counted_too(monkeypatch):
    corpus = explorer.open_corpus([f"row {number}" for number in range(20_000)])
    session_store = SessionStore()
    keep(session_store, 0, corpus)
    assert len(corpus.texts) == len(corpus.item_keys) == 20_000
    keep(session_store, 0, corpus)
    ((_, kept),) = session_store._sessions.items()
    held = sum(map(sys.getsizeof, corpus.texts)) + sum(map(sys.getsizeof, corpus.item_keys))
    assert sum(kept.rows.values()) > corpus.table.nbytes + held
    assert sum(kept.rows.values()) == pytest.approx(sum(parts_of(corpus).values()), rel=0.01)
    monkeypatch.setattr(module, "parts_of", None)
    keep(session_store, 0, corpus)  # nothing is measured twice


def test_the_corpora_of_a_browser_are_listed_with_the_last_one_first(faq):
    session_store, lines = SessionStore(), explorer.open_corpus(["one", "two"])
    keep(session_store, 0, faq)
    keep(session_store, 0, lines)
    keep(session_store, 1, explorer.open_corpus(["of somebody else"]))
    assert list(session_store.corpora("visitor 0").values()) == [lines, faq]
    keep(session_store, 0, faq)
    assert session_store.corpora("visitor 0") == {corpus_parameter(faq): faq, corpus_parameter(lines): lines}
    assert session_store.corpora("visitor 2") == {}
