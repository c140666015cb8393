"""The map as it is drawn: points, colours, names, lasso, hover, keys, touch."""

import contextlib
import io
import json
import re
from xml.etree import ElementTree

import pytest
from PIL import Image
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect

from benchmarks.served import draw_lasso
from tests.browser.conftest import choose, quiet, save_page, shoot
from tests.browser.maps import BLUE, PIXELS, VERMILLION, at, drawn, pixels, seen, until_pixels
from tests.browser.test_journeys import upload

SONGS = "corpus=song-moods&map-method=PCA"
MIDDLE = [(0.2, 0.1), (0.8, 0.1), (0.8, 0.9), (0.2, 0.9), (0.2, 0.15)]
TOLD = (b"hovered", b"viewed")  # the row under the mouse, and the view once it rests
SELECTION = re.compile(r"Selection · [\d,]+ rows · the map")


def with_texts(visit, text: str) -> Page:
    """The map of twelve rows with a text and one of two labels that hold it."""
    page = visit("/data?encoder=tfidf")
    rows = "".join(f'"{text} row {n}","{text} {n % 2}"\n' for n in range(12))
    upload(page, "hostile.csv", f"text,kind\n{rows}".encode())
    page.get_by_role("button", name="Encode 12 rows").click()
    expect(page.get_by_text("texts encoded")).to_be_visible()
    page.goto(page.url.replace("/data?", "/map?map-method=PCA&"))
    drawn(page, 12)
    return page


def test_points_are_drawn_in_the_colours_of_their_groups_which_the_legend_hides_and_shows(visit):
    page = visit(f"/map?{SONGS}")
    drawn(page, 216)
    legend = page.locator(".map-legend button[data-entry]")
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
    legend.nth(1).hover()
    page.get_by_role("button", name="Select", exact=True).nth(1).click()
    expect(page.locator(".map-view")).to_have_attribute("data-selected", "18")


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
    assert not [frame for frame in sent if not any(told in frame for told in TOLD)]
    choose(page, "Colour", "genre")
    quiet(page)
    assert seen(page) == pytest.approx(moved)
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
    page = with_texts(visit, hostile)
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


def test_contours_are_drawn_and_taken_away_where_there_are_enough_points(visit):
    page = visit(f"/map?{SONGS}")
    drawn(page, 216)
    over, button = page.locator(".map-overlay"), page.get_by_role("button", name="Density")
    picture = "(canvas) => canvas.toDataURL()"
    before = over.evaluate(picture)
    button.click()
    quiet(page)
    assert over.evaluate(picture) != before
    button.click()
    quiet(page)
    assert over.evaluate(picture) == before
    page.goto(page.url.replace("song-moods", "medicare-faq"))
    drawn(page, 13)
    expect(button).to_be_disabled()


def test_keys_go_from_row_to_row_open_one_and_move_and_zoom_the_map(visit):
    page = visit(f"/map?{SONGS}&colour=none")
    view, tip = drawn(page, 216), page.get_by_role("tooltip")
    page.locator(".map-overlay").focus()
    told = []
    for key in ("ArrowRight", "ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
        expect(tip).to_be_visible()
        expect(tip).not_to_have_text(told[-1] if told else "")
        told.append(tip.text_content())
    assert len(set(told)) == 3
    page.keyboard.press("Enter")
    expect(view).to_have_attribute("data-selected", "1")
    number = re.search(r"row (\d+)", told[-1])[1]
    rows = page.get_by_role("region", name="Rows beside the map")
    expect(rows).to_contain_text("One row and its nearest in the full space")
    expect(rows.get_by_role("button").first).to_contain_text(f"row {number}")
    page.locator(".map-overlay").focus()
    page.keyboard.press("Escape")  # no longer points at the row
    page.keyboard.press("Escape")
    expect(view).to_have_attribute("data-selected", "0")
    x, y, _ = seen(page)
    for key in ("+", "Shift+ArrowRight", "Shift+ArrowUp"):
        page.keyboard.press(key)
    expect(view).to_have_attribute("data-view", re.compile(r",1\.3\d*\]$"))
    assert seen(page)[0] > x
    assert seen(page)[1] > y
    page.keyboard.press("0")
    expect(view).to_have_attribute("data-view", re.compile(r",1\]$"))


def test_rows_beside_the_map_follow_the_view_and_point_into_it(visit):
    page = visit(f"/map?{SONGS}&colour=none")
    view = drawn(page, 216)
    rows = page.get_by_role("region", name="Rows beside the map")
    expect(rows).to_contain_text("216 rows")
    page.mouse.move(*at(page, 0.5, 0.5))
    page.mouse.wheel(0, -900)
    expect(rows).to_contain_text(re.compile(r"\d+ of 216 rows in view"))
    quiet(page)
    page.mouse.move(5, 5)
    before = pixels(page, "#111318", "map-overlay")
    row = rows.get_by_role("button").first
    row.hover()
    until_pixels(page, "#111318", f"> {before + 30}", "map-overlay")
    number = re.search(r"row (\d+)", row.text_content())[1]
    row.click()
    expect(view).to_have_attribute("data-selected", "1")
    expect(rows.get_by_role("button").first).to_contain_text(f"row {number}")


def test_selected_rows_are_described_compared_searched_and_mapped_alone(visit):
    page = visit(f"/map?{SONGS}")
    view = drawn(page, 216)
    draw_lasso(page, MIDDLE, ".map-overlay")
    expect(page.get_by_text(SELECTION)).to_be_visible()
    rows = page.get_by_role("region", name="Rows beside the map")
    expect(rows).to_contain_text(re.compile(r"\d+ rows selected"))
    quiet(page)
    count = int(view.get_attribute("data-selected"))
    page.get_by_role("button", name="Compare with the rest").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Selected: {count} rows")
    shoot(page, "map-compared-1440-light")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Map these alone").click()
    drawn(page, count)
    expect(page.get_by_text(re.compile(r"^Only [\d,]+ rows are shown"))).to_be_visible()
    page.get_by_role("button", name="Show all rows").click()
    drawn(page, 216)
    page.get_by_role("button", name="Search among these").click()
    expect(page.get_by_text(re.compile("Only the .* selected"))).to_be_visible()


def test_the_map_turns_into_another_and_a_lasso_there_picks_by_its_places(visit):
    page = visit("/map?corpus=song-moods&morph=pca&colour=none")
    view = drawn(page, 216)
    slider = page.get_by_role("slider", name="From one map to the next")
    expect(slider).to_be_visible(timeout=60_000)
    quiet(page)
    _, x, y = page.evaluate(PIXELS, ["map-points", BLUE])
    page.get_by_role("button", name="Play", exact=True).click()
    expect(view).to_have_attribute("data-at", "1")
    quiet(page)
    assert page.evaluate(PIXELS, ["map-points", BLUE])[1:] != [x, y]
    shoot(page, "map-morph-1440-light")
    page.get_by_role("button", name="Box", exact=True).click()

    def box() -> int:
        page.mouse.move(*at(page, 0.5, 0.02))
        page.mouse.down()
        page.mouse.move(*at(page, 0.98, 0.98), steps=5)
        page.mouse.up()
        expect(page.get_by_text(SELECTION)).to_be_visible()
        quiet(page)
        found = int(view.get_attribute("data-selected"))
        page.locator(".map-overlay").focus()
        page.keyboard.press("Escape")
        expect(view).to_have_attribute("data-selected", "0")
        return found

    there = box()
    slider.focus()
    page.keyboard.press("Home")
    expect(view).to_have_attribute("data-at", "0")
    assert box() != there


def test_strays_outside_of_the_first_view_are_marked_counted_and_shown(visit):
    page = visit(f"/map?{SONGS}")
    drawn(page, 216)
    note = page.locator(".map-note")
    if not note.is_visible():  # the window is wide enough for all of them
        pytest.fail("the sample has no strays any more: take another")
    expect(note).to_contain_text(re.compile(r"\d+ rows? lies? outside"))
    note.get_by_role("button").click()
    expect(note).to_be_hidden()
    assert seen(page)[2] < 1


def test_on_a_slow_line_the_page_can_be_used_while_points_arrive(visit):
    page = visit("/search?corpus=song-moods")
    waiting = []
    page.route("**/media/*.bin*", lambda route: waiting.append(route))
    page.get_by_role("link", name="Map").click()
    bar = page.get_by_role("progressbar", name="Points that have arrived")
    expect(bar).to_be_visible()
    expect(page.locator(".map-view[data-drawn]")).to_have_count(0)
    page.get_by_role("button", name="Box", exact=True).click()
    page.get_by_role("searchbox", name="Find on the map").fill("slow rain")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Box", exact=True)).to_have_attribute("aria-pressed", "true")
    quiet(page)
    expect(bar).to_be_visible()
    page.unroute("**/media/*.bin*")
    for route in waiting:
        with contextlib.suppress(PlaywrightError):  # the map wants another file by now
            route.continue_()
    drawn(page, 216)
    expect(bar).to_be_hidden()
    until_pixels(page, BLUE, "> 100")


def test_a_new_map_is_shown_with_its_own_points_never_with_those_of_the_one_before(visit):
    page = visit(f"/map?{SONGS}&colour=none")
    view = drawn(page, 216)
    waiting = []
    before = page.evaluate(PIXELS, ["map-points", BLUE])
    page.route("**/media/*.bin*", lambda route: waiting.append(route))
    page.get_by_role("button", name="How the map is made").click()
    page.get_by_role("combobox", name="Distance").click()
    page.get_by_role("option", name="Euclidean").click()
    bar = page.get_by_role("progressbar", name="Points that have arrived")
    expect(bar).to_be_visible()
    page.keyboard.press("Escape")
    sizes = {route: len(route.fetch().body()) for route in waiting}
    held = next(route for route, size in sizes.items() if size == 4 * 216)  # the points
    for route in waiting:
        if route is not held:
            route.continue_()
    page.wait_for_timeout(1_000)
    assert page.evaluate(PIXELS, ["map-points", BLUE]) == before
    draw_lasso(page, MIDDLE, ".map-overlay")  # on the picture of the old map, which is no longer the page's
    quiet(page)
    expect(page.get_by_text(SELECTION)).to_have_count(0)
    held.continue_()
    page.unroute("**/media/*.bin*")
    expect(bar).to_be_hidden()
    expect(view).to_have_attribute("data-drawn", "216")
    draw_lasso(page, MIDDLE, ".map-overlay")
    expect(page.get_by_text(SELECTION)).to_be_visible()


def test_points_that_did_not_arrive_are_asked_for_again(visit):
    page = visit("/search?corpus=song-moods")
    page.route("**/media/*.bin*", lambda route: route.abort())
    page.get_by_role("link", name="Map").click()
    expect(page.get_by_text("The map did not arrive")).to_be_visible()
    page.unroute("**/media/*.bin*")
    choose(page, "Colour", "One colour")
    drawn(page, 216)
    expect(page.get_by_text("The map did not arrive")).to_be_hidden()


def test_a_script_that_did_not_arrive_is_asked_for_again(visit):
    page = visit("/search?corpus=song-moods")
    scripts = re.compile(r"/media/\w+\.(es|js|mjs)(\?|$)")
    page.route(scripts, lambda route: route.abort())
    page.get_by_role("link", name="Map").click()
    expect(page.get_by_text("The map did not arrive. Reload the page")).to_be_visible()
    page.unroute(scripts)
    choose(page, "Colour", "One colour")
    drawn(page, 216)
    expect(page.get_by_text("The map did not arrive")).to_have_count(0)


def test_a_morph_that_plays_when_its_other_map_goes_leaves_the_first(visit):
    page = visit("/map?corpus=song-moods&morph=pca&colour=none")
    view = drawn(page, 216)
    expect(page.get_by_role("slider", name="From one map to the next")).to_be_visible(timeout=60_000)
    quiet(page)
    page.get_by_role("combobox", name="Morph to").click()
    option = page.get_by_role("option", name="Nothing")
    option.wait_for()
    # By script: the mouse would close the list.
    page.locator(".map-morph button").evaluate("(button) => button.click()")
    option.click()
    expect(page.get_by_role("slider", name="From one map to the next")).to_be_hidden()
    expect(view).to_have_attribute("data-at", "0")
    until_pixels(page, BLUE, "> 100")


def test_a_row_that_is_pointed_at_does_not_break_a_morph_whose_other_map_goes(visit):
    page = visit("/map?corpus=song-moods&morph=pca&colour=none")
    view = drawn(page, 216)
    slider = page.get_by_role("slider", name="From one map to the next")
    expect(slider).to_be_visible(timeout=60_000)
    quiet(page)
    slider.focus()
    page.keyboard.press("End")
    expect(view).to_have_attribute("data-at", "1")
    page.locator(".map-overlay").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tooltip")).to_be_visible()
    choose(page, "Morph to", "Nothing")
    expect(slider).to_be_hidden()
    expect(view).to_have_attribute("data-at", "0")
    expect(page.get_by_text("did not arrive")).to_be_hidden()
    draw_lasso(page, MIDDLE, ".map-overlay")
    expect(page.get_by_text(SELECTION)).to_be_visible()


def test_points_that_are_on_their_way_go_on_arriving_when_other_colours_are_asked_for(visit):
    page = visit("/search?corpus=song-moods")
    waiting, failed = [], []
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.route("**/media/*.bin*", lambda route: waiting.append(route))
    page.get_by_role("link", name="Map").click()
    expect(page.get_by_role("progressbar", name="Points that have arrived")).to_be_visible()
    quiet(page)
    choose(page, "Colour", "One colour")
    quiet(page)
    sizes = {
        route.request.url: len(route.fetch().body()) for route in waiting if route.request.url not in failed
    }
    points = [url for url, size in sizes.items() if size == 4 * 216]
    assert len(points) == 1
    assert [route.request.url for route in waiting].count(points[0]) == 1
    page.unroute("**/media/*.bin*")  # lets all that are held go on
    drawn(page, 216)
    until_pixels(page, BLUE, "> 100")


def test_a_zoomed_view_stays_on_another_page_and_with_a_map_to_morph_to(visit):
    page = visit("/map?corpus=song-moods&colour=none")
    drawn(page, 216)
    rows = page.get_by_role("region", name="Rows beside the map")
    page.mouse.move(*at(page, 0.3, 0.4))
    page.mouse.wheel(0, -900)
    expect(rows).to_contain_text("rows in view")
    view, middle = seen(page), rows.get_by_role("button").first.text_content()
    page.get_by_role("link", name="Clusters").click()
    expect(page.get_by_text("How many clusters?").first).to_be_visible()
    page.get_by_role("link", name="Map").click()
    drawn(page, 216)
    assert seen(page) == pytest.approx(view)
    choose(page, "Morph to", "PCA")
    expect(page.get_by_role("slider", name="From one map to the next")).to_be_visible(timeout=60_000)
    quiet(page)
    page.mouse.move(*at(page, 0.5, 0.5))
    page.mouse.wheel(0, -1)
    quiet(page)
    assert rows.get_by_role("button").first.text_content() == middle
    assert seen(page)[2] > 1.5


def test_hidden_groups_stay_with_their_colours_only(visit):
    page = visit(f"/map?{SONGS}")
    drawn(page, 216)
    legend = page.get_by_role("group", name="Legend")
    page.locator(".map-legend button[data-entry]").first.click()
    rows = page.get_by_role("region", name="Rows beside the map")
    expect(rows).to_contain_text(re.compile(r"19\d of 216 rows in view"))
    choose(page, "Colour", "genre")
    expect(legend.get_by_role("button", name="Show all")).to_be_hidden()
    expect(rows).to_contain_text(re.compile(r"21\d of 216 rows in view"))
    choose(page, "Colour", "Label (mood)")
    expect(page.locator(".map-legend .legend-title")).to_have_text("mood")
    expect(rows).to_contain_text(re.compile(r"19\d of 216 rows in view"))
    quiet(page)
    page.locator(".map-legend button[data-entry]").nth(1).dblclick()
    expect(rows).to_contain_text(re.compile(r"1[78] of 216 rows in view"))
    legend.get_by_role("button", name="Show all").click()
    expect(rows).to_contain_text(re.compile(r"21\d of 216 rows in view"))


def test_without_webgl_the_processor_draws_the_same_map_with_the_same_lasso(visit, browser):
    page = visit(f"/map?{SONGS}")
    page.add_init_script(
        "const get = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...more) {"
        "  return kind === 'webgl2' ? null : get.call(this, kind, ...more); };"
    )
    page.reload()
    view = drawn(page, 216)
    expect(page.get_by_text("This browser has no WebGL2")).to_be_visible()
    before = pixels(page, BLUE)
    assert before > 100
    draw_lasso(page, MIDDLE, ".map-overlay")
    expect(view).to_have_attribute("data-selected", re.compile(r"[1-9]\d*"))
    until_pixels(page, BLUE, f"!== {before}")
    page.goto(f"{page.url}&filters=mood:in:angry")
    expect(drawn(page, 216)).to_have_attribute("data-shown", "18")
    assert pixels(page, BLUE) > 50
    assert pixels(page, VERMILLION) == 0
    shoot(page, "map-without-webgl-1440-light")


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


def test_on_a_phone_one_finger_moves_the_map_and_a_tap_opens_a_row(browser, server):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{server.url}/map?{SONGS}&colour=none")
    view = drawn(page, 216)
    expect(page.get_by_role("button", name="Move", exact=True)).to_have_attribute("aria-pressed", "true")
    page.locator(".map-overlay").scroll_into_view_if_needed()
    before = seen(page)
    client = context.new_cdp_session(page)
    x, y = at(page, 0.5, 0.5)
    for kind, right in (("touchStart", 0), ("touchMove", 20), ("touchMove", 60), ("touchEnd", None)):
        points = [] if right is None else [{"x": x + right, "y": y, "id": 0}]
        client.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    quiet(page)
    assert seen(page)[0] < before[0]
    expect(view).to_have_attribute("data-selected", "0")
    _, left, top = page.evaluate(PIXELS, ["map-points", BLUE])
    page.touchscreen.tap(left, top)
    expect(view).to_have_attribute("data-selected", "1")
    context.close()


def test_pictures_of_the_map_are_saved_at_print_size_with_title_and_legend(visit):
    page = visit(f"/map?{SONGS}")
    drawn(page, 216)
    content = {}
    for kind in ("PNG", "SVG"):
        with page.expect_download() as saved:
            page.get_by_role("button", name=kind, exact=True).click()
        assert saved.value.suggested_filename == f"song-moods-map.{kind.lower()}"
        content[kind] = saved.value.path().read_bytes()
    with Image.open(io.BytesIO(content["PNG"])) as picture:
        assert picture.width == pytest.approx(3543, abs=2)
    root = ElementTree.fromstring(content["SVG"])
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert texts[0] == "song-moods · 216 rows"
    assert "mood" in texts
    assert {text for text in texts if re.fullmatch(r"\w+  18", text)}
    assert len(list(root.iter("{http://www.w3.org/2000/svg}image"))) == 2
    assert pixels(page, BLUE) > 100  # the page shows it as before


def test_the_file_to_download_is_the_map_without_a_server(visit, tmp_path):
    hostile = "</script><script>window.hurt=1</script><b>bold</b>"
    page = with_texts(visit, hostile)
    file = save_page(page, "Interactive map (HTML)", tmp_path)
    page.goto(file.as_uri())
    page.context.set_offline(True)
    page.reload()
    view = page.locator(".map-view[data-drawn='12']")
    view.wait_for()
    expect(page.get_by_role("group", name="Legend")).to_contain_text("</script><script>")
    _, x, y = page.evaluate(PIXELS, ["map-points", BLUE])
    page.mouse.move(x, y)
    expect(page.get_by_role("tooltip")).to_contain_text("<b>bold</b> row")
    draw_lasso(page, [(0.01, 0.01), (0.99, 0.01), (0.99, 0.99), (0.01, 0.99), (0.01, 0.1)], ".map-overlay")
    expect(view).to_have_attribute("data-selected", "12")
    expect(page.get_by_role("region", name="Rows beside the map")).to_contain_text("12 rows selected")
    page.locator(".map-overlay").focus()
    page.keyboard.press("Escape")
    expect(view).to_have_attribute("data-selected", "0")
    assert page.evaluate("window.hurt") is None


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
    over = pixels(page, "#111318", "map-overlay")
    for _ in range(2):
        draw_lasso(page, [(0.05, 0.05), (0.95, 0.05), (0.95, 0.95), (0.05, 0.95), (0.05, 0.1)])
        expect(page.get_by_text(SELECTION)).to_be_visible()
        page.wait_for_function(f"() => ({PIXELS})(['map-overlay', '#111318'])[0] === {over}")


def test_a_click_selects_the_row_under_the_mouse_and_joins_it_to_its_neighbours(visit):
    page = visit(f"/map?{SONGS}&colour=none")
    drawn(page, 216)
    _, x, y = page.evaluate(PIXELS, ["map-points", BLUE])
    page.mouse.move(x, y)
    tip = page.get_by_role("tooltip")
    expect(tip).to_contain_text("row ")
    number = re.search(r"row (\d+)", tip.text_content())[1]
    page.mouse.click(x, y)
    rows = page.get_by_role("region", name="Rows beside the map")
    expect(rows).to_contain_text("One row and its nearest in the full space")
    expect(rows.get_by_role("button").first).to_contain_text(f"row {number}")
    expect(page.locator(".map-view")).to_have_attribute("data-selected", "1")
    shoot(page, "map-row-1440-light")
