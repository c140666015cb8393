import json

import numpy as np
import plotly.graph_objects as go
import pytest
from streamlit.typing import PlotlyState

from explorer.ui.map_figure import Colouring, column_colouring, map_figure, rows_of
from tests.app.driving import finished, html_texts, open_app

HOSTILE = "</script><script>window.hurt=1</script><b>x</b>"


def opened(**parameters):
    return finished(open_app("pages/map.py", **parameters), seconds=120)


def figure(app):
    return json.loads(app.get("plotly_chart")[0].proto.spec)


def pick(app, *points):
    app.session_state["map"] = PlotlyState(
        {
            "selection": {
                "points": [{"curve_number": curve, "point_index": place} for curve, place in points],
                "point_indices": [place for _, place in points],
                "box": [],
                "lasso": [],
            }
        }
    )
    return app.run()


@pytest.mark.slow
def test_umap_replaces_pca_and_says_how_far_to_trust_it():
    app = opened(corpus="song-moods")
    assert not [caption for caption in app.caption if "until UMAP is ready" in caption.value]
    assert len([trace for trace in figure(app)["data"] if trace["type"] == "scattergl"]) == 12
    labels = [element.label for element in app.metric]
    assert "Trustworthiness, this map" in labels
    assert "Trustworthiness, PCA, for comparison" in labels
    values = {element.label: float(element.value) for element in app.metric}
    assert values["Trustworthiness, this map"] > values["Trustworthiness, PCA, for comparison"]


def test_a_pca_map_of_a_small_corpus_with_a_query_on_it():
    app = opened(**{"corpus": "medicare-faq", "precision": "float32", "map-method": "PCA"})
    before = len(figure(app)["data"])
    app.text_input(key="map-query").set_value("TRICARE").run()
    finished(app)
    assert len(figure(app)["data"]) == before + 1
    app.text_input(key="map-query").set_value("   ").run()
    assert len(figure(app)["data"]) == before


def test_points_that_were_lassoed_become_the_selection_with_its_words_and_table():
    app = opened(**{"corpus": "song-moods", "map-method": "PCA"})
    app = finished(pick(app, *((0, place) for place in range(9))))
    assert any("9 rows" in text and "the map" in text for text in html_texts(app))
    assert any("Words that tell the selection apart" in text for text in html_texts(app))
    assert len(app.dataframe[0].value) == 9
    assert len(set(app.dataframe[0].value["mood"])) == 1
    app.selectbox(key="colour").select("one colour").run()
    assert any("9 rows" in text for text in html_texts(app))


def test_a_clicked_point_shows_its_neighbours_in_the_full_space():
    app = opened(
        **{"corpus": "medicare-faq", "precision": "float32", "map-method": "PCA", "colour": "One colour"}
    )
    app = pick(app, (0, 8))
    near = [text for text in html_texts(app) if "<b>0." in text]
    assert len(near) == 8
    assert any("<b>row 9</b>" in text for text in html_texts(app))


def test_three_dimensions_are_drawn():
    app = opened(**{"corpus": "medicare-faq", "precision": "float32", "map-method": "PCA", "map-dims": "3"})
    assert figure(app)["data"][0]["type"] == "scatter3d"


def test_hostile_names_and_texts_are_escaped_also_in_the_file():
    drawn = map_figure(
        np.eye(3, 2, dtype=np.float32), Colouring(HOSTILE, groups=[HOSTILE, "b", ""]), [HOSTILE] * 3
    )
    page = drawn.to_html(include_plotlyjs=False)
    assert "<script>window.hurt" not in page
    assert "<b>x</b>" not in json.dumps(drawn.to_plotly_json(), default=str)


def test_selected_points_are_rows_whatever_the_colours():
    coordinates = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    groups = [f"g{row % 7}" if row % 5 else "" for row in range(40)]
    drawn = map_figure(
        coordinates, Colouring("g", groups=groups), ["t"] * 40, contours=True, marked=coordinates[:2]
    )
    seen = []
    for curve, trace in enumerate(drawn.data):
        if not isinstance(trace, go.Scattergl) or trace.customdata is None:
            continue
        for place in range(len(trace.x)):
            (row,) = rows_of(drawn, [{"curve_number": curve, "point_index": place}])
            assert coordinates[row, 0] == trace.x[place]
            seen.append(int(row))
    assert sorted(seen) == list(range(40))
    assert len(rows_of(drawn, [{"curve_number": 0, "point_index": 0}])) == 0


def test_more_groups_than_a_legend_takes_are_one_grey_rest():
    groups = [f"g{row}" for row in range(10_000)]
    drawn = map_figure(np.zeros((10_000, 2), dtype=np.float32), Colouring("g", groups=groups), [""] * 10_000)
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
