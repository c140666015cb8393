"""The map as it is drawn: points, colours, names, lasso, hover, keys, touch."""

import json
import re

import pytest
from playwright.sync_api import expect

from benchmarks.served import draw_lasso
from tests.browser.conftest import choose, quiet, shoot
from tests.browser.maps import BLUE, PIXELS, VERMILLION, at, drawn, pixels, seen, until_pixels
from tests.browser.test_journeys import upload

SONGS = "corpus=song-moods&map-method=PCA"
MIDDLE = [(0.2, 0.1), (0.8, 0.1), (0.8, 0.9), (0.2, 0.9), (0.2, 0.15)]
SELECTION = re.compile(r"Selection · [\d,]+ rows · the map")


def test_points_are_drawn_in_the_colours_of_their_groups_which_the_legend_hides_and_shows(visit):
    page = visit(f"/map?{SONGS}")
    drawn(page, 216)
    legend = page.get_by_role("group", name="Legend").get_by_role("button")
    expect(legend).to_have_count(12)
    before = pixels(page, BLUE)
    assert before > 100
    legend.first.click()
    expect(legend.first).to_have_attribute("aria-pressed", "false")
    until_pixels(page, BLUE, "=== 0")
    page.mouse.move(5, 5)
    until_pixels(page, VERMILLION, "> 100")
    assert pixels(page, BLUE) == 0
    legend.first.click()
    until_pixels(page, BLUE, "> 100")
    legend.nth(1).dblclick()
    page.mouse.move(5, 5)
    until_pixels(page, BLUE, "=== 0")
    until_pixels(page, VERMILLION, "> 100")


def test_dragging_and_zooming_stay_in_the_browser_and_a_rerun_keeps_the_view_and_the_selection(visit):
    page = visit(f"/map?{SONGS}")
    sent = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    page.reload()
    view = drawn(page, 216)
    draw_lasso(page, MIDDLE)
    expect(page.get_by_text(SELECTION)).to_be_visible()
    expect(view).to_have_attribute("data-selected", re.compile(r"[1-9]\d*"))
    quiet(page)
    selected = view.get_attribute("data-selected")
    sent.clear()
    page.get_by_role("button", name="Move", exact=True).click()
    page.mouse.move(*at(page, 0.5, 0.5))
    page.mouse.wheel(0, -600)
    page.mouse.down()
    page.mouse.move(*at(page, 0.6, 0.55), steps=10)
    page.mouse.up()
    moved = seen(page)
    assert moved[2] > 1.5
    assert not [frame for frame in sent if b"hovered" not in frame]  # the mouse may end on a point
    choose(page, "Colour", "genre")
    quiet(page)
    assert seen(page) == moved
    assert view.get_attribute("data-selected") == selected
    page.get_by_role("button", name="Whole map").click()
    expect(view).to_have_attribute("data-view", re.compile(r",1\]$"))
    page.get_by_role("button", name="Zoom to selection").click()
    expect(view).not_to_have_attribute("data-view", re.compile(r",1\]$"))


def test_shift_adds_to_the_selection_and_escape_clears_it(visit):
    page = visit(f"/map?{SONGS}")
    view = drawn(page, 216)
    page.get_by_role("button", name="Box", exact=True).click()

    def box(left: float, right: float) -> None:
        page.mouse.move(*at(page, left, 0.05))
        page.mouse.down()
        page.mouse.move(*at(page, right, 0.95), steps=5)
        page.mouse.up()

    def selected() -> int:
        quiet(page)
        return int(view.get_attribute("data-selected"))

    box(0.3, 0.5)
    expect(page.get_by_text(SELECTION)).to_be_visible()
    first = selected()
    page.keyboard.down("Shift")
    box(0.5, 0.7)
    page.keyboard.up("Shift")
    expect(view).not_to_have_attribute("data-selected", str(first))
    both = selected()
    assert both > first
    page.keyboard.down("Alt")
    box(0.3, 0.5)
    page.keyboard.up("Alt")
    expect(view).not_to_have_attribute("data-selected", str(both))
    assert selected() == both - first
    page.locator(".map-overlay").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_text(SELECTION)).to_have_count(0)
    expect(view).to_have_attribute("data-selected", "0")


def test_a_hostile_text_is_shown_as_text_beside_its_point_and_in_the_legend(visit):
    hostile = "<img src=x onerror='window.hurt=1'><b>bold</b>"
    page = visit("/data?encoder=tfidf")
    rows = "text,kind\n" + "".join(f'"{hostile} row {n}","{hostile} {n % 2}"\n' for n in range(12))
    upload(page, "hostile.csv", rows.encode())
    page.get_by_role("button", name="Encode 12 rows").click()
    expect(page.get_by_text("texts encoded")).to_be_visible()
    page.goto(page.url.replace("/data?", "/map?map-method=PCA&"))
    drawn(page, 12)
    expect(page.get_by_role("group", name="Legend")).to_contain_text("<img src=x onerror=")
    tip = page.get_by_role("tooltip")
    _, x, y = page.evaluate(PIXELS, ["map-points", BLUE])
    page.mouse.move(x, y)
    expect(tip).to_contain_text("<b>bold</b> row")
    assert page.evaluate("window.hurt") is None


def test_names_and_ground_follow_the_colours_of_the_system_at_once(visit):
    page = visit(f"/map?{SONGS}&colour=cluster")
    view = drawn(page, 216)
    names = json.loads(view.get_attribute("data-names"))
    assert len(names) >= 3
    assert pixels(page, "#111318", "map-overlay") > 200
    page.emulate_media(color_scheme="dark")
    until_pixels(page, "#FAFAFA", "> 200", "map-overlay")
    shoot(page, "map-names-1440-dark")


def test_keys_move_and_zoom_the_map(visit):
    page = visit(f"/map?{SONGS}")
    drawn(page, 216)
    x, y, _ = seen(page)
    page.locator(".map-overlay").focus()
    for key in ("+", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    expect(page.locator(".map-view")).to_have_attribute("data-view", re.compile(r",1\.3\d*\]$"))
    assert seen(page)[0] > x
    assert seen(page)[1] > y
    page.keyboard.press("0")
    expect(page.locator(".map-view")).to_have_attribute("data-view", re.compile(r",1\]$"))


def test_two_fingers_zoom_the_map_on_a_phone(visit):
    page = visit(f"/map?{SONGS}", width=390)
    drawn(page, 216)
    page.locator(".map-overlay").scroll_into_view_if_needed()
    client = page.context.new_cdp_session(page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    middle = at(page, 0.5, 0.5)
    around = [[(middle[0] - reach, middle[1]), (middle[0] + reach, middle[1])] for reach in (30, 60, 90)]
    touch("touchStart", *around[0])
    for places in around[1:]:
        touch("touchMove", *places)
    touch("touchEnd")
    quiet(page)
    assert seen(page)[2] == pytest.approx(3, rel=0.2)
    expect(page.get_by_text(SELECTION)).to_have_count(0)
    shoot(page, "map-390-light")


def test_a_picture_of_the_map_can_be_saved(visit):
    page = visit(f"/map?{SONGS}")
    drawn(page, 216)
    with page.expect_download() as saved:
        page.get_by_role("button", name="PNG").click()
    assert saved.value.suggested_filename == "song-moods-map.png"
    content = saved.value.path().read_bytes()
    assert content.startswith(b"\x89PNG")
    assert len(content) > 10_000


def test_a_text_comes_again_and_a_lasso_of_the_same_rows_or_of_none_goes_away(visit):
    page = visit(f"/map?{SONGS}&colour=none")
    drawn(page, 216)
    _, x, y = page.evaluate(PIXELS, ["map-points", BLUE])
    tip = page.get_by_role("tooltip")
    for _ in range(2):
        page.mouse.move(x, y)
        expect(tip).to_be_visible()
        page.mouse.move(*at(page, 0.01, 0.01))
        expect(tip).to_be_hidden()
    for _ in range(2):
        draw_lasso(page, [(0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95), (0.05, 0.1)])
        expect(page.get_by_text(SELECTION)).to_be_visible()
        page.wait_for_function(f"() => ({PIXELS})(['map-overlay', '#111318'])[0] === 0")


def test_a_click_selects_the_row_under_the_mouse_and_joins_it_to_its_neighbours(visit):
    page = visit(f"/map?{SONGS}&colour=none")
    drawn(page, 216)
    _, x, y = page.evaluate(PIXELS, ["map-points", BLUE])
    page.mouse.move(x, y)
    tip = page.get_by_role("tooltip")
    expect(tip).to_contain_text("row ")
    number = re.search(r"row (\d+)", tip.text_content())[1]
    page.mouse.click(x, y)
    expect(page.get_by_text("Nearest in the full space")).to_be_visible()
    expect(page.get_by_text(f"row {number}", exact=True).first).to_be_visible()
    expect(page.locator(".map-view")).to_have_attribute("data-selected", "1")
    shoot(page, "map-row-1440-light")
