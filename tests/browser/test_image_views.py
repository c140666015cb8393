"""Images on the Overview, Clusters, Similarity and Map pages."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import choose, quiet, shoot
from tests.browser.images import arrived, bring, look_at
from tests.browser.maps import BLUE, PIXELS, at, drawn, seen
from tests.image_archives import drawn_archive

pytestmark = pytest.mark.slow
ROWS = 65


def test_images_are_seen_on_every_page_that_shows_rows(visit, image_server):
    page = visit("/data?corpus=medicare-faq", at=image_server)
    bring(page, drawn_archive(repeat=True))
    choose(page, "Model of images and texts", "tiny-clip")
    page.get_by_role("button", name=f"Encode {ROWS} images").click()
    expect(page.get_by_role("link", name="Search these rows")).to_be_visible()
    query = urlsplit(page.url).query

    def go(path: str, more: str = "") -> None:
        page.goto(f"{image_server.url}{path}?{query}{more}")

    go("/")
    expect(page.get_by_text("1 of them repeats the pixels of an earlier one")).to_be_visible()
    expect(page.get_by_text("Names with “perhaps” are guesses")).to_be_visible()
    look_at(page, "image-overview", ".theme img, .far-row img")

    go("/clusters", "&clusters=8")
    expect(page.locator(".explorer-cluster")).to_have_count(8)
    look_at(page, "image-clusters", ".explorer-cluster img")

    go("/similarity")
    expect(page.get_by_text(re.compile("The closest pair here"))).to_be_visible()
    page.get_by_label("How many").fill("12")
    page.get_by_label("How many").press("Enter")
    expect(page.locator(".imagelayer image")).to_have_count(24)  # of its rows and its columns
    look_at(page, "image-heatmap", ".explorer-image img")

    go("/similarity", "&view=Near-duplicates&threshold=1")
    expect(page.get_by_text("the same pixels")).to_be_visible()
    look_at(page, "image-duplicates", ".explorer-image img")

    go("/map", "&map-method=pca")
    drawn(page, ROWS)
    arrived(page, ".row-image")
    expect(page.locator(".map-thumbnails img")).to_have_count(0)  # 65 in view are too many
    look_at(page, "image-map", ".row-image")
    page.get_by_role("button", name="Move", exact=True).click()
    page.mouse.move(*at(page, 0.5, 0.5))
    while seen(page)[2] < 4:
        page.mouse.wheel(0, -300)
    quiet(page)  # what is in view has been told
    arrived(page, ".map-thumbnails img")
    assert page.locator(".map-thumbnails").get_attribute("aria-hidden") == "true"
    thumbnail = page.locator(".map-thumbnails img").first
    # Dragging moves it with the map at once.
    before = thumbnail.bounding_box()
    page.mouse.down()
    page.mouse.move(*at(page, 0.55, 0.5), steps=5)
    moved = thumbnail.bounding_box()
    page.mouse.up()
    assert moved["x"] - before["x"] == pytest.approx(at(page, 0.05, 0)[0] - at(page, 0, 0)[0], abs=3)
    quiet(page)
    arrived(page, ".map-thumbnails img")
    box = thumbnail.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tip = page.locator(".map-tip")
    expect(tip).to_be_visible()
    arrived(page, ".tip-image")
    expect(tip).to_contain_text(".png")
    look_at(page, "image-map-near", ".map-thumbnails img")
    page.locator(".map-rows li button").first.click()
    expect(page.locator(".map-view")).to_have_attribute("data-selected", "1")
    arrived(page, ".map-thumbnails img")
    expect(page.locator(".map-thumbnails img[data-faded]").first).to_be_attached()
    shoot(page, "image-map-selected-1440-light")

    go("/compare", "&compare-shows=Maps&compare-map-method=pca&compare-colour=none")
    page.get_by_role("button", name="Clear", exact=True).click()  # the rows that are not selected are pale
    quiet(page)
    drawn(page, ROWS)
    page.locator(".map-picture").first.scroll_into_view_if_needed()
    quiet(page)
    _, x, y = page.evaluate(PIXELS, ["map-points", BLUE])
    page.mouse.move(x, y)
    expect(page.get_by_role("tooltip")).to_contain_text(".png")
    arrived(page, ".tip-image")
    shoot(page, "image-compared-map-1440-light")


def test_the_gap_of_images_and_captions_and_their_categories_are_seen(visit, image_server):
    rows = "corpus=drawn-shapes&model=tiny-clip"
    page = visit(f"/compare?{rows}&compare-shows=Images+and+captions", at=image_server)
    expect(page.get_by_role("figure", name=re.compile("^Means aligned"))).to_be_visible()
    look_at(page, "image-gap")
    expect(page.get_by_role("button", name="Compare with the means aligned")).to_be_disabled()

    page.goto(f"{image_server.url}/classify?{rows}")
    expect(page.get_by_text("Accuracy", exact=True)).to_be_visible()
    look_at(page, "image-classify")
