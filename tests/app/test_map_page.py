import json
import re

import numpy as np
import pytest

import explorer
from explorer.analysis import umap_learn, umap_learn_worker
from explorer.encode.spec import Tfidf
from explorer.jobs.process import WorkerProcesses
from explorer.ui.map.figure import map_figure
from explorer.ui.widgets.colouring import Colouring, column_colouring
from explorer.ui.widgets.map_points import trace_rows
from tests.app.driving import button, error, figure, finished, html_texts, open_app, open_with_rows, select

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


def categories(drawn):
    """The entry of the palette of each point."""
    sent = np.frombuffer(drawn.scene.categories.value, dtype=np.uint8)
    return sent[np.argsort(drawn.scene.places.order)]


def selected(app):
    return app.session_state["explorer-session"].selection.rows.tolist()


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
    assert len(drawn.described["found"]) == 14  # the text and every row
    app.text_input(key="map-query").set_value("   ").run()
    assert drawn.described["found"] == []


def test_points_that_were_lassoed_become_the_selection_with_its_words_and_table(drawn):
    app = opened(**{"corpus": "song-moods", "map-method": "PCA"})
    assert drawn.chosen is None
    first = np.flatnonzero(categories(drawn) == 1)[:9]
    app = pick(app, drawn, first)
    assert any("9 rows" in text and "the map" in text for text in html_texts(app))
    assert any("Distinctive words" in text for text in html_texts(app))
    assert len(app.dataframe[0].value) == 9
    assert len(set(app.dataframe[0].value["mood"])) == 1
    assert np.flatnonzero(drawn.chosen).tolist() == first.tolist()
    app.selectbox(key="colour").select("One colour").run()
    assert any("9 rows" in text for text in html_texts(app))
    assert np.flatnonzero(drawn.chosen).tolist() == first.tolist()
    click(app, "Clear")
    assert drawn.chosen is None


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
    assert app.session_state["explorer-session"].selection is None


def test_the_selection_is_shown_alone_and_all_rows_again(drawn):
    app = opened(**{"corpus": "song-moods", "map-method": "PCA", "colour": "Cluster"})
    app = pick(app, drawn, range(20, 38))
    rows = selected(app)
    click(app, "Show only the 18 selected rows")
    assert len(drawn.scene.places.units) == 18
    app = pick(app, drawn, [1, 2])
    assert selected(app) == rows[1:3]
    app.switch_page("pages/clusters.py").run()
    finished(app)
    assert int(app.dataframe[0].value["rows"].sum()) == 18
    click(app, "Show all rows")
    assert int(app.dataframe[0].value["rows"].sum()) == 216


def test_a_selection_of_rows_that_are_not_on_the_map_fades_nothing(drawn):
    app = opened(**{"corpus": "song-moods", "map-method": "PCA"})
    app = pick(app, drawn, [1, 2, 3])
    click(app, "Show only the 3 selected rows")
    app.session_state["explorer-session"].select([8], "elsewhere")
    finished(app.run())
    assert drawn.chosen is None


def test_pointing_at_a_row_shows_its_number_its_colour_and_the_beginning_of_its_text(drawn):
    app = opened(**{"corpus": "song-moods", "map-method": "PCA"})
    corpus = app.session_state["explorer-session"].corpus
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
        session = app.session_state["explorer-session"]
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
    session = app.session_state["explorer-session"]
    session.open(session.corpus, Tfidf())
    finished(app)
    assert [element.label for element in app.metric] == ["Trustworthiness", "Continuity"]
    assert [element.label for element in app.metric] == ["Trustworthiness", "Continuity"]


def test_a_clicked_point_shows_its_neighbours_in_the_full_space(drawn):
    app = opened(
        **{"corpus": "medicare-faq", "precision": "float32", "map-method": "PCA", "colour": "One colour"}
    )
    app = pick(app, drawn, [8])
    near = [text for text in html_texts(app) if "<b>0." in text]
    assert len(near) == 8
    rows = sorted(int(re.search(r"</b> row (\d+)", text)[1]) - 1 for text in near)
    assert drawn.lines.tolist() == rows  # joined to it on the map
    assert any("<b>row 9</b>" in text for text in html_texts(app))


def test_a_message_of_the_map_has_addresses_only():
    app = opened(**{"corpus": "song-moods", "map-method": "PCA"})
    (message,) = [one.proto for one in app.get("bidi_component") if "places" in one.proto.json]
    assert len(message.SerializeToString()) < 2_300


def test_three_dimensions_are_drawn():
    app = opened(**{"corpus": "medicare-faq", "precision": "float32", "map-method": "PCA", "map-dims": "3"})
    assert figure(app)["data"][0]["type"] == "scatter3d"
    point = {"curve_number": 0, "point_index": 4}
    select(app, "plotly_chart", {"points": [point], "point_indices": [4], "box": [], "lasso": []})
    assert len(selected(app)) == 1
    assert any("Nearest in the full space" in caption.value for caption in app.caption)


def test_hostile_names_and_texts_are_escaped_also_in_the_file():
    colouring = Colouring(HOSTILE, groups=[HOSTILE, "b", ""])
    drawn = map_figure(np.eye(3, 2, dtype=np.float32), np.arange(3), colouring, [HOSTILE] * 3)
    page = drawn.to_html(include_plotlyjs=False)
    assert "<script>window.hurt" not in page
    assert "<b>x</b>" not in json.dumps(drawn.to_plotly_json(), default=str)


def test_points_carry_their_rows_whatever_the_colours():
    coordinates = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    numbers = np.arange(100, 140)
    groups = [f"g{row % 7}" if row % 5 else "" for row in range(40)]
    few = np.where(np.arange(40) % 3, np.nan, 1.0)
    for colouring in (Colouring("g", groups=groups), Colouring("n", numbers=few), Colouring("")):
        drawn = map_figure(coordinates, numbers, colouring, ["t"] * 40, contours=True, marked=coordinates[:2])
        seen = {}
        for trace, rows in zip(drawn.data, trace_rows(drawn), strict=True):
            if rows is not None:
                seen |= dict(zip(rows.tolist(), zip(trace.x, trace.y, strict=True), strict=True))
        assert sorted(seen) == numbers.tolist()
        assert trace_rows(drawn)[0] is None  # contours
        assert trace_rows(drawn)[-1] is None  # marks
        placed = np.array([seen[row] for row in numbers.tolist()], dtype=np.float64)
        for axis in range(2):
            assert np.corrcoef(placed[:, axis], coordinates[:, axis])[0, 1] > 1 - 1e-6
        spans = np.ptp(placed, axis=0) / np.ptp(coordinates, axis=0)
        assert spans[0] == pytest.approx(spans[1], rel=1e-3)  # the same scale both ways


def test_no_name_in_the_file_covers_another():
    places = np.random.default_rng(1).normal(size=(900, 2)).astype(np.float32)
    colouring = Colouring("g", groups=[f"a rather long name {row % 45}" for row in range(900)])
    assert 0 < len(map_figure(places, np.arange(900), colouring, [""] * 900).layout.annotations) < 45


def test_more_groups_than_a_legend_takes_are_one_grey_rest():
    groups = [f"g{row}" for row in range(10_000)]
    places = np.zeros((10_000, 2), dtype=np.float32)
    drawn = map_figure(places, np.arange(10_000), Colouring("g", groups=groups), [""] * 10_000)
    assert len(drawn.data) <= 50
    assert any(trace.name == "other" for trace in drawn.data)
    assert sum(len(trace.x) for trace in drawn.data) == 10_000


@pytest.mark.parametrize(
    ("values", "numeric"),
    [
        (["1", "2.5", ""], True),
        ([1, None, float("nan"), 3], True),
        (["a", "1", "b"], False),
        ([None, None], False),
        (["1"] * 19 + ["x"], True),
    ],
)
def test_a_column_is_coloured_as_numbers_when_most_values_are(values, numeric):
    colouring = column_colouring("c", values)
    assert (colouring.numbers is not None) is numeric
    assert (colouring.groups is not None) is not numeric


def test_a_small_number_is_typed_and_linked():
    app = opened(**{"corpus": "medicare-faq", "precision": "float32"})
    app.number_input(key="map-distance").set_value(1e-7)
    app.query_params["map-distance"] = "1e-7"  # as the browser writes it beside
    finished(app, seconds=120)
    assert app.number_input(key="map-distance").value == 1e-7
    linked = opened(**{"corpus": "medicare-faq", "precision": "float32", "map-distance": "1e-7"})
    assert linked.number_input(key="map-distance").value == 1e-7


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
        app = finished(open_app("pages/map.py", **{"map-method": method, "map-metric": metric}))
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
    app = finished(open_app("pages/map.py", **PCA_OF_TICKETS))
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
    captions = " ".join(caption.value for caption in app.caption)
    assert "Supervised" in captions
    assert "in its own process" in captions
    assert "until UMAP is ready" not in captions
    assert linked(app, "map-metric") == "manhattan"
    assert [metric.label for metric in app.metric] == ["Trustworthiness", "Continuity"]
    session = app.session_state["explorer-session"]
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
    app = open_app("pages/map.py", **{"corpus": "medicare-faq", "precision": "float32", "map-method": "pca"})
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
    assert len(drawn.scene.places.units) == 40
    memory_of(1_000)
    finished(button(app, "Try again").click().run())
    assert not app.error
