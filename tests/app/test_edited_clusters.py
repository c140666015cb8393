import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

from explorer.analysis.clusters import cluster
from explorer.analysis.specs import ClusterSpec
from explorer.ui.clusters import view
from explorer.ui.shell import session as sessions
from tests.app.driving import (
    button,
    cluster_sizes,
    figure,
    finished,
    html_texts,
    labels,
    metric,
    open_app,
    open_share,
    said,
    select,
    session_of,
    unescaped,
    with_open,
)
from tests.app.test_clusters_page import open_cluster, opened, pasted, table

SONGS = {"corpus": "song-moods", "clusters": "4"}
HOSTILE = "<b>x</b> *y* $z$ :smile:"


def edits(app):
    """The steps in the link, without the digest of the clusters that they are about."""
    linked = app.query_params.get("cluster-edits")
    return linked and linked.partition(";of:")[0]


def choose(app, *places):
    return select(app, "dataframe", {"rows": list(places), "columns": [], "cells": []})


def merge(app, *places):
    choose(app, *places)
    button(app, "Merge these").click().run()
    return finished(app)


def split(app, place, parts=2):
    open_cluster(app, place)
    next(box for box in app.number_input if box.label == "Into how many clusters").set_value(parts).run()
    button(app, f"Split into {parts}").click().run()
    return finished(app)


def rename(app, place, name):
    open_cluster(app, place)
    next(box for box in app.text_input if box.label == "Name").set_value(name).run()


@pytest.fixture
def downloaded(monkeypatch):
    """What the assignments that are offered last would be."""
    offered = []
    monkeypatch.setattr(view, "download_table", lambda _label, make, *_args, **_how: offered.append(make))
    return lambda: offered[-1]().to_pandas()


def test_two_clusters_chosen_are_shown_side_by_side_and_merged_in_one_click(downloaded):
    app = opened(**SONGS)
    before = list(table(app)["rows"])
    choose(app, 1, 3)
    primary = [one.label for one in app.button if one.proto.type == "primary"]
    assert primary == ["Merge these 2 clusters"]
    assert f"**2 clusters** · {before[1] + before[3]} rows" in said(app.markdown)
    assert not [box for box in app.text_input if box.label == "Name"]
    first = downloaded()
    merge(app, 1, 3)
    assert sorted(table(app)["rows"]) == sorted([before[0], before[2], before[1] + before[3]])
    assert "3 clusters from the 4 that k-means found, by 1 merge." in said(app.markdown)
    assert edits(app) == "merge:2,4"
    now = downloaded()
    assert metrics.adjusted_rand_score(now["cluster"], first["cluster"].replace({4: 2})) == 1
    assert now["cluster"].value_counts().tolist() == list(table(app)["rows"])
    assert list(dict.fromkeys(now.sort_values("cluster")["cluster name"])) == list(table(app)["cluster"])
    ari = metrics.adjusted_rand_score(now["mood"], now["cluster"])
    app.session_state["labels-and-clusters"] = True
    assert float(metric(finished(app.run()), "ARI")) == pytest.approx(ari, abs=5e-4)


def test_a_chosen_one_of_several_is_opened_alone():
    app = opened(**SONGS)
    choose(app, 0, 2)
    [one for one in app.button if one.label == "Open only this one"][1].click().run()
    name = next(box for box in app.text_input if box.label == "Name")
    assert name.value == table(app)["cluster"].iloc[2]
    assert "Select its" in " ".join(labels(app))


def test_names_of_clusters_that_no_step_touched_stay_and_say_what_others_came_from():
    app = opened(**SONGS)
    for place, name in enumerate([HOSTILE, "second", "third", "fourth"]):
        rename(app, place, name)
    merge(app, 0, 3)
    rows = table(app).set_index("cluster")
    assert rows.loc["second", "by hand"] == rows.loc["third", "by hand"] == ""
    (made,) = rows.index.difference(["second", "third"])
    assert rows.loc[made, "by hand"] == f"from “{HOSTILE}” + “fourth”"
    place = list(table(app)["cluster"]).index(made)
    rename(app, place, "both")
    split(app, place, 3)
    parts = table(app)[table(app)["by hand"] == "part of “both”"]
    assert len(parts) == 3
    assert {"second", "third"} <= set(table(app)["cluster"])
    merge(app, *parts.index)
    assert "both" in set(table(app)["cluster"])  # all parts are the whole again
    button(app, "Back to the 4 found").click().run()
    assert list(table(finished(app))["cluster"]) == [HOSTILE, "second", "third", "fourth"]
    assert "by hand" not in table(app)


def test_stability_is_shown_only_for_clusters_as_k_means_found_them():
    app = opened(**SONGS)
    back = list(table(app)["comes back"])
    assert "merged or split by hand" not in said(app.caption)
    merge(app, 0, 1)
    split(app, list(table(app)["by hand"]).index(""))
    now = table(app)
    as_it_was = now["by hand"] == ""
    assert as_it_was.sum() == 1
    assert now["comes back"][as_it_was].iloc[0] in back
    assert now["comes back"][~as_it_was].isna().all()
    assert not now["remarks"][~as_it_was].str.contains("stable").any()
    text = said(app.markdown)
    assert "of 4 clusters come back" in text
    assert "these 4 clusters are probably parts of one cloud" in text
    assert "Stability is that of the 4 clusters that k-means found" in said(app.caption)
    button(app, "Undo the last step").click().run()
    finished(app)
    button(app, "Undo the last step").click().run()
    assert list(table(finished(app))["comes back"]) == back
    assert edits(app) is None


def test_edited_clusters_are_those_of_every_page(drawn):
    app = opened(corpus="song-moods")
    merge(app, 0, 1, 2)
    app.number_input(key="clusters").set_value(5).run()
    merge(finished(app), 0, 4)
    split(app, 0)
    names, sizes = list(table(app)["cluster"]), list(table(app)["rows"])
    steps = edits(app)
    app.switch_page("pages/map.py").run()
    app.selectbox(key="colour").select("Cluster").run()
    finished(app)
    legend = {group["name"]: group["count"] for group in drawn.scene.colours.legend}
    assert legend == dict(zip(names, sizes, strict=True))
    app.switch_page("pages/similarity.py").run()
    app.segmented_control(key="view").set_value("Between groups").run()
    app.segmented_control(key="groups-of").set_value("cluster").run()
    finished(app)
    told = {f"{name} ({size})" for name, size in zip(names, sizes, strict=True)}
    assert set(figure(app)["layout"]["xaxis"]["labelalias"].values()) == told
    app.switch_page("pages/overview.py").run()
    finished(app)
    assert "Of the 5 clusters that k-means divides them into, edited by hand, the largest" in said(
        app.markdown
    )
    bars = [text for text in html_texts(app) if 'class="theme"' in text]
    assert [int(bar.split('class="rows">')[1].split(" ·")[0]) for bar in bars] == sizes
    app.switch_page("pages/clusters.py").run()
    finished(app)
    assert app.number_input(key="clusters").value == 5
    assert (cluster_sizes(app), edits(app)) == (sizes, steps)
    app.number_input(key="clusters").set_value(12).run()
    finished(app)
    assert (len(table(app)), edits(app)) == (10, "merge:1-3")


def test_the_fit_of_rows_is_to_the_centroids_of_edited_clusters():
    app = opened(**SONGS)
    merge(app, 0, 1, 2)
    with_open(app, "fit-worst")
    worst = next(one.value for one in app.dataframe if one.value.columns[0] == "fit")
    space = session_of(app).spaces[session_of(app).encoder]
    found = cluster(space.index, ClusterSpec(k=4)).labels
    rows = space.vectors / np.linalg.norm(space.vectors, axis=1, keepdims=True)
    means = np.stack([rows[found != 3].mean(0), rows[found == 3].mean(0)])
    far = 1 - rows @ (means / np.linalg.norm(means, axis=1, keepdims=True)).T
    own, other = np.where(found[:, None] == 3, far[:, ::-1], far).T
    margin = (other - own) / np.maximum(own, other)
    assert list(worst["row"] - 1) == np.argsort(margin)[:10].tolist()
    np.testing.assert_allclose(worst["fit"], np.sort(margin)[:10], atol=1e-4)


def test_a_link_shows_the_same_clusters_to_someone_else():
    app = opened(**SONGS)
    merge(app, 1, 3)
    split(app, 0, 3)
    assert ";of:" in app.query_params["cluster-edits"]
    other = opened(**SONGS, **{"cluster-edits": app.query_params["cluster-edits"]})
    pd.testing.assert_frame_equal(table(other), table(app))
    assert not other.warning


@pytest.mark.parametrize(
    ("asked", "left", "told"),
    [
        ("merge:1,2;split:9:2;merge:1,2", "merge:1-2", "Step 2 of 3 is left out, with those after it: There"),
        ("merge:1,2;<b>x</b>", "merge:1-2", "“<b>x</b>” in this link merges or splits no clusters"),
        ("merge:1,7", None, "Step 1 of 1 is left out: There is no cluster 7"),
        (";".join(["split:1:2"] * 51), None, "the first 50 are used"),
    ],
)
def test_what_of_a_link_does_not_fit_is_said_and_left_out(asked, left, told):
    app = opened(**SONGS, **{"cluster-edits": asked})
    assert told in said(app.warning)
    assert not app.error
    button(app, "Dismiss").click().run()
    finished(app)
    assert not app.warning
    if len(asked) < 100:
        assert edits(app) == left
    assert len(table(app)) == (3 if left else 54 if len(asked) > 100 else 4)


def test_a_cluster_of_too_few_distinct_rows_is_not_split_and_the_page_says_why():
    app = pasted("same", "same", "same", "other")
    app.number_input(key="clusters").set_value(2).run()
    finished(app)
    split(app, 0, 3)
    assert "Cluster 1 cannot be split into 3: it has only 1 distinct row." in said(app.warning)
    assert list(table(app)["rows"]) == [3, 1]
    button(app, "Dismiss").click().run()
    assert not finished(app).warning
    assert edits(app) is None
    open_cluster(app, 1)
    assert not [one for one in labels(app) if one.startswith("Split into")]  # a single row


def test_clusters_by_density_are_split_by_k_means_and_the_page_says_so():
    app = opened(method="hdbscan", **{"min-size": "4"})
    noise = 624 - sum(table(app)["rows"])
    open_cluster(app, 0)
    assert "so k-means of its rows splits it." in said(app.caption)
    k = len(table(app))
    split(app, 0)
    assert len(table(app)) == k + 1
    assert 624 - sum(table(app)["rows"]) == noise
    assert f"{k + 1} clusters from the {k} that HDBSCAN found, by 1 split." in said(app.markdown)
    assert app.query_params["method"] == "hdbscan"
    app.switch_page("pages/overview.py").run()
    assert "clusters that HDBSCAN finds in them, edited by hand" in said(finished(app).markdown)
    app.switch_page("pages/clusters.py").run()
    assert len(table(finished(app))) == k + 1
    older = opened(method="HDBSCAN (finds k itself, leaves noise)", **{"min-size": "4"})
    assert "HDBSCAN" not in said(older.error)
    assert older.query_params["method"] == "hdbscan"


def test_a_reload_elsewhere_keeps_method_size_and_edits_and_those_of_only_selected_rows(monkeypatch):
    monkeypatch.setattr(sessions, "identify_visitor", lambda: "this browser")
    app = opened(method="hdbscan", **{"min-size": "4"})
    merge(app, 0, 1)
    sizes = list(table(app)["rows"])
    reloaded = finished(open_app("pages/overview.py", corpus=app.query_params["corpus"]))
    reloaded.switch_page("pages/clusters.py").run()
    assert list(table(finished(reloaded))["rows"]) == sizes
    assert (edits(reloaded), reloaded.number_input(key="min-size").value) == ("merge:1-2", 4)
    session = session_of(reloaded)
    session.select(range(100), "a test")
    session.focus_on(session.selection)
    finished(reloaded)
    reloaded.selectbox(key="method").select("k-means").run()
    merge(finished(reloaded), 0, 1)
    sizes = list(table(reloaded)["rows"])
    again = opened(**{name: reloaded.query_params[name] for name in reloaded.query_params})
    assert list(table(again)["rows"]) == sizes


def test_no_more_steps_than_a_link_takes_are_offered():
    app = opened(**SONGS, **{"cluster-edits": ";".join(["split:1:3", "merge:1,2"] * 25)})
    assert not app.warning
    assert table(app)["by hand"].str.len().max() < 250  # however many steps it came from
    choose(app, 0, 1)
    assert button(app, "Merge these").disabled
    assert "merged and split 50 times" in said(app.caption)
    open_cluster(app, 0)
    assert button(app, "Split into").disabled


def test_a_link_to_clusters_that_are_found_otherwise_here_merges_none_of_them():
    app = opened(**SONGS, **{"cluster-edits": "merge:1-2;of:00000000"})
    assert "merges and splits other clusters than those found here" in said(app.warning)
    assert (len(table(app)), edits(app)) == (4, None)
    app.number_input(key="clusters").set_value(5).run()
    assert not finished(app).warning  # which is about the 4
    app.number_input(key="clusters").set_value(4).run()
    merge(app, 0, 1)
    assert (edits(app), len(app.warning)) == ("merge:1-2", 0)


def test_a_link_has_no_edits_of_clusters_of_only_selected_rows():
    app = opened(**SONGS)
    session = session_of(app)
    session.select(range(60), "a test")
    session.focus_on(session.selection)
    merge(finished(app), 0, 1)
    assert (len(table(app)), edits(app)) == (3, None)
    assert "Nor do merges and splits of their clusters." in said(open_share(app).markdown)
    session.focus_on(None)
    merge(finished(app), 1, 2)
    assert edits(app) == "merge:2-3"


def test_edits_of_a_link_are_left_when_other_rows_are_opened_before_they_are_used():
    app = open_app("pages/clusters.py", **SONGS, **{"cluster-edits": "merge:1-2"})
    app.session_state["cluster-edits-asked"] = "merge:1-2"  # as before the rows are encoded
    box = next(box for box in app.selectbox if box.label == "Open rows")
    box.select("support-tickets").run()
    assert "Edited by hand" not in said(finished(app).markdown)
    assert edits(app) is None


def test_what_was_merged_and_then_split_is_called_by_the_words_of_the_first():
    app = opened(**SONGS)
    first = table(app)["cluster"].iloc[0].partition(". ")[2]
    merge(app, 0, 1, 2)
    split(app, list(table(app)["by hand"]).index(next(one for one in table(app)["by hand"] if one)))
    assert f"part of “{first} and 2 more”" in set(table(app)["by hand"])


def test_when_rows_are_added_the_selection_stays_and_the_page_says_that_clusters_are_found_anew():
    app = pasted("a cat sleeps", "a dog sleeps", "the bill is paid", "the invoice is paid", "cats and dogs")
    rename(app, 0, "mine")
    session_of(app).select([1, 2], "a test")
    app.switch_page("pages/data.py").run()
    finished(app).segmented_control(key="rows-from").set_value("Pasted lines").run()
    app.text_area(key="lines").set_value("a horse sleeps\nthe fine is paid").run()
    app.radio(key="adding-pasted lines").set_value("Add to the open rows").run()
    button(finished(app), "Encode 7 rows").click().run()
    finished(app).switch_page("pages/clusters.py").run()
    finished(app)
    assert "<b>Selection</b> · 2 rows · a test" in html_texts(app)
    assert not [name for name in table(app)["cluster"] if "mine" in name]
    assert [unescaped(one.value) for one in app.warning] == [
        "Rows were added, so the clusters were found anew. The names you gave, merges and splits were of the "
        "clusters before and are left out."
    ]
    button(app, "Dismiss").click().run()
    assert not finished(app).warning
