import dataclasses

import numpy as np
import pytest

import explorer
from explorer.encode.spec import EncoderSpec
from explorer.settings import settings
from explorer.ui import session as module
from explorer.ui.session import Session, corpus_parameter


@pytest.fixture
def faq():
    return explorer.open_corpus("medicare-faq")


def kept(remembered, corpus, visitors):
    return [n for n in range(visitors) if remembered.find(f"visitor {n}", corpus_parameter(corpus))]


def test_with_too_many_sessions_the_oldest_are_forgotten(faq):
    remembered = module._Remembered()
    for number in range(40):
        remembered.keep(Session(f"visitor {number}", faq, [EncoderSpec()]))
    assert kept(remembered, faq, 40) == list(range(8, 40))


def test_with_too_many_rows_the_oldest_are_forgotten_and_never_the_newest(faq, monkeypatch):
    monkeypatch.setenv("EXPLORER_MAX_ROWS", "20")
    settings.cache_clear()
    remembered = module._Remembered()
    for number in range(6):
        remembered.keep(Session(f"visitor {number}", faq, [EncoderSpec()]))
    assert kept(remembered, faq, 6) == [3, 4, 5]  # 3 times 13 rows are below 2 times 20


def test_a_session_is_forgotten_after_a_while(faq, monkeypatch):
    clock = [1000.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    remembered = module._Remembered()
    remembered.keep(Session("visitor 0", faq, [EncoderSpec()]))
    assert kept(remembered, faq, 1) == [0]
    clock[0] += module._KEEP_SECONDS + 1
    assert kept(remembered, faq, 1) == []


def test_what_is_found_shares_nothing_that_changes(faq):
    remembered = module._Remembered()
    first = Session("visitor 0", faq, [EncoderSpec()])
    remembered.keep(first)
    found = remembered.find("visitor 0", corpus_parameter(faq))
    found.encoders.append(EncoderSpec(precision="float32"))
    found.select([1], "a test")
    assert len(first.encoders) == 1
    assert first.selection is None
    assert remembered.find("visitor 0", corpus_parameter(faq)).selection is None


def test_selections_are_undone_one_by_one(faq):
    session = Session("v", faq, [EncoderSpec()])
    session.select([3, 1, 3], "a")
    session.select([], "")
    assert session.selection is None
    session.undo_selection()
    np.testing.assert_array_equal(session.selection.rows, [1, 3])
    session.undo_selection()
    assert session.selection is None
    assert not session.can_undo_selection
    session.undo_selection()
    assert session.selection is None


def test_the_same_rows_by_another_name_keep_what_was_made_of_them(faq):
    session = Session("v", faq, [EncoderSpec(), EncoderSpec("tfidf")], active=1)
    session.select([1], "a test")
    session.results["key"] = "a result"
    renamed = dataclasses.replace(faq, name="another.csv", sample=None, source_rows=faq.source_rows + 1)
    assert not session.is_open(renamed)
    session.open(renamed, EncoderSpec())
    assert session.is_open(renamed)
    assert session.corpus.name == "another.csv"
    assert session.corpus.source_rows[0] == 2
    assert len(session.selection) == 1
    assert session.results
    assert len(session.encoders) == 2
    session.open(faq.take(np.arange(3)), EncoderSpec())
    assert session.selection is None
    assert not session.results
