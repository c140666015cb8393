import re

import pytest

from explorer.analysis.function_words import is_function_word
from explorer.encode.spec import Tfidf
from tests.app.driving import finished, html_texts, metric, open_app, select, session_of, unescaped, with_open


def opened(**parameters):
    return finished(open_app("pages/clusters.py", **parameters))


def frame(app, first):
    """The table whose first column has this name."""
    return next(element.value for element in app.dataframe if element.value.columns[0] == first)


def table(app):
    return frame(app, "cluster")


def open_cluster(app, place):
    return select(app, "dataframe", {"rows": [place], "columns": [], "cells": []})


def said(app):
    return unescaped(" ".join(element.value for element in app.markdown))


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
    assert len(table(app)) == 12
    assert not app.metric, "what is behind a button is made once it is opened"
    app.session_state["labels-and-clusters"] = True
    finished(app.run())
    assert 0 < float(metric(app, "ARI")) < 1
    assert f"The clusters agree weakly with *queue*: AMI {float(metric(app, 'AMI')):.2f}" in said(app)
    rows = list(table(app)["rows"])
    assert (sum(rows), rows) == (624, sorted(rows, reverse=True))
    assert list(table(app)["share"]) == pytest.approx([100 * size / 624 for size in rows])
    assert len(table(app)["words"].iloc[0].split(", ")) == 6
    assert not any(map(is_function_word, ", ".join(table(app)["words"]).split(", ")))
    counts = frame(app, "queue")
    assert len(counts) == 12
    assert list(counts.columns[1:]) == list(table(app)["cluster"])
    assert counts.iloc[:, 1:].sum().tolist() == rows


def test_the_page_says_whether_the_clusters_are_real_and_which_are_stable_or_mixed():
    app = opened()
    text = said(app)
    assert "No structure found." in text
    assert "0 of 10 random halves of the rows" in text
    back = table(app)["comes back"]
    stable, lost = int((back >= 0.75).sum()), int((back < 0.6).sum())
    part = f", {12 - stable - lost} in part" if stable + lost < 12 else ""
    assert f"When rows are drawn anew, {stable} of 12 clusters come back{part}, {lost} not." in text
    remarks = table(app)["remarks"]
    assert (remarks.str.contains("unstable") == (back < 0.6)).all()
    assert (remarks.str.contains("mixed") == (table(app)["alike"] < 80)).all()
    assert 0 < remarks.str.contains("mixed").sum() < 12


def test_few_rows_cannot_tell_whether_there_are_clusters():
    app = opened(corpus="medicare-faq")
    assert "Too few rows to tell. 13 distinct rows are not enough" in said(app).replace("**", "")


def test_another_number_of_clusters_and_the_other_distance():
    app = with_open(opened(), "clusters-advanced")
    app.number_input(key="clusters").set_value(5)
    app.selectbox(key="distance").set_value("euclidean").run()
    finished(app)
    assert len(table(app)) == 5


def test_density_leaves_noise_and_says_how_much():
    app = opened()
    app.selectbox(key="method").set_value("hdbscan").run()
    finished(app)
    noise = int(re.search(r"([\d,]+) rows \([\d.]+ %\) are noise", said(app))[1])
    assert "Stability is measured for k-means only." in said(with_open(app, "how-found"))
    assert "comes back" not in table(app)
    assert 0 < noise < 624
    assert noise + int(table(app)["rows"].sum()) == 624


def test_a_cluster_is_opened_renamed_and_selected():
    app = opened(corpus="song-moods")
    open_cluster(app, 1)
    size = int(table(app)["rows"].iloc[1])
    name = next(element for element in app.text_input if element.label == "Name")
    name.set_value("my <b>songs</b>").run()
    assert table(app)["cluster"].iloc[1] == "my <b>songs</b>"
    next(button for button in app.button if button.label.startswith("Select its")).click().run()
    assert any(f"{size} rows" in text and "my &lt;b&gt;songs&lt;/b&gt;" in text for text in html_texts(app))


def test_where_no_number_of_clusters_stands_out_none_is_offered():
    app = opened()
    app.segmented_control(key="clusters-view").set_value("How many clusters?").run()
    app = finished(app)
    assert any("computed on 624 rows" in caption.value for caption in app.caption)
    assert "(silhouette 0.0" in said(app)
    assert "Both are low: no number of clusters stands out." in said(app)
    assert not [button for button in app.button if button.label.startswith("Use k =")]


def test_numbers_of_clusters_are_compared_and_the_best_is_one_click_away():
    about = (
        "my invoice number {} is wrong",
        "a slow guitar ballad about river {}",
        "bake the bread for {} minutes",
        "the goalkeeper saved {} shots in the match",
    )
    app = pasted(*(text.format(number) for text in about for number in range(30)))
    app.segmented_control(key="clusters-view").set_value("How many clusters?").run()
    app = finished(app)
    button = next(button for button in app.button if button.label.startswith("Use k ="))
    suggested = button.label.split("=")[1].split(",")[0].strip()
    assert suggested == "4"
    assert "The silhouette is highest at **k = 4** (silhouette 0." in said(app)
    assert "stands out" not in said(app)
    button.click().run()
    finished(app)
    assert app.segmented_control(key="clusters-view").value == "Clusters"
    assert len(table(app)) == int(suggested)


def test_an_end_of_the_range_is_not_recommended():
    app = pasted(*(f"{word} {number}" for word in ("invoice", "parcel") for number in range(6)))
    app.segmented_control(key="clusters-view").set_value("How many clusters?").run()
    finished(app)
    assert not [button for button in app.button if button.label.startswith("Use k =")]
    assert any("of the range" in info.value for info in app.info)


def test_more_clusters_than_different_rows_is_an_error_with_a_way_out():
    app = pasted("same", "same", "same", "other")
    app.number_input(key="clusters").set_value(4).run()
    finished(app)
    said = app.error[0].value.replace("\\", "")
    assert "only 2 distinct rows" in said
    app.number_input(key="clusters").set_value(2).run()
    finished(app)
    assert len(table(app)) == 2


@pytest.mark.parametrize("lines", [("alone",), ("one", "two"), ("same", "same")])
def test_tiny_corpora_are_clustered_or_told_why_not(lines):
    app = pasted(*lines)
    app.number_input(key="clusters").set_value(1).run()
    finished(app)
    assert len(table(app)) == 1
    app.segmented_control(key="clusters-view").set_value("How many clusters?").run()
    finished(app)
    assert app.info


def test_a_cluster_that_was_opened_is_closed_when_others_are_made_and_its_name_is_of_its_encoder():
    app = opened(corpus="song-moods")
    usual = app.number_input(key="clusters").value
    open_cluster(app, 1)
    next(element for element in app.text_input if element.label == "Name").set_value("mine").run()
    app.number_input(key="clusters").set_value(3).run()
    finished(app)
    assert not [element for element in app.text_input if element.label == "Name"]
    app.number_input(key="clusters").set_value(usual).run()
    assert "mine" in list(table(finished(app))["cluster"])
    session = session_of(app)
    session.open(session.corpus, Tfidf())
    app.run()
    assert "mine" not in list(table(finished(app))["cluster"])


@pytest.mark.slow
def test_groups_with_a_gap_are_called_clear_and_their_central_rows_lead_to_the_map():
    app = pasted(
        *(f"my invoice number {number} is wrong" for number in range(60)),
        *(f"a slow guitar ballad about river {number}" for number in range(60)),
    )
    app.number_input(key="clusters").set_value(2).run()
    finished(app)
    text = said(app).replace("**", "")
    assert "Clear structure. Gaps separate at least 2 groups" in text
    assert "2 of 2 clusters come back, 0 not" in text
    assert list(table(app)["remarks"]) == ["stable", "stable"]
    open_cluster(app, 0)
    to_map = [button for button in app.button if button.label == "Show on the map"]
    assert len(to_map) == 1 + 5
    to_map[1].click().run()
    finished(app)
    session = session_of(app)
    assert len(session.selection) == 1
    assert session.selection.origin.startswith("row ")
