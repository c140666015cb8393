"""Rows that are images: the Data and the Search page."""

from __future__ import annotations

import re
import shutil

import pytest

from explorer.analysis.space_files import space_bytes
from explorer.data.corpus_from_table import make_corpus
from explorer.data.formats.files import read_file
from explorer.encode.spec import LocalModel
from tests.app.driving import (
    button,
    error,
    finished,
    html_texts,
    labels,
    metric,
    open_app,
    open_with_rows,
    said,
    session_of,
)
from tests.drawn_images import Drawing
from tests.image_archives import drawn_archive, drawn_png

pytestmark = pytest.mark.usefixtures("image_models")


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
    assert "1 of 3 images could not be read (broken.png: The image is cut short)" in notes
    assert "1 file left out that is not an image" in notes
    assert "Encode 2 images" in labels(app)


def test_several_files_that_are_no_images_are_as_one_that_replaced_the_others():
    app = brought(("old.csv", b"text\none\n"), ("new.csv", b"text\ntwo\nthree\n"))
    assert "Only new.csv is read" in said(app.caption)
    assert metric(app, "Rows") == "2"


def test_too_much_together_is_refused_with_the_limit(bound):
    bound("EXPLORER_MAX_FILE_MB", 1)
    app = brought(("a.png", bytes(700_000)), ("b.png", bytes(700_000)))
    assert error(app).startswith("**2 files** — Together the files are 1.4 MB; up to 1 MB are read.")


def test_without_a_model_for_images_the_page_names_some_and_offers_no_encoding(image_models):
    shutil.rmtree(image_models / "tiny-clip")
    app = brought(("shapes.zip", drawn_archive()))
    assert app.selectbox(key="image-model-choice").value is None
    assert "wkcn/TinyCLIP-ViT-8M-16-Text-3M-YFCC15M" in said(app.caption)
    assert not any(label.startswith("Encode") for label in labels(app))
    app.selectbox(key="image-model-choice").select("sentence-transformers/clip-ViT-B-32").run()
    app = finished(app)
    assert "can be used once the Hub answers" in said(app.caption)
    assert not any(label.startswith("Encode") for label in labels(app))


def test_a_model_of_texts_by_name_is_refused_at_once(image_models):
    app = brought(("shapes.zip", drawn_archive()))
    app.selectbox(key="image-model-choice").select("Another model…").run()
    app.text_input(key="image-model-name").set_value("tiny-texts").run()
    app = finished(app)
    assert "tiny-texts reads texts only, and these rows are images." in said(app.warning)
    assert not any(label.startswith("Encode") for label in labels(app))


@pytest.fixture
def shapes(tiny_clip):
    """The Search page with three images of each shape and colour, open in the tiny CLIP."""
    return opened(drawn_archive(each=3), tiny_clip)


def opened(archive, model):
    corpus = make_corpus(read_file(archive, "shapes.zip"))
    return finished(open_with_rows(corpus, LocalModel(str(model), precision="float32")))


def ask(app, query):
    app.text_input(key="q").set_value(query)
    return finished(app.run())


def cards(app) -> list[str]:
    """What is drawn of the images that were found, in order."""
    return [
        text for text in html_texts(app) if text.startswith('<div class="explorer-card"') and "head" in text
    ]


def captions(app) -> list[str]:
    return [re.search('alt="([^"]*)"', card)[1] for card in cards(app)]


def search_by(app, data, name="asked.png"):
    uploader = next(one for one in app.file_uploader if one.label == "Image to search with")
    uploader.set_value((name, data, "image/png"))
    return finished(app.run())


def test_words_find_images_and_their_scores_are_compared_with_those_of_words(shapes):
    app = ask(shapes, "a red circle")
    assert len(cards(app)) == 10
    assert captions(app)[0].startswith("circle/red")
    assert all("red" in name for name in captions(app)[:3])
    assert "of pairs of an image and a label." in cards(app)[0]
    assert '<div class="closer">closer than' in cards(app)[0]
    assert "The closest of 192 images" in said(app.caption)
    assert "Percentages are of pairs of an image and a label of these rows" in said(app.caption)
    assert "on another scale than those between images" in said(app.caption)


def test_an_image_finds_images_and_is_in_no_link(shapes):
    app = search_by(shapes, drawn_png(Drawing("star", "blue")))
    assert all(name.startswith("star/blue") for name in captions(app)[:2])
    assert "of pairs of images." in cards(app)[0]
    assert "By the image asked.png. Words above are added to it." in said(app.markdown).replace("**", "")
    assert "asked" not in str(dict(app.query_params))
    assert "Show on the map" not in labels(app)
    button(app, "Remove the image").click().run()
    assert not cards(finished(app))


def test_an_image_and_words_are_weighed(shapes):
    app = ask(search_by(shapes, drawn_png(Drawing("star", "blue"))), "a red star")
    assert "of pairs of an image and a mixture of a label with another image." in cards(app)[0]
    box = next(box for box in app.selectbox if box.label == "What counts")
    box.set_value("words").run()
    assert finished(app).query_params["words-count"] in ("words", ["words"])
    by_words = captions(app)[:2]
    box = next(box for box in app.selectbox if box.label == "What counts")
    box.set_value("image").run()
    by_image = captions(finished(app))[:2]
    assert all(name.startswith("star/blue") for name in by_image)
    assert all(name.startswith("star/red") for name in by_words)


def test_more_like_a_row_and_like_it_but_otherwise(shapes):
    app = ask(shapes, "a red circle")
    row = int(next(key for one in app.button if (key := one.key or "").startswith("more-")).split("-")[1])
    app.button(key=f"more-{row}").click().run()
    app = finished(app)
    assert len(cards(app)) == 10
    assert "of pairs of images." in cards(app)[0]
    app.text_input(key="but").set_value("a blue circle").run()
    app = finished(app)
    assert "a mixture of a label with another image" in cards(app)[0]
    next(box for box in app.selectbox if box.label == "What counts").set_value("words").run()
    assert all(name.startswith("circle/blue") for name in captions(finished(app))[:2])
    app.button(key=f"more-{session_of(app).corpus.texts.index(captions(app)[0])}").click().run()
    app = finished(app)
    assert app.text_input(key="but").value == ""
    button(app, "Back to the query").click().run()
    assert captions(finished(app))[0].startswith("circle/red")


def test_captions_are_what_words_are_compared_with_where_there_are_any(tiny_clip):
    app = ask(opened(drawn_archive(captions=True), tiny_clip), "a red circle")
    assert "of pairs of an image and a caption." in cards(app)[0]
    assert "a red circle on a" in captions(app)[0]


def test_what_is_meaningless_fits_no_image(shapes):
    app = ask(shapes, "qwzx vlorp")
    assert "Nothing fits this query" in said(app.markdown)
    assert "of 192 images the closest has" in said(app.markdown)


def test_a_broken_image_says_what_is_wrong_and_the_page_goes_on(shapes):
    app = search_by(shapes, drawn_png(Drawing("star", "blue"))[:200], "cut.png")
    assert "The image is cut short." in error(app)
    assert captions(ask(app, "a red circle"))[0].startswith("circle/red")


def test_the_link_of_a_row_with_words_shows_the_same_again(shapes):
    app = ask(shapes, "a red circle")
    app.button(key="more-0").click().run()
    app.text_input(key="but").set_value("a blue star").run()
    found = captions(finished(app))
    again = open_with_rows(session_of(app).corpus, session_of(app).encoder)
    for name, value in (("like", "1"), ("but", "a blue star")):
        again.query_params[name] = value
    assert captions(finished(again)) == found


def test_an_image_opens_large_with_its_columns(shapes):
    app = ask(shapes, "a red circle")
    first = next(one for one in app.button if (one.key or "").startswith("open-"))
    first.click().run()
    large = next(text for text in html_texts(app) if "explorer-large" in text and "<style>" not in text)
    assert "circle/red" in large
    assert "Closer than" in large


def test_rows_to_start_from_are_images(shapes):
    starts = [text for text in html_texts(shapes) if text.startswith('<div class="explorer-card"')]
    assert len(starts) == 10
    assert "or start from one of these" in said(shapes.caption)


def test_hits_are_downloaded_with_the_percentiles_that_the_page_shows(shapes):
    from explorer.ui.search.hit_scores import percentile_of
    from explorer.ui.search.hits_table import hits_table

    app = ask(shapes, "a red circle")
    session = session_of(app)
    space, scale = session.spaces[session.encoder], session.kept["scale of texts"][1]
    hits = space.search("a red circle", 3)
    table = hits_table(space, ["q"], [hits], "cosine", scale)
    assert table["percentile"].to_pylist() == [percentile_of(space, hit, "cosine", scale) for hit in hits]
    assert table["percentile"][2].as_py() != space.percentile(hits[2].score)


def save_buttons(app):
    return [box.proto.label for box in app.get("download_button") if box.proto.label.startswith("Save as")]


def test_a_space_of_images_is_saved_and_opened_again():
    app = brought(("shapes.zip", drawn_archive()))
    button(app, "Encode 64 images").click().run()
    app = finished(app)
    assert save_buttons(app) == ["Save as Parquet"]
    assert "Format" not in [box.label for box in app.segmented_control]
    assert "Images lose their metadata, such as where and when they were taken." in said(app.caption)
    session = session_of(app)
    before = session.spaces[session.encoder]
    content = space_bytes(before, ".parquet")

    app = brought(("again.parquet", content))
    assert "Saved space: tiny-clip, 32 dimensions" in said(app.caption)
    assert grid(app).count("<img ") == 24
    button(app, "Use 64 images").click().run()
    app = finished(app)
    session = session_of(app)
    assert session.spaces[session.encoder].report.encoded == 0
    assert session.corpus.item_keys == before.corpus.item_keys
    app.switch_page("pages/search.py").run()
    assert captions(ask(finished(app), "a red circle"))[0] == "circle/red-0.png"
    app = search_by(app, drawn_png(Drawing("star", "blue")))
    assert "of pairs of an image and a mixture" in cards(app)[0]


def test_images_too_large_for_a_file_are_said_on_the_page(bound):
    app = brought(("shapes.zip", drawn_archive(side=400)))
    button(app, "Encode 64 images").click().run()
    app = finished(app)
    bound("EXPLORER_MAX_FILE_MB", 1)
    assert save_buttons(app.run()) == []
    assert "MB or more; up to 1 MB are opened." in error(app)
