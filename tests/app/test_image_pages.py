"""Pages of rows that are images: map, clusters, similarity, overview."""

import csv
import json
import re

import numpy as np
import pytest

import explorer
from explorer.encode.spec import spec_for
from explorer.share.map.scene import row_text
from explorer.ui.overview.sentences import sentences
from explorer.ui.widgets.map_view.events import View
from tests.app.driving import (
    figure,
    finished,
    html_texts,
    open_with_rows,
    said,
    select,
    session_of,
    with_open,
)
from tests.drawn_images import COLOURS, draw, random_drawing

SHAPES = ("circle", "square", "star", "ring", "cross", "heart")
HOSTILE = "<img src=x onerror=alert(1)>"
ADDRESS = re.compile(r"media/[0-9a-f]+\.jpg")


def write_drawings(folder, shapes=SHAPES, *, captions=True):
    """A drawing of each shape and colour, two of each, with captions or only file names."""
    rng, lines = np.random.default_rng(5), []
    for number in range(2 * len(shapes) * len(COLOURS)):
        shape, colour = shapes[number % len(shapes)], list(COLOURS)[number // len(shapes) % len(COLOURS)]
        drawing = random_drawing(shape, colour, rng)
        draw(drawing, 64, seed=number).save(folder / f"IMG_{number:04}.png")
        caption = f"{drawing.caption} {HOSTILE}" if number == 3 else drawing.caption
        lines.append({"file_name": f"IMG_{number:04}.png", "caption": caption, "colour": colour})
    if captions:
        with (folder / "metadata.csv").open("w", newline="") as file:
            table = csv.DictWriter(file, lines[0])
            table.writeheader()
            table.writerows(lines)
    return folder


@pytest.fixture(scope="module")
def captioned(tmp_path_factory):
    folder = write_drawings(tmp_path_factory.mktemp("captioned"))
    return explorer.open_corpus(folder, text="caption", label="colour")


def opened(page, corpus, model, **parameters):
    """A page with images that a model encoded."""
    app = open_with_rows(corpus, spec_for(str(model), precision="float32"))
    for name, value in parameters.items():
        app.query_params[name] = value
    return finished(app.switch_page(f"pages/{page}.py").run(), seconds=120)


@pytest.fixture
def addresses(monkeypatch):
    """Addresses of thumbnails outside a run of the app, where there is no media storage."""
    found = lambda corpus, row: f"media/{corpus.item_keys[row].hex()}.jpg"  # noqa: E731
    monkeypatch.setattr("explorer.ui.map.listed.thumbnail_address", found)


def box_around(scene, points):
    units = scene.positions.on_map(0.0)[points].astype(float)
    return tuple(units.min(axis=0)) + tuple(units.max(axis=0))


def test_the_map_shows_thumbnails_beside_points_and_in_the_list_and_at_few_points(
    captioned, tiny_clip, drawn, addresses
):
    app = opened("map", captioned, tiny_clip, **{"map-method": "pca"})
    head, text = drawn.tip(3)
    assert (head, text) == row_text(captioned, 3, captioned.labels[3])
    assert HOSTILE in text  # drawn as text
    assert ADDRESS.fullmatch(drawn.images.address(3))
    assert drawn.images.drawn(None) == []  # 96 are in view
    left, bottom, right, top = box_around(drawn.scene, [3])
    view = View((left - 500, bottom - 500, right + 500, top + 500), 0.0, ())
    near = drawn.images.drawn(view)
    rows = drawn.scene.positions.order[[point for point, _ in near]].tolist()
    assert 3 in rows
    assert len(rows) <= 40
    assert dict(zip(rows, [address for _, address in near], strict=True))[3] == drawn.images.address(3)
    listed = json.loads(drawn.listed(view).content().value)["rows"]
    assert {row["point"] for row in listed} == {point for point, _ in near}
    assert all(ADDRESS.fullmatch(row["image"]) for row in listed)
    drawn.on_pick(np.array([3]), "replace")
    app = finished(app.run())
    assert session_of(app).selection.rows.tolist() == [3]
    assert all(row.image for row in drawn.listed(None).rows)
    assert drawn.images.drawn(view) == near  # beside a selection too


def test_a_map_in_three_dimensions_shows_the_image_that_is_clicked(captioned, tiny_clip):
    app = opened("map", captioned, tiny_clip, **{"map-method": "pca", "map-dims": "3"})
    assert "click it to see it" in said(app.caption)
    session_of(app).select([3], "the map")
    app = finished(app.run())
    row = next(markup for markup in html_texts(app) if markup.startswith("<b>row 4</b>"))
    assert len(thumbnails(row)) == 1
    assert HOSTILE not in row
    session_of(app).select([3, 5], "the map")
    app = finished(app.run())
    table = next(frame.value for frame in app.dataframe if "caption" in frame.value.columns)
    assert table["caption"].tolist() == [captioned.texts[row] for row in (3, 5)]
    assert table["image"].str.fullmatch(r"\S+/[0-9a-f]+\.jpg").all()


def test_rows_of_text_say_nothing_of_images(drawn):
    app = open_with_rows(explorer.open_corpus(["a cat", "a dog", "a bird"]), spec_for("tfidf"))
    finished(app.switch_page("pages/map.py").run())
    assert drawn.images is None
    assert "image" not in drawn.listed(None).content().value.decode()


def test_a_saved_map_of_images_has_captions_and_no_address(captioned, tiny_clip, drawn, monkeypatch):
    from explorer.ui.map import page

    made = []
    monkeypatch.setattr(page, "map_facts", lambda *_: ())
    offer = page.map_offer
    monkeypatch.setattr(
        "explorer.ui.map.view.map_offer", lambda *given: made.append(given[2]) or offer(*given)
    )
    opened("map", captioned, tiny_clip, **{"map-method": "pca"})
    page = made[-1].html().decode()
    assert captioned.texts[0] in page
    assert "media/" not in page
    assert ".jpg" not in page


@pytest.fixture(scope="module")
def uncaptioned(tmp_path_factory):
    """The same drawings, whose texts are names of files, and some files twice."""
    folder = write_drawings(tmp_path_factory.mktemp("files"), captions=False)
    for number in (0, 1):
        (folder / f"copy_{number}.png").write_bytes((folder / f"IMG_{number:04}.png").read_bytes())
    return explorer.open_corpus(folder)


def thumbnails(markup):
    return re.findall(r'<img src="([^"]+)"', markup)


def test_clusters_are_shown_by_central_images_and_named_by_words_that_are_guesses(captioned, tiny_clip):
    app = opened("clusters", captioned, tiny_clip)
    strips = [markup for markup in html_texts(app) if 'class="explorer-cluster"' in markup]
    assert len(strips) == len(COLOURS)
    for strip in strips:
        shown = thumbnails(strip)
        assert 1 < len(shown) == len(set(shown)) <= 8
        assert "perhaps" in strip
        assert HOSTILE not in strip
    names = next(frame.value["cluster"] for frame in app.dataframe if "cluster" in frame.value.columns)
    assert sum(any(colour in name for colour in COLOURS) for name in names) >= 6
    assert "Names with “perhaps” are guesses" in said(app.caption)
    assert "labels and words of captions, those" in said(app.caption)
    select(app, "dataframe", {"rows": [0], "columns": [], "cells": []})
    assert "Most central images, each once" in said(finished(app).caption)
    assert any("explorer-grid" in markup and thumbnails(markup) for markup in html_texts(app))


def test_images_that_fit_worst_are_seen_in_their_table(captioned, tiny_clip):
    app = with_open(opened("clusters", captioned, tiny_clip), "fit-worst")
    worst = next(one.value for one in app.dataframe if one.value.columns[0] == "fit")
    assert all(".jpg" in address for address in worst["image"])


def test_names_of_files_name_no_cluster(uncaptioned, tiny_clip):
    app = opened("clusters", uncaptioned, tiny_clip, clusters="8")
    table = next(frame.value for frame in app.dataframe if "cluster" in frame.value.columns)
    assert "words" not in table
    assert not any("img" in name.lower() or "png" in name for name in table["cluster"])
    assert any("perhaps" in name for name in table["cluster"])
    assert "everyday words" in said(app.caption)


def test_a_heatmap_has_thumbnails_on_its_axes_and_its_pair_both_images(captioned, tiny_clip):
    app = opened("similarity", captioned, tiny_clip)
    assert "images" not in figure(app)["layout"]  # 50 rows are too many
    app.number_input(key="rows-count").set_value(12).run()
    app = finished(app)
    layout = figure(app)["layout"]
    names = layout["yaxis"]["labelalias"]
    assert len(names) == 12
    beside = {image["y"]: image["source"] for image in layout["images"] if image["yref"] == "y"}
    below = {image["x"]: image["source"] for image in layout["images"] if image["xref"] == "x"}
    assert beside == below
    pair = [markup for markup in html_texts(app) if markup.startswith('<div class="explorer-image">')]
    assert len(pair) == 2
    numbers = [one.value.removeprefix("Row ") for one in app.caption if one.value.startswith("Row ")]
    for number, markup in zip(numbers, pair, strict=True):
        place = next(place for place, name in names.items() if name.startswith(f"{number}. "))
        assert thumbnails(markup) == [beside[int(place)]]


def test_near_duplicates_are_shown_as_images_and_exact_ones_are_named(uncaptioned, tiny_clip):
    app = opened("similarity", uncaptioned, tiny_clip, view="Near-duplicates", threshold="1.0")
    assert [one.value for one in app.metric if one.label == "Exact repeats"] == ["2"]
    group = [markup for markup in html_texts(app) if markup.startswith("<b>Row ")]
    assert len(group) == 2
    groups = next(one.value for one in app.dataframe if "first image" in one.value)
    assert groups["image"].iloc[0] in thumbnails(group[0])
    assert all(len(thumbnails(markup)) == 1 for markup in group)
    assert thumbnails(group[0]) == thumbnails(group[1])
    assert "the same pixels" in group[1]
    assert not any("<ins" in markup or "<del" in markup for markup in html_texts(app))
    app = opened("similarity", uncaptioned, tiny_clip, view="Near-duplicates", threshold="0.95")
    app.segmented_control(key="duplicates-list").set_value("Pairs").run()
    pair = [
        markup for markup in html_texts(finished(app)) if " · row " in markup or markup.startswith("row ")
    ]
    assert len(pair) == 2
    assert all(len(thumbnails(markup)) == 1 for markup in pair)


def test_the_overview_tells_of_images_not_of_texts(uncaptioned, tiny_clip):
    app = opened("overview", uncaptioned, tiny_clip)
    told = {one.label: one.value for one in app.metric}
    assert told == {
        "Images": "98",
        "Repeated images": "2",
        "Median size": "64 × 64",
        "Smallest": "64 × 64",
        "Largest": "64 × 64",
    }
    found = said(app.markdown)
    assert "**98 images** of 64 × 64 pixels; 2 of them repeat the pixels of an earlier one." in found
    assert "the largest is named **perhaps " in found
    themes = [markup for markup in html_texts(app) if markup.startswith('<div class="theme">')]
    assert len(themes) > 1
    assert all(1 <= len(thumbnails(markup)) <= 5 for markup in themes)
    far = [markup for markup in html_texts(app) if markup.startswith('<div class="far-row">')]
    assert far
    assert all(len(thumbnails(markup)) == 2 for markup in far)
    assert "everyday words" in said(app.caption)


def test_sizes_of_images_that_differ(tmp_path):
    for number, size in enumerate([(40, 20), (100, 50), (80, 90)]):
        draw(random_drawing("star", "red", np.random.default_rng(number)), 64).resize(size).save(
            tmp_path / f"{number}.png"
        )
    told = sentences(explorer.open_corpus(tmp_path))
    assert told == "**3 images** 80 × 50 pixels large in the median, from 40 × 20 to 80 × 90."
