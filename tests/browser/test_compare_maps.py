"""From a lasso on one of several maps to the rows that change their cluster."""

from __future__ import annotations

import io
import re
from urllib.parse import quote, urlencode

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from benchmarks.served import draw_lasso
from tests.browser.conftest import choose, fits, quiet, shoot
from tests.browser.maps import BLUE, PIXELS, TEXT, drawn, pixels, reach, until_reached
from tests.browser.test_journeys import upload

TICKETS = "/compare?corpus=support-tickets&compare-shows=Maps&compare-colour=none"
SONGS = "/compare?corpus=song-moods&compare-shows=Maps&compare-map-method=pca&compare-colour=none"
MIDDLE = [(0.3, 0.3), (0.7, 0.3), (0.7, 0.7), (0.3, 0.7), (0.3, 0.35)]
LEFT = [(0.02, 0.02), (0.45, 0.02), (0.45, 0.98), (0.02, 0.98), (0.02, 0.05)]
SELECTION = re.compile(r"Selection · ([\d,]+) rows · compared maps")


def panels(page: Page) -> list[dict[str, float]]:
    """Where the pictures of the maps are, in pixels of the window."""
    return [picture.bounding_box() for picture in page.locator(".map-picture").all()]


def selected(page: Page) -> int:
    line = page.get_by_text(SELECTION)
    expect(line).to_be_visible()
    quiet(page)
    return int(SELECTION.search(line.inner_text())[1].replace(",", ""))


def point_at_a_row(page: Page) -> tuple[float, float]:
    """Move the mouse to a point, once its text is shown; return where it is."""
    _, x, y = page.evaluate(PIXELS, ["map-points", BLUE])
    page.mouse.move(x, y)
    expect(page.get_by_role("tooltip")).to_contain_text("row ")
    return x, y


@pytest.mark.slow
def test_from_a_lasso_seen_on_all_maps_to_the_flow_of_a_cluster(visit):
    page = visit(TICKETS)
    view = drawn(page, 624)
    shoot(page, "compare-maps-tickets-1440-light")
    left, right = panels(page)
    assert left["y"] == right["y"]
    assert left["height"] == right["height"] >= 500
    page.get_by_text("Draw around points of any map").scroll_into_view_if_needed()

    # Pointing at a row rings it on both maps.
    assert reach(page, TEXT, "map-overlay") == [None, None]
    point_at_a_row(page)
    until_reached(page, TEXT, "found.length === 2 && found.every(Boolean)", "map-overlay")
    page.mouse.move(5, 5)
    until_reached(page, TEXT, "!found.some(Boolean)", "map-overlay")

    # A lasso in the first panel selects its rows, which are ringed on both.
    assert pixels(page, TEXT) == 0
    draw_lasso(page, MIDDLE)
    count = selected(page)
    expect(view).to_have_attribute("data-selected", str(count))
    until_reached(page, TEXT, "found[0]?.[0] < 0.5 && found[0]?.[1] > 0.5")
    shoot(page, "compare-maps-lasso-1440-light")

    # A click on a point opens the row and its nearest rows in both contenders.
    page.get_by_role("button", name="Clear", exact=True).click()
    expect(view).to_have_attribute("data-selected", "0")
    until_reached(page, TEXT, "found[0] === null")
    page.get_by_text("Draw around points of any map").scroll_into_view_if_needed()
    page.mouse.click(*point_at_a_row(page))
    expect(page.get_by_text(re.compile(r"Row \d+ and its nearest rows"))).to_be_visible()
    expect(view).to_have_attribute("data-selected", "1")
    quiet(page)
    expect(page.get_by_text("in 1 of 2").or_(page.get_by_text("in 2 of 2"))).to_have_count(10)
    shared = page.get_by_text("in 2 of 2").count()
    expect(page.locator(".explorer-joined path")).to_have_count(shared // 2)
    shoot(page, "compare-maps-row-1440-light")

    # A flow between clusters shows its rows, which become the selection.
    page.get_by_role("radio", name="Clusters").click()
    expect(page.get_by_text("Rows of this flow")).to_be_visible(timeout=120_000)
    quiet(page)
    grid = page.locator('[data-testid="stDataFrame"]').first
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box()
    first = page.get_by_role("button", name=re.compile("Select these")).inner_text()
    page.mouse.click(box["x"] + 16, box["y"] + 35 * 2 + 17)  # the tick box of the second flow
    expect(page.get_by_role("button", name=re.compile("Select these"))).not_to_have_text(first)
    quiet(page)
    shoot(page, "compare-clusters-flow-1440-light")
    page.get_by_role("button", name=re.compile("Select these")).click()
    expect(page.get_by_text(re.compile(r"Selection · \d+ rows · flow"))).to_be_visible()


@pytest.mark.slow
def test_one_map_turns_into_the_next_and_a_lasso_is_of_the_places_it_then_shows(visit):
    page = visit(SONGS)
    view = drawn(page, 216)
    assert len(panels(page)) == 2
    choose(page, "Layout", "Morph")
    expect(page.locator(".map-picture")).to_have_count(1)
    drawn(page, 216)
    assert "compare-map-layout=morph" in page.url
    first = page.locator(".map-points").evaluate("(drawn) => drawn.toDataURL()")
    page.get_by_role("button", name="Play").click()
    expect(view).to_have_attribute("data-at", "1")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    drawn(page, 216)
    assert page.locator(".map-points").evaluate("(drawn) => drawn.toDataURL()") != first

    # What a lasso picks is inside of it now, and elsewhere on the map that it was.
    view.scroll_into_view_if_needed()
    draw_lasso(page, LEFT)
    count = selected(page)
    expect(view).to_have_attribute("data-selected", str(count))
    until_reached(page, TEXT, "found[0]?.[1] < 0.47")
    slider = page.get_by_role("slider", name="From one map to the next")
    slider.press("Home")
    expect(view).to_have_attribute("data-at", "0")
    until_reached(page, TEXT, "found[0]?.[1] > 0.47")
    expect(view).to_have_attribute("data-selected", str(count))

    # Escape lets go of it; the first map is as it was.
    page.locator(".map-overlay").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_text(SELECTION)).to_have_count(0)
    page.mouse.move(5, 5)
    drawn(page, 216)
    assert page.locator(".map-points").evaluate("(drawn) => drawn.toDataURL()") == first
    choose(page, "Layout", "Side by side")
    expect(page.locator(".map-picture")).to_have_count(2)
    drawn(page, 216)


@pytest.mark.slow
def test_maps_are_below_each_other_on_a_narrow_window(visit):
    page = visit(SONGS, width=390)
    drawn(page, 216)
    boxes = panels(page)
    assert len({box["x"] for box in boxes}) == 1
    assert len({box["y"] for box in boxes}) == len(boxes) == 2
    assert all(330 <= box["height"] < 340 for box in boxes)
    assert fits(page)

    # Under the header of the page, no more of the maps is hidden than it covers.
    page.evaluate(
        "([main, top]) => document.querySelector(main).scrollBy(0, top)",
        ["[data-testid=stMain]", boxes[0]["y"] + 250],
    )
    quiet(page)
    last = panels(page)[1]
    assert 60 < last["y"] < 320
    picture = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(int)
    blue = np.abs(picture - np.array([0, 114, 178])).max(axis=2) < 40
    assert blue[round(last["y"] + 0.6 * last["height"]) : round(last["y"] + last["height"])].sum() > 20
    page.set_viewport_size({"width": 1440, "height": 900})
    drawn(page, 216)
    assert len({box["x"] for box in panels(page)}) == 2


@pytest.mark.slow
def test_four_maps_are_two_above_two_within_a_window(visit):
    more = "".join(f"&with={quote(urlencode({'pca': dims}))}" for dims in (64, 16))
    page = visit(f"{SONGS}&with=&with={quote('model=tfidf')}{more}")
    view = drawn(page, 216)
    boxes = panels(page)
    assert len(boxes) == 4
    assert len({box["x"] for box in boxes}) == len({box["y"] for box in boxes}) == 2
    assert all(box["height"] > 300 for box in boxes)
    assert view.bounding_box()["height"] < 840
    titles = page.locator(".panel-title")
    for title in titles.all():
        assert title.get_attribute("title") == title.inner_text()

    # As a morph, the slider has their names beside it, also on a phone.
    choose(page, "Layout", "Morph")
    expect(page.locator(".map-picture")).to_have_count(1)
    page.set_viewport_size({"width": 390, "height": 900})
    drawn(page, 216)
    slider = page.get_by_role("slider", name="From one map to the next")
    slider.press("End")
    expect(view).to_have_attribute("data-at", "3")
    expect(page.locator(".morph-name").last).to_have_text(re.compile("16"))
    assert fits(page)


@pytest.mark.slow
def test_a_hostile_title_of_a_map_is_shown_as_text(visit):
    hostile = "<img src=x onerror='window.hurt=1'><b>bold</b>"
    page = visit("/data?encoder=tfidf")
    rows = f"text,{hostile}\n" + "".join(f"{hostile} row {n},other {n} text\n" for n in range(12))
    upload(page, "hostile-titles.csv", rows.encode())
    page.get_by_role("button", name="Encode 12 rows").click()
    expect(page.get_by_text("texts encoded")).to_be_visible()
    column = quote(urlencode({"model": "tfidf", "text": hostile}))
    asked = f"/compare?compare-shows=Maps&with={quote('model=tfidf')}&with={column}&"
    page.goto(page.url.replace("/data?", asked))
    drawn(page, 12)
    expect(page.locator(".panel-title").last).to_contain_text("<b>bold</b>")
    assert page.evaluate("window.hurt") is None
