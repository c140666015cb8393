import re

import numpy as np
import pytest

import explorer
from explorer.encode.spec import Tfidf
from explorer.errors import QueryError
from explorer.ui.similarity import duplicates, threshold
from explorer.ui.widgets import close_pairs
from explorer.ui.widgets.row_choice import parse_rows
from tests.app.driving import (
    button,
    figure,
    finished,
    html_texts,
    labels,
    metric,
    open_app,
    open_with_rows,
    said,
    select,
    unescaped,
)


def view(name, **parameters):
    return finished(open_app("pages/similarity.py", view=name, **parameters))


def test_the_heatmap_shows_rows_and_the_closest_pair_side_by_side():
    app = view("Heatmap", corpus="medicare-faq", precision="float32")
    assert figure(app)["data"][0]["type"] == "heatmap"
    assert app.header[0].value.startswith("The closest pair here: 0.")
    pair = [text for text in html_texts(app) if "Medicare" in text]
    assert len(pair) == 2
    assert pair[0] != pair[1]


def test_large_row_numbers_are_written_alike_in_figure_and_table():
    app = open_with_rows(explorer.open_corpus([f"row {at}" for at in range(1_201)]), Tfidf())
    app.switch_page("pages/similarity.py")
    finished(app).selectbox(key="rows-from").select("Row numbers").run()
    app.text_input(key="rows-typed").set_value("1200, 1201").run()
    finished(app)
    assert "1,200. row 1199" in app.get("plotly_chart")[0].proto.spec
    assert "1200. row" not in app.get("plotly_chart")[0].proto.spec


def test_a_clicked_cell_opens_its_pair():
    app = view("Heatmap", corpus="medicare-faq", precision="float32", order="As in the corpus")
    place = 13 * 2 + 11
    clicked = {"points": [{"point_index": place}], "point_indices": [place], "box": [], "lasso": []}
    select(app, "plotly_chart", clicked)
    assert app.header[0].value.startswith("The pair you chose")
    assert [caption.value for caption in app.caption if caption.value.startswith("Row ")] == [
        "Row 3",
        "Row 12",
    ]


def test_rows_can_be_typed_and_nonsense_is_named():
    app = view("Heatmap", corpus="medicare-faq", precision="float32")
    app.selectbox(key="rows-from").select("Row numbers").run()
    app.text_input(key="rows-typed").set_value("1, 3-4").run()
    assert len(figure(finished(app))["layout"]["xaxis"]["labelalias"]) == 3
    app.text_input(key="rows-typed").set_value("1, 99").run()
    assert "whole numbers from 1 to 13, not 99" in app.error[0].value


def test_one_set_against_another():
    app = view("Heatmap", corpus="medicare-faq", precision="float32")
    app.toggle(key="against").set_value(True).run()
    app.selectbox(key="columns-from").select("Row numbers").run()
    app.text_input(key="columns-typed").set_value("2").run()
    layout = figure(finished(app))["layout"]
    assert (len(layout["yaxis"]["labelalias"]), len(layout["xaxis"]["labelalias"])) == (13, 1)


def test_near_duplicates_of_the_sample_are_the_marked_ones():
    app = view("Near-duplicates")
    assert (metric(app, "Exact repeats"), metric(app, "Near pairs"), metric(app, "Kept")) == (
        "0",
        "36",
        "588",
    )
    app.slider(key="threshold").set_value(1.0).run()
    finished(app)
    assert "No two rows are that similar" in app.info[0].value


def test_near_duplicates_become_the_selection_and_the_heatmap_works_on_it():
    app = view("Near-duplicates")
    next(button for button in app.button if button.label == "Select all grouped rows").click().run()
    assert any("72 rows" in text and "near-duplicates from 0.90" in text for text in html_texts(app))
    app.segmented_control(key="view").set_value("Heatmap").run()
    finished(app)
    assert app.selectbox(key="rows-from").value == "Selection"
    assert len(figure(app)["layout"]["xaxis"]["labelalias"]) == 72


def test_labels_are_compared_or_clusters():
    app = view("Between groups")
    assert len(figure(app)["layout"]["xaxis"]["labelalias"]) == 12
    app.segmented_control(key="groups-of").set_value("cluster").run()
    finished(app)
    names = figure(app)["layout"]["xaxis"]["labelalias"].values()
    assert len(names) == 12
    assert all(name[0].isdigit() for name in names)
    app = view("Between groups", corpus="medicare-faq", precision="float32")
    assert app.segmented_control(key="groups-of").options == ["Clusters"]
    assert len(figure(app)["layout"]["xaxis"]["labelalias"]) == 6


def test_usual_scores_name_their_samples_and_what_the_threshold_would_find():
    app = view("Usual scores")
    captions = " ".join(caption.value for caption in app.caption)
    assert "20,000 random pairs" in captions
    assert "At 0.90 or above, 72 of the 624 rows (11.5 %)" in captions
    slider = app.slider(key="threshold")
    slider.set_value(1.0).run()
    assert "At 1.00 or above, 0 of the 624 rows" in " ".join(caption.value for caption in app.caption)
    app.segmented_control(key="view").set_value("Near-duplicates").run()
    assert app.slider(key="threshold").value == 1.0


def test_usual_scores_advise_a_threshold_that_can_be_chosen():
    app = view("Usual scores")
    told = said(app.caption)
    assert "36 pairs at 0.90 or above, of which an estimated 0.7 % are false" in told
    assert "The lowest threshold that keeps them at 5 % is 0.81, with 37 pairs" in told
    slider = app.slider(key="threshold")
    button(app, "Use 0.81").click().run()
    assert app.slider(key="threshold").value == 0.81
    assert slider.min <= 0.81 <= slider.max
    assert app.query_params["threshold"] == "0.81"
    assert "It is the lowest threshold that keeps them at 5 %" in said(app.caption)
    assert not [label for label in labels(app) if label.startswith("Use")]
    app.selectbox(key="false-pairs").set_value("1").run()
    assert "at 1 % is 0.87" in said(app.caption)
    assert app.query_params["false-pairs"] == "1"


def test_pairs_on_both_sides_of_a_threshold_are_there_to_judge_by():
    app = view("Usual scores")
    scores = [
        float(found) for text in html_texts(app) for found in re.findall(r"^<b>(0\.\d+)</b> · row", text)
    ]
    assert len(scores) == 6
    assert scores[:3] == sorted(scores[:3])
    assert min(scores[:3]) >= 0.9 > max(scores[3:])
    assert scores[3:] == sorted(scores[3:], reverse=True)


def test_without_near_duplicates_no_threshold_is_advised():
    app = view("Near-duplicates", corpus="song-moods", threshold="0.5")
    assert "No threshold keeps false pairs at 5 %" in said(app.caption)
    assert not [label for label in labels(app) if label.startswith("Use")]


def test_with_too_many_pairs_those_of_a_higher_threshold_are_shown_and_it_is_named(monkeypatch):
    for module in (close_pairs, threshold):
        monkeypatch.setattr(module, "MOST_PAIRS", 20)
    # Of rows whose pairs no other test has looked for.
    app = view("Near-duplicates", threshold="0.5", filters="queue:in:delivery,billing")
    (told,) = (unescaped(element.value) for element in app.info)
    shown = re.fullmatch(
        r"More than 20 pairs are at 0\.50 or above, so this is what (0\.\d\d) finds, the lowest threshold "
        r"with no more\.",
        told,
    )[1]
    assert 10 < int(metric(app, "Near pairs")) <= 20
    assert f"at {shown} or above" in said(app.caption)
    assert rows_of_group(app)
    app.slider(key="threshold").set_value(0.75).run()
    assert 0 < int(metric(finished(app), "Near pairs")) < 10
    assert not app.info


def test_the_arithmetic_of_what_is_kept():
    app = view("Near-duplicates")
    assert "624 rows − 0 exact repeats − 36 near-duplicates = 588 kept." in said(app.caption)


def test_the_row_that_is_kept_can_be_chosen_and_goes_into_the_files(tables):
    app = view("Near-duplicates")
    before = tables()["support-tickets-without-duplicates"]
    first, other = kept_row(app), int(re.search(r"<b>Row (\d+)</b>", rows_of_group(app)[1])[1])
    assert "the first of the group" in rows_of_group(app)[0]
    app.button(key=f"keep-{other - 1}").click().run()
    assert kept_row(app) == other
    assert "your choice" in rows_of_group(app)[0]
    after = tables()
    left = after["support-tickets-without-duplicates"]["row"].to_pylist()
    assert set(before["row"].to_pylist()) - set(left) == {first}
    assert set(left) - set(before["row"].to_pylist()) == {other}
    groups = after["support-tickets-groups"]
    kept = dict(zip(groups["row"].to_pylist(), groups["kept"].to_pylist(), strict=True))
    assert (kept[other], kept[first]) == (True, False)
    app.slider(key="threshold").set_value(0.85).run()
    assert kept_row(app) == other


def test_a_group_or_pair_that_is_picked_is_shown_with_what_differs():
    app = view("Near-duplicates")
    one = rows_of_group(app)
    select(app, "dataframe", {"rows": [1], "columns": [], "cells": []})
    assert rows_of_group(app) != one
    assert "<del" in rows_of_group(app)[1] or "<ins" in rows_of_group(app)[1]
    app.segmented_control(key="duplicates-list").set_value("Pairs").run()
    shown = [text for text in html_texts(app) if re.match(r"<b>0\.\d+</b> · row", text)]
    assert len(shown) == 1
    select(app, "dataframe", {"rows": [5], "columns": [], "cells": []})
    assert [text for text in html_texts(app) if re.match(r"<b>0\.\d+</b> · row", text)] != shown


def rows_of_group(app):
    return [text for text in html_texts(app) if text.startswith("<b>Row ")]


def kept_row(app):
    return int(re.match(r"<b>Row (\d+) is kept", rows_of_group(app)[0])[1])


@pytest.fixture
def tables(monkeypatch):
    """What the downloads of the page last drawn hold, by file name."""
    made = {}
    monkeypatch.setattr(
        duplicates, "download_table", lambda _label, make, name, **_how: made.__setitem__(name, make)
    )
    return lambda: {name: make() for name, make in made.items()}


def test_the_most_confused_labels_are_named():
    app = view("Between groups")
    table = app.dataframe[0].value
    assert table.iloc[0][["label", "other label"]].tolist() == ["billing", "subscription changes"]
    assert table["gap"].is_monotonic_increasing
    assert len(table) == 20


def test_a_heatmap_of_some_of_the_rows_says_so():
    app = view("Heatmap")
    assert "It shows 100 of the 624 rows." in said(app.caption)
    app.number_input(key="rows-count").set_value(624).run()
    assert "It shows" not in said(finished(app).caption)
    app = view("Heatmap", corpus="medicare-faq", precision="float32")
    assert "It shows" not in said(app.caption)


@pytest.mark.parametrize(
    ("typed", "rows"), [("1", [0]), ("3, 1", [2, 0]), ("2-4;4", [1, 2, 3]), ("", []), (" 5 - 5 ,", [4])]
)
def test_row_numbers_are_read(typed, rows):
    np.testing.assert_array_equal(parse_rows(typed, 5), rows)


@pytest.mark.parametrize("typed", ["0", "6", "3-2", "x", "1-", "-1", "1-9999999999"])
def test_what_is_no_row_number_is_refused(typed):
    with pytest.raises(QueryError):
        parse_rows(typed, 5)


def test_a_link_with_an_empty_view_shows_the_first():
    assert view("", corpus="medicare-faq", precision="float32").get("plotly_chart")


def test_a_group_is_headed_by_its_first_text_as_typed():
    text = "# **bold** <b>x</b> :smile: [no](link) and many more words of the same kind that go on"
    app = open_with_rows(explorer.open_corpus([text, "a row", text, "another one"]), Tfidf())
    app.switch_page("pages/similarity.py")
    app.query_params["view"] = "Near-duplicates"
    (head,) = (one.value for one in finished(app).header if "closest" in one.value)
    assert unescaped(head) == f"{text[:60]}… · 2 rows, closest 1.000"
    assert "**bold**" not in head
    assert "<b>" not in head
