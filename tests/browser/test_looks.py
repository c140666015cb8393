"""What is measured on every page: contrast, headings, and that no other host is asked for anything."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import quiet

ROWS = "corpus=song-moods"
PAGES = {
    "search": f"/?{ROWS}&q=rain&label=calm",
    "heatmap": f"/similarity?{ROWS}",
    "duplicates": f"/similarity?{ROWS}&view=Near-duplicates&threshold=0.6",
    "clusters": f"/clusters?{ROWS}",
    "map": f"/map?{ROWS}&map-method=PCA&colour=Cluster",
    "data": f"/data?{ROWS}",
    "models": f"/models?{ROWS}",
    "a model": f"/models?{ROWS}&model-id=sentence-transformers/all-MiniLM-L6-v2",
}
CHECKS = ["color-contrast", "empty-heading", "heading-order"]
# Sizes of headings as they are drawn, by level; hidden ones do not count.
HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
    .filter((heading) => heading.checkVisibility()).map((heading) => heading.tagName)"""


def violations(page: Page) -> list[tuple[str, str]]:
    found = Axe().run(page, options={"runOnly": CHECKS}).response["violations"]
    return [(rule["id"], node["html"]) for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_and_has_one_title(visit, name, scheme):
    page = visit(PAGES[name], scheme=scheme)
    quiet(page)
    assert violations(page) == []
    assert page.evaluate(HEADINGS).count("H1") == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_button_of_an_open_popover_can_be_read(visit, scheme):
    page = visit(f"/clusters?{ROWS}", scheme=scheme)
    quiet(page)
    page.get_by_role("button", name="other formats").click()
    expect(page.get_by_role("button", name="Exact CSV")).to_be_visible()
    assert violations(page) == []


# Whether the names on the map stand out: the ink, its halo, and no box behind. The figure is drawn anew when
# the theme changes, so it is asked again until it holds.
STAND_OUT = """(scheme) => {
    const text = document.querySelector(".annotation text");
    if (!text) return false;
    const brightness = (css) => {
        const rgb = css.match(/rgb\\((\\d+), (\\d+), (\\d+)\\)/);
        return rgb ? (Number(rgb[1]) + Number(rgb[2]) + Number(rgb[3])) / 765 : NaN;
    };
    const { fill, textShadow } = getComputedStyle(text);
    const box = getComputedStyle(text.closest(".annotation").querySelector(".bg")).fillOpacity;
    const [dark, bright] = scheme === "light" ? [fill, textShadow] : [textShadow, fill];
    return brightness(dark) < 0.3 && brightness(bright) > 0.7 && box === "0";
}"""


def test_names_on_the_map_follow_the_colours_of_the_system(visit):
    page = visit(f"/map?{ROWS}&map-method=PCA&colour=Cluster")
    page.wait_for_function(STAND_OUT, arg="light")
    page.emulate_media(color_scheme="dark")
    page.wait_for_function(STAND_OUT, arg="dark")


def test_the_icon_of_the_page_is_its_own(visit):
    page = visit()
    icons = page.evaluate("[...document.querySelectorAll('link[rel~=icon]')].map((link) => link.href)")
    assert icons
    assert {urlsplit(icon).scheme for icon in icons} == {"data"}
