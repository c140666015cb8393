"""Maps side by side, and matched clusters."""

import base64

import numpy as np
import pytest

import explorer
from explorer.analysis.projection import project
from explorer.analysis.specs import MapSpec
from explorer.comparison.contenders.spec import ContenderSpec
from explorer.encode.spec import OwnVectors, Tfidf
from explorer.ui.compare import map_rows, maps
from tests.app.driving import button, figure, finished, html_texts, metric, open_with_rows, said, select
from tests.app.test_compare_views import HOSTILE, compared, comparison_of, labelled, rows, session_of, shown


def decoded(numbers):
    """An array as plotly writes it: base64, or a plain list where it is short."""
    if isinstance(numbers, dict):
        return np.frombuffer(base64.b64decode(numbers["bdata"]), dtype=np.dtype(numbers["dtype"]))
    return np.array(numbers)


@pytest.fixture(scope="module")
def view_of():
    """Views over the same labelled rows, each in a session of its own."""
    corpus = labelled()
    return lambda view, **parameters: compared(corpus, OwnVectors(), view, **parameters)


def panels(app):
    """The rows and places of each panel, by the axis that it has."""
    found = {}
    for trace in figure(app)["data"]:
        if "customdata" in trace:
            numbers = decoded(trace["customdata"]) - 1
            points = np.stack([decoded(trace["x"]), decoded(trace["y"])], axis=1).astype(float)
            found.setdefault(trace.get("xaxis", "x"), {}).update(zip(numbers.tolist(), points, strict=True))
    return found


def highlit(app):
    """The highlighted rows of each panel."""
    found = {}
    for trace in figure(app)["data"]:
        if "selectedpoints" in trace:
            numbers = decoded(trace["customdata"]) - 1
            chosen = numbers[np.array(decoded(trace["selectedpoints"]), dtype=int)]
            found.setdefault(trace.get("xaxis", "x"), set()).update(chosen.tolist())
    return found


def pick(app, *points):
    picked = [{"curve_number": curve, "point_index": place} for curve, place in points]
    places = [place for _, place in points]
    app = select(app, "plotly_chart", {"points": picked, "point_indices": places, "box": [], "lasso": []})
    return finished(app)


def test_every_contender_with_vectors_has_a_map_of_the_same_rows(view_of):
    app = view_of("Maps", **{"compare-map-method": "pca"})
    comparison = comparison_of(app)
    assert app.multiselect(key="compare-spaces").value == [
        side.name for side in comparison.contenders if side.space is not None
    ]
    found = panels(app)
    assert len(found) == 2
    assert all(sorted(own) == list(range(32)) for own in found.values())
    spec = figure(app)
    titles = [each["text"] for each in spec["layout"]["annotations"]]
    for title, name in zip(titles, comparison.names, strict=False):
        assert title.startswith(f"{name} · trust ")
    shown_in_legend = [trace["name"] for trace in spec["data"] if trace["showlegend"]]
    assert sorted(shown_in_legend) == [f"topic {at}" for at in range(4)]
    assert "cannot be compared between maps" in said(app.caption)
    assert HOSTILE not in str(spec)


def test_a_map_is_that_of_the_map_page_turned_over_the_first(view_of):
    app = view_of("Maps", **{"compare-map-method": "pca"})
    sides = [side for side in comparison_of(app).contenders if side.space is not None]
    for own, side in zip(panels(app).values(), sides, strict=True):
        made = explorer.analysis.projection.project(side.space.index, MapSpec("pca")).coordinates
        drawn = np.stack([own[row] for row in range(32)])
        # Distances between points are the same up to the scale, whichever way the map is turned.
        distances = [np.linalg.norm(each[:, None] - each, axis=2).ravel() for each in (made, drawn)]
        assert np.corrcoef(distances)[0, 1] > 1 - 1e-6
    centres = [np.mean(list(own.values()), axis=0) for own in panels(app).values()]
    np.testing.assert_allclose(centres[0], centres[1], atol=2)


def test_a_lasso_in_one_panel_selects_the_rows_in_all(view_of):
    app = view_of("Maps", **{"compare-map-method": "pca"})
    traces = figure(app)["data"]
    assert highlit(app) == {}
    place = next(at for at, trace in enumerate(traces) if trace.get("xaxis") == "x2")
    wanted = (decoded(traces[place]["customdata"]) - 1)[[0, 2, 3]].tolist()
    app = pick(app, (place, 0), (place, 2), (place, 3))
    assert session_of(app).selection.rows.tolist() == sorted(wanted)
    assert highlit(app) == {"x": set(wanted), "x2": set(wanted)}
    assert any("maps side by side" in text for text in html_texts(app))
    assert len(app.dataframe[0].value) == 3
    button(app, "Clear").click().run()
    app = finished(app)
    assert highlit(app) == {}


def test_a_clicked_row_is_ringed_everywhere_with_its_nearest_rows_in_each_contender(view_of):
    app = view_of("Maps", **{"compare-map-method": "pca"})
    before = len(figure(app)["data"])
    row = int(decoded(figure(app)["data"][0]["customdata"])[1] - 1)
    app = pick(app, (0, 1))
    assert len(figure(app)["data"]) == before + 2
    assert f"Row {row + 1} and its nearest rows" in [head.value for head in app.header]
    comparison = comparison_of(app)
    sides = [side for side in comparison.contenders if side.space is not None]
    near = [side.neighbors(np.array([row]), 5).indices[0].tolist() for side in sides]
    items = [text for text in html_texts(app) if "in 1 of 2" in text or "in 2 of 2" in text]
    assert len(items) == 10
    for item, neighbor in zip(items, [*near[0], *near[1]], strict=True):
        assert f">row {neighbor + 1:,}<" in item
    assert sum("in 2 of 2" in item for item in items) == 2 * len(set(near[0]) & set(near[1]))
    assert "<b>bold" not in " ".join(html_texts(app))


def test_only_rows_that_exist_can_be_clicked(view_of):
    session = session_of(view_of("Maps", **{"compare-map-method": "pca"}))
    for number in (0, 33, -1):
        maps._click(session, number)
        assert session.selection is None
    maps._click(session, 32)
    assert session.selection.rows.tolist() == [31]


def test_a_selection_from_another_page_is_highlighted(view_of):
    app = view_of("Maps", **{"compare-map-method": "pca"})
    session_of(app).select([4, 9], "elsewhere")
    app = finished(app.run())
    assert highlit(app) == {"x": {4, 9}, "x2": {4, 9}}


@pytest.mark.parametrize("colour", ["label", "agreement", "cluster", "none"])
def test_one_colouring_is_on_all_maps(view_of, colour):
    app = view_of("Maps", **{"compare-map-method": "pca", "compare-colour": colour})
    by_panel = {}
    for trace in figure(app)["data"]:
        key = (trace["name"], str(trace["marker"].get("color")))
        by_panel.setdefault(trace.get("xaxis", "x"), []).append((key, decoded(trace["customdata"]).tolist()))
    assert by_panel["x"] == by_panel["x2"]
    if colour == "agreement":
        (trace, other) = figure(app)["data"]
        assert [trace["marker"]["showscale"], other["marker"]["showscale"]] == [True, False]
        agreement = comparison_of(app).agreement("jaccard").value[0, 1]
        assert decoded(trace["marker"]["color"]).mean() == pytest.approx(agreement, abs=1e-6)
    if colour == "cluster":
        assert app.number_input(key="compare-clusters").value == 4
        assert len(by_panel["x"]) == 4


def test_a_sample_is_drawn_of_many_rows_with_those_that_were_measured_and_selected(view_of, monkeypatch):
    monkeypatch.setattr(map_rows, "MOST_POINTS", 24)
    app = view_of("Maps", **{"compare-map-method": "pca"})
    comparison = comparison_of(app)
    object.__setattr__(comparison, "sample", np.arange(5))
    app = finished(app.run())
    drawn = panels(app)["x"]
    assert set(range(5)) <= set(drawn)
    assert 7 <= len(drawn) <= 12
    assert "of 32 rows are drawn" in said(app.caption)
    missing = next(row for row in range(32) if row not in drawn)
    session_of(app).select([missing], "elsewhere")
    app = finished(app.run())
    assert missing in panels(app)["x2"]


def test_maps_of_many_rows_are_made_of_a_sample_with_those_that_were_measured(view_of, monkeypatch):
    monkeypatch.setattr(map_rows, "MOST_ROWS", 12)
    app = view_of("Maps", **{"compare-map-method": "pca"})
    comparison = comparison_of(app)
    object.__setattr__(comparison, "sample", np.array([1, 7, 31]))
    app = finished(app.run())
    mapped = map_rows.mapped_rows(comparison)
    assert {1, 7, 31} <= set(mapped.tolist())
    assert len(mapped) == 12
    found = panels(app)
    assert sorted(found["x"]) == sorted(found["x2"]) == mapped.tolist()
    assert f"the maps are made of {len(mapped)}" in said(app.caption)
    first = next(side for side in comparison.contenders if side.space is not None)
    alone = project(first.space.index.subset(mapped), MapSpec("pca")).coordinates
    drawn = np.array([found["x"][row] for row in mapped.tolist()])
    same = [np.corrcoef(drawn[:, axis], alone[:, axis])[0, 1] for axis in (0, 1)]
    assert same == pytest.approx([1, 1], abs=1e-3)
    selected = next(row for row in range(32) if row not in mapped)
    session_of(app).select([selected], "elsewhere")
    assert not finished(app.run()).exception


def test_contenders_are_chosen_and_a_new_one_is_shown_unless_somebody_chose():
    app = compared(explorer.open_corpus(rows()), Tfidf(), "Maps", **{"compare-map-method": "pca"})
    assert len(panels(app)) == 1
    session_of(app).comparison.contenders = tuple(
        ContenderSpec(Tfidf(), first=first) for first in (None, 8, 6, 4, 3)
    )
    app = finished(app.run())
    names = app.multiselect(key="compare-spaces")
    assert len(names.options) == 5
    assert names.value == names.options[:4]
    assert len(panels(app)) == 4
    names.set_value(names.options[3:]).run()
    app = finished(app)
    assert len(panels(app)) == 2
    session_of(app).comparison.contenders = session_of(app).comparison.contenders[1:]
    app = finished(app.run())
    assert app.multiselect(key="compare-spaces").value == names.options[3:]
    app.multiselect(key="compare-spaces").set_value([]).run()
    app = finished(app)
    assert "Choose a contender" in said(app.caption)


@pytest.mark.parametrize("texts", [["only one", "and two"], ["the same"] * 6])
@pytest.mark.parametrize("view", ["Maps", "Clusters"])
def test_few_and_equal_rows_are_shown(texts, view):
    vectors = {"body": texts, "vector": np.ones((len(texts), 3)).tolist()}
    corpus = explorer.open_corpus(vectors, text="body", vectors="vector")
    app = compared(corpus, OwnVectors(), view)
    assert not app.exception
    assert not app.error


def test_clusters_of_all_contenders_are_matched_and_flow_into_each_other(view_of):
    app = view_of("Clusters")
    comparison = comparison_of(app)
    first, second = (side.name for side in comparison.contenders if side.space is not None)
    wanted = comparison.flows(first, second, 4)
    table = app.dataframe[0].value
    assert table["rows"].tolist() == wanted["rows"].tolist()
    numbers = [
        [int(name.split(".")[0]) - 1 for name in table[f"cluster in {one}"]] for one in (first, second)
    ]
    assert numbers == [wanted["first"].tolist(), wanted["second"].tolist()]
    labels = comparison.clusters(4)
    same = int((labels[first] == labels[second]).sum())
    assert metric(app, "Rows in matching clusters") == f"{same / 32:.0%}"
    assert 0 <= float(metric(app, "ARI")) <= 1
    sankey = figure(app)["data"][0]
    assert sum(sankey["link"]["value"]) == 32
    colours = sankey["node"]["color"]
    names = [label.split(".")[0] for label in sankey["node"]["label"]]
    assert len({(name, colour) for name, colour in zip(names, colours, strict=True)}) == len(set(names))
    assert HOSTILE not in str(figure(app))
    words = app.dataframe[2].value
    assert set(words["contender"]) == {first, second}
    assert words["rows"].sum() == 64


def test_a_chosen_flow_shows_its_rows_which_can_be_selected(view_of):
    app = view_of("Clusters")
    app.number_input(key="compare-clusters").set_value(5).run()
    app = finished(app)
    comparison = comparison_of(app)
    first, second = (side.name for side in comparison.contenders if side.space is not None)
    labels, wanted = comparison.clusters(5), comparison.flows(first, second, 5)
    app = finished(select(app, "dataframe", {"rows": [2], "columns": [], "cells": []}))
    source, target = wanted["first"][2], wanted["second"][2]
    of_flow = labels["row"][(labels[first] == source) & (labels[second] == target)]
    assert len(app.dataframe[1].value) == len(of_flow)
    button(app, "Select th").click().run()
    app = finished(app)
    assert session_of(app).selection.rows.tolist() == of_flow.tolist()
    app = shown(app, "Maps")
    assert highlit(app)["x"] == set(of_flow.tolist())


def test_one_contender_with_vectors_has_nothing_to_match():
    app = compared(explorer.open_corpus(rows()), Tfidf(), "Clusters")
    assert "Choose two contenders or more" in said(app.info)


def test_a_comparison_from_a_file_has_neither_maps_nor_clusters(tmp_path, view_of):
    app = view_of("Maps")
    before = comparison_of(app)
    before.save(tmp_path / "saved")
    session = session_of(app)
    opened = explorer.open_comparison(tmp_path / "saved", before.corpus)
    session.comparison.shown = (session.comparison.shown[0], opened)
    for view in ("Maps", "Clusters"):
        app = shown(app, view)
        assert "opened from a file" in said(app.info)


def test_the_page_needs_open_rows_only():
    app = open_with_rows(labelled(), OwnVectors())
    app.query_params["compare-shows"] = "Maps"
    app = finished(app.switch_page("pages/compare.py").run())
    assert len(panels(app)) == 2
