"""Rows in categories, from what is typed to the figures, the map, the search and the link."""

from __future__ import annotations

import re
import shutil
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import violations
from tests.browser.conftest import Server, choose, fits, quiet, shoot
from tests.browser.maps import drawn
from tests.browser.test_filters import open_choice
from tests.browser.test_looks import draw_in
from tests.tiny_model import save_pair_model

SONGS = "/classify?corpus=song-moods"
MOODS = "happy: joyful, playful\nsad: melancholy, lonely"
CATEGORIES = "Categories with their rows"
MATRIX = "Rows by label (down) and category (across)"
LINE = 35  # pixels of a line of a table
READING = 120_000  # milliseconds, on a busy machine


@pytest.fixture(scope="module")
def app(tiny_clip, tmp_path_factory):
    """The app with a model of inference and one of images in its folder of models."""
    folder = tmp_path_factory.mktemp("classify")
    save_pair_model(folder / "models" / "nli", ["contradiction", "entailment", "neutral"])
    shutil.copytree(tiny_clip, folder / "models" / "tiny-clip")
    running = Server(folder)
    yield running
    running.kill()
    assert "Traceback" not in running.log, running.log


def column(page: Page, table: str, place: int) -> Locator:
    """The cells of a column of a table, as those who do not see it have them."""
    return page.get_by_role("region", name=table).locator(f"[role=gridcell][aria-colindex='{place}']")


def rows_of(page: Page) -> dict[str, int]:
    """How many rows each category has, once the page stands still."""
    quiet(page)
    expect(column(page, CATEGORIES, 2).first).to_be_attached()  # a table draws itself after the page
    names, rows = (column(page, CATEGORIES, place).all_inner_texts() for place in (1, 2))
    return {name: int(number.replace(",", "")) for name, number in zip(names, rows, strict=True)}


def figures(page: Page) -> list[str]:
    """Accuracy and mean F1."""
    return page.get_by_test_id("stMetricValue").all_inner_texts()


def press(page: Page, slider: str, key: str, times: int = 1) -> None:
    """Move a slider by its keys."""
    quiet(page)
    found = page.get_by_role("slider", name=slider)
    found.focus()
    for _ in range(times):
        found.press(key)
    quiet(page)


def linked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


@pytest.mark.slow
def test_images_are_classified_by_words_and_shown_in_every_table(visit, app):
    page = visit("/classify?corpus=drawn-shapes&model=tiny-clip&image-sentence=%7B%7D", at=app)
    expect(page.get_by_text("95 % intervals")).to_be_visible(timeout=READING)
    expect(page.get_by_text("equal images count as one")).to_be_visible()
    assert sum(rows_of(page).values()) == 288
    accuracy = figures(page)
    matrix = page.get_by_role("region", name=MATRIX)
    matrix.scroll_into_view_if_needed()
    quiet(page)
    matrix.click(position={"x": 20, "y": LINE + LINE // 2})  # the name of the first label
    quiet(page)
    page.keyboard.press("ArrowRight")
    rows = page.get_by_role("region", name="The rows of a cell")
    expect(rows).to_be_visible()
    for scheme in ("light", "dark"):
        draw_in(page, scheme)
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            quiet(page)
            assert fits(page)
            assert violations(page) == []
            shoot(page, f"classify-images-{width}-{scheme}")
    page.set_viewport_size({"width": 1440, "height": 900})
    # A browser has asked for the thumbnails of the tables, and got them.
    thumbnails = page.evaluate(
        "performance.getEntriesByType('resource').filter((one) => one.name.includes('/media/'))"
        ".map((one) => one.responseStatus)"
    )
    assert len(thumbnails) > len(rows_of(page))
    assert set(thumbnails) == {200}
    sentence = page.get_by_role("textbox", name="Sentence for images")
    sentence.fill("a photo of a {}")
    sentence.press("Enter")
    quiet(page)
    expect(page.get_by_text("95 % intervals")).to_be_visible(timeout=READING)
    assert figures(page) != accuracy
    assert linked(page)["image-sentence"] == ["a photo of a {}"]
    page.get_by_role("button", name="Examples", exact=True).click()
    page.get_by_role("button", name="Take 5 of each label").click()
    expect(page.get_by_text(re.compile(r"^40 examples\."))).to_be_visible()
    asked = page.locator(".explorer-image img").first
    expect(asked).to_be_visible()
    assert asked.evaluate("(image) => image.naturalWidth") > 0
    quiet(page)
    assert violations(page) == []
    shoot(page, "classify-images-examples-1440-light")


@pytest.mark.slow
def test_rows_are_classified_by_an_inference_model_once_that_is_asked_for(visit, app):
    page = visit(f"{SONGS}&ways=Inference+model&categories={quote(MOODS)}", at=app)
    read = page.get_by_role("button", name="Read 216 rows with 2 categories")
    expect(read).to_be_visible()
    quiet(page)
    read.click()
    # The usual model cannot be downloaded here.
    expect(page.get_by_role("alert").filter(has_text="cannot be reached")).to_be_visible()
    model = page.get_by_role("textbox", name="Model trained on natural language inference")
    model.fill("nli")
    model.press("Enter")
    quiet(page)
    read.click()
    expect(page.get_by_text("By inference by nli.")).to_be_visible(timeout=READING)
    assert sum(rows_of(page).values()) == 216
    assert violations(page) == []
    shoot(page, "classify-inference-1440-light")
    page.locator("label", has=page.get_by_role("switch", name="Several categories can apply")).click()
    quiet(page)
    read.click()
    expect(page.get_by_role("slider", name="Applies from")).to_be_visible(timeout=READING)
    before = sum(rows_of(page).values())
    press(page, "Applies from", "PageUp", 4)
    assert sum(rows_of(page).values()) < before
    shoot(page, "classify-several-1440-light")


def test_a_threshold_is_moved_and_the_figures_follow_and_a_cell_opens_its_rows(visit):
    page = visit(SONGS)
    expect(page.get_by_text("95 % intervals")).to_be_visible(timeout=READING)
    assert "none of these" not in rows_of(page)
    accuracy = figures(page)
    press(page, "None of these below", "PageUp", 2)
    assert rows_of(page)["none of these"] > 0
    assert sum(rows_of(page).values()) == 216
    assert figures(page) != accuracy
    assert linked(page)["none-below"] == ["0.2"]
    matrix = page.get_by_role("region", name=MATRIX)
    matrix.scroll_into_view_if_needed()
    matrix.click(position={"x": 20, "y": LINE + LINE // 2})  # the name of the first label
    quiet(page)
    page.keyboard.press("ArrowRight")
    label, first = (column(page, MATRIX, place).first.inner_text() for place in (1, 2))
    title = page.get_by_role("heading", name=re.compile(rf"^{first} rows? of {label} in {label}$"))
    expect(title).to_be_visible()
    if int(first):
        expect(page.get_by_role("region", name="The rows of a cell")).to_be_visible()
    quiet(page)
    assert violations(page) == []
    shoot(page, "classify-cell-1440-light")


@pytest.mark.slow
def test_rows_are_classified_by_examples_and_the_column_colours_the_map_and_filters_the_search(visit):
    page = visit(SONGS)
    expect(page.get_by_text("95 % intervals")).to_be_visible(timeout=READING)
    box = page.get_by_role("textbox", name="Categories, one per line")
    quiet(page)
    box.fill(MOODS)
    box.press("Control+Enter")
    expect(page.get_by_text("No row has one of the categories as its label.")).to_be_visible()
    page.get_by_role("button", name="Examples", exact=True).click()
    for count, name in enumerate(("happy", "sad", "sad"), start=1):
        quiet(page)
        page.get_by_role("radio", name=name, exact=True).click()
        expect(page.get_by_text(re.compile(f"^{count} examples?\\. "))).to_be_visible()
    expect(page.get_by_text(re.compile(r"^3 examples\. happy:\W+1 · sad:\W+2$"))).to_be_visible()
    happy = rows_of(page)["happy"]
    shoot(page, "classify-examples-1440-light")
    page.get_by_role("button", name="Add the column").click()
    expect(page.get_by_text("Added the column “category”.")).to_be_visible()
    quiet(page)
    page.get_by_role("link", name="Map", exact=True).click()
    choose(page, "Colour", re.compile("^Column: category$"))
    expect(page.locator(".map-view").get_by_text("happy", exact=False).first).to_be_visible()
    page.reload()
    expect(page.get_by_role("combobox", name="Colour")).to_have_value("Column: category")
    drawn(page, 216)
    shoot(page, "classify-map-1440-light")

    page.get_by_role("link", name="Search", exact=True).click()
    expect(page.get_by_role("heading", name="Search")).to_be_visible()
    open_choice(page, re.compile("^category$"))
    page.get_by_role("combobox", name="Values").click()
    page.get_by_role("option", name=f"happy · {happy}").click()
    page.keyboard.press("Escape")
    quiet(page)
    page.get_by_role("button", name="Show only these rows").click()
    expect(page.get_by_text(f"216 → {happy} rows")).to_be_visible()
    shoot(page, "classify-search-1440-light")


@pytest.mark.slow
def test_two_ways_vote_with_weights_and_the_shared_link_opens_the_same_categories(visit, app):
    page = visit(f"{SONGS}&ways=Similarity&ways=Inference+model&inference-model=nli", at=app)
    quiet(page)
    box = page.get_by_role("textbox", name="Categories, one per line")
    box.fill(MOODS)
    box.press("Control+Enter")
    read = page.get_by_role("button", name="Read 216 rows with 2 categories")
    expect(read).to_be_visible()
    expect(page.get_by_text("So far without inference model.")).to_be_visible()
    alone = rows_of(page)
    read.click()
    expect(page.get_by_text("(50 %) and inference by nli (50 %)")).to_be_visible(timeout=READING)
    assert rows_of(page) != alone
    assert "weight" not in page.url
    page.get_by_role("button", name="Weights").click()
    expect(page.get_by_role("slider", name="Inference by nli")).to_be_visible()
    shoot(page, "classify-weights-1440-light")
    press(page, "Inference by nli", "Home")
    expect(page.get_by_text("By similarity to categories (100 %).")).to_be_visible()
    assert rows_of(page) == alone
    assert linked(page)["weight-inference"] == ["0"]
    page.keyboard.press("Escape")
    quiet(page)
    assert violations(page) == []
    page.get_by_role("button", name="Share", exact=True).click()
    link = page.get_by_test_id("stCode").inner_text()
    assert parse_qs(urlsplit(link).query) == linked(page)
    other = visit(f"/classify?{urlsplit(link).query}", at=app)
    expect(other.get_by_role("textbox", name="Categories, one per line")).to_have_value(MOODS)
    read = other.get_by_role("button", name="Read 216 rows with 2 categories")
    expect(read.or_(other.get_by_role("button", name="Weights"))).to_be_visible()
    quiet(other)
    if read.count():  # unless the visitor before has let it be read
        read.click()
    expect(other.get_by_text("By similarity to categories (100 %).")).to_be_visible(timeout=READING)
    assert rows_of(other) == alone


@pytest.mark.slow
def test_classify_fits_on_every_screen(visit):
    page = visit(f"{SONGS}&ways=Similarity&ways=Examples&none-below=0.1")
    expect(page.get_by_text("95 % intervals")).to_be_visible(timeout=READING)
    quiet(page)
    page.get_by_role("button", name="Take 5 of each label").click()
    expect(page.get_by_role("button", name="Weights")).to_be_visible()
    quiet(page)
    page.get_by_text("How many examples are enough?").click()
    expect(page.get_by_text("Logistic regression learned from random examples")).to_be_visible(
        timeout=READING
    )
    page.mouse.move(0, 0)
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            draw_in(page, scheme)
            assert fits(page)
            assert violations(page) == []
            shoot(page, f"classify-{width}-{scheme}")
