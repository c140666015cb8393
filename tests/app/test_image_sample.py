"""The sample of images beside a model that reads only texts, which is the one in use at first."""

import pytest

from tests.app.driving import error, finished, metric, open_app

PAGES = ("overview", "search", "similarity", "clusters", "map", "compare", "classify", "models")


@pytest.mark.slow
def test_the_sample_can_be_chosen_on_the_data_page():
    app = finished(open_app("pages/data.py"))
    app.radio(key="sample").set_value("drawn-shapes").run()
    app = finished(app)
    assert not app.exception
    assert metric(app, "Images") == "288"


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_every_page_says_that_the_model_reads_only_texts(page):
    app = finished(open_app(f"pages/{page}.py", corpus="drawn-shapes"))
    assert not app.exception
    if page not in ("compare", "models"):  # which encode nothing before they are asked to
        assert "reads only texts" in error(app), page
