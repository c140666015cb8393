"""What is measured on every page: WCAG 2.2 AA by axe-core, headings, width, and that no other host is asked.

Each page is loaded once, and drawn at other sizes and in the other colours. More is in test_accessibility.py.
"""

from __future__ import annotations

from itertools import pairwise
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import small_targets, violations
from tests.browser.conftest import fits, quiet, shoot

SONGS = "corpus=song-moods"
# Each page, and a text that it shows once it is there.
PAGES = {
    "overview": ("/", "are unusually far"),
    "search": ("/search?q=my+parcel+never+came&k=4&label=delivery", "The closest of"),
    "search-nothing": ("/search?q=chocolate+cake+recipe", "Nothing fits this query"),
    "similarity": (f"/similarity?{SONGS}", "The closest pair here"),
    "similarity-few": ("/similarity?corpus=medicare-faq", "The closest pair here"),
    "similarity-groups": ("/similarity?view=Between+groups", "The mean cosine"),
    "similarity-duplicates": (
        f"/similarity?{SONGS}&view=Near-duplicates&threshold=0.6",
        "near-duplicates =",
    ),
    "similarity-scores": ("/similarity?view=Usual+scores", "random pairs, and"),
    "clusters": (f"/clusters?{SONGS}", "over resamples"),
    "clusters-sweep": ("/clusters?clusters-view=How+many+clusters%3F", "The silhouette is highest"),
    "map": (f"/map?{SONGS}&map-method=PCA&colour=Cluster", "How far to trust it"),
    "compare": ("/compare?corpus=medicare-faq", "95 % confidence intervals"),
    "compare-checks": ("/compare?corpus=medicare-faq&compare-shows=Checks", "Checks for faults"),
    "compare-agreement": ("/compare?corpus=medicare-faq&compare-shows=Agreement", "is not quality"),
    "compare-rows": ("/compare?corpus=medicare-faq&compare-shows=Rows", "and its nearest rows"),
    "compare-query": (
        "/compare?corpus=medicare-faq&compare-shows=One+query&compare-q=monthly+premium",
        "also hits of",
    ),
    "compare-segments": (f"/compare?{SONGS}&compare-shows=Segments", "Holm"),
    "compare-migration": (f"/compare?{SONGS}&compare-shows=Migration", "stay on average"),
    "compare-cost": (f"/compare?{SONGS}&compare-shows=Cost", "of the nearest rows"),
    "compare-maps": (
        f"/compare?{SONGS}&compare-shows=Maps&compare-map-method=pca",
        "Draw around points of any map",
    ),
    "compare-clusters": (f"/compare?{SONGS}&compare-shows=Clusters", "Rows of this flow"),
    "compare-evaluate": ("/compare?corpus=medicare-faq&compare-shows=Evaluate", "measured as benchmarks do"),
    "classify": (f"/classify?{SONGS}&ways=Similarity&ways=Examples", "95 % intervals"),
    "data": (f"/data?{SONGS}", "Song moods"),
    "models": (f"/models?{SONGS}", "all-MiniLM-L6-v2"),
    "models-bundled": (
        f"/models?{SONGS}&model-id=sentence-transformers/all-MiniLM-L6-v2",
        "all-MiniLM-L6-v2",
    ),
}
ZOOMED = {"width": 720, "height": 450}  # a window of 1440 x 900 at 200 %, in CSS pixels
# Sizes of headings as they are drawn, by level; hidden ones do not count.
HEADINGS = """() => [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")]
    .filter((heading) => heading.checkVisibility()).map((heading) => heading.tagName)"""

DRAWN_IN = """(scheme) =>
    getComputedStyle(document.querySelector("[data-testid=stApp]")).colorScheme === scheme"""


def draw_in(page: Page, scheme: str) -> None:
    """Have the system change its colours."""
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function(DRAWN_IN, arg=scheme)
    quiet(page)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read_fits_its_width_and_has_one_title(visit, name):
    path, sign = PAGES[name]
    page = visit(path)
    expect(page.get_by_text(sign).first).to_be_visible()
    quiet(page)
    assert page.evaluate(HEADINGS).count("H1") == 1
    assert fits(page)
    assert violations(page) == []
    assert small_targets(page) == []
    shoot(page, f"{name}-1440-light")
    page.set_viewport_size({"width": 390, "height": 900})
    quiet(page)
    assert fits(page)
    assert violations(page) == []
    assert small_targets(page) == []
    shoot(page, f"{name}-390-light")
    draw_in(page, "dark")
    assert violations(page) == []
    shoot(page, f"{name}-390-dark")
    page.set_viewport_size({"width": 1440, "height": 900})
    quiet(page)
    assert violations(page) == []
    shoot(page, f"{name}-1440-dark")
    page.set_viewport_size(ZOOMED)
    quiet(page)
    assert fits(page)
    assert violations(page) == []
    draw_in(page, "light")
    assert violations(page) == []


def test_names_beside_a_heatmap_are_apart_on_a_phone(visit):
    page = visit("/similarity?corpus=medicare-faq", width=390)
    names = page.locator(".stPlotlyChart .ytick text")
    expect(names).to_have_count(13)
    quiet(page)
    boxes = sorted((box["y"], box["height"]) for box in (name.bounding_box() for name in names.all()))
    assert all(y + height <= below for (y, height), (below, _) in pairwise(boxes))
    figure = page.locator(".st-key-wide-figure")
    assert figure.evaluate("(one) => one.scrollWidth > one.clientWidth")
    assert fits(page)


def test_tables_have_no_button_for_a_csv_with_formulas(visit):
    page = visit(f"/data?{SONGS}")
    page.get_by_test_id("stDataFrame").first.hover()
    buttons = page.get_by_test_id("stElementToolbarButton").get_by_role("button")
    expect(buttons.filter(visible=True).first).to_be_visible()
    names = [button.get_attribute("aria-label") for button in buttons.all()]
    assert names
    assert not [name for name in names if "CSV" in name]
    # Streamlit still draws it, under the name by which the style sheet hides it.
    assert page.locator('button[aria-label^="Download as CSV"]').count()


def test_the_button_of_an_open_popover_can_be_read(visit):
    page = visit(f"/clusters?{SONGS}")
    quiet(page)
    page.get_by_role("button", name="other formats").click()
    for scheme in ("light", "dark"):
        draw_in(page, scheme)
        expect(page.get_by_role("button", name="Exact CSV")).to_be_visible()
        assert violations(page) == []


def test_a_choice_under_the_mouse_can_be_read(visit):
    page = visit("/classify?corpus=medicare-faq&categories=one%0Atwo&ways=Examples")
    chosen = page.get_by_role("button", name="Examples", exact=True)
    expect(chosen).to_be_visible()
    for scheme in ("light", "dark"):
        draw_in(page, scheme)
        other = page.get_by_role("button", name="Similarity", exact=True)
        for choice in (chosen, other, *page.get_by_role("radio").all()):
            choice.hover()
            quiet(page)
            assert violations(page) == []


def test_the_icon_of_the_page_is_its_own(visit):
    page = visit()
    icons = page.evaluate("[...document.querySelectorAll('link[rel~=icon]')].map((link) => link.href)")
    assert icons
    assert {urlsplit(icon).netloc for icon in icons} == {urlsplit(page.url).netloc}
    assert all(urlsplit(icon).path.startswith("/media/") for icon in icons)
