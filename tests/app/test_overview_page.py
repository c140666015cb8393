import functools
import threading
from dataclasses import replace
from urllib.parse import parse_qs

import numpy as np
import pytest

import explorer
from explorer.data.filters.specs import Contains
from explorer.encode.spec import LocalModel, Tfidf
from explorer.errors import QueryError
from explorer.session.link import corpus_parameter
from explorer.session.session_store import session_store
from explorer.settings import settings
from tests.app.driving import (
    button,
    driven_until,
    finished,
    html_texts,
    metric,
    open_app,
    open_rows,
    open_share,
    open_with_rows,
    progress_lines,
    said,
    session_of,
)

SMALL = {"corpus": "medicare-faq", "precision": "float32"}


def session(app):
    return session_of(app)


def test_the_front_page_says_what_is_in_the_rows():
    app = finished(open_app("pages/overview.py", precision="float32"))
    assert not app.error
    assert app.title[0].value == "Overview"
    assert metric(app, "Rows") == "624"
    assert metric(app, "Not read to the end") == "0"
    assert metric(app, "Language").startswith("English 9")
    told = said(app.markdown)
    assert "624 rows" in told
    assert "Of the 12 clusters that k-means divides them into" in told
    assert "72 (11.5 %) have a near-duplicate" in told  # 36 marked pairs
    assert "36 groups" in told
    assert "624 → **588** rows" in told
    assert "12** labels in *queue*, each with 52 rows" in told
    assert [header.value for header in app.header] == [
        "Themes",
        "Map",
        "Near-duplicates",
        "Odd rows",
        "Labels",
    ]
    bars = [text for text in html_texts(app) if 'class="theme"' in text]
    assert len(bars) == 8
    shares = [int(bar.split('class="rows">')[1].split(" ·")[0]) for bar in bars]
    assert shares == sorted(shares, reverse=True)


def test_thirteen_rows_have_an_overview():
    app = finished(open_app("pages/overview.py", **SMALL))
    told = said(app.markdown)
    assert "No two rows are at 0.90 or above." in told
    assert "these rows are too few to tell" in said(app.caption)
    assert "These rows have no labels." in told
    assert "2** of 13 rows are unusually far" in told
    assert any(
        "What is TRICARE?" in text and "no other row has “tricare”" in text for text in html_texts(app)
    )


GROUPS = [
    *(f"my invoice number {number} is wrong" for number in range(60)),
    *(f"a slow guitar ballad about river {number}" for number in range(60)),
]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "told"),
    [("song-moods", "here none were found, so themes say"), (GROUPS, "Gaps separate at least 2 groups")],
)
def test_themes_say_whether_gaps_separate_them_once_the_clusters_page_has_found_out(rows, told):
    app = finished(open_with_rows(explorer.open_corpus(rows), LocalModel()))
    app = finished(app.switch_page("pages/overview.py").run())
    assert "The Clusters page tells which it is." in said(app.caption)
    finished(app.switch_page("pages/clusters.py").run())
    app = finished(app.switch_page("pages/overview.py").run())
    assert told in said(app.caption)


def test_by_tfidf_of_many_rows_the_closest_are_not_called_near_duplicates():
    app = finished(open_app("pages/overview.py", corpus="support-tickets", model="tfidf"))
    told = said(app.markdown)
    assert "have another row at a similarity of 0.90 or above" in told
    assert "have a near-duplicate" not in told
    assert "differ in the word that matters" in said(app.caption)
    app.query_params["view"] = "Near-duplicates"
    finished(app.switch_page("pages/similarity.py").run())
    assert "Look at the marked differences before you drop rows" in said(app.caption)


@pytest.mark.parametrize(
    ("template", "doubted", "threshold"),
    [
        ("{name} asks for {thing} number {n}.", "no threshold keeps false pairs at 5 %", None),
        ("Ticket {n:04d}", "0.99 is the lowest threshold that keeps false pairs at 5 %", "0.99"),
    ],
)
def test_close_rows_that_do_not_stand_out_are_not_called_near_duplicates(template, doubted, threshold):
    rng = np.random.default_rng(0)
    names, things = rng.choice(["Ada", "Ben", "Cleo", "Dora"], 300), rng.choice(["a refund", "a parcel"], 300)
    texts = [template.format(name=names[n], thing=things[n], n=n) for n in range(300)]
    app = open_with_rows(explorer.open_corpus(texts), LocalModel())
    app = finished(app.switch_page("pages/overview.py").run())
    assert "have another row at a similarity of 0.90 or above" in said(app.markdown)
    assert doubted in said(app.caption)
    link = next(one for one in app.get("page_link") if one.proto.label.startswith("Compare and remove"))
    assert parse_qs(link.proto.query_string).get("threshold") == (threshold and [threshold])
    app.query_params["view"] = "Near-duplicates"
    app = finished(app.switch_page("pages/similarity.py").run())
    advice = "that keeps them at 5 % is 0.99" if threshold else "near-duplicates do not stand out"
    assert advice in said(app.caption)


def test_a_theme_leads_to_its_rows_on_the_map():
    app = finished(open_app("pages/overview.py", **SMALL))
    first = next(one for one in app.button if (one.key or "").startswith("theme-"))
    first.click().run()
    assert app.title[0].value == "Map"
    assert len(session(app).selection) == 5
    assert session(app).selection.origin.startswith("cluster")


def test_odd_rows_lead_to_the_map():
    app = finished(open_app("pages/overview.py", **SMALL))
    app.button(key="odd-on-map").click().run()
    assert session(app).selection.rows.tolist() == [6, 11]
    assert app.title[0].value == "Map"


def with_isolation(monkeypatch, **changes):
    """Show rows of which none is odd, with other changes to what is known of how close they are."""
    from explorer.ui.overview import contents

    as_it_is = contents.isolation_or_progress

    def changed(*given):
        found = as_it_is(*given)
        return found and replace(found, fence=-1.0, **changes)

    monkeypatch.setattr(contents, "isolation_or_progress", changed)


def test_the_farthest_rows_are_not_called_odd_where_none_is(monkeypatch):
    with_isolation(monkeypatch)
    app = finished(open_app("pages/overview.py", **SMALL))
    assert "None of 13 rows is unusually far" in said(app.markdown)
    assert app.button(key="odd-on-map").label == "Show these 5 on the map"
    app.button(key="odd-on-map").click().run()
    assert session(app).selection.origin == "farthest rows"


@pytest.mark.parametrize(("closest", "view"), [(0.85, "Near-duplicates"), (0.3, "Heatmap")])
def test_the_closest_pairs_are_shown_by_a_view_that_has_some(monkeypatch, closest, view):
    with_isolation(monkeypatch, similarities=np.full(13, closest, np.float32))
    app = finished(open_app("pages/overview.py", **SMALL))
    link = next(one.proto for one in app.get("page_link") if "closest pairs" in one.proto.label)
    asked = parse_qs(link.query_string)
    assert asked["view"] == [view]
    assert ("threshold" in asked) == (view == "Near-duplicates")


@pytest.mark.parametrize(
    ("label", "place"), [("Open a file", "File"), ("From the Hub", "Hub"), ("Samples", "Sample")]
)
def test_the_ways_to_other_rows_lead_to_the_data_page(label, place):
    app = open_app("pages/overview.py", **SMALL)
    button(app, label).click().run()
    assert app.title[0].value == "Data"
    assert next(one for one in app.segmented_control if one.label == "Rows from").value == place


def test_links_of_when_search_was_the_front_page_still_search():
    app = finished(open_app("pages/overview.py", q="premium", **SMALL))
    assert app.title[0].value == "Search"
    assert app.text_input(key="q").value == "premium"
    assert open_rows(app) == "medicare-faq · 13 rows"


def test_of_many_rows_some_are_checked_until_all_are_asked_for(monkeypatch):
    from explorer.analysis import odd_rows
    from explorer.ui.overview import duplicates
    from explorer.ui.overview import odd_rows as shown

    monkeypatch.setattr(shown, "MOST_ROWS", 10)
    monkeypatch.setattr(duplicates, "MOST_ROWS", 10)
    monkeypatch.setattr(shown, "isolation", functools.partial(odd_rows.isolation, sample=8))
    app = finished(open_app("pages/overview.py", **SMALL))
    assert "Of 8 rows drawn at random" in said(app.markdown)
    assert "of 8 rows drawn at random have another row" in said(app.markdown)
    app.button(key="odd-all").click().run()
    finished(app)
    assert "drawn at random" not in said(app.markdown)
    assert "2** of 13 rows are unusually far" in said(app.markdown)


def test_hostile_texts_are_shown_as_they_are(monkeypatch, tiny_model):
    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(tiny_model.parent))
    settings.cache_clear()
    app = finished(open_app("pages/data.py", model="tiny", precision="float32"))
    app.segmented_control(key="rows-from").set_value("File").run()
    lines = ["text,label", *(f"<b>cat</b> sat {n},<script>{n % 3}" for n in range(12))]
    app.file_uploader(key="file").upload("<i>x.csv", "\n".join(lines).encode(), "text/csv")
    finished(app)
    next(one for one in app.button if one.label.startswith("Encode")).click().run()
    finished(app)
    app.switch_page("pages/overview.py").run()
    finished(app)
    drawn = " ".join(html_texts(app))
    assert "&lt;b&gt;cat" in drawn
    assert "<b>cat" not in drawn
    assert "<script>" not in drawn


def test_the_header_switches_between_corpora_and_comes_back_to_what_was_left():
    app = finished(open_app("pages/search.py", q="premium", like="3", **SMALL))
    session(app).select([1, 2], "a test")
    choose(app, "song-moods · sample")
    finished(app)
    assert open_rows(app) == "song-moods · 216 rows"
    assert app.query_params["corpus"] == "song-moods"
    assert session(app).selection is None
    choose(app, "medicare-faq · 13 rows")
    finished(app)
    assert session(app).selection.rows.tolist() == [1, 2]
    assert not app.error


def test_the_header_leads_to_other_rows():
    app = finished(open_app("pages/search.py", **SMALL))
    choose(app, "Open a file…")
    assert app.title[0].value == "Data"
    assert next(one for one in app.segmented_control if one.label == "Rows from").value == "File"
    assert open_rows(app) == "medicare-faq · 13 rows"
    choose(app, "Open a dataset from the Hub…")  # on the Data page itself
    assert next(one for one in app.segmented_control if one.label == "Rows from").value == "Hub"


def choose(app, option):
    box = next(box for box in app.selectbox if box.label == "Open rows")
    box.select_index(box.options.index(option)).run()
    assert not app.exception


def test_corpora_of_the_same_name_are_told_apart():
    app = finished(open_app("pages/search.py", **SMALL))
    one = session(app)
    other = replace(explorer.open_corpus([f"other {n}" for n in range(13)]), name="medicare-faq")
    one.open(other, one.encoder)
    session_store().keep(one, corpus_parameter(other))
    app.run()
    names = next(box for box in app.selectbox if box.label == "Open rows").options
    assert len(set(names)) == len(names)
    assert "medicare-faq · 13 rows (2)" in names


@pytest.mark.usefixtures("hasty_pages")
def test_work_that_began_in_its_place_on_the_overview_is_followed_on_other_pages(monkeypatch):
    gate = threading.Event()

    def wait(*_, **__):
        gate.wait(60)
        raise QueryError("stopped by the test")

    monkeypatch.setattr("explorer.analysis.projection.umap", wait)
    # Rows that no other test has: their map is not there yet.
    corpus = explorer.open_corpus([f"word{n % 7} word{n % 5} is followed {n}" for n in range(83)])
    app = open_with_rows(corpus, Tfidf()).switch_page("pages/overview.py").run()
    try:
        driven_until(app, lambda: "UMAP of 83 rows" in " ".join(progress_lines(app)), seconds=60)
        app.switch_page("pages/map.py").run()
        driven_until(app, lambda: "UMAP of 83 rows" in " ".join(progress_lines(app)), seconds=20)
    finally:
        gate.set()


def test_the_overview_says_that_filters_and_selection_change_nothing():
    app = finished(open_app("pages/overview.py", **SMALL))
    assert "The overview is of all" not in said(app.caption)
    session(app).select([1, 2], "a test")
    told = "The overview is of all 13 rows: the selection changes nothing here."
    assert told in said(finished(app.run()).caption)
    session(app).filter_by([Contains("question", "card")])
    told = "The overview is of all 13 rows: the filters and the selection change nothing here."
    assert told in said(finished(app.run()).caption)


def test_share_says_that_a_selection_does_not_travel():
    app = open_share(open_app("pages/overview.py", **SMALL))
    assert "travel" not in said(app.markdown)
    session(app).select([1, 2], "a test")
    told = "Your selection of 2 rows does not travel:** others see all 13 rows, none of them selected."
    assert told in said(finished(app.run()).markdown)
    session(app).focus_on(session(app).selection)
    told = "You see only 2 selected rows.** The selection does not travel: others see all 13 rows."
    assert told in said(finished(app.run()).markdown)
