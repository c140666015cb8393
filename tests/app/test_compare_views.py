"""The views of a comparison: agreement, rows, one query, segments."""

import uuid

import numpy as np
import pytest

import explorer
from explorer.comparison.files.opening import open_comparison
from explorer.encode.spec import OwnVectors, Tfidf
from explorer.ui.compare.pair import agreement_of_pair
from tests.app.driving import (
    button,
    finished,
    html_texts,
    open_with_rows,
    said,
    select,
    session_of,
    unescaped,
)

HOSTILE = "<b>bold</b> **md** $x$"
TOPICS = ("parcel lost in the post", "invoice charged twice", "phone screen broken", "password forgotten")


def rows(count=32):
    """Rows of four topics; no other test has these rows."""
    own = uuid.uuid4().hex[:6]
    return [f"{TOPICS[at % 4]} on day {at} of order {own}" for at in range(count)]


def labelled(count=32, words=0):
    """Vectors that tell only some topics apart, with labels and a text from a stranger in each row."""
    rng = np.random.default_rng(0)
    topic = np.arange(count) % 4
    vectors = np.eye(4)[topic] + rng.normal(scale=0.05, size=(count, 4))
    vectors[topic > 1, 2:] = rng.normal(size=((topic > 1).sum(), 2))
    # With words of its own, a row is no near-copy of another one.
    own = [" ".join(uuid.uuid4().hex[:7] for _ in range(words)) for _ in range(count)]
    texts = [f"{text} {HOSTILE} {more}".strip() for text, more in zip(rows(count), own, strict=True)]
    table = {"body": texts, "topic": [f"topic {at}" for at in topic], "vector": vectors.tolist()}
    return explorer.open_corpus(table, text="body", label="topic", vectors="vector")


def compared(corpus, spec, view, **parameters):
    """A view of the page over rows that nobody else has."""
    app = open_with_rows(corpus, spec)
    for name, value in parameters.items():
        app.query_params[name] = value
    app = finished(app.switch_page("pages/compare.py").run())
    return shown(app, view)


def shown(app, view):
    app.segmented_control(key="compare-shows").set_value(view).run()
    return finished(app)


def comparison_of(app):
    return session_of(app).comparison.shown[1]


def press(app, label):
    button(app, label).click().run()
    return finished(app)


def texts(app):
    return " ".join(html_texts(app))


@pytest.fixture(scope="module")
def view_of():
    """Views over the same labelled rows, each in a session of its own."""
    corpus = labelled()
    return lambda view: compared(corpus, OwnVectors(), view)


def test_agreement_is_shown_for_each_pair_beside_chance(view_of):
    app = view_of("Agreement")
    found = comparison_of(app).agreement("jaccard")
    table = app.dataframe[0].value
    assert len(table) == 3
    assert table["value"].is_monotonic_increasing
    lowest = found.value[np.triu_indices(3, 1)].min()
    assert table["value"][0] == pytest.approx(lowest)
    assert {"first", "second", "value", "chance", "beyond chance"} == set(table.columns)
    assert "Agreement is not quality" in said(app.caption)
    pair = app.selectbox(key="compare-pair")
    assert unescaped(pair.value) == f"{table['first'][0]}~{table['second'][0]}"


def test_neighbours_are_compared_with_another_k(view_of):
    app = view_of("Agreement")
    comparison = comparison_of(app)
    slider = next(slider for slider in app.slider if slider.label == "Neighbours (k)")
    assert (slider.value, slider.max) == (10, 10)
    app = finished(slider.set_value(3).run())
    assert "3 neighbours each" in said(app.caption)
    found = comparison.agreement("jaccard", 3)
    assert app.dataframe[0].value["value"][0] == pytest.approx(found.value[np.triu_indices(3, 1)].min())
    app.selectbox(key="compare-agreement").set_value("cka").run()
    assert not finished(app).slider


def test_another_measure_of_agreement_is_in_the_link(view_of):
    app = view_of("Agreement")
    app.selectbox(key="compare-agreement").set_value("ari").run()
    app = finished(app)
    found = comparison_of(app).agreement("ari")
    assert "adjusted Rand index" in said(app.caption)
    table = app.dataframe[0].value
    assert table["value"].isna().sum() == 2  # BM25 has no vectors, so it has no clusters
    assert table["value"][0] == pytest.approx(found.value[0, 1])
    assert app.query_params["compare-agreement"] in ("ari", ["ari"])


def test_a_click_on_a_cell_chooses_its_pair_and_the_button_leads_to_its_rows(view_of):
    app = view_of("Agreement")
    words = app.selectbox(key="compare-pair").options
    names = comparison_of(app).names
    assert len(words) == 3
    app = finished(select(app, "plotly_chart", {"points": [], "point_indices": [5], "box": [], "lasso": []}))
    assert app.selectbox(key="compare-pair").value == f"{names[1]}~{names[2]}"
    app = press(app, "Show the rows where they differ")
    assert app.segmented_control(key="compare-shows").value == "Rows"
    assert app.selectbox(key="compare-pair").value == f"{names[1]}~{names[2]}"
    assert app.selectbox(key="compare-rows-by").value == "two"
    assert [header.value for header in app.subheader if unescaped(header.value) in names]


def test_the_row_of_lowest_agreement_is_opened_with_both_lists(view_of):
    app = view_of("Rows")
    comparison = comparison_of(app)
    pair = tuple(comparison.names.index(name) for name in app.selectbox(key="compare-pair").value.split("~"))
    agreement = agreement_of_pair(comparison, pair)
    table = app.dataframe[0].value
    assert (table["row"] == agreement.rows + 1).all()
    assert table["agreement"].to_numpy() == pytest.approx(agreement.values)
    assert (table["label"] == [comparison.corpus.labels[row] for row in agreement.rows]).all()
    assert f"Row {agreement.rows[0] + 1:,} and its nearest rows" in [head.value for head in app.header]
    assert_lists(app, int(agreement.rows[0]))
    assert "<b>bold" not in texts(app)


def assert_lists(app, row):
    """The lists of a row are the neighbours of the two contenders, with the ranks of those in both."""
    comparison = comparison_of(app)
    chosen = app.selectbox(key="compare-pair").value.split("~")
    pair = [comparison.contenders[comparison.names.index(name)] for name in chosen]
    first, second = (each.neighbors(np.array([row]), comparison.k).indices[0].tolist() for each in pair)
    items = [text for text in html_texts(app) if "in both, " in text or "only here" in text]
    assert len(items) == 2 * comparison.k
    both = [(first.index(one) + 1, second.index(one) + 1) for one in first if one in second]
    assert sum("in both" in item for item in items) == 2 * len(both)
    for ours, theirs in both:
        assert f"in both, {ours} → {theirs}<" in items[ours - 1]
        assert f"in both, {theirs} → {ours}<" in items[comparison.k + theirs - 1]
    for rank, neighbor in enumerate(first):
        assert f">row {neighbor + 1:,}<" in items[rank]


def test_the_order_is_of_the_two_contenders_unless_all_are_chosen_and_both_say_what_it_is(view_of):
    app = view_of("Rows")
    assert app.selectbox(key="compare-rows-by").value == "two"
    first, second = app.selectbox(key="compare-pair").value.split("~")
    table = app.dataframe[0].value
    none = int((table["agreement"] == 0).sum())
    told = unescaped(said(app.caption))
    assert f"nearest rows in {first} and in {second}" in told
    assert (f"as for {none:,} of these rows" in told) == (none > 0)
    app.selectbox(key="compare-rows-by").set_value("all").run()
    app = finished(app)
    agreement = comparison_of(app).row_agreement
    assert app.dataframe[0].value["agreement"].to_numpy() == pytest.approx(agreement.values)
    assert "the mean, over the 3 pairs of contenders" in said(app.caption)


def test_another_row_is_opened_and_its_scores_are_beside_random_pairs(view_of):
    app = view_of("Rows")
    row = int(app.dataframe[0].value["row"][3]) - 1
    selection = {"rows": [3], "columns": [], "cells": []}
    app = finished(select(app, "dataframe", selection))
    assert f"Row {row + 1:,} and its nearest rows" in [head.value for head in app.header]
    assert_lists(app, row)
    assert "random pairs" not in texts(app)
    app.toggle(key="compare-scores").set_value(True).run()
    app = finished(app)
    assert "random pairs" in texts(app)


def test_rows_of_lowest_agreement_become_the_selection(view_of):
    app = view_of("Rows")
    table = app.dataframe[0].value
    bar = np.quantile(table["agreement"], 0.2)
    wanted = np.sort(table["row"][table["agreement"] <= bar]) - 1
    app = press(app, "Select the")
    assert session_of(app).selection.rows.tolist() == wanted.tolist()
    assert app.get("page_link")


def test_words_tell_rows_of_lowest_agreement_apart():
    count = 40
    rng = np.random.default_rng(1)
    odd = np.arange(count) % 5 == 0
    texts_ = [f"exploding battery {at}" if odd[at] else f"{TOPICS[at % 4]} {at}" for at in range(count)]
    vectors = np.eye(4)[np.arange(count) % 4] + rng.normal(scale=0.01, size=(count, 4))
    vectors[odd] = rng.normal(size=(odd.sum(), 4))
    corpus = explorer.open_corpus({"body": texts_, "vector": vectors.tolist()}, text="body", vectors="vector")
    app = compared(corpus, OwnVectors(), "Rows")
    told = said(app.markdown)
    if "Words that tell" in told:
        assert "exploding" in told or "battery" in told
    else:
        pytest.fail("no words were shown")


def test_identical_rankings_have_no_rows_to_select():
    app = compared(explorer.open_corpus([f"one {uuid.uuid4().hex}", "other"]), Tfidf(), "Rows")
    assert not [one for one in app.button if one.label.startswith("Select the")]
    assert not app.exception


@pytest.mark.parametrize("view", ["Rows", "Migration", "Cost", "Agreement", "Maps", "Clusters", "Checks"])
def test_one_row_is_spoken_of_as_one(view):
    app = compared(explorer.open_corpus([f"one {uuid.uuid4().hex}"]), Tfidf(), view)
    assert not app.exception
    told = said(app.caption) + said(app.markdown) + texts(app)
    assert "1 rows" not in told
    assert "1 units" not in told
    assert "first 0" not in told
    assert "No smaller form" not in told
    if view in ("Rows", "Migration"):
        assert "only one row" in told


def test_one_query_is_answered_by_all_contenders_with_shifts():
    app = compared(explorer.open_corpus(rows()), Tfidf(), "One query")
    assert "Type a query" in said(app.caption)
    app.text_input(key="compare-q").set_value("broken phone screen").run()
    app = finished(app)
    comparison = comparison_of(app)
    ranked = [each.search(["broken phone screen"], 10).indices[0].tolist() for each in comparison.contenders]
    lists = [text for text in html_texts(app) if text.count(">row ") == 10]
    assert len(lists) == 2
    for hits, text in zip(ranked, lists, strict=True):
        places = [text.index(f">row {row + 1:,}<") for row in hits]
        assert places == sorted(places)
    both = len(set(ranked[0]) & set(ranked[1]))
    assert f"{both} of 10 are also hits of TF-IDF" in said(app.caption)
    assert "In a wide window, lines join" in said(app.caption)  # not on a phone
    assert lists[1].count("<b>new</b>") == 10 - both
    assert "<b>new</b>" not in lists[0]
    assert "random pairs" in lists[0]
    assert "score" in lists[1]


def test_hits_that_all_have_one_score_are_no_ranking():
    app = compared(explorer.open_corpus(rows()), Tfidf(), "One query")
    app.text_input(key="compare-q").set_value("zzzz").run()  # a word of no row
    app = finished(app)
    assert said(app.caption).count("All have the same score") == 2
    assert "are also hits of" not in said(app.caption)
    assert "<b>new</b>" not in "".join(html_texts(app))


def test_hits_behind_those_with_a_word_of_the_query_are_no_ranking():
    words = [uuid.uuid4().hex for _ in range(40)]
    app = compared(explorer.open_corpus(words), Tfidf(), "One query")
    app.text_input(key="compare-q").set_value(words[3]).run()
    told = said(finished(app).caption)
    # TF-IDF's other scores differ by rounding, or are 0 as those of BM25: then both have the same hits.
    tied = 2 if "10 of 10 are also hits of TF-IDF" in told else 1
    assert told.count("The last 9 have the same score") == tied


def test_a_contender_without_an_encoder_for_queries_does_not_hide_the_others():
    app = compared(labelled(), OwnVectors(), "One query")
    app.text_input(key="compare-q").set_value("broken phone").run()
    app = finished(app)
    assert len(app.error) == 1
    assert len([text for text in html_texts(app) if text.count(">row ") == 10]) == 2
    assert "<b>bold" not in texts(app)


def test_segments_tell_where_a_contender_is_better():
    app = compared(labelled(80, words=20), OwnVectors(), "Segments")
    assert "topic" in app.selectbox(key="compare-segments").options
    told = said(app.markdown)
    assert "is better on: topic " in told or "No segment shows a difference" in told
    table = next(text for text in html_texts(app) if 'role="img"' in text)
    assert all(f"topic {at}<" in table for at in range(4))
    app.selectbox(key="compare-segments").set_value("length").run()
    app = finished(app)
    assert "up to " in next(text for text in html_texts(app) if 'role="img"' in text)


def test_rows_without_a_measure_of_rows_have_no_segments():
    app = compared(explorer.open_corpus(["one", "two", uuid.uuid4().hex[:5]]), Tfidf(), "Segments")
    assert "No measure has a value for each row" in said(app.info)


def test_a_comparison_opened_from_a_file_shows_rows_without_scores(tmp_path, view_of):
    app = view_of("Rows")
    before = comparison_of(app)
    before.save(tmp_path / "saved")
    opened = open_comparison(tmp_path / "saved", before.corpus)
    session = session_of(app)
    session.comparison.shown = (session.comparison.shown[0], opened)
    app = finished(app.run())
    assert app.toggle(key="compare-scores").disabled
    assert "in both, " in texts(app)
    app = shown(app, "One query")
    app.text_input(key="compare-q").set_value("broken phone").run()
    app = finished(app)
    assert "opened from a file" in said(app.info)
    app = shown(app, "Agreement")
    assert len(app.dataframe[0].value) == 3
    app = shown(app, "Segments")
    assert not app.exception
