"""Migration on the compare page: what changes from one contender to another."""

import pytest

import explorer
from explorer.comparison.files.opening import open_comparison
from explorer.comparison.judging.judgements import Judgements
from explorer.encode.spec import Tfidf
from tests.app.driving import button, figure, finished, html_texts, said, select, unescaped
from tests.app.test_compare_views import HOSTILE, compared, comparison_of, rows, session_of, shown

QUERIES = ("broken phone", f"invoice {HOSTILE}", "password", "parcel")


def judged(app):
    """The page once the comparison has judged queries."""
    session_of(app).comparison.judgements = Judgements(
        tuple("1234"), QUERIES, ({2: 1, 6: 1}, {1: 1}, {3: 1, 7: 1}, {0: 1, 4: 0})
    )
    return finished(app.run())


@pytest.fixture(scope="module")
def corpus():
    return explorer.open_corpus(rows())


def test_without_judgements_rows_change_and_nothing_is_worse(corpus):
    app = compared(corpus, Tfidf(), "Migration")
    names = comparison_of(app).names
    found = comparison_of(app).migration(*names)
    assert found.text in said(app.markdown)
    assert "not known without judged queries" in said(app.markdown)
    assert "Lists of" not in [box.label for box in app.selectbox]
    table = app.dataframe[0].value
    assert (table["row"] == found.rows["row"] + 1).all()
    assert "change" not in table
    changed = found.rows["first_changed"].tolist()
    assert table["first changes"].tolist() == ["yes" if one else "no" for one in changed]
    place = found.row_order()[0]
    items = [text for text in html_texts(app) if "in both, " in text or "only here" in text]
    assert len(items) == 20
    for rank, row in enumerate(found.near.before[place].tolist()):
        assert f">row {row + 1:,}<" in items[rank]
    assert f"Row {found.near.units[place] + 1} and its nearest rows" in [head.value for head in app.header]


def test_judged_queries_come_first_with_their_lists(corpus):
    app = judged(compared(corpus, Tfidf(), "Migration"))
    names = comparison_of(app).names
    found = comparison_of(app).migration(*names)
    assert "nDCG@10 changes by" in said(app.markdown)
    assert f"{found.quality.worse} quer" in said(app.markdown)
    table = app.dataframe[0].value
    assert table["change"].tolist() == pytest.approx(found.queries["change"].tolist())
    app = finished(select(app, "dataframe", {"rows": [2], "columns": [], "cells": []}))
    place = found.query_order()[2]
    items = [text for text in html_texts(app) if "in both, " in text or "only here" in text]
    for rank, row in enumerate(found.asked.after[place].tolist()):
        assert f">row {row + 1:,}<" in items[10 + rank]
    assert "<b>bold" not in " ".join(html_texts(app))
    drawn = figure(app)
    assert [trace["name"] for trace in drawn["data"]] == ["judged queries", "rows"]
    downloads = [one.proto.label for one in app.get("download_button")]
    assert {"Migration report (HTML)", "Migration report (Markdown)", "Changes (CSV)"} <= set(downloads)


def test_the_direction_can_be_swapped_and_is_in_the_link(corpus):
    app = judged(compared(corpus, Tfidf(), "Migration"))
    names = comparison_of(app).names
    before = comparison_of(app).migration(*names)
    button(app, "Swap").click().run()
    app = finished(app)
    assert app.selectbox(key="compare-from").value == names[1]
    assert app.selectbox(key="compare-to").value == names[0]
    assert app.query_params["compare-from"] in (names[1], [names[1]])
    assert f"From {names[1]} to {names[0]}" in unescaped(said(app.markdown))
    assert comparison_of(app).migration(*names[::-1]).quality.worse == before.quality.better


def test_a_comparison_opened_from_a_file_shows_the_same(corpus, tmp_path):
    app = judged(compared(corpus, Tfidf(), "Scorecard"))
    comparison_of(app).save(tmp_path / "saved")
    session = session_of(app)
    text = comparison_of(app).migration(*comparison_of(app).names).text
    opened = open_comparison(tmp_path / "saved", comparison_of(app).corpus)
    session.comparison.shown = (session.comparison.shown[0], opened)
    app = shown(app, "Migration")
    assert text in said(app.markdown)
