"""Ways from one page to another while controls of the page are in its link."""

import pytest

from tests.app.driving import button, finished, open_app, select, session_of


def opened(page, **parameters):
    """The page with a control in the link, which must not be cleared by the script."""
    app = finished(open_app(f"pages/{page}.py", corpus="medicare-faq", precision="float32", **parameters))
    assert parameters.items() <= dict(app.query_params).items()
    return app


def test_search_among_the_selected_from_the_map():
    app = opened("map", **{"map-dims": "3"})
    selection = session_of(app)
    selection.select([1, 2], "a test")
    app.session_state["map-asked"] = ("search", selection.selection.key)  # as `act` does, within the app
    finished(app.run())
    assert app.title[0].value == "Search"
    toggle = next(toggle for toggle in app.get("toggle") if toggle.label == "Only the 2 selected rows")
    assert toggle.value


def test_a_cluster_is_shown_on_the_map():
    app = opened("clusters", clusters="4")
    select(app, "dataframe", {"rows": [0], "columns": [], "cells": []})
    button(app, "Show on the map").click().run()
    assert finished(app).title[0].value == "Map"
    assert "clusters" not in app.query_params


@pytest.mark.parametrize(
    ("page", "parameters"),
    [("map", {"map-dims": "3"}), ("search", {"q": "cards"}), ("clusters", {"clusters": "4"})],
)
def test_other_rows_are_asked_for_in_the_header(page, parameters):
    app = opened(page, **parameters)
    next(box for box in app.selectbox if box.label == "Open rows").select("Open a file…").run()
    assert finished(app).title[0].value == "Data"
