import datetime as dt
import re

import numpy as np
import pyarrow as pa
import pytest

import explorer
from explorer.data.tables.values import shortened
from explorer.encode.spec import Tfidf
from explorer.share.export import rows_table
from tests.app.driving import (
    button,
    cluster_sizes,
    error,
    figure,
    finished,
    html_texts,
    labels,
    open_app,
    open_with_rows,
    said,
    session_of,
    unescaped,
)
from tests.app.test_map_page import opened as opened_map
from tests.app.test_map_page import pick

HOSTILE = "<b>x</b> *y* $z$ :smile:"


def chips(app):
    """The labels of the filters that are set."""
    return [unescaped(one.label) for one in app.button if (one.key or "").startswith("filter-chip-")]


def choose(app, column):
    """The page with the choice of a filter of a column open."""
    app.session_state["filter-open"] = True
    app.run()
    app.selectbox(key="filter-column").set_value(column).run()
    return app


def apply(app):
    button(app, "Show only these rows").click().run()
    assert app.session_state["filter-open"] is False
    return finished(app)


def counted(app):
    return [re.sub(r"<[^>]*>", "", text) for text in html_texts(app) if "→" in text]


def cards(app):
    return [text for text in html_texts(app) if "<b>row</b>" in text]


def table_of(app):
    return session_of(app).corpus.table.to_pandas()


def test_values_are_chosen_with_their_counts_named_in_the_link_and_removed():
    app = choose(finished(open_app(q="my parcel never came", k="60")), "queue")
    box = app.multiselect[0]
    assert box.options[:2] == ["api and integrations · 52", "app bugs · 52"]
    box.set_value(["delivery", "billing"])
    app = apply(app)
    assert counted(app) == ["624 → 104 rows"]
    assert all(">delivery<" in card or ">billing<" in card for card in cards(app))
    assert len(cards(app)) == 60
    assert app.query_params["filters"] == "queue:in:delivery,billing"
    assert "The closest of 104 rows" in said(app.caption)
    app.button(key="filter-chip-queue").click().run()
    assert "filters" not in app.query_params
    assert counted(app) == []
    assert any(">delivery<" not in card and ">billing<" not in card for card in cards(app))


def test_a_text_in_the_rows_is_sought_without_case_and_accents_and_joins_the_other_filters():
    app = choose(finished(open_app(filters="queue:in:delivery")), "body")
    app.text_input[0].set_value("PÁRCEL")
    app = apply(app)
    rows = table_of(app)
    wanted = rows[(rows["queue"] == "delivery") & rows["body"].str.lower().str.contains("parcel")]
    assert counted(app) == [f"624 → {len(wanted)} rows"]
    assert chips(app) == ["queue: delivery", "body contains “PÁRCEL”"]
    app = choose(app, "body")
    assert app.text_input[0].value == "PÁRCEL"  # the choice begins with the filter that is active
    app.text_input[0].set_value("")
    apply(app)
    assert app.query_params["filters"] == "queue:in:delivery"


@pytest.fixture
def sales():
    moments = ["2026-01-31T23:59:30", "2026-02-01T00:00:00", None, "2026-03-01T12:00:00"]
    return explorer.open_corpus(
        pa.table(
            {
                "text": ["one apple", "two pears", "three plums", "four figs"],
                "price": pa.array([1.5, 2.0, None, 40.0]),
                "count": pa.array([1, 2, 3, 4]),
                "sold": pa.array(moments, pa.string()).cast(pa.timestamp("s")),
                HOSTILE: [HOSTILE, HOSTILE, "", HOSTILE],
            }
        ),
        text="text",
        label=None,
        name="sales",
    )


def test_numbers_are_a_range_with_its_histogram_and_rows_without_one_in_or_out(sales):
    app = choose(finished(open_with_rows(sales, Tfidf())), "price")
    assert any("Histogram of 3 values from 1.5 to 40" in text for text in html_texts(app))
    low, high = (box for box in app.number_input if box.label in ("From", "To"))
    low.set_value(2.0)
    app = apply(app)
    assert counted(app) == ["4 → 2 rows"]
    assert session_of(app).passing.tolist() == [False, True, False, True]
    app = choose(app, "price")
    low, high = (box for box in app.number_input if box.label in ("From", "To"))
    high.set_value(2.0)
    app.checkbox[0].check()
    app = apply(app)
    assert session_of(app).passing.tolist() == [False, True, True, False]
    assert chips(app)[0] == "price: 2 or (none)"
    assert app.query_params["filters"] == "price:between:2,2,missing"
    app = choose(app, "price")
    low, high = (box for box in app.number_input if box.label in ("From", "To"))
    low.set_value(3.0)
    button(app, "Show only these rows").click().run()
    assert "ends before it begins" in error(app)
    assert app.session_state["filter-open"] is True
    assert "price: 2 or (none)" in labels(app)


def test_whole_numbers_have_whole_ends(sales):
    app = choose(finished(open_with_rows(sales, Tfidf())), "count")
    low, high = (box for box in app.number_input if box.label in ("From", "To"))
    low.set_value(2)
    high.set_value(3)
    app = apply(app)
    assert app.query_params["filters"] == "count:between:2,3"
    assert chips(app)[0] == "count: 2 to 3"


def test_days_are_a_range_and_the_last_is_whole(sales):
    app = choose(finished(open_with_rows(sales, Tfidf())), "sold")
    first, last = app.date_input
    assert (str(first.min), str(last.max)) == ("2026-01-31", "2026-03-01")
    last.set_value(first.min)
    app = apply(app)
    assert session_of(app).passing.tolist() == [True, False, False, False]
    assert app.query_params["filters"] == "sold:during:,2026-01-31"
    assert chips(app)[0] == "sold: up to 2026-01-31"


def test_times_within_a_few_days_are_a_range_of_minutes():
    moments = ["2026-01-31T09:00:00", "2026-01-31T09:30:59", "2026-01-31T09:31:00", "2026-02-01T12:00:00"]
    corpus = explorer.open_corpus(
        {"text": ["a cat", "a dog", "a fox", "an ox"], "seen": moments}, text="text"
    )
    app = choose(finished(open_with_rows(corpus, Tfidf())), "seen")
    assert any("from 2026-01-31 09:00 to 2026-02-01 12:00" in text for text in html_texts(app))
    first, last = app.get("datetime_input")
    first.set_value(dt.datetime(2026, 1, 31, 9, 1))
    last.set_value(dt.datetime(2026, 1, 31, 9, 30))
    app = apply(app)
    assert session_of(app).passing.tolist() == [False, True, False, False]
    assert app.query_params["filters"] == "seen:during:2026-01-31T09.01,2026-01-31T09.30"
    assert chips(app)[0] == "seen: 2026-01-31 09:01 to 2026-01-31 09:30"


def test_a_filter_of_a_link_outside_of_the_days_of_the_rows_can_be_changed(sales):
    app = open_with_rows(sales, Tfidf())
    from explorer.data.filters.text import parse_filters

    session_of(app).filter_by(parse_filters("sold:during:1999-01-01,2050-12-31;price:between:-5,1e300")[0])
    app = choose(finished(app), "sold")
    assert [str(box.value) for box in app.date_input] == ["1999-01-01", "2050-12-31"]
    app.selectbox(key="filter-column").set_value("price").run()
    assert not app.exception
    assert [box.value for box in app.number_input if box.label in ("From", "To")] == [-5, 1e300]


def test_other_peoples_columns_and_values_are_shown_as_typed(sales):
    app = choose(finished(open_with_rows(sales, Tfidf())), HOSTILE)
    assert app.multiselect[0].options == [f"{HOSTILE} · 3", "(none) · 1"]
    app.multiselect[0].set_value([HOSTILE, ""])
    app = apply(app)
    assert chips(app)[0] == f"{HOSTILE}: {HOSTILE}, (none)"
    chip = next(one.label for one in app.button if (one.key or "").startswith("filter-chip-"))
    assert r"\*y\*" in chip
    assert session_of(app).passing.tolist() == [True] * 4
    assert finished(open_app(corpus="medicare-faq", filters="<b>:in:x")).warning[0].value.count("<b>") == 0


def test_no_row_left_is_said_and_the_filters_can_be_cleared():
    for page in ("pages/search.py", "pages/map.py", "pages/clusters.py", "pages/similarity.py"):
        app = finished(open_app(page, corpus="medicare-faq", filters="question:contains:zebra", q="a card"))
        assert counted(app) == ["13 → 0 rows"]
        assert "No row passes the filters." in said(app.info)
        assert not cards(app)
        assert not app.get("plotly_chart")
        button(app, "Clear the filters").click().run()
        assert not finished(app).info
        assert "filters" not in app.query_params


def test_what_of_a_link_was_left_out_is_said_until_it_is_dismissed():
    app = finished(open_app(corpus="song-moods", filters="mood:in:angry;color:in:red"))
    assert 'There is no column "color"' in said(app.warning)
    assert app.query_params["filters"] == "mood:in:angry"
    button(app, "Dismiss").click().run()
    assert not app.warning
    assert counted(app) == ["216 → 18 rows"]


def test_filters_follow_to_every_page_and_their_rows_can_be_selected():
    app = finished(open_app("pages/clusters.py", corpus="song-moods", filters="year:between:1990,1999"))
    years = table_of(app)["year"].astype(int)
    wanted = np.flatnonzero(years.between(1990, 1999))
    assert counted(app) == [f"216 → {len(wanted)} rows"]
    assert sum(cluster_sizes(app)) == len(wanted)
    app = finished(app.switch_page("pages/similarity.py").run())
    assert len(figure(app)["layout"]["xaxis"]["labelalias"]) == len(wanted)
    button(app, "Select all").click().run()
    assert session_of(app).selection.rows.tolist() == wanted.tolist()
    assert any("year: 1990 to 1999" in text and "Selection" in text for text in html_texts(app))


def test_filters_stay_with_their_rows_when_others_are_shown_and_come_back_with_them():
    app = finished(open_app(corpus="song-moods", filters="mood:in:angry"))
    app.selectbox(key="corpus-choice-song-moods").set_value("medicare-faq").run()
    app = finished(app)
    assert session_of(app).corpus.sample == "medicare-faq"
    assert session_of(app).filters == ()
    assert "filters" not in app.query_params
    app.selectbox(key="corpus-choice-medicare-faq").set_value("song-moods").run()
    assert counted(finished(app)) == ["216 → 18 rows"]
    assert app.query_params["filters"] == "mood:in:angry"


def test_rows_in_focus_and_filters_are_combined():
    app = finished(open_app("pages/clusters.py", corpus="song-moods"))
    session = session_of(app)
    session.select(np.arange(100), "a test")
    session.focus_on(session.selection)
    from explorer.data.filters.specs import Between

    session.filter_by([Between("year", 1990, None)])
    app = finished(app)
    wanted = [row for row, year in enumerate(table_of(app)["year"].astype(int)) if row < 100 and year >= 1990]
    assert counted(app) == [f"100 → {len(wanted)} rows"]
    assert sum(cluster_sizes(app)) == len(wanted)
    app = finished(app.switch_page("pages/similarity.py").run())
    names = figure(app)["layout"]["xaxis"]["labelalias"].values()
    assert sorted(int(name.split(".")[0]) - 1 for name in names) == wanted
    assert session.shown.rows.tolist() == wanted


@pytest.mark.parametrize("method", ["k-means", "hdbscan"])
@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_few_rows_that_are_left_have_pages_without_errors(rows, method):
    asked = {
        "corpus": "song-moods",
        "filters": f"title:in:{first_titles(rows)}",
        "clusters": "12",
        "method": method,
    }
    app = finished(open_app("pages/clusters.py", **asked))
    assert counted(app) == [f"216 → {rows} row{'s' if rows > 1 else ''}"]
    assert not app.error
    assert method == "hdbscan" or len(cluster_sizes(app)) <= rows
    for view in ("Heatmap", "Between groups", "Near-duplicates", "Usual scores"):
        app = finished(open_app("pages/similarity.py", view=view, **asked))
        assert not app.exception
        assert not app.error


def first_titles(rows):
    titles = explorer.open_corpus("song-moods").table["title"].to_pylist()
    return ",".join(title.replace(",", "%2C") for title in titles[:rows])


def test_near_duplicates_and_usual_scores_are_those_of_the_rows_that_pass():
    asked = {"view": "Near-duplicates", "duplicates-list": "Pairs"}
    app = finished(open_app("pages/similarity.py", filters="queue:in:billing", **asked))
    session = session_of(app)
    whole = finished(open_app("pages/similarity.py", **asked))
    queue = np.array(session.corpus.labels)
    pairs = next(frame.value for frame in whole.dataframe)
    within = pairs[(queue[pairs["row"] - 1] == "billing") & (queue[pairs["other row"] - 1] == "billing")]
    assert 0 < len(within) < len(pairs)
    mine = app.dataframe[0].value
    columns = ["row", "text", "other row", "other text"]
    assert mine[columns].to_numpy().tolist() == within[columns].to_numpy().tolist()
    assert mine["text"].tolist() == [shortened(session.corpus.texts[row - 1], 200) for row in mine["row"]]
    button(app, "Select all grouped rows").click().run()
    grouped = {*within["row"] - 1, *within["other row"] - 1}
    assert {*session_of(app).selection.rows.tolist()} == grouped
    app.segmented_control(key="view").set_value("Usual scores").run()
    assert "of 52 rows" in said(finished(app).caption) or "52 rows" in said(app.caption)


def test_the_file_without_near_duplicates_has_the_row_numbers_of_the_corpus(monkeypatch):
    made = {}

    def remember(title, table, *_, **__):
        made[title] = table

    monkeypatch.setattr("explorer.ui.similarity.duplicates.download_table", remember)
    app = finished(open_app("pages/similarity.py", view="Near-duplicates", filters="queue:in:billing"))
    kept = made["Keep one of each group"]()
    assert set(kept["queue"].to_pylist()) == {"billing"}
    rows = np.array(kept["row"]) - 1
    assert kept.equals(rows_table(session_of(app).corpus, rows, {}))
    grouped = made["Groups"]()
    assert set(grouped["queue"].to_pylist()) == {"billing"}


def test_typed_rows_that_do_not_pass_are_left_out_and_counted():
    app = finished(open_app("pages/similarity.py", corpus="song-moods", filters="mood:in:angry"))
    passing = np.flatnonzero(session_of(app).passing) + 1
    app.selectbox(key="rows-from").select("Row numbers").run()
    others = [row for row in range(1, 10) if row not in passing][:2]
    typed = ", ".join(map(str, [*passing[:3].tolist(), *others]))
    app.text_input(key="rows-typed").set_value(typed).run()
    assert "2 of these are not among the shown rows." in said(finished(app).caption)
    assert len(figure(app)["layout"]["xaxis"]["labelalias"]) == 3


def test_the_map_hides_the_others_and_leaves_them_out_of_what_it_lists_and_picks(drawn):
    whole = {"corpus": "song-moods", "map-method": "pca"}
    opened_map(**whole)
    positions, everything = drawn.scene.positions.key, drawn.scene.description.key
    assert drawn.visible is None
    app = opened_map(**whole, filters="mood:in:angry")
    assert (drawn.scene.positions.key, drawn.scene.description.key) == (positions, everything)
    angry = np.array(session_of(app).corpus.labels) == "angry"
    assert drawn.visible.tolist() == angry.tolist()
    listed = drawn.listed(None)
    assert listed.title == "18 rows"
    assert {row.head.split(" · ")[1] for row in listed.rows} == {"angry"}
    app.text_input(key="map-query").set_value("a quiet evening").run()
    finished(app)
    found = np.argsort(drawn.scene.positions.ranks)[drawn.described["found"]]
    assert len(found) == 18
    assert angry[found].all()
    app.text_input(key="map-query").set_value("").run()
    first = int(np.flatnonzero(angry)[0])
    app = pick(finished(app), drawn, [first])
    assert len(drawn.lines) == 8
    assert angry[drawn.lines].all()
    session_of(app).select([first, int(np.flatnonzero(~angry)[0])], "a test")
    finished(app)
    assert np.flatnonzero(drawn.selected).tolist() == [first]
    assert drawn.listed(None).more == "1 more are selected but not shown on this map."


def test_a_map_in_three_dimensions_draws_only_the_rows_that_pass():
    app = opened_map(
        **{"corpus": "song-moods", "map-method": "pca", "map-dims": "3", "filters": "mood:in:angry"}
    )
    angry = np.flatnonzero(session_of(app).passing) + 1
    rows = [row for trace in figure(app)["data"] for row in decoded(trace["customdata"])]
    assert sorted(rows) == angry.tolist()


def decoded(array):
    import base64

    return np.frombuffer(base64.b64decode(array["bdata"]), dtype=array["dtype"]).tolist()
