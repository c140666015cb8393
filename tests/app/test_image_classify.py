"""The Classify page with rows that are images."""

import re

import numpy as np
import pyarrow as pa
import pytest

import explorer
from explorer.classification.by_similarity import IMAGE_TEMPLATE, classify_by_similarity
from explorer.encode.spec import spec_for
from explorer.share.export import rows_table
from tests.app.driving import (
    button,
    error,
    finished,
    html_texts,
    metric,
    open_rows,
    open_with_rows,
    said,
    select,
)
from tests.app.test_image_pages import opened, write_drawings
from tests.tiny_model import save_pair_model

SHAPES = ("circle", "ring", "arrow")
ADDRESS = re.compile(r"\w+/media/[0-9a-f]+\.jpg")  # without a slash before it
WORDS = {"image-sentence": "{}"}


@pytest.fixture(scope="module")
def captioned(tmp_path_factory):
    folder = write_drawings(tmp_path_factory.mktemp("captioned"), SHAPES)
    return explorer.open_corpus(folder, text="caption", label="colour")


@pytest.fixture(scope="module")
def uncaptioned(tmp_path_factory):
    return explorer.open_corpus(write_drawings(tmp_path_factory.mktemp("files"), SHAPES, captions=False))


def table(app, column):
    return next(one.value for one in app.dataframe if column in one.value.columns)


def thumbnails(shown):
    """The addresses in a table's column of images, all of which a browser can ask for."""
    found = [value for value in shown["image"] if value is not None]
    assert all(ADDRESS.fullmatch(value) for value in found)
    return found


def test_images_are_classified_by_the_names_of_their_labels(captioned, tiny_clip):
    app = opened("classify", captioned, tiny_clip, **WORDS)
    space = explorer.embed(captioned, str(tiny_clip), precision="float32")
    names = sorted(set(captioned.labels))
    expected = classify_by_similarity(space, names, image_template="{}")
    right = np.mean(
        [names[at] == label for at, label in zip(expected.likeliest, captioned.labels, strict=True)]
    )
    assert right > 0.6
    assert open_rows(app).endswith(f" · {len(captioned)} images")
    assert metric(app, "Accuracy") == f"{100 * right:.1f} %"
    assert "equal images count as one" in said(app.caption)
    surest = table(app, "surest row")
    assert len(thumbnails(surest)) == np.count_nonzero(surest["rows"])
    assert set(surest["surest row"]) <= {*captioned.texts, ""}
    doubtful = table(app, "likeliest")
    assert len(thumbnails(doubtful)) == len(captioned)
    assert doubtful["caption"].tolist() == [
        captioned.texts[row] for row in np.argsort(expected.margins, kind="stable")
    ]
    app.text_input(key="image-sentence").set_value("no place").run()
    assert "does not have exactly one" in error(finished(app))


def test_the_sentence_is_that_of_clip_at_first(captioned, tiny_clip):
    app = opened("classify", captioned, tiny_clip)
    assert app.text_input(key="image-sentence").value == IMAGE_TEMPLATE == "a photo of a {}."
    space = explorer.embed(captioned, str(tiny_clip), precision="float32")
    expected = classify_by_similarity(space, sorted(set(captioned.labels)))
    shown = table(app, "surest row")
    counts = dict(zip(shown["category"], shown["rows"], strict=True))
    assert [counts[name] for name in expected.categories] == np.bincount(
        expected.likeliest, minlength=8
    ).tolist()


def test_a_cell_of_the_confusion_matrix_shows_its_images_and_downloads_have_none(captioned, tiny_clip):
    app = opened("classify", captioned, tiny_clip, **WORDS)
    matrix = next(one.value for one in app.dataframe if one.value.columns[0].startswith("label"))
    name = matrix.columns[1]
    line = int(np.flatnonzero(matrix[name])[0])
    select(app, "dataframe", {"rows": [], "columns": [], "cells": [[line, name]]}, position=2)
    rows = app.dataframe[-1].value
    assert len(thumbnails(rows)) == len(rows) == matrix[name][line]
    assert rows["caption"].str.contains("ground").all()
    assert "rows of" in said(app.subheader) or "row of" in said(app.subheader)
    written = rows_table(captioned, np.arange(len(captioned)), {"category": captioned.labels})
    assert not any(pa.types.is_binary(field.type) or field.name == "image" for field in written.schema)


def test_examples_are_asked_for_by_their_images(uncaptioned, tiny_clip):
    app = opened("classify", uncaptioned, tiny_clip, categories="circle\nring", ways="Examples")
    asked = next(text for text in html_texts(app) if "Which category?" in text)
    assert '<div class="explorer-image"><img src="mock/media/' in asked
    for category in ("circle", "ring"):
        pills = next(group for group in app.button_group if group.key.startswith("category-of-"))
        pills.set_value(category).run()
        finished(app)
    shown = table(app, "surest row")
    assert shown["rows"].sum() == len(uncaptioned)
    assert len(thumbnails(table(app, "likeliest"))) == len(uncaptioned)
    assert "file" in table(app, "likeliest").columns


def test_inference_models_read_captions_and_refuse_names_of_files(
    captioned, uncaptioned, tiny_clip, tmp_path, monkeypatch
):
    from explorer.settings import settings

    monkeypatch.setenv("EXPLORER_MODEL_DIR", str(tmp_path / "models"))
    settings.cache_clear()
    folder = save_pair_model(tmp_path / "models" / "nli", ["contradiction", "entailment", "neutral"])
    link = {"categories": "circle\nring", "ways": "Inference model", "inference-model": "nli"}
    app = opened("classify", uncaptioned, tiny_clip, **link)
    assert "some of these images have no caption, only the name of a file" in said(app.info)
    assert not [one for one in app.button if one.label.startswith("Read ")]
    app = opened("classify", captioned, tiny_clip, **link)
    assert "it judges the captions, not the images" in said(app.caption)
    button(app, f"Read {len(captioned)} rows with 2 categories").click().run()
    found = explorer.classify_by_inference(captioned.texts, ["circle", "ring"], str(folder))
    shown = table(finished(app), "surest row")
    assert dict(zip(shown["category"], shown["rows"], strict=True)) == dict(
        zip(found.categories, np.bincount(found.likeliest, minlength=2).tolist(), strict=True)
    )


def test_a_model_of_texts_is_named_with_what_to_do(captioned):
    app = open_with_rows(captioned, spec_for("tfidf"))
    app = finished(app.switch_page("pages/classify.py").run())
    assert "Choose a model for images and texts, or encode the column" in error(app)
