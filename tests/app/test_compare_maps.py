"""Maps side by side, and matched clusters."""

import numpy as np
import pytest

import explorer
from explorer.analysis.projection import project
from explorer.analysis.specs import MapSpec
from explorer.comparison.contenders.spec import ContenderSpec
from explorer.encode.spec import OwnVectors, Tfidf
from explorer.numbers import percent
from explorer.ui.compare import map_rows
from explorer.ui.widgets.map_view.events import read_pick
from tests.app.driving import button, figure, finished, html_texts, metric, open_with_rows, said, select
from tests.app.test_compare_views import HOSTILE, compared, comparison_of, labelled, rows, session_of, shown


@pytest.fixture(scope="module")
def view_of():
    """Views over the same labelled rows, each in a session of its own."""
    corpus = labelled()
    return lambda view, **parameters: compared(corpus, OwnVectors(), view, **parameters)


@pytest.fixture
def maps_of(view_of, drawn):
    """The view of maps, by PCA; what it draws is in `drawn`."""
    return lambda **parameters: view_of("Maps", **{"compare-map-method": "pca"}, **parameters)


def places(drawn):
    """Where the points are on each map, in their own order, shape (maps, points, 2)."""
    positions = drawn.scene.positions
    sent = [np.frombuffer(each.value, dtype="<u2").reshape(-1, 2) for each in positions.contents]
    return np.stack([each[positions.ranks].astype(float) for each in sent])


def row_of(drawn, point):
    """The row behind a point, from 0."""
    return int(drawn.tip(point)[0].partition(" · ")[0].removeprefix("row ")) - 1


def rows_of(drawn):
    """The row behind each point, from 0."""
    return [row_of(drawn, point) for point in range(len(drawn.scene.positions))]


def highlit(drawn):
    """The highlighted rows; None if none is."""
    return None if drawn.selected is None else [row_of(drawn, at) for at in np.flatnonzero(drawn.selected)]


def pick(app, drawn, points, mode="replace"):
    """The page after points were picked on a map."""
    drawn.on_pick(np.array(points, dtype=np.int64), mode)
    return finished(app.run())


def with_vectors(app):
    return [side for side in comparison_of(app).contenders if side.space is not None]


def test_every_contender_with_vectors_has_a_map_of_the_same_rows(maps_of, drawn):
    app = maps_of()
    names = [side.name for side in with_vectors(app)]
    assert app.multiselect(key="compare-spaces").value == names
    assert places(drawn).shape == (2, 32, 2)
    assert rows_of(drawn) == list(range(32))
    titles = drawn.described["panels"]
    assert len(titles) == 2
    for title, name in zip(titles, names, strict=True):
        assert title.startswith(f"{name} · trust ")
    assert drawn.described["morph"] == []
    assert [group["name"] for group in drawn.described["legend"]] == [f"topic {at}" for at in range(4)]
    assert "cannot be compared between maps" in said(app.caption)


def test_a_map_is_that_of_the_map_page_turned_over_the_first(maps_of, drawn):
    sides = with_vectors(maps_of())
    for own, side in zip(places(drawn), sides, strict=True):
        made = project(side.space.index, MapSpec("pca")).coordinates
        # Distances between points are the same up to the scale, whichever way the map is turned.
        distances = [np.linalg.norm(each[:, None] - each, axis=2).ravel() for each in (made, own)]
        assert np.corrcoef(distances)[0, 1] > 1 - 1e-6
    centres = places(drawn).mean(axis=1)
    np.testing.assert_allclose(centres[0], centres[1], atol=2)


def test_one_map_turns_into_the_next_in_one_panel_where_a_lasso_is_of_the_map_it_has_become(maps_of, drawn):
    app = maps_of(**{"compare-map-layout": "morph"})
    names = [side.name for side in with_vectors(app)]
    assert drawn.described["morph"] == names
    assert drawn.described["panels"] == [""]
    told = said(app.caption)
    assert all(f"{name} 0." in told or f"{name} 1." in told for name in names)  # the trust in each
    first, second = places(drawn)
    right = np.median(np.unique(second[:, 0])) + 0.5
    polygon = np.array([[-1.0, -1.0], [right, -1.0], [right, 65536.0], [-1.0, 65536.0]])
    inside = drawn.scene.inside(polygon, 1.0)
    assert inside.tolist() == np.flatnonzero(second[:, 0] < right).tolist()
    assert inside.tolist() != drawn.scene.inside(polygon, 0.0).tolist()
    app = pick(app, drawn, inside)
    assert session_of(app).selection.rows.tolist() == inside.tolist()
    app.selectbox(key="compare-map-layout").set_value("panels").run()
    app = finished(app)
    assert "compare-map-layout" not in app.query_params
    assert len(drawn.described["panels"]) == 2
    assert highlit(drawn) == inside.tolist()
    np.testing.assert_array_equal(places(drawn), [first, second])


def test_a_lasso_in_one_panel_selects_the_rows_in_all(maps_of, drawn):
    app = maps_of()
    assert highlit(drawn) is None
    app = pick(app, drawn, [3, 8, 20])
    assert session_of(app).selection.rows.tolist() == [3, 8, 20]
    assert highlit(drawn) == [3, 8, 20]
    assert any("compared maps" in text for text in html_texts(app))
    assert len(app.dataframe[0].value) == 3
    app = pick(app, drawn, [8, 9], "add")
    app = pick(app, drawn, [3], "subtract")
    assert highlit(drawn) == [8, 9, 20]
    app = pick(app, drawn, range(32), "invert")
    assert highlit(drawn) == [row for row in range(32) if row not in (8, 9, 20)]
    app = pick(app, drawn, [])  # around nothing
    assert len(session_of(app).selection) == 29
    app = pick(app, drawn, [], "none")
    assert session_of(app).selection is None
    app = pick(app, drawn, [1, 2])
    button(app, "Clear").click().run()
    finished(app)
    assert highlit(drawn) is None


def test_a_clicked_row_is_selected_everywhere_with_its_nearest_rows_in_each_contender(maps_of, drawn):
    row = 5
    app = pick(maps_of(), drawn, [row])
    assert highlit(drawn) == [row]
    assert not hasattr(drawn, "lines")  # they would differ from map to map
    assert f"Row {row + 1} and its nearest rows" in [head.value for head in app.header]
    near = [side.neighbors(np.array([row]), 5).indices[0].tolist() for side in with_vectors(app)]
    items = [text for text in html_texts(app) if "in 1 of 2" in text or "in 2 of 2" in text]
    assert len(items) == 10
    for item, neighbor in zip(items, [*near[0], *near[1]], strict=True):
        assert f">row {neighbor + 1:,}<" in item
    assert sum("in 2 of 2" in item for item in items) == 2 * len(set(near[0]) & set(near[1]))
    assert "<b>bold" not in " ".join(html_texts(app))


def test_only_rows_that_exist_can_be_picked(maps_of, drawn):
    maps_of()
    picked = {"map": drawn.described["map"], "mode": "replace"}
    for point in (-1, 32, 1.5, True, "1", None):
        assert read_pick(picked | {"point": point}, drawn.scene) is None
    points, mode = read_pick(picked | {"point": 31}, drawn.scene)
    assert (points.tolist(), mode) == ([drawn.scene.positions.order[31]], "replace")


def test_pointing_at_a_row_shows_its_number_its_colour_and_its_text_as_it_is(maps_of, drawn):
    corpus = session_of(maps_of()).corpus
    head, text = drawn.tip(6)
    assert head == "row 7 · topic 2"
    assert text == corpus.texts[6].strip()
    assert HOSTILE in text  # the browser shows it as text


def test_a_selection_from_another_page_is_highlighted(maps_of, drawn):
    app = maps_of()
    session_of(app).select([4, 9], "elsewhere")
    finished(app.run())
    assert highlit(drawn) == [4, 9]


@pytest.mark.parametrize("colour", ["label", "agreement", "cluster", "none"])
def test_one_colouring_is_on_all_maps(maps_of, drawn, colour):
    app = maps_of(**{"compare-colour": colour})
    values = [drawn.tip(point)[0].partition(" · ")[2] for point in range(32)]
    if colour == "label":
        assert values == session_of(app).corpus.labels
    if colour == "agreement":
        agreement = comparison_of(app).agreement("jaccard").value[0, 1]
        assert np.mean([float(value) for value in values]) == pytest.approx(agreement, abs=1e-3)
        assert drawn.described["scale"]
    if colour == "cluster":
        assert app.number_input(key="compare-clusters").value == 4
        assert len(drawn.described["legend"]) == 4
        assert set(values) == {group["name"] for group in drawn.described["legend"]}
    if colour == "none":
        assert values == [""] * 32
        assert drawn.scene.categories is None


def test_maps_of_many_rows_are_made_of_a_sample_with_those_that_were_measured(maps_of, drawn, monkeypatch):
    monkeypatch.setattr(map_rows, "MOST_ROWS", 12)
    app = maps_of()
    comparison = comparison_of(app)
    object.__setattr__(comparison, "sample", np.array([1, 7, 31]))
    app = finished(app.run())
    mapped = map_rows.mapped_rows(comparison)
    assert {1, 7, 31} <= set(mapped.tolist())
    assert len(mapped) == 12
    assert rows_of(drawn) == mapped.tolist()
    assert f"The maps are made of {len(mapped)} of 32 rows" in said(app.caption)
    alone = project(with_vectors(app)[0].space.index.subset(mapped), MapSpec("pca")).coordinates
    same = [np.corrcoef(places(drawn)[0][:, axis], alone[:, axis])[0, 1] for axis in (0, 1)]
    assert same == pytest.approx([1, 1], abs=1e-3)
    app = pick(app, drawn, [2, 11])
    assert session_of(app).selection.rows.tolist() == mapped[[2, 11]].tolist()
    assert highlit(drawn) == mapped[[2, 11]].tolist()
    assert "Of the selected rows" not in said(app.caption)
    session_of(app).select([next(row for row in range(32) if row not in mapped)], "elsewhere")
    app = finished(app.run())
    assert not app.exception
    assert drawn.selected is None
    assert "Of the selected rows, 1 is not among them." in said(app.caption)


def test_rows_without_a_value_are_grey(drawn):
    prices = [None if at == 3 else float(at) for at in range(32)]
    table = {"body": rows(), "price": prices}
    corpus = explorer.open_corpus(table, text="body")
    parameters = {"compare-map-method": "pca", "compare-colour": "column:price"}
    app = compared(corpus, Tfidf(), "Maps", **parameters)
    assert "Rows without a value are grey." in said(app.caption)
    sent = np.frombuffer(drawn.scene.categories.value, dtype=np.uint8)
    assert np.flatnonzero(sent[drawn.scene.positions.ranks] == 0).tolist() == [3]
    assert drawn.tip(3)[0] == "row 4"


def test_contenders_are_chosen_and_a_new_one_is_shown_unless_somebody_chose(drawn):
    app = compared(explorer.open_corpus(rows()), Tfidf(), "Maps", **{"compare-map-method": "pca"})
    assert len(places(drawn)) == 1
    assert not [box for box in app.selectbox if box.key == "compare-map-layout"]
    session_of(app).comparison.contenders = tuple(
        ContenderSpec(Tfidf(), first=first) for first in (None, 8, 6, 4, 3)
    )
    app = finished(app.run())
    names = app.multiselect(key="compare-spaces")
    assert len(names.options) == 5
    assert names.value == names.options[:4]
    assert len(places(drawn)) == len(drawn.described["panels"]) == 4
    names.set_value(names.options[3:]).run()
    app = finished(app)
    assert len(places(drawn)) == 2
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
    assert metric(app, "Rows in matching clusters") == percent(same / 32)
    assert 0 <= float(metric(app, "ARI")) <= 1
    sankey = figure(app)["data"][0]
    assert sum(sankey["link"]["value"]) == 32
    colours = sankey["node"]["color"]
    names = [label.split(".")[0] for label in sankey["node"]["customdata"]]
    assert len({(name, colour) for name, colour in zip(names, colours, strict=True)}) == len(set(names))
    assert HOSTILE not in str(figure(app))
    words = app.dataframe[2].value
    assert set(words["contender"]) == {first, second}
    assert words["rows"].sum() == 64


def test_a_chosen_flow_shows_its_rows_which_can_be_selected(view_of, drawn):
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
    shown(app, "Maps")
    assert highlit(drawn) == of_flow.tolist()


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


def test_the_page_needs_open_rows_only(drawn):
    app = open_with_rows(labelled(), OwnVectors())
    app.query_params["compare-shows"] = "Maps"
    finished(app.switch_page("pages/compare.py").run())
    assert len(places(drawn)) == 2
