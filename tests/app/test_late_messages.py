"""What a browser sends before it has heard of the last run holds the choices of the run before."""

import shutil

import pytest

from explorer.settings import settings
from tests.app.driving import encoder_choice, finished, open_app, open_rows

ROWS = b"text\nthe cat sat\nmy order is late\nplease help\n"


@pytest.fixture
def page(monkeypatch, tmp_path, tiny_model):
    shutil.copytree(tiny_model, tmp_path / "models" / "tiny")
    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(tmp_path / "models"))
    settings.cache_clear()
    return finished(open_app("pages/data.py", model="tiny", precision="float32", corpus="medicare-faq"))


def encode_late(app):
    """Start to encode what is chosen, and receive what the browser sent right after the click."""
    before = app._tree.get_widget_states()
    next(button for button in app.button if button.label.startswith("Encode ")).click().run()
    app._run(before)
    return finished(app)


def test_rows_that_are_opened_stay_open(page):
    page.segmented_control(key="rows-from").set_value("File").run()
    page.file_uploader(key="file").upload("new.csv", ROWS, "text/csv")
    app = encode_late(finished(page))
    assert open_rows(app) == "new.csv · 3 rows"


def test_an_encoder_that_is_opened_stays_in_use(page):
    page.selectbox(key="model-choice-Model").select("all-MiniLM-L6-v2 (bundled)").run()
    app = encode_late(page)
    assert encoder_choice(app).options == ["tiny · exact", "all-MiniLM-L6-v2 · exact"]
    assert encoder_choice(app).value == 1
