"""The modality gap on the Compare page, and means aligned as a contender."""

import numpy as np
import pytest

import explorer
from explorer.comparison.contenders.spec import ContenderSpec
from explorer.encode.spec import LocalModel, OwnVectors
from explorer.numbers import percent
from explorer.session.contenders import contenders_of
from tests.app.driving import button, finished, html_texts, open_app, open_with_rows, said, session_of
from tests.app.test_compare_views import compared, labelled
from tests.drawn_images import COLOURS, SHAPES, draw, random_drawing


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    made, rng, lines = tmp_path_factory.mktemp("drawn"), np.random.default_rng(5), ["file_name,caption"]
    for number, (shape, colour) in enumerate((shape, colour) for shape in SHAPES for colour in COLOURS):
        drawing = random_drawing(shape, colour, rng)
        draw(drawing, 32, seed=number).save(made / f"{number}.png")
        lines.append(f"{number}.png,{drawing.short_caption}")
    (made / "metadata.csv").write_text("\n".join(lines))
    return explorer.open_corpus(made, text="caption", label=None)


@pytest.fixture
def spec(tiny_clip):
    return LocalModel(str(tiny_clip), precision="float32")


def test_the_gap_is_measured_and_its_means_can_be_compared_aligned(corpus, spec):
    app = open_with_rows(corpus, spec)
    app.query_params["compare-shows"] = "Images and captions"
    app = finished(app.switch_page("pages/compare.py").run())
    space = session_of(app).spaces[spec]
    found = explorer.modality_gap(space, space.caption_space())
    table = next(one.value for one in app.dataframe if "Means aligned" in one.value.columns)
    shown = dict(zip(table["Figure"], table["As they are"], strict=True))
    assert shown["Distance of the means"] == f"{found.distance:.3f}"
    assert shown["Caption to image, recall@1"] == percent(found.text_to_image[1])
    assert f"**{percent(found.other_share)}**" in said(app.markdown)
    assert contenders_of(session_of(app)) == (ContenderSpec(spec), ContenderSpec(spec, aligned=True))
    assert button(app, "Compare with the means aligned").disabled
    app.button_group(key="compare-shows").set_value("Scorecard").run()
    app = finished(app)
    assert [one.value for one in app.error] == []
    assert "on the captions" in " ".join(html_texts(app))


def test_rows_of_text_have_no_such_view():
    app = finished(open_app("pages/compare.py", corpus="medicare-faq", model="tfidf"))
    views = next(group for group in app.button_group if group.key == "compare-shows")
    assert "Images and captions" not in views.options


def test_images_are_seen_where_they_are_judged(corpus, spec):
    app = open_with_rows(corpus, spec).switch_page("pages/compare.py").run()
    app.segmented_control(key="compare-shows").set_value("Judge").run()
    app = finished(app)
    next(box for box in app.text_area if box.label == "Queries, one per line").set_value("red circle")
    button(app, "Start judging").click().run()
    row = next(text for text in html_texts(finished(app)) if 'aria-label="Row"' in text)
    assert "<img src=" in row


def test_compared_maps_show_the_thumbnail_of_the_row_that_is_pointed_at(corpus, spec, drawn, monkeypatch):
    compared(corpus, spec, "Maps", **{"compare-map-method": "pca"})
    # Outside a run of the app there is no media storage.
    monkeypatch.setattr(
        "explorer.ui.compare.maps.thumbnail_address", lambda rows, row: f"{rows.item_keys[row].hex()}.jpg"
    )
    assert drawn.images.address(3) == f"{corpus.item_keys[3].hex()}.jpg"
    assert drawn.tip(3)[1] == corpus.texts[3]


def test_compared_maps_of_texts_have_no_images(drawn):
    compared(labelled(), OwnVectors(), "Maps", **{"compare-map-method": "pca"})
    assert drawn.images is None
