"""The Models page with rows that are images."""

import pytest

import explorer
from explorer.encode.spec import spec_for
from tests.app.driving import button, finished, html_texts, labels, open_with_rows, said, with_open
from tests.app.test_image_pages import write_drawings

pytestmark = pytest.mark.usefixtures("image_models")


@pytest.fixture
def rows(tmp_path):
    folder = tmp_path / "drawings"
    folder.mkdir()
    return explorer.open_corpus(write_drawings(folder, ("circle", "ring")), text="caption")


def page(rows, encoder, model=None):
    app = open_with_rows(rows, spec_for(str(encoder), precision="float32"))
    app = finished(app.switch_page("pages/models.py").run())
    if model is not None:
        app.query_params["model-id"] = model
    return finished(app.run())


def test_a_model_of_images_and_texts_says_so_and_is_used(rows, tiny_model):
    app = page(rows, tiny_model, "tiny-clip")
    assert '<dd style="margin: 0; overflow-wrap: anywhere" dir="auto">texts and images</dd>' in said_html(app)
    assert "Encoding" not in [one.label for one in app.metric]  # no time is estimated for images
    button(app, "Use it").click().run()
    app = finished(app)
    assert "This model encodes your rows" in said(app.success)
    assert "32 images encoded, 0 encoded before" in said(app.caption)


def test_a_model_of_texts_is_not_offered_for_images(rows, tiny_clip, tiny_model):
    app = page(rows, tiny_clip, "tiny-texts")
    assert ">texts</dd>" in said_html(app)
    assert "It reads texts only, and the open rows are images." in said(app.warning)
    assert not [label for label in labels(app) if label.startswith("Use it")]
    texts = explorer.open_corpus(["a cat", "a dog"])
    assert "Use it" in labels(page(texts, tiny_clip, "tiny-texts"))


def test_tests_of_texts_say_where_images_are_tested(rows, tiny_clip):
    app = with_open(page(rows, tiny_clip), "behaviour")
    assert "These tests are of texts." in said(app.caption)
    assert len(app.dataframe[0].value) == 8


def said_html(app):
    return " ".join(html_texts(app))
