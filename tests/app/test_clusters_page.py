import pytest

from explorer.encode.spec import Tfidf
from tests.app.driving import finished, html_texts, metric, open_app, select


def opened(**parameters):
    return finished(open_app("pages/clusters.py", **parameters))


def table(app):
    return app.dataframe[0].value


def pasted(*lines):
    app = finished(open_app("pages/data.py"))
    app.segmented_control(key="rows-from").set_value("Pasted lines").run()
    app.text_area(key="lines").set_value("\n".join(lines)).run()
    finished(app)
    next(button for button in app.button if button.label.startswith("Encode")).click().run()
    finished(app)
    app.switch_page("pages/clusters.py").run()
    return finished(app)


def test_clusters_start_with_as_many_as_there_are_labels_and_are_held_against_them():
    app = opened()
    assert metric(app, "Clusters") == "12"
    assert 0 < float(metric(app, "ARI")) < 1
    assert int(table(app)["rows"].sum()) == 624
    assert len(table(app)["words"].iloc[0].split(", ")) == 6


def test_another_number_of_clusters_and_the_other_distance():
    app = opened()
    app.number_input(key="clusters").set_value(5)
    app.selectbox(key="distance").set_value("euclidean").run()
    finished(app)
    assert metric(app, "Clusters") == "5"


def test_density_leaves_noise_and_says_how_much():
    app = opened()
    app.selectbox(key="method").set_value("hdbscan").run()
    finished(app)
    noise = int(metric(app, "Noise").replace(",", ""))
    assert 0 < noise < 624
    assert noise + int(table(app)["rows"].sum()) == 624


def test_a_cluster_is_opened_renamed_and_selected():
    app = opened(corpus="song-moods")
    select(app, "dataframe", {"rows": [1], "columns": [], "cells": []})
    size = int(table(app)["rows"].iloc[1])
    name = next(element for element in app.text_input if element.label == "Name")
    name.set_value("my <b>songs</b>").run()
    assert table(app)["cluster"].iloc[1] == "my <b>songs</b>"
    next(button for button in app.button if button.label.startswith("Select its")).click().run()
    assert any(f"{size} rows" in text and "my &lt;b&gt;songs&lt;/b&gt;" in text for text in html_texts(app))


def test_numbers_of_clusters_are_compared_and_the_best_is_one_click_away():
    app = opened()
    app.segmented_control(key="clusters-view").set_value("How many clusters?").run()
    app = finished(app)
    button = next(button for button in app.button if button.label.startswith("Use k ="))
    suggested = button.label.split("=")[1].split(",")[0].strip()
    assert any("computed on 624 rows" in caption.value for caption in app.caption)
    button.click().run()
    finished(app)
    assert app.segmented_control(key="clusters-view").value == "Clusters"
    assert metric(app, "Clusters") == suggested


def test_more_clusters_than_different_rows_is_an_error_with_a_way_out():
    app = pasted("same", "same", "same", "other")
    app.number_input(key="clusters").set_value(4).run()
    finished(app)
    said = app.error[0].value.replace("\\", "")
    assert "only 2 distinct rows" in said
    app.number_input(key="clusters").set_value(2).run()
    finished(app)
    assert metric(app, "Clusters") == "2"


@pytest.mark.parametrize("lines", [("alone",), ("one", "two"), ("same", "same")])
def test_tiny_corpora_are_clustered_or_told_why_not(lines):
    app = pasted(*lines)
    app.number_input(key="clusters").set_value(1).run()
    finished(app)
    assert metric(app, "Clusters") == "1"
    app.segmented_control(key="clusters-view").set_value("How many clusters?").run()
    finished(app)
    assert app.info


def test_a_cluster_that_was_opened_is_closed_when_others_are_made_and_its_name_is_of_its_encoder():
    app = opened(corpus="song-moods")
    usual = app.number_input(key="clusters").value
    select(app, "dataframe", {"rows": [1], "columns": [], "cells": []})
    next(element for element in app.text_input if element.label == "Name").set_value("mine").run()
    app.number_input(key="clusters").set_value(3).run()
    finished(app)
    assert not [element for element in app.text_input if element.label == "Name"]
    app.number_input(key="clusters").set_value(usual).run()
    assert "mine" in list(table(finished(app))["cluster"])
    session = app.session_state["explorer-session"]
    session.open(session.corpus, Tfidf())
    app.run()
    assert "mine" not in list(table(finished(app))["cluster"])
