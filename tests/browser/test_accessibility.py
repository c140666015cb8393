"""WCAG 2.2 AA beyond what axe-core sees on a page at rest: focus, targets, motion, what is said, keys."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import MOST_STOPS, faint, focus, ring, said, violations
from tests.browser.conftest import ask, quiet, shoot
from tests.browser.test_looks import PAGES, SONGS, draw_in


def shown(visit, name: str, **more) -> Page:
    path, sign = PAGES[name]
    page = visit(path, **more)
    expect(page.get_by_text(sign).first).to_be_visible()
    quiet(page)
    return page


def test_axe_finds_what_is_wrong(visit):
    page = visit("/search?corpus=medicare-faq")
    quiet(page)
    assert violations(page) == []
    page.evaluate("""() => document.querySelector("[data-testid=stMain]").insertAdjacentHTML("beforeend",
        '<button></button><p style="color: #ccc; background: #fff">faint</p><h1>Again</h1><h5>Deep</h5>')""")
    found = {rule.split(":")[0] for rule, _, _ in violations(page)}
    assert found >= {"button-name", "color-contrast", "heading-order"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "name", ["search", "similarity-duplicates", "clusters", "map", "compare", "classify", "data", "models"]
)
def test_every_stop_of_tab_has_a_ring_of_three_pixels_that_stands_out(visit, name, scheme):
    page = shown(visit, name, scheme=scheme)
    stops = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = ring(page)
        if stop is None or (stops and stop["name"] == stops[0]["name"]):
            break
        stops.append(stop)
    assert len(stops) > 8
    assert not [stop for stop in stops if faint(stop)]


def test_open_menus_lists_dialogs_and_help_have_nothing_wrong(visit):
    page = shown(visit, "map")
    for scheme in ("light", "dark"):
        draw_in(page, scheme)
        page.get_by_role("button", name="How the map is made").click()
        expect(page.get_by_role("spinbutton", name="Seed")).to_be_visible()
        assert violations(page) == []
        page.keyboard.press("Escape")
        page.get_by_role("combobox", name="Colour").click()
        expect(page.get_by_role("option").first).to_be_visible()
        assert violations(page) == []
        page.keyboard.press("Escape")


def test_on_a_phone_the_menu_has_a_name_and_its_pages_can_be_chosen_by_keys(visit):
    page = shown(visit, "search", width=390)
    page.emulate_media(reduced_motion="reduce")  # help that fades in is faint for a moment
    menu = page.get_by_test_id("stExpandSidebarButton")
    expect(menu).to_have_accessible_name(re.compile("Menu"))
    focus(page, menu)
    page.keyboard.press("Enter")
    link = page.get_by_test_id("stSidebarNavLink").filter(has_text="Data")
    focus(page, link)
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Data")).to_be_visible()


def test_less_motion_is_obeyed(visit):
    page = visit(f"/map?{SONGS}&morph=pca&colour=none")
    page.emulate_media(reduced_motion="reduce")
    play, view = page.get_by_role("button", name="Play", exact=True), page.locator(".map-view")
    expect(play).to_be_visible()
    quiet(page)
    frames = int(view.get_attribute("data-frames"))
    play.click()
    expect(view).to_have_attribute("data-at", "1")
    assert int(view.get_attribute("data-frames")) - frames <= 3  # one step, not a film
    moving = """() => [...document.querySelectorAll("*")].filter((one) => {
        const { transitionDuration, animationDuration } = getComputedStyle(one);
        const times = `${transitionDuration}, ${animationDuration}`.split(",");
        return times.some((time) => parseFloat(time) > 0.002);
    }).length"""
    assert page.evaluate(moving) == 0
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(moving) > 0


def test_hits_are_said_and_figures_say_what_they_show(visit):
    page = visit("/search?corpus=medicare-faq")
    ask(page, "monthly premium")
    # On a busy machine, what encoding the query has to say follows.
    expect(said(page)).to_contain_text("10 hits for “monthly premium”.")
    page.goto(
        page.url.split("search?")[0] + "clusters?clusters-view=How+many+clusters%3F&corpus=medicare-faq"
    )
    expect(page.get_by_role("figure", name=re.compile("the silhouette is highest, 0"))).to_be_visible()
    page.get_by_text("The figure as a table").click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()


def test_by_keys_a_query_is_asked_its_hits_are_selected_and_the_selection_is_cleared(visit):
    page = visit("/search?corpus=medicare-faq")
    focus(page, page.get_by_role("searchbox", name="Query"))
    page.keyboard.type("monthly premium")
    page.keyboard.press("Enter")
    focus(page, page.get_by_role("button", name="Select these rows"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Selection · 10 rows")).to_be_visible()
    focus(page, page.get_by_role("button", name="Clear", exact=True))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Nothing is selected.")).to_be_visible()


def test_by_keys_rows_are_pasted_encoded_and_searched(visit):
    page = visit("/data")
    focus(page, page.get_by_role("radio", name="Sample"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Pasted lines")).to_be_focused()
    page.keyboard.press("Enter")
    field = page.get_by_role("textbox", name="One row per line")
    focus(page, field)
    page.keyboard.type("the harbour is closed")
    page.keyboard.press("Enter")
    page.keyboard.type("a parcel came late")
    page.keyboard.press("Control+Enter")
    focus(page, page.get_by_role("button", name="Encode 2 rows"))
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile("· open$"))).to_be_visible()
    focus(page, page.get_by_role("link", name="Search these rows"))
    page.keyboard.press("Enter")
    focus(page, page.get_by_role("searchbox", name="Query"))
    page.keyboard.type("boats")
    page.keyboard.press("Enter")
    expect(said(page)).to_contain_text("2 hits for “boats”.")


def test_by_keys_a_cluster_is_opened(visit):
    page = shown(visit, "clusters")
    focus(page, page.get_by_test_id("data-grid-canvas").first)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    expect(page.get_by_role("textbox", name="Name")).to_be_visible()


def test_by_keys_a_pair_of_a_heatmap_is_chosen(visit):
    page = visit("/similarity?corpus=medicare-faq&precision=float32")
    expect(page.get_by_text("The closest pair here")).to_be_visible()
    focus(page, page.locator("summary").filter(has_text="The closest pairs as a table"))
    page.keyboard.press("Enter")
    focus(page, page.get_by_test_id("data-grid-canvas"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    expect(page.get_by_text("The pair you chose")).to_be_visible()
    shoot(page, "similarity-pairs-1440-light")


def test_by_keys_a_row_is_opened_on_the_map(visit):
    page = shown(visit, "map")
    over = page.locator(".map-overlay")
    expect(over).to_have_accessible_name(
        re.compile("song-moods · 216 rows. Coloured by .*: 12 groups, the largest")
    )
    focus(page, over)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tooltip")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Selection · 1 row")).to_be_visible()


def test_by_keys_a_contender_is_removed_and_added_again(visit):
    page = visit("/compare?corpus=medicare-faq")
    chips = page.locator(".st-key-contenders").get_by_role("button", name="BM25")
    focus(page, chips)
    page.keyboard.press("Enter")
    expect(chips).to_have_count(0)
    focus(page, page.get_by_role("button", name="Add a contender"))
    page.keyboard.press("Enter")
    focus(page, page.get_by_test_id("stPopoverBody").get_by_role("button", name="BM25"))
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(chips).to_be_visible()


def test_tab_goes_from_the_button_of_an_open_popover_into_it_and_on_to_what_follows_the_button(visit):
    page = shown(visit, "search")
    share, following = page.get_by_role("button", name="Share"), page.get_by_role("button", name="Filter")
    focus(page, share)
    page.keyboard.press("Enter")
    popover = page.get_by_test_id("stPopoverBody")
    expect(popover.get_by_role("button", name="Publish to the Hub")).to_be_visible()
    quiet(page)
    page.keyboard.press("Tab")
    expect(popover.get_by_test_id("stCode")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(share).to_be_focused()
    focus(page, popover.get_by_role("button", name="Publish to the Hub"))
    page.keyboard.press("Tab")
    expect(following).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(share).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(popover).to_have_count(0)
    expect(share).to_be_focused()
