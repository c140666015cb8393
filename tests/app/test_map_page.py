import datetime
import json
import re
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

import explorer
from explorer.analysis import umap_learn, umap_learn_worker
from explorer.encode.spec import Tfidf
from explorer.jobs.process import WorkerProcesses
from explorer.share.map.colouring import Colouring, column_colouring
from explorer.share.map.palette import scale_colours
from explorer.ui.map import colour
from explorer.ui.map.solid_figure import solid_figure, trace_rows
from explorer.ui.widgets.map_view.events import View
from tests.app.driving import (
    button,
    cluster_sizes,
    error,
    figure,
    finished,
    html_texts,
    open_app,
    open_with_rows,
    select,
    session_of,
    with_open,
)

HOSTILE = "</script><script>window.hurt=1</script><b>x</b>"


@pytest.fixture
def umap_learn_here(monkeypatch):
    """umap-learn works in this process, where it is compiled once for all tests."""
    monkeypatch.setattr(umap_learn.PROCESSES, "ask", umap_learn_worker.answer)


def opened(**parameters):
    return finished(open_app("pages/map.py", **parameters), seconds=120)


def click(app, label):
    next(button for button in app.button if button.label == label).click().run()
    return finished(app, seconds=120)


def pick(app, drawn, points, mode="replace"):
    """The page after points were picked on the map."""
    drawn.on_pick(np.array(points, dtype=np.int64), mode)
    return finished(app.run(), seconds=120)


def act(app, drawn, name):
    """The page after a button beside the map was clicked."""
    drawn.on_act(name)
    return finished(app.run(), seconds=120)


def categories(drawn):
    """The entry of the palette of each point."""
    sent = np.frombuffer(drawn.scene.categories.value, dtype=np.uint8)
    return sent[np.argsort(drawn.scene.positions.order)]


def selected(app):
    return session_of(app).selection.rows.tolist()


def test_umap_replaces_pca_and_says_how_far_to_trust_it(drawn):
    app = opened(corpus="song-moods")
    assert not [caption for caption in app.caption if "until UMAP is ready" in caption.value]
    assert len(drawn.described["legend"]) == 12
    for metric in app.metric:
        assert float(metric.value) > float(metric.delta.removeprefix("PCA: "))
    assert [metric.label for metric in app.metric] == ["Trustworthiness", "Continuity"]


def test_a_pca_map_of_a_small_corpus_with_a_query_on_it(drawn):
    app = opened(**{"corpus": "medicare-faq", "precision": "float32", "map-method": "PCA"})
    assert drawn.described["found"] == []
    app.text_input(key="map-query").set_value("TRICARE").run()
    finished(app)
    assert len(drawn.described["found"]) == 13  # every row
    assert len(drawn.described["query"]) == 1
    listed = drawn.listed(None)
    assert listed.title == "The 13 rows closest to “TRICARE”"
    scores = [float(row.head.split(" · ")[1]) for row in listed.rows]
    assert scores == sorted(scores, reverse=True)
    assert not drawn.follow
    app.text_input(key="map-query").set_value("   ").run()
    assert drawn.described["found"] == drawn.described["query"] == []


def test_points_that_were_lassoed_become_the_selection_with_its_words_and_table(drawn):
    app = opened(**{"corpus": "song-moods", "map-method": "PCA"})
    assert drawn.selected is None
    first = np.flatnonzero(categories(drawn) == 1)[:9]
    app = pick(app, drawn, first)
    assert any("9 rows" in text and "the map" in text for text in html_texts(app))
    listed = drawn.listed(None)
    assert listed.title == "9 rows selected"
    assert listed.words
    assert len(listed.rows) == 9
    assert [(share[1], len(listed.shares)) for share in listed.shares] == [(1.0, 1)]
    assert len(app.dataframe[0].value) == 9
    assert len(set(app.dataframe[0].value["mood"])) == 1
    assert np.flatnonzero(drawn.selected).tolist() == first.tolist()
    app.selectbox(key="colour").select("One colour").run()
    assert any("9 rows" in text for text in html_texts(app))
    assert np.flatnonzero(drawn.selected).tolist() == first.tolist()
    click(app, "Clear")
    assert drawn.selected is None


def test_a_lasso_can_add_to_the_selection_and_take_away_from_it(drawn):
    app = opened(**{"corpus": "song-moods", "map-method": "PCA"})
    app = pick(app, drawn, [5, 1], "add")
    app = pick(app, drawn, [1, 7, 9], "add")
    assert selected(app) == [1, 5, 7, 9]
    app = pick(app, drawn, [9, 5, 100], "subtract")
    assert selected(app) == [1, 7]
    app = pick(app, drawn, [], "replace")  # around nothing
    assert selected(app) == [1, 7]
    app = pick(app, drawn, [], "none")
    assert session_of(app).selection is None


def test_the_selection_is_shown_alone_and_all_rows_again(drawn):
    app = opened(**{"corpus": "song-moods", "map-method": "PCA", "colour": "Cluster"})
    app = pick(app, drawn, range(20, 38))
    rows = selected(app)
    app = act(app, drawn, "alone")
    assert len(drawn.scene.positions) == 18
    app = pick(app, drawn, [1, 2])
    assert selected(app) == rows[1:3]
    app.switch_page("pages/clusters.py").run()
    finished(app)
    assert sum(cluster_sizes(app)) == 18
    click(app, "Show all rows")
    assert sum(cluster_sizes(app)) == 216


def test_a_selection_of_rows_that_are_not_on_the_map_fades_nothing(drawn):
    app = opened(**{"corpus": "song-moods", "map-method": "PCA"})
    app = pick(app, drawn, [1, 2, 3])
    app = act(app, drawn, "alone")
    session_of(app).select([8], "elsewhere")
    finished(app.run())
    assert drawn.selected is None


def test_pointing_at_a_row_shows_its_number_its_colour_and_the_beginning_of_its_text(drawn):
    app = opened(**{"corpus": "song-moods", "map-method": "PCA"})
    corpus = session_of(app).corpus
    head, text = drawn.tip(3)
    assert head == f"row 4 · {corpus.labels[3]}"
    assert corpus.texts[3].startswith(text.rstrip("…"))
    app.selectbox(key="colour").select("One colour").run()
    assert drawn.tip(3)[0] == "row 4"


def test_clusters_have_their_names_on_the_map_too(drawn):
    app = finished(open_app("pages/clusters.py", corpus="song-moods"))
    app.number_input(key="clusters").set_value(3).run()
    finished(app)
    select(app, "dataframe", {"rows": [1], "columns": [], "cells": []})
    next(element for element in app.text_input if element.label == "Name").set_value("my songs").run()
    app.query_params["map-method"] = "PCA"
    app.switch_page("pages/map.py").run()
    app.selectbox(key="colour").select("Cluster").run()
    finished(app)
    names = {group["name"] for group in drawn.described["legend"]}
    assert len(names) == 3
    assert "my songs" in names


@pytest.mark.parametrize("colour", ["Similarity to a text", "Trust in the map"])
def test_colours_by_closeness_to_a_text_and_by_trust(colour, drawn):
    app = opened(**{"corpus": "medicare-faq", "precision": "float32", "map-method": "PCA"})
    app.selectbox(key="colour").select(colour).run()
    if colour == "Similarity to a text":
        assert any("Enter a text" in caption.value for caption in app.caption)
        app.text_input(key="map-query").set_value("How do I replace my card?").run()
    finished(app)
    entries = categories(drawn)
    numbers = np.array([float(drawn.tip(row)[0].partition(" · ")[2]) for row in range(13)])
    assert (np.diff(entries[np.argsort(numbers)].astype(int)) >= 0).all()
    if colour == "Similarity to a text":
        session = session_of(app)
        space = next(iter(session.spaces.values()))
        hits = space.search("How do I replace my card?", 13)
        assert np.allclose([hit.score for hit in hits], numbers[[hit.row for hit in hits]], atol=6e-4)
        assert entries[hits[0].row] == 254
        assert entries[hits[-1].row] == 1
    else:
        shown = next(float(one.value) for one in app.metric if one.label == "Trustworthiness")
        assert numbers.mean() == pytest.approx(shown, abs=2e-3)


def test_stability_over_seeds_is_measured_when_asked_for():
    app = opened(corpus="medicare-faq")
    assert not [element for element in app.metric if element.label.startswith("Stability")]
    click(app, "Compare with maps of other seeds")
    (metric,) = [element for element in app.metric if element.label == "Stability over 3 seeds"]
    assert 0 < float(metric.value) <= 1
    session = session_of(app)
    session.open(session.corpus, Tfidf())
    finished(app)
    assert [element.label for element in app.metric] == ["Trustworthiness", "Continuity"]
    assert [element.label for element in app.metric] == ["Trustworthiness", "Continuity"]


def test_a_clicked_point_shows_its_neighbours_in_the_full_space(drawn):
    app = opened(
        **{"corpus": "medicare-faq", "precision": "float32", "map-method": "PCA", "colour": "One colour"}
    )
    app = pick(app, drawn, [8])
    row, *near = drawn.listed(None).rows
    assert row.head == "row 9"
    assert row.whole
    assert row.text == session_of(app).corpus.texts[8]
    assert [re.fullmatch(r"row \d+ · 0\.\d{3}", each.head) for each in near].count(None) == 0
    rows = sorted(int(each.head.split()[1]) - 1 for each in near)
    assert len(rows) == 8
    assert drawn.lines.tolist() == rows  # joined to it on the map


def test_rows_in_view_are_listed_with_those_nearest_to_its_middle_first(drawn):
    opened(**{"corpus": "song-moods", "map-method": "PCA"})
    assert drawn.listed(None).title == "216 rows"
    units, sent = drawn.scene.positions.units[0].astype(int), drawn.scene.positions.ranks
    x, y = units[7]
    view = View((x - 9_000, y - 9_000, x + 9_000, y + 9_000), 0.0, ())
    listed = drawn.listed(view)
    inside = np.flatnonzero((abs(units - units[7]) <= 9_000).all(axis=1))
    assert listed.title == f"{len(inside)} of 216 rows in view"
    assert listed.rows[0].point == sent[7]
    assert {row.point for row in listed.rows} <= set(sent[inside].tolist())
    hidden = int(drawn.scene.colours.categories[7])
    assert sent[7] not in [row.point for row in drawn.listed(replace(view, hidden=(hidden,))).rows]
    assert drawn.listed(View((-9.0, -9.0, -8.0, -8.0), 0.0, ())).title == "0 of 216 rows in view"


def test_an_inverted_selection_is_the_rest(drawn):
    app = opened(**{"corpus": "song-moods", "map-method": "PCA"})
    app = pick(app, drawn, range(200))
    app = pick(app, drawn, range(216), "invert")
    assert selected(app) == list(range(200, 216))


def test_the_selection_is_compared_with_the_rest(drawn):
    app = opened(**{"corpus": "song-moods", "map-method": "PCA"})
    app = pick(app, drawn, np.flatnonzero(categories(drawn) == 1))
    selection = session_of(app).selection
    app.session_state["map-asked"] = ("compare", selection.key)  # as `act` does, within the app
    finished(app.run())
    (table,) = (frame.value for frame in app.dataframe if "Column" in frame.value)
    assert table["Column"][0] == "mood"
    assert (table["Selected"][0], table["The rest"][0]) == (100.0, 0.0)  # percent
    assert any("Distinctive words" in text for text in html_texts(app))
    app = act(app, drawn, "erase everything")  # nothing that the page offers
    assert len(selected(app)) == 18
    app = pick(app, drawn, [3, 4])
    assert not [frame for frame in app.dataframe if "Column" in frame.value]


def test_the_map_turns_into_another_one_laid_over_it(drawn):
    app = opened(**{"corpus": "song-moods", "morph": "pca"})
    assert drawn.described["morph"] == ["UMAP", "PCA"]
    first, second = drawn.scene.positions.units.astype(float)
    assert abs(first.mean(axis=0) - second.mean(axis=0)).max() < 2
    key = drawn.described["map"]
    app.selectbox(key="morph").select("Seed 1").run()
    finished(app, seconds=120)
    assert drawn.described["morph"] == ["UMAP, seed 0", "UMAP, seed 1"]
    assert drawn.described["map"] != key
    app.selectbox(key="morph").select("Nothing").run()
    assert drawn.described["morph"] == []
    assert len(drawn.scene.positions.units) == 1


def test_what_a_page_kept_is_gone_with_its_rows(drawn):
    app = opened(**{"corpus": "song-moods", "map-method": "PCA", "map-query": "rain", "colour": "similarity"})
    session = session_of(app)
    assert {"scene", "colouring", "found"} <= session.kept.keys()
    session.open(explorer.open_corpus(["one", "two"]), session.encoder)
    assert session.kept == {}


def test_few_rows_have_the_same_map_from_any_seed_and_its_name_says_so(drawn):
    app = open_with_rows(explorer.open_corpus(["one cat", "two dogs", "three cats"]), Tfidf())
    app.query_params["morph"] = "seed"
    finished(app.switch_page("pages/map.py").run())
    assert drawn.described["morph"] == ["PCA", "PCA"]


def test_a_text_can_become_a_row_of_the_other_map(drawn):
    app = opened(**{"corpus": "song-moods", "map-query": "slow rain", "morph": "row"})
    assert not app.error
    assert drawn.described["morph"] == ["UMAP", "With the text"]
    assert len(drawn.described["query"]) == 2
    assert drawn.described["query"][0] != drawn.described["query"][1]
    app.text_input(key="map-query").set_value("").run()
    finished(app)
    assert app.selectbox(key="morph").value == "none"
    assert drawn.described["morph"] == []


def test_a_message_of_the_map_has_addresses_only():
    app = opened(**{"corpus": "song-moods", "map-method": "PCA"})
    (message,) = [one.proto for one in app.get("bidi_component") if "positions" in one.proto.json]
    assert len(message.SerializeToString()) < 1_700


def test_three_dimensions_are_drawn():
    app = opened(**{"corpus": "medicare-faq", "precision": "float32", "map-method": "PCA", "map-dims": "3"})
    assert figure(app)["data"][0]["type"] == "scatter3d"
    point = {"curve_number": 0, "point_index": 4}
    select(app, "plotly_chart", {"points": [point], "point_indices": [4], "box": [], "lasso": []})
    assert len(selected(app)) == 1
    assert any("Nearest in the full space" in caption.value for caption in app.caption)


def test_hostile_names_and_texts_are_escaped_also_in_the_file():
    colouring = Colouring(HOSTILE, groups=[HOSTILE, "b", ""])
    drawn = solid_figure(np.eye(3, dtype=np.float32), np.arange(3), colouring, [HOSTILE] * 3)
    page = drawn.to_html(include_plotlyjs=False)
    assert "<script>window.hurt" not in page
    assert "<b>x</b>" not in json.dumps(drawn.to_plotly_json(), default=str)


def test_points_carry_their_rows_whatever_the_colours():
    coordinates = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    numbers = np.arange(100, 140)
    groups = [f"g{row % 7}" if row % 5 else "" for row in range(40)]
    few = np.where(np.arange(40) % 3, np.nan, 1.0)
    for colouring in (Colouring("g", groups=groups), Colouring("n", numbers=few), Colouring("")):
        drawn = solid_figure(coordinates, numbers, colouring, ["t"] * 40, marked=coordinates[:2])
        seen = {}
        for trace, rows in zip(drawn.data, trace_rows(drawn), strict=True):
            if rows is not None:
                seen |= dict(zip(rows.tolist(), zip(trace.x, trace.y, trace.z, strict=True), strict=True))
        assert sorted(seen) == numbers.tolist()
        assert trace_rows(drawn)[-1] is None  # marks
        placed = np.array([seen[row] for row in numbers.tolist()], dtype=np.float64)
        for axis in range(3):
            assert np.corrcoef(placed[:, axis], coordinates[:, axis])[0, 1] > 1 - 1e-6
        spans = np.ptp(placed, axis=0) / np.ptp(coordinates, axis=0)
        np.testing.assert_allclose(spans, spans[0], rtol=1e-3)  # the same scale all ways


@pytest.mark.parametrize("dark", [False, True])
def test_numbers_have_the_scale_of_the_flat_map_for_the_ground(dark):
    places = np.eye(3, dtype=np.float32)
    drawn = solid_figure(places, np.arange(3), Colouring("n", numbers=np.arange(3.0)), [""] * 3, dark=dark)
    shades = [shade for _, shade in drawn.data[0].marker.colorscale]
    flat = scale_colours(len(shades))[dark]
    assert shades == flat


def test_more_groups_than_colours_are_one_grey_rest():
    groups = [f"g{row}" for row in range(10_000)]
    places = np.zeros((10_000, 3), dtype=np.float32)
    drawn = solid_figure(places, np.arange(10_000), Colouring("g", groups=groups), [""] * 10_000)
    assert len(drawn.data) == 11
    assert drawn.data[0].name == "other groups"
    few = solid_figure(places[:3], np.arange(3), Colouring("g", groups=["a", "", "b"]), [""] * 3)
    assert [trace.name for trace in few.data] == ["(none)", "a", "b"]
    assert sum(len(trace.x) for trace in drawn.data) == 10_000


@pytest.mark.parametrize(
    ("values", "numeric"),
    [
        (["1", "2.5", ""], True),
        ([1, None, float("nan"), 3], True),
        (["a", "1", "b"], False),
        ([None, None], False),
        (["1"] * 19 + ["x"], True),
        ([float("nan"), None], False),
        ([float("inf")] * 2 + [1.0] * 30, True),
        ([True, False], False),
        (["1", "nan", "inf"], False),
    ],
)
def test_a_column_is_coloured_as_numbers_when_most_values_are(values, numeric):
    colouring = column_colouring("c", pa.chunked_array([values]))
    assert (colouring.numbers is not None) is numeric
    assert (colouring.groups is not None) is not numeric


def test_a_column_of_numbers_or_groups_in_chunks_keeps_its_order_and_its_gaps():
    day = datetime.date(2020, 2, 29)
    chunks = pa.chunked_array([[day, None], [None, day.replace(year=2024), day]])
    assert column_colouring("c", chunks).groups == ["2020-02-29", "", "", "2024-02-29", "2020-02-29"]
    numbers = column_colouring("c", pa.chunked_array([["2", "", "x", None, " 1e1 "], ["2"] * 10])).numbers
    assert numbers[:5] == pytest.approx([2, np.nan, np.nan, np.nan, 10], nan_ok=True)
    whole = column_colouring("c", pa.chunked_array([[3, None], [2**62]])).numbers
    assert whole == pytest.approx([3, np.nan, 2**62], nan_ok=True)


def test_colours_and_the_scene_are_made_anew_only_when_they_show_something_else(drawn, monkeypatch):
    made = []

    def counted(name, column):
        made.append(name)
        return column_colouring(name, column)

    monkeypatch.setattr(colour, "column_colouring", counted)
    app = opened(**{"corpus": "song-moods", "map-method": "PCA", "colour": "column:genre"})
    scene = drawn.scene
    app = pick(app, drawn, [1, 2])
    assert drawn.scene is scene
    assert made == ["genre"]
    app.selectbox(key="colour").select("One colour").run()
    assert drawn.scene.categories is None
    app.selectbox(key="colour").select("Column: artist").run()
    assert drawn.described["title"] == "artist"
    assert made == ["genre", "artist"]


def test_a_small_number_is_typed_and_linked():
    app = making(opened(**{"corpus": "medicare-faq", "precision": "float32"}))
    app.number_input(key="map-distance").set_value(1e-7)
    finished(app, seconds=120)
    assert app.number_input(key="map-distance").value == 1e-7
    assert float(linked(app, "map-distance")) == 1e-7
    again = opened(**{"corpus": "medicare-faq", "precision": "float32", "map-distance": "1e-7"})
    assert making(again).number_input(key="map-distance").value == 1e-7


def test_what_was_typed_counts_also_if_the_run_that_hears_of_it_draws_no_input():
    app = making(opened(**{"corpus": "medicare-faq", "precision": "float32"}))
    app.number_input(key="map-seed").set_value(7)
    app.selectbox(key="map-dims").select("3")
    app.session_state["map-making"] = False
    finished(app)
    assert "map-seed" not in [each.key for each in app.number_input]
    for _ in range(2):  # nor is it lost in the next run
        assert (linked(app, "map-seed"), linked(app, "map-dims")) == ("7", "3")
        finished(app)
    assert making(app).number_input(key="map-seed").value == 7
    app.number_input(key="map-seed").set_value(0).run()
    assert linked(app, "map-seed") is None


def making(app):
    """The map page with what is behind “How the map is made”."""
    return with_open(app, "map-making")


def linked(app, name):
    """What the link says of a choice: a list where a person wrote it, text where the page did."""
    value = app.query_params.get(name)
    return value[0] if isinstance(value, list) else value


PCA_OF_TICKETS = {"corpus": "support-tickets", "map-method": "pca"}


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        ("cluster", "cluster"),
        ("column:channel", "column:channel"),
        ("none", "none"),
        # As links were written before.
        ("Label (queue)", "label"),
        ("Cluster", "cluster"),
        ("Column: channel", "column:channel"),
        ("channel", "column:channel"),
        ("Similarity to a text", "similarity"),
        ("Trust in the map", "trust"),
        ("One colour", "none"),
        ("one colour", "none"),
        # Of no meaning here: as without.
        ("label", "label"),
        ("column:nothing", "label"),
    ],
)
def test_links_name_colourings_by_words_of_their_own_and_older_ones_open(asked, chosen):
    app = finished(open_app("pages/map.py", **PCA_OF_TICKETS, colour=asked))
    assert app.selectbox(key="colour").value == chosen
    assert linked(app, "colour") == (None if chosen == "label" else chosen)


def test_links_name_how_the_map_is_made_by_words_of_their_own_and_older_ones_open():
    for method, metric in (("PCA", "Euclidean"), ("pca", "euclidean")):
        app = making(open_app("pages/map.py", **{"map-method": method, "map-metric": metric}))
        assert app.selectbox(key="map-method").value == "pca"
        assert app.selectbox(key="map-metric").value == "euclidean"
        assert linked(app, "map-method") == "pca"
        assert linked(app, "map-metric") == "euclidean"
    app.selectbox(key="map-metric").select("cosine").run()
    assert "map-metric" not in app.query_params


def test_choices_of_the_map_are_kept_while_another_page_is_shown():
    app = finished(open_app("pages/map.py", **PCA_OF_TICKETS))
    app.selectbox(key="colour").select("column:channel").run()
    app.switch_page("pages/search.py").run()
    app.switch_page("pages/map.py").run()
    assert app.selectbox(key="colour").value == "column:channel"
    assert linked(app, "colour") == "column:channel"


def test_only_umap_learn_offers_its_metrics_supervision_and_densmap():
    app = making(open_app("pages/map.py", **PCA_OF_TICKETS))
    assert app.selectbox(key="map-metric").options == ["Cosine", "Euclidean"]
    assert not {"map-densmap", "map-supervised"} & {toggle.key for toggle in app.toggle}


@pytest.mark.xdist_group("umap-learn")
def test_umap_learn_makes_a_supervised_map_and_places_a_text_by_its_transform(umap_learn_here):
    app = opened(
        **{
            "corpus": "song-moods",
            "map-method": "umap-learn",
            "map-supervised": "true",
            "map-metric": "manhattan",
            "map-query": "rain on a window",
        }
    )
    assert linked(app, "map-supervised") == "true"
    making(app)
    captions = " ".join(caption.value for caption in app.caption)
    assert "Supervised" in captions
    assert "in its own process" in captions
    assert "until UMAP is ready" not in captions
    assert linked(app, "map-metric") == "manhattan"
    assert [metric.label for metric in app.metric] == ["Trustworthiness", "Continuity"]
    session = session_of(app)
    (placed,) = [job.result for key, job in session.results.items() if key[0][0] == "placed"]
    assert placed.shape == (1, 2)
    assert np.isfinite(placed).all()
    app.toggle(key="map-densmap").set_value(True)
    finished(app.run(), seconds=120)
    assert any("no transform" in caption.value for caption in app.caption)
    app.selectbox(key="map-method").select("umap").run()
    finished(app, seconds=120)
    assert app.selectbox(key="map-metric").value == "cosine"  # Fast has no Manhattan


@pytest.mark.xdist_group("umap-learn")
def test_rows_without_labels_cannot_supervise(umap_learn_here):
    app = making(
        open_app("pages/map.py", **{"corpus": "medicare-faq", "precision": "float32", "map-method": "pca"})
    )
    app.query_params["map-supervised"] = "true"
    app.selectbox(key="map-method").select("umap-learn")
    app.run()
    assert app.toggle(key="map-supervised").disabled


def test_a_map_that_does_not_fit_in_memory_says_so_and_the_page_shows_pca(memory_of, monkeypatch, drawn):
    monkeypatch.setattr(WorkerProcesses, "has_idle", False)
    memory_of(20)
    app = open_with_rows(explorer.open_corpus([f"note {n} about {n % 7}" for n in range(40)]), Tfidf())
    app.switch_page("pages/map.py").run()
    finished(app)
    assert error(app) == (
        "This map of 40 rows needs about 90 MB of memory, and this server has 20 MB left. "
        "Use fewer rows, or PCA."
    )
    assert len(drawn.scene.positions) == 40
    memory_of(1_000)
    finished(button(app, "Try again").click().run())
    assert not app.error


def test_how_the_map_is_made_is_kept_where_the_menu_leads_back_to_it():
    """Nobody opened the popover, and the menu's links say nothing of what is behind it."""
    made = {"map-method": "pca", "map-seed": "3", "map-distance": "0.25"}
    app = finished(open_app("pages/map.py", corpus="medicare-faq", model="tfidf", **made))
    app.query_params.clear()
    app = finished(app.switch_page("pages/search.py").run())
    app.query_params.clear()
    app = finished(app.switch_page("pages/map.py").run())
    assert {name: app.query_params[name] for name in made} == made
