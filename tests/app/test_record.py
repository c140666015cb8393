"""The record on the search page: off at first, private, browsed, asked again and erased."""

import pytest

from explorer.record.visitors import VisitorRecords, visitor_records
from explorer.session.recording import recordings
from explorer.settings import settings
from tests.app.driving import (
    button,
    error,
    finished,
    html_texts,
    labels,
    open_app,
    open_rows,
    said,
    select,
    session_of,
)

ODD = "=HYPERLINK(1) *bold* <b>:smile:</b>"


@pytest.fixture
def allowed(monkeypatch):
    """A host who allows records."""
    monkeypatch.setenv("EXPLORER_ALLOW_RECORD", "yes")
    settings.cache_clear()
    recordings.cache_clear()


def medicare():
    return finished(open_app(corpus="medicare-faq", precision="float32"))


def ask(app, query):
    app.text_input(key="q").set_value(query)
    return finished(app.run())


def open_record(app):
    return app.button(key="record-button").click().run()


def turned_on(app):
    open_record(app)
    app.toggle(key="record-on").set_value(True).run()
    return app


def recorded(app):
    """What is in the record of the visitor, oldest first."""
    chosen = recordings().of(session_of(app).visitor, "")
    return visitor_records().of(chosen.secret).entries()[::-1] if chosen.secret else []


def table(app):
    return next(frame.value for frame in app.dataframe if "asked (UTC)" in frame.value.columns)


def everything_in(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_where_the_host_does_not_allow_it_there_is_none(tmp_path):
    app = ask(medicare(), "a query that marks itself")
    assert "Record: off" not in labels(app)
    assert not (tmp_path / "cache" / "records").exists()


def test_off_by_default_nothing_is_written(allowed, tmp_path):
    app = ask(medicare(), "a query that marks itself")
    assert "Record: off" in labels(app)
    open_record(app)
    assert app.toggle(key="record-on").value is False
    assert not (tmp_path / "cache" / "records").exists()
    assert b"marks itself" not in everything_in(tmp_path)


def test_each_new_answer_is_recorded_once_from_then_on(allowed):
    app = ask(medicare(), "asked before")
    turned_on(app)
    assert "Record: on" in labels(app.run())
    ask(app, "What is TRICARE?")
    app.run()
    ask(app, ODD)
    app.button(key="more-0").click().run()
    finished(app)
    first, odd, like = recorded(app)
    assert (first.query, odd.query) == ("What is TRICARE?", ODD)
    assert like.like_row is not None
    assert first.corpus == "medicare-faq"
    assert first.encoder == "all-MiniLM-L6-v2 · exact"
    assert first.precision == "float32"
    assert "TRICARE" in first.hits[0].text
    assert first.hits[0].percentile > 90
    assert len(first.hits) == 10
    assert first.seconds > 0


def test_a_reloaded_tab_does_not_record_again_what_it_shows(allowed):
    app = ask(ask(turned_on(medicare()), "replacement card"), "What is TRICARE?")
    del app.session_state["record-shown"]  # as in a tab that is reloaded
    app.run()
    assert [entry.query for entry in recorded(app)] == ["replacement card", "What is TRICARE?"]
    ask(app, "replacement card")
    assert len(recorded(app)) == 3
    del app.session_state["record-shown"]
    ask(app, "What is TRICARE?")
    assert len(recorded(app)) == 4  # asked anew, after something else


def test_several_queries_and_a_ranking_are_recorded_each(allowed):
    app = turned_on(medicare())
    app.toggle(key="several").set_value(True)
    app.toggle(key="words").set_value(True).run()
    app.text_area(key="queries").set_value("What is TRICARE?\nreplacement card").run()
    finished(app)
    assert [entry.query for entry in recorded(app)] == ["What is TRICARE?", "replacement card"]
    assert {entry.ranking for entry in recorded(app)} == {"vectors and words"}


def test_turned_off_nothing_is_added_and_what_is_there_stays(allowed):
    app = ask(turned_on(medicare()), "kept")
    app.toggle(key="record-on").set_value(False).run()
    ask(app, "not kept")
    assert [entry.query for entry in recorded(app)] == ["kept"]
    assert list(table(open_record(app))["query"]) == ["kept"]


def test_another_visitor_sees_nothing_of_it(allowed):
    ask(turned_on(medicare()), "a private query")
    other = turned_on(medicare())
    assert "Nothing is recorded yet." in said(other.caption)
    ask(other, "of the other")
    assert list(table(open_record(other))["query"]) == ["of the other"]
    assert "a private query" not in str(other)


def test_an_entry_is_found_shown_and_asked_again(allowed):
    app = turned_on(medicare())
    for query in ("What is TRICARE?", ODD, "replacement card"):
        ask(app, query)
    open_record(app)
    assert list(table(app)["query"]) == ["replacement card", ODD, "What is TRICARE?"]
    app.text_input(key="record-find").set_value("tricare").run()
    assert list(table(app)["query"]) == ["What is TRICARE?"]
    select(app, "dataframe", {"rows": [0], "columns": [], "cells": []})
    assert "all-MiniLM-L6-v2 · exact · float32" in said(app.caption)
    button(app, "Ask again").click().run()
    finished(app)
    assert app.query_params["q"] == "What is TRICARE?"
    assert "10 of the first 10 hits are the same, 10 of them in the same place" in said(app.markdown)
    app.selectbox(key="metric").set_value("euclidean").run()
    assert "similarity: cosine → euclidean" in said(app.caption)
    ask(app, "another query")
    assert "Then and now" not in said(app.markdown)


def test_the_record_is_searched_by_meaning(allowed):
    app = turned_on(medicare())
    for query in ("What is TRICARE?", "How do I replace a lost card?", "premiums"):
        ask(app, query)
    open_record(app)
    app.toggle(key="record-by-meaning").set_value(True).run()
    app.text_input(key="record-find").set_value("my card was stolen").run()
    finished(app)
    found = table(app)
    assert found["query"].iloc[0] == "How do I replace a lost card?"
    assert list(found["similarity"]) == sorted(found["similarity"], reverse=True)


def test_what_was_asked_becomes_rows(allowed):
    app = turned_on(medicare())
    for query in ("What is TRICARE?", "lost card"):
        ask(app, query)
    open_record(app)
    button(app, "Open as rows").click().run()
    app = finished(app)
    assert open_rows(app) == "record · 2 rows"
    assert app.text_input(key="q").value == ""
    ask(app, "I cannot find my card")
    first = next(text for text in html_texts(app) if "<b>row</b>" in text)
    assert "lost" in first
    open_record(app)
    select(app, "dataframe", {"rows": [2], "columns": [], "cells": []})
    button(app, "Ask it of the open rows").click().run()
    finished(app)
    assert app.text_input(key="q").value == "What is TRICARE?"
    assert "it was asked of other rows, medicare-faq" in said(app.markdown)


def test_one_answer_or_all_are_erased(allowed, tmp_path):
    app = turned_on(medicare())
    for query in ("first marker-one", "second marker-two"):
        ask(app, query)
    open_record(app)
    select(app, "dataframe", {"rows": [1], "columns": [], "cells": []})
    button(app, "Erase this answer").click().run()
    assert list(table(app)["query"]) == ["second marker-two"]
    records = tmp_path / "cache" / "records"
    assert b"marker-one" not in everything_in(records)
    app.button(key="record-erase-all").click().run()
    assert app.toggle(key="record-on").value is False
    assert list(records.iterdir()) == []
    assert "Record: off" in labels(app.run())
    assert b"marker-two" not in everything_in(tmp_path)


def test_a_record_that_cannot_be_written_says_so_and_the_search_goes_on(allowed, monkeypatch):
    monkeypatch.setattr("explorer.ui.search.record_keeping.visitor_records", full)
    app = ask(turned_on(medicare()), "What is TRICARE?")
    assert sum("<b>row</b>" in text for text in html_texts(app)) == 10
    assert "This answer is not in your record." in said(app.warning)
    assert "0 MB, which is used up" in said(app.warning)
    assert "This answer is not in your record." in said(app.run().warning)


def full():
    """Records that may take nothing, and take something."""
    folder = settings().cache_folder / "full"
    folder.mkdir(exist_ok=True)
    (folder / "other.record").write_text("x")
    return VisitorRecords(folder, 0)


def test_a_damaged_record_is_told_left_alone_and_can_be_erased(allowed, tmp_path):
    app = ask(turned_on(medicare()), "first")
    (file,) = (tmp_path / "cache" / "records").iterdir()
    file.write_text("damaged " * 1000)
    ask(app, "second")
    assert "is damaged" in said(app.warning)
    open_record(app)
    assert "is damaged" in error(app)
    assert str(tmp_path) not in error(app)
    assert file.read_text() == "damaged " * 1000
    app.button(key="record-erase-all").click().run()
    assert not file.exists()
    ask(turned_on(app), "third")
    assert [entry.query for entry in recorded(app)] == ["third"]
