"""Queries by agreement in the view of one query: those of a file, and the judged ones."""

import pytest

import explorer
from explorer.comparison.files.opening import open_comparison
from explorer.comparison.judging.judgements import Judgements
from explorer.encode.spec import Tfidf
from tests.app.driving import button, finished, html_texts, said, select
from tests.app.test_compare_views import HOSTILE, compared, comparison_of, rows, session_of

LINES = ("broken phone screen", f"{HOSTILE} invoice", "password", "day 3", "order parcel 7")


@pytest.fixture(scope="module")
def corpus():
    return explorer.open_corpus(rows())


def with_file(app):
    box = next(box for box in app.file_uploader if box.label.startswith("Judged queries"))
    box.upload("queries.txt", "\n".join(LINES).encode(), "text/plain").run()
    app = finished(app)
    button(app, "Use these queries").click().run()
    return finished(app)


def agreement(app):
    """The table of queries; the page has no other while no file is open."""
    return app.dataframe[0].value


def test_queries_of_a_file_are_listed_most_disputed_first_and_opened(corpus):
    app = with_file(compared(corpus, Tfidf(), "One query"))
    expected = comparison_of(app).queries(LINES)
    table = agreement(app)
    assert table["query"].tolist() == expected["query"].tolist()
    assert table["agreement"].tolist() == pytest.approx(expected["agreement"].tolist())
    assert table["different first hits"].tolist() == expected["first_hits"].tolist()
    assert "5 queries, the most disputed first" in said(app.caption)
    assert session_of(app).comparison.queries == LINES  # they can be judged next
    app = finished(select(app, "dataframe", {"rows": [1], "columns": [], "cells": []}))
    asked = expected["query"][1]
    assert app.text_input(key="compare-q").value == asked
    ranked = [each.search([asked], 10).indices[0].tolist() for each in comparison_of(app).contenders]
    lists = [text for text in html_texts(app) if text.count(">row ") == 10]
    assert len(lists) == 2
    for hits, text in zip(ranked, lists, strict=True):
        places = [text.index(f">row {row + 1:,}<") for row in hits]
        assert places == sorted(places)


def test_another_number_of_hits_gives_another_agreement(corpus):
    app = with_file(compared(corpus, Tfidf(), "One query"))
    app.number_input(key="compare-hits").set_value(3).run()
    app = finished(app)
    assert "share of the first 3 hits" in said(app.caption)
    assert {round(3 * value, 6) for value in agreement(app)["agreement"]} <= {0, 1, 2, 3}


def test_judged_queries_count_without_a_file(corpus, tmp_path):
    app = compared(corpus, Tfidf(), "One query")
    assert "most disputed" not in said(app.caption)
    judged = Judgements(("1", "2", "3"), ("password", "invoice", "password"), ({3: 1}, {1: 1}, {7: 1}))
    session_of(app).comparison.judgements = judged
    session_of(app).comparison.queries = ("order parcel 7", "invoice")
    app = finished(app.run())
    assert sorted(agreement(app)["query"]) == ["invoice", "order parcel 7", "password"]
    expected = comparison_of(app).queries(["password", "invoice", "order parcel 7"])
    assert agreement(app)["agreement"].tolist() == pytest.approx(expected["agreement"].tolist())
    comparison_of(app).save(tmp_path / "saved")
    state = session_of(app).comparison
    state.shown = (state.shown[0], open_comparison(tmp_path / "saved", comparison_of(app).corpus))
    app = finished(app.run())
    assert sorted(agreement(app)["query"]) == ["invoice", "password"]  # those that have been searched
