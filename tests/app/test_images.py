"""Rows that are images: the Data and the Search page."""

from __future__ import annotations

import shutil

import pytest

from explorer.settings import settings
from tests.app.driving import (
    button,
    error,
    finished,
    html_texts,
    labels,
    metric,
    open_app,
    said,
    session_of,
)
from tests.drawn_images import Drawing
from tests.image_archives import drawn_archive, drawn_png


@pytest.fixture(autouse=True)
def models(tmp_path, tiny_clip, tiny_model, monkeypatch):
    """The host's folder of models: one that takes images, and one that does not."""
    folder = tmp_path / "models"
    shutil.copytree(tiny_clip, folder / "tiny-clip")
    shutil.copytree(tiny_model, folder / "tiny-texts")
    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(folder))
    settings.cache_clear()
    return folder


def brought(*files, page=None):
    """The Data page with files, each a name and its bytes."""
    app = page or finished(open_app("pages/data.py", corpus="medicare-faq"))
    app.segmented_control(key="rows-from").set_value("File").run()
    app.file_uploader(key="file").set_value(
        [(name, data, "application/octet-stream") for name, data in files]
    )
    return finished(app.run())


def grid(app) -> str:
    return next(text for text in html_texts(app) if text.startswith('<ul class="explorer-grid">'))


def test_a_zip_is_previewed_as_a_grid_and_encoded_by_a_model_that_takes_images():
    app = brought(("shapes.zip", drawn_archive()))
    assert grid(app).count("<img ") == 24
    assert 'alt="circle/red-0.png" loading="lazy"' in grid(app)
    assert "24 of 64 images, from all over the rows" in said(app.caption)
    assert (metric(app, "Images"), metric(app, "Usual size")) == ("64", "96 × 96")
    choice = app.selectbox(key="image-model-choice")
    assert choice.value == "tiny-clip"
    assert not any(name.startswith(("tiny-texts", "sentence-transformers/all-")) for name in choice.options)
    assert "sentence-transformers/clip-ViT-B-32 (to download)" in choice.options
    assert "all-MiniLM-L6-v2, which comes with Explorer, reads texts only" in said(app.caption)
    assert not any(box.label == "Encode with" for box in app.segmented_control)
    button(app, "Encode 64 images").click().run()
    app = finished(app)
    assert not app.error
    session = session_of(app)
    assert session.spaces[session.encoder].dims == 32
    assert session.corpus.label == "label"


def test_rows_with_captions_can_be_encoded_by_these_alone():
    app = brought(("shapes.zip", drawn_archive(captions=True)))
    assert next(box for box in app.selectbox if box.label == "Caption column").value == "caption"
    way = next(box for box in app.segmented_control if box.label == "Rows are encoded by")
    assert way.value == "Their images"
    way.set_value("Their captions").run()
    app = finished(app)
    assert not [text for text in html_texts(app) if text.startswith('<ul class="explorer-grid">')]
    assert [box.value for box in app.segmented_control if box.label == "Encode with"] == ["Local"]
    button(app, "Encode 64 rows").click().run()
    app = finished(app)
    assert session_of(app).corpus.images is None
    back = next(box for box in app.segmented_control if box.label == "Rows are encoded by")
    assert back.value == "Their captions"


def test_several_images_are_read_together_and_what_was_done_to_them_is_said():
    red, blue = (drawn_png(Drawing("star", colour)) for colour in ("red", "blue"))
    app = brought(("a.png", red), ("a.png", blue), ("broken.png", red[:100]), ("notes.txt", b"none"))
    assert metric(app, "Images") == "2"
    assert 'alt="a (2).png"' in grid(app)
    notes = said(app.caption)
    assert "1 of 3 files could not be read (broken.png: The image is cut short)" in notes
    assert "1 file left out that is no image" in notes
    assert "Encode 2 images" in labels(app)


def test_several_files_that_are_no_images_are_as_one_that_replaced_the_others():
    app = brought(("old.csv", b"text\none\n"), ("new.csv", b"text\ntwo\nthree\n"))
    assert "Only new.csv is read" in said(app.caption)
    assert metric(app, "Rows") == "2"


def test_too_much_together_is_refused_with_the_limit(bound):
    bound("EXPLORER_MAX_FILE_MB", 1)
    app = brought(("a.png", bytes(700_000)), ("b.png", bytes(700_000)))
    assert error(app).startswith("**2 files** — Together the files are 1.4 MB; up to 1 MB are read.")


def test_without_a_model_for_images_the_page_names_some_and_offers_no_encoding(models):
    shutil.rmtree(models / "tiny-clip")
    app = brought(("shapes.zip", drawn_archive()))
    assert app.selectbox(key="image-model-choice").value is None
    assert "wkcn/TinyCLIP-ViT-8M-16-Text-3M-YFCC15M" in said(app.caption)
    assert not any(label.startswith("Encode") for label in labels(app))
    app.selectbox(key="image-model-choice").select("sentence-transformers/clip-ViT-B-32").run()
    app = finished(app)
    assert "can be used once the Hub answers" in said(app.caption)
    assert not any(label.startswith("Encode") for label in labels(app))


def test_a_model_of_texts_by_name_is_refused_at_once(models):
    app = brought(("shapes.zip", drawn_archive()))
    app.selectbox(key="image-model-choice").select("Another model…").run()
    app.text_input(key="image-model-name").set_value("tiny-texts").run()
    app = finished(app)
    assert "tiny-texts reads texts only, and these rows are images." in said(app.warning)
    assert not any(label.startswith("Encode") for label in labels(app))
