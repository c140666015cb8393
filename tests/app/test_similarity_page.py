import re

import numpy as np
import pytest

from explorer.errors import QueryError
from explorer.ui.widgets.row_choice import parse_rows
from tests.app.driving import figure, finished, html_texts, metric, open_app, select


def view(name, **parameters):
    return finished(open_app("pages/similarity.py", view=name, **parameters))


def test_the_heatmap_shows_rows_and_the_closest_pair_side_by_side():
    app = view("Heatmap", corpus="medicare-faq", precision="float32")
    assert figure(app)["data"][0]["type"] == "heatmap"
    assert app.header[0].value.startswith("The closest pair here: 0.")
    pair = [text for text in html_texts(app) if "Medicare" in text]
    assert len(pair) == 2
    assert pair[0] != pair[1]


def test_a_clicked_cell_opens_its_pair():
    app = view("Heatmap", corpus="medicare-faq", precision="float32", order="As in the corpus")
    place = 13 * 2 + 11
    clicked = {"points": [{"point_index": place}], "point_indices": [place], "box": [], "lasso": []}
    select(app, "plotly_chart", clicked)
    assert app.header[0].value.startswith("The pair you clicked")
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
    assert "At 0.90 or above, 72 of the 624 rows (11.5%)" in captions
    slider = app.slider(key="threshold")
    slider.set_value(1.0).run()
    assert "At 1.00 or above, 0 of the 624 rows" in " ".join(caption.value for caption in app.caption)
    app.segmented_control(key="view").set_value("Near-duplicates").run()
    assert app.slider(key="threshold").value == 1.0


def test_usual_scores_advise_no_threshold_that_cannot_be_chosen():
    app = view("Usual scores")
    slider = app.slider(key="threshold")
    captions = " ".join(caption.value for caption in app.caption)
    advised = [float(score) for score in re.findall(r"[Aa]t (0\.\d+)", captions)]
    assert advised == [slider.value]
    assert "threshold in the gap before it." in captions
    assert "have a near-duplicate." in captions
    assert not re.search(r"threshold (of|near|about|at) 0", captions)
    assert all(slider.min <= score <= slider.max for score in advised)
    assert "hardly overlap" not in captions


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
